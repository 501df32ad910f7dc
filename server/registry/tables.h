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
inline constexpr store::Table kFirearmTable{0x36};     // firearm id (16) -> sealed FirearmRecord.
inline constexpr store::Table kFirearmListingTable{0x37};  // u64 ms, firearm id -> empty.
inline constexpr store::Table kFirearmVersionTable{0x38};  // firearm id, u64 -> earlier version.
inline constexpr store::Table kSerialIndexTable{0x39};     // kind, keyed hash, firearm id -> empty.
inline constexpr store::Table kImportTable{0x3A};          // keyed hash -> firearm id, content.
inline constexpr store::Table kCodeListTable{0x3B};        // name of the list -> version, CSV.
inline constexpr store::Table kFirearmDisclosureTable{0x40};  // firearm id, exchange id -> sealed.
inline constexpr store::Table kFirearmReferenceTable{0x41};   // reference (32) -> firearm id (16).
inline constexpr store::Table kAlarmTestTable{0x42};  // test id (16) -> sealed AlarmModelTest.
inline constexpr store::Table kAlarmTestListingTable{0x43};  // u64 ms, test id -> empty.
inline constexpr store::Table kFirearmNoticeTable{0x44};     // exchange id (16) -> sealed notice.
inline constexpr store::Table kFirearmNoticeListingTable{0x45};  // u64 ms, exchange id -> empty.
inline constexpr store::Table kStatisticsTable{0x46};  // Breakdown -> FirearmStatistics; "" -> due.
inline constexpr store::Table kRecheckTable{0x3C};     // One row: u64 ms of the last re-check.
inline constexpr store::Table kAlertTable{0x48};       // alert id (16) -> sealed FirearmAlert.
inline constexpr store::Table kAlertListingTable{0x49};     // u64 ms, alert id -> empty.
inline constexpr store::Table kAlertDueTable{0x4A};         // firearm id (16) -> 8 bytes of chance.
inline constexpr store::Table kCrossCheckDueTable{0x4B};    // exhibit id (16) -> the same.
inline constexpr store::Table kShareTriggerDueTable{0x4C};  // exhibit id (16) -> the same.

}  // namespace proofmark::registry
