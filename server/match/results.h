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

// What a candidate must bear to be told across the border, besides its level. With the budgets of
// server/federation/budget.h this is what keeps an answer from being a means to climb towards a
// record: docs/design/oracle-hardening.md.
struct BorderRules {
  // The borders of all levels are raised by a part of this many decades of the model's likelihood
  // ratio, each record's own (AnswerKey::BorderShift): a level told is the candidate's own or the
  // one below, never above. Less where the model reaches less than two decades above the first
  // border: half of what it does, so that its best scores are always told.
  double dither_decades = 1.0;
  // By chance alone at most this often, in one comparison: questions made up at random then meet
  // nothing in any number that a budget allows.
  double chance_max = 1e-5;
  // Of all pairs of lands together: a chance score of less says more than the calibration knows.
  double overlap_um_min = 1'500.0;
};

// What an asking agency is given, and which exhibit each handle names (in order of candidates).
struct BorderResult {
  wire::MatchResult result;
  std::vector<records::ExhibitId> exhibit_ids;
};

// Who asks, and what about.
struct BorderAsker {
  std::string_view domain;         // Of the asking agency.
  std::string_view exchange_id;    // 16 raw bytes.
  std::string_view coarse_sketch;  // SketchedQuery::coarse of the question.
};

// Across the border: levels, bands and handles. NONE never leaves, nor does what the rules keep
// back; at most `candidates_max`, by level, ties in the order of AnswerKey::OrderOf. The same
// question about the same records has the same answer, handles aside.
BorderResult ToBorderResult(const FoundExhibits& found, const AnswerKey& key,
                            const BorderAsker& asker, std::int32_t candidates_max,
                            const BorderRules& rules = {});

}  // namespace proofmark::match
