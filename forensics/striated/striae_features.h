// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "forensics/striated/ballistic_signature.h"

namespace proofmark::forensics {

// What an examiner counts on two aligned lands, and the published features made of it. Striae are
// the peaks and valleys of either signature after smoothing; each reaches a third of the way to its
// neighbours. Overlapping ones of both lands form a group, and a group matches when both lands are
// in it and it is all peaks or all valleys.
struct StriaeFeatures {
  double ccf = 0.0;        // At the shift given, [-1, 1].
  double rough_cor = 0.0;  // The same after the loess (span 0.3) of their mean is taken from both.
  double overlap_share = 0.0;   // Of the shorter land's samples, those measured in both.
  double difference_um = 0.0;   // D: root mean square of the difference over the overlap.
  double sd_sum_um = 0.0;       // sd_D: sum of both standard deviations over the overlap.
  double length_mm = 0.0;       // Of the shorter land.
  std::int64_t matches = 0;     // Matching groups,
  std::int64_t mismatches = 0;  // and the others.
  std::int64_t cms = 0;         // Longest run of matching groups,
  std::int64_t cms_peaks = 0;   // counting peaks only (Biasotti),
  std::int64_t non_cms = 0;     // and of others.
  std::int64_t left_cms = 0;    // Matching groups in a row at the left end,
  std::int64_t right_cms = 0;   // and at the right.
  double sum_peaks_um = 0.0;    // Over matching groups, of their mean absolute height.
};

// The features of `query` moved right by `lag_um` (rounded to a sample, left end to left end) onto
// `reference`, as LandComparison::lag_um says. For people and for research: they take no part in
// the land score (docs/design/comparison.md says why).
//
//   Result    the counts are unchanged when the two are exchanged and the lag negated.
//   Errors    kInvalidArgument     a signature outside its bounds.
//             kFailedPrecondition  fewer than kSignatureSamplesMin samples measured in both there,
//                                  or either constant.
//   Cost      O(samples^2 / 3), about a millisecond.
//   Threads   Pure.
//   Source    docs/references.md#hare-2017, #biasotti-1959
absl::StatusOr<StriaeFeatures> CompareStriae(const LandSignature& query,
                                             const LandSignature& reference, double lag_um);

}  // namespace proofmark::forensics
