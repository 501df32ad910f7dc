// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/keys.h"

// The registry's tables, 0x30-0x4F. Stored; never renumber. docs/formats/registry.md.
namespace proofmark::registry {

inline constexpr store::Table kExhibitTable{0x30};     // exhibit id (16) -> StoredExhibit.
inline constexpr store::Table kSubmissionTable{0x31};  // submission id (16) -> exhibit id (16).
inline constexpr store::Table kListingTable{0x32};     // u64 ledger index -> exhibit id, leaf hash.
inline constexpr store::Table kWithdrawalTable{0x33};  // exhibit id (16) -> sealed reason.
inline constexpr store::Table kHandleTable{0x34};      // handle (32) -> HandleUse.
inline constexpr store::Table kRosterTable{0x35};      // active exhibit's id -> StoredRosterRow.

}  // namespace proofmark::registry
