// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/keys.h"

// The federation room's tables, 0x20-0x2F. Stored; never renumber. docs/formats/budget.md.
namespace proofmark::federation {

inline constexpr store::Table kChargeTable{0x20};  // LP2(agency), u64 ms, exchange id -> Charge.
inline constexpr store::Table kToldBudgetTable{0x21};  // agency -> what it last told us.

}  // namespace proofmark::federation
