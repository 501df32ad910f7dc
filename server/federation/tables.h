// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/keys.h"

// The federation's tables, in 0x20-0x2F. Stored; never renumber. docs/operations/federation.md.
namespace proofmark::federation {

inline constexpr store::Table kDescriptorTable{0x20};       // u64be version -> acceptance.
inline constexpr store::Table kDescriptorAlarmTable{0x21};  // u64be version -> last alarm, decimal.
inline constexpr store::Table kGrantTable{0x22};            // One row: GrantsText().

}  // namespace proofmark::federation
