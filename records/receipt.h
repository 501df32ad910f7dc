// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace proofmark::records {

// Where a node's ledger recorded an act.
struct LedgerReceipt {
  std::string origin;       // `<domain>/proofmark/<node>/log`.
  std::uint64_t index = 0;  // Of the entry, from 0.
  std::string leaf_hash;    // SHA-256 leaf hash of the entry, 32 raw bytes.
  friend bool operator==(const LedgerReceipt&, const LedgerReceipt&) = default;
};

}  // namespace proofmark::records
