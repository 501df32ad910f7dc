// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/keys.h"

namespace proofmark::ledger {

// Stored; never renumber. docs/formats/store.md.
inline constexpr store::Table kEntryTable{0x10};       // u64be index -> entry bytes.
inline constexpr store::Table kLeafTable{0x11};        // u64be index -> 32-byte leaf hash.
inline constexpr store::Table kFrontierTable{0x12};    // One row: crypto::Frontier.
inline constexpr store::Table kCaseTable{0x13};        // Keyed hash of a case reference -> key id.
inline constexpr store::Table kSubtreeTable{0x14};     // Level, index -> hash over a full tile.
inline constexpr store::Table kCheckpointTable{0x15};  // u64be size -> published note.
inline constexpr store::Table kWitnessTable{0x16};     // Origin -> what we last cosigned.
inline constexpr store::Table kForkTable{0x17};        // Origin, number -> evidence.
inline constexpr store::Table kRestoredTable{0x18};  // One row: what was restored, not yet logged.
inline constexpr store::Table kForkReportTable{0x19};  // Domain, origin, number -> report to send.

}  // namespace proofmark::ledger
