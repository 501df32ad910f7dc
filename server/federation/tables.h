// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/keys.h"

// The federation room's tables, 0x20-0x2F. Stored; never renumber. docs/formats/budget.md,
// docs/formats/federation-descriptor.md.
namespace proofmark::federation {

inline constexpr store::Table kChargeTable{0x20};  // LP2(agency), u64 ms, exchange id -> Charge.
inline constexpr store::Table kToldBudgetTable{0x21};       // agency -> what it last told us.
inline constexpr store::Table kDescriptorTable{0x22};       // u64be version -> acceptance.
inline constexpr store::Table kDescriptorAlarmTable{0x23};  // u64be version -> last alarm, decimal.
inline constexpr store::Table kGrantTable{0x24};            // One row: GrantsText().
inline constexpr store::Table kFirearmChargeTable{0x25};    // As 0x20, of questions about firearms.
inline constexpr store::Table kToldFirearmBudgetTable{0x26};  // As 0x21.
inline constexpr store::Table kToldLookupTable{0x66};         // As 0x21, of look-ups.
inline constexpr store::Table kQuestionCountTable{0x27};  // u64 ms, exchange id, agency -> type.

}  // namespace proofmark::federation
