// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/keys.h"

// The look-up room's tables, 0x60-0x6F. Stored; never renumber. docs/formats/lookup.md.
namespace proofmark::lookup {

inline constexpr store::Table kHandleKeyTable{0x60};   // One row: key id (16), sealed secret.
inline constexpr store::Table kEpochKeyTable{0x61};    // LP2(partner), u32 epoch -> sealed seed.
inline constexpr store::Table kOwnTableTable{0x62};    // Partner -> PublishedTable.
inline constexpr store::Table kEvaluationTable{0x63};  // LP2(partner), u64 ms, exchange -> charge.
inline constexpr store::Table kCanaryTable{0x64};      // Canary id (16) -> sealed canary.
inline constexpr store::Table kPinnedKeyTable{0x65};   // LP2(partner), u32 epoch -> public key.

}  // namespace proofmark::lookup
