// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/wire/match.h"
#include "proto/wire/search.h"
#include "records/exhibit.h"
#include "server/match/answer_key.h"
#include "server/match/exhibit_collection.h"

namespace proofmark::match {

// Records considered for an answer across the border, before levels and ties choose among them.
inline constexpr std::int64_t kBorderCandidatesConsidered = 1'000;

// Inside the agency everything is shown: counts, scores, margins, intervals, expected false leads.
// Labels are left empty: they are sealed elsewhere and joined when somebody reads.
wire::LocalResult ToLocalResult(const FoundExhibits& found);

// What an asking agency is given, and which exhibit each handle names (in order of candidates).
struct BorderResult {
  wire::MatchResult result;
  std::vector<records::ExhibitId> exhibit_ids;
};

// Across the border: levels, bands and handles. NONE never leaves; at most `candidates_max`, by
// level, ties in the order of AnswerKey::OrderOf.
//   asker        domain of the asking agency.
//   exchange_id  16 raw bytes.
BorderResult ToBorderResult(const FoundExhibits& found, const AnswerKey& key,
                            std::string_view asker, std::string_view exchange_id,
                            std::int32_t candidates_max);

}  // namespace proofmark::match
