// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proto/wire/firearm.h"

namespace proofmark::client {

// A ledger entry and what proves it, as the node gave them.
struct PageReceipt {
  std::uint64_t index = 0;
  std::string entry;  // Its text.
  std::string proof;  // A .tlog-proof file.
};

// One page of HTML about a firearm's deactivation, to be printed: the fields of Annex III of
// Regulation (EU) 2015/2403 in their order, the marks, the checklist, the states, what the checks
// find, and the receipt. Self-contained: no script, nothing is fetched. All values are escaped. It
// says that it is a copy of the register and no certificate.
//   printed_unix_ms  stands on the page.
std::string CertificatePage(const wire::KeptFirearm& kept,
                            const std::optional<PageReceipt>& receipt,
                            std::int64_t printed_unix_ms);

}  // namespace proofmark::client
