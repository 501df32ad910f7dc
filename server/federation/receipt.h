// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "records/receipt.h"
#include "server/ledger/ledger.h"

namespace proofmark::federation {

// A receipt of our own ledger as callers and partners are shown it.
inline records::LedgerReceipt ToRecord(const ledger::Receipt& receipt) {
  return {.origin = receipt.origin,
          .index = receipt.index,
          .leaf_hash = std::string(crypto::AsText(receipt.leaf_hash))};
}

}  // namespace proofmark::federation
