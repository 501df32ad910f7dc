// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/keys.h"

// The journeys' tables, in 0x70-0x8F with those of server/exchange/tables.h. Stored; never
// renumber. docs/formats/journeys.md.
namespace proofmark::journeys {

inline constexpr store::Table kSearchTable{0x70};          // search id (16) -> sealed Search.
inline constexpr store::Table kSearchListingTable{0x71};   // u64 ms, search id -> empty.
inline constexpr store::Table kCalibrationTable{0x74};     // Mark -> StoredCalibration.
inline constexpr store::Table kDetailsTable{0x76};         // request id (16) -> sealed details.
inline constexpr store::Table kDetailsListingTable{0x77};  // u64 ms, request id -> empty.
inline constexpr store::Table kLinkTable{0x78};            // link id (16) -> sealed Link.
inline constexpr store::Table kLinkListingTable{0x79};     // u64 ms, link id -> empty.
inline constexpr store::Table kLinkLetterTable{0x7A};      // LP2(domain), exchange -> link id.
inline constexpr store::Table kSearchExchangeTable{0x7B};  // exchange id (16) -> search id.
inline constexpr store::Table kTakenBackTable{0x7C};       // LP2(domain), exchange id -> handles.
inline constexpr store::Table kCorrectionTable{0x7D};      // id (16) -> sealed CorrectionFile.
inline constexpr store::Table kCorrectionListingTable{0x7E};  // u64 ms, id -> empty.
inline constexpr store::Table kCorrectionLetterTable{0x7F};   // LP2(domain), exchange -> id.

inline constexpr store::Table kReceivedMaterialTable{
    0x80};                                                  // hash (32), request id (16) -> u64 ms.
inline constexpr store::Table kStandingTable{0x81};         // id (16) -> sealed StandingQuestion.
inline constexpr store::Table kStandingListingTable{0x82};  // u64 ms, id -> empty.
inline constexpr store::Table kCollectionTable{0x83};       // One row: day, two digests.
inline constexpr store::Table kNoticeGroundTable{0x84};  // LP2(domain), exchange -> u64 ms, hash.
inline constexpr store::Table kNoticeCountTable{0x85};   // The same -> u64 ms, u64 notices taken.
inline constexpr store::Table kReleasedScansDueTable{
    0x86};  // request id (16) -> 8 bytes of chance.

}  // namespace proofmark::journeys
