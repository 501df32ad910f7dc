// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "forensics/search/coarse_query.h"

namespace proofmark::forensics {

// The share of records of one coarse score whose full score may exceed the bound below.
inline constexpr double kStopQuantile = 0.9999;

// What a cheap score says about the full score of the same pair, measured on pairs of known truth
// (docs/design/search.md). "Coarse" below is whichever cheap score the model is of: full = offset +
// slope * coarse + rest, where the rest lies above `rest_99` with probability 1 % and beyond falls
// off exponentially, by a factor e every `rest_scale`.
struct StopModel {
  double offset = 0.0;
  double slope = 1.0;
  double rest_99 = 0.0;
  double rest_scale = 0.01;
  std::int64_t pairs = 0;  // It was measured on.

  // What the full score exceeds with probability 1 - kStopQuantile.
  double UpperBound(double coarse) const;
  // Probability that the full score is above `score`; an upper bound of it below rest_99.
  double ProbabilityAbove(double coarse, double score) const;
};

// For pairs that share `lands` lands (more than six count as six), scored in `mode`; `doubled` when
// both directions and orders were tried.
const StopModel& FindStopModel(CoarseMode mode, bool doubled, std::int64_t lands);
// The same for the agreement of bullets (CompareAgreement) that were met in that mode.
const StopModel& FindScreenModel(CoarseMode mode, bool doubled, std::int64_t lands);

// Probability that at least one of these records has a full score above `score`, taken as
// independent. `coarse` in [-2, 1].
double ProbabilityAnyAbove(const StopModel& model, std::span<const float> coarse, double score);

}  // namespace proofmark::forensics
