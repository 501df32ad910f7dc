// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/striated/ballistic_signature.h"

namespace proofmark::forensics {

struct LandComparisonOptions {
  double lag_um_max = 400.0;      // Largest shift tried either way; [0, 5000].
  double overlap_um_min = 600.0;  // And at least half of the shorter land.
};

// Two land signatures, compared. Scores are not probabilities.
struct LandComparison {
  double ccf = 0.0;             // Largest masked cross-correlation, [-1, 1].
  double lag_um = 0.0;          // How far right the query moves to meet the reference.
  double overlap_um = 0.0;      // Compared length at that lag.
  double cmps_share = 0.0;      // Congruent matching profile segments over segments, mean of both
                                // directions, [0, 1].
  std::int64_t cmps_count = 0;  // Votes, the lower direction.
  std::int64_t segment_count = 0;  // Segments of the shorter direction.
  double score = 0.0;  // What a bullet's phases add up: from ccf and cmps_share, [0, 1].
};

// One pair of lands: which land of the query lies on which of the reference.
struct LandPair {
  std::int64_t query_land = 0;
  std::int64_t reference_land = 0;
  LandComparison comparison;
};

struct BulletComparison {
  double score = 0.0;     // Sequence average maximum: mean land score of the best phase, [0, 1].
  double contrast = 0.0;  // score minus the median of the other phases' means.
  double phase_log10_p = 0.0;  // How often unrelated lands give such a best phase, log10, <= 0.
  std::int64_t phase = 0;  // Land i of the query lies on land (i + phase) mod n of the reference.
  bool reversed = false;   // The query was turned end for end (an uncertain heel).
  std::int64_t lands_compared = 0;  // In the best phase.
  std::vector<LandPair> pairs;      // Of the best phase, by query_land.
};

// Compares two land signatures at every lag, sub-sample at the best.
//   Errors    kInvalidArgument     a signature outside its bounds.
//             kFailedPrecondition  no lag has enough overlap.
//   Threads   Pure.
//   Source    docs/references.md#vanderplas-2020, #chen-2019-cmps, #ju-2022
absl::StatusOr<LandComparison> CompareLands(const LandSignature& query,
                                            const LandSignature& reference,
                                            const LandComparisonOptions& options);

// Compares two bullets over all rotations of their lands; with kHeelUncertain on any land, also
// over the reversed query. Missing lands are left out of the means.
//   Result    unchanged (pairs mirrored) when query and reference are exchanged.
//   Cost      n^2 land comparisons.
//   Errors    kInvalidArgument     no lands, too many, or different extractor versions.
//             kFailedPrecondition  no pair of lands could be compared.
//   Threads   Pure.
absl::StatusOr<BulletComparison> CompareBullets(const BulletSignature& query,
                                                const BulletSignature& reference,
                                                const LandComparisonOptions& options);

}  // namespace proofmark::forensics
