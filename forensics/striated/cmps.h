// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace proofmark::forensics {

// Congruent matching profile segments. Defaults are the published ones at 1.5625 um a sample.
struct CmpsOptions {
  std::int64_t segment_samples = 50;    // Of the shortest scale, >= 2; published: 50 or 61.
  std::int64_t tolerance_samples = 25;  // Between positions that agree, >= 0.
  // Peaks kept per scale, shortest first, each >= 1; scale j has segments of 2^j times the length.
  // 1..4 scales. {5} with one scale is the multi-peak method.
  std::vector<std::int64_t> peaks = {5, 3, 1};
};

struct CmpsResult {
  std::int64_t count = 0;          // Segments that agree on one shift.
  std::int64_t segment_count = 0;  // Segments of the reference.
  std::int64_t shift = 0;          // Samples from a place in the reference to its place in the
                                   // comparison, where they agree; the middle one of several.
};

// Counts the segments of `reference` that find themselves in `comparison` at a common shift.
//   1. `reference` is cut into consecutive segments; an incomplete last one is dropped.
//   2. Each segment, at every scale about the same centre, slides over `comparison`; the highest
//      local maxima of its correlation are kept, with at least min(0.9 of the segment, 0.1 of the
//      comparison) samples compared.
//   3. A kept shift of the longest scale that every scale confirms within the tolerance is a vote.
//   4. The count is the largest number of segments with a vote within the tolerance of one shift.
//
//   Shape     2..16384 samples each, at one pitch; NaN where not measured.
//   Result    unchanged by an offset or a positive gain of either.
//   Errors    kInvalidArgument  a shape, value (infinite) or option outside its bounds.
//   Cost      O(segments * 2^scales * segment_samples * comparison).
//   Threads   Pure.
//   Source    docs/references.md#chen-2019-cmps, #ju-2022
absl::StatusOr<CmpsResult> CompareSegments(std::span<const double> reference,
                                           std::span<const double> comparison,
                                           const CmpsOptions& options);

// Step 4 on its own. `votes[i]` are the shifts segment i votes for.
CmpsResult CountVotes(const std::vector<std::vector<std::int64_t>>& votes,
                      std::int64_t tolerance_samples);

}  // namespace proofmark::forensics
