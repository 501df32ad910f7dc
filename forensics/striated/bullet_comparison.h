// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/striated/ballistic_signature.h"

namespace proofmark::forensics {

struct LandComparisonOptions {
  // Largest shift tried either way from where the middles of both lands meet; [0, 5000]. Twice the
  // 75 um within which shoulders are found. Where only one shoulder was seen in both lands, from
  // where that one meets; where none was, every shift is tried.
  double lag_um_max = 150.0;
  double overlap_um_min = 600.0;  // And at least half of the shorter land; [50, 5000].
};

// kInvalidArgument naming the first option outside its bounds.
absl::Status CheckOptions(const LandComparisonOptions& options);

// Two land signatures, compared. Scores are not probabilities.
struct LandComparison {
  double ccf = 0.0;             // Largest masked cross-correlation, [-1, 1].
  double agreement = 0.0;       // Mean correlation of segments at one shift (agreement.h), [-1, 1].
  double lag_um = 0.0;          // Where the segments agree best: how far right the query moves to
                                // meet the reference, left end to left end (after turning it, if
                                // it was turned).
  double overlap_um = 0.0;      // Measured in both at that lag; with many gaps as little as 250.
  double cmps_share = 0.0;      // Congruent matching profile segments over segments, mean of both
                                // directions, [0, 1].
  std::int64_t cmps_count = 0;  // Votes, the lower direction.
  std::int64_t segment_count = 0;  // Segments of the shorter direction.
  // What a bullet's phases add up: rises with agreement and cmps_share, [0, 1].
  double score = 0.0;
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
  // Land i of the query lies on land (i + phase) mod n of the reference, n the larger count; on
  // (phase - i) mod n when `order_reversed`.
  std::int64_t phase = 0;
  bool reversed = false;          // The query's lands were turned end for end (an uncertain heel).
  bool order_reversed = false;    // The query's lands were counted the other way round.
  std::int64_t phases_tried = 0;  // n, or 4 n when both ends and both orders were tried.
  std::int64_t lands_compared = 0;  // In the best phase.
  std::vector<LandPair> pairs;      // Of the best phase, by query_land.
};

// Name of this method and its constants. Changes when a score may.
std::string_view BulletComparisonVersion();

// Compares two land signatures at every lag, sub-sample at the best.
//   Result    unchanged, lag negated, when query and reference are exchanged; unchanged when both
//             are turned end for end.
//   Errors    kInvalidArgument     a signature or option outside its bounds.
//             kFailedPrecondition  no lag has enough overlap.
//   Threads   Pure.
//   Source    docs/references.md#vanderplas-2020, #chen-2019-cmps, #ju-2022
absl::StatusOr<LandComparison> CompareLands(const LandSignature& query,
                                            const LandSignature& reference,
                                            const LandComparisonOptions& options);

// Compares two bullets over all rotations of their lands; with kHeelUncertain on any land of
// either, also with the query's lands turned and counted the other way round. Missing lands are
// left out of the means; a phase counts when it has at least half as many pairs as the fullest.
//   Result    unchanged (pairs mirrored) when query and reference are exchanged.
//   Cost      n^2 land comparisons, 2 n^2 with an uncertain heel.
//   Errors    kInvalidArgument     no lands, too many, or different extractor versions.
//             kFailedPrecondition  no pair of lands could be compared.
//   Threads   Pure.
absl::StatusOr<BulletComparison> CompareBullets(const BulletSignature& query,
                                                const BulletSignature& reference,
                                                const LandComparisonOptions& options);

}  // namespace proofmark::forensics
