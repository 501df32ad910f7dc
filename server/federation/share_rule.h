// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/federation/partner.h"

namespace proofmark::federation {

// That a partner is to be asked about an exhibit, and why.
struct FiredRule {
  std::vector<std::string> triggers;  // Those of the rule that apply, ascending; never empty.
  std::string offence;                // Of records::OffenceCodes().
  bool urgent = false;                // Life is at risk, whichever trigger the rule names.
  friend bool operator==(const FiredRule&, const FiredRule&) = default;
};

// What a rule makes of an exhibit recovered in these circumstances (share triggers); nullopt: the
// partner is not asked. Where the rule states no offence, the trigger does: TERRORISM, CONVERTED
// (CONVERSION), CUSTOMS (BORDER), in this order, else UNKNOWN.
//   Threads  Pure.
std::optional<FiredRule> Fire(const ShareRule& rule, const Words& circumstances);

}  // namespace proofmark::federation
