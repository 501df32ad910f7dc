// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/keys.h"

namespace proofmark::ledger {

// Stored; never renumber. docs/formats/store.md.
inline constexpr store::Table kEntryTable{0x10};     // u64be index -> entry bytes.
inline constexpr store::Table kLeafTable{0x11};      // u64be index -> 32-byte leaf hash.
inline constexpr store::Table kFrontierTable{0x12};  // One row: crypto::Frontier.
inline constexpr store::Table kCaseTable{0x13};      // Keyed hash of a case reference -> key id.

}  // namespace proofmark::ledger
