// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/keys.h"

// The exchange's tables, among the journeys' in 0x70-0x8F. Stored; never renumber.
// docs/formats/journeys.md.
namespace proofmark::exchange {

inline constexpr store::Table kOpenQuestionTable{0x72};  // exchange id (16) -> OpenQuestion.
inline constexpr store::Table kExchangeTable{0x73};      // LP2(asker), exchange id -> answer.
inline constexpr store::Table kLetterTable{0x75};        // LP2(domain), u64 index -> letter.

}  // namespace proofmark::exchange
