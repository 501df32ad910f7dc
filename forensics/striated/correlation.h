// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "forensics/striated/masked_profile.h"

namespace proofmark::forensics {

// Where two profiles meet when neither is moved: the place the window of shifts lies about. Turning
// both end for end exchanges the two ends and leaves the middles.
enum class Anchor { kMiddles, kLeftEnds, kRightEnds };

// Which shifts to try. A shift is in samples, left end to left end.
struct CorrelationWindow {
  std::int64_t shift_max = 0;    // From the anchor either way, samples, >= 0.
  std::int64_t overlap_min = 2;  // Samples measured in both, >= 2.
  Anchor anchor = Anchor::kMiddles;
};

// The whole shifts of a window at which at least `overlap_min` samples lie on each other.
struct ShiftRange {
  std::int64_t first = 0;
  std::int64_t last = 0;          // At least `first`, or there are none.
  std::int64_t twice_anchor = 0;  // Twice the shift in the middle of the window.

  // Orders shifts by their distance from the anchor.
  std::int64_t TwiceDistance(std::int64_t shift) const {
    return shift * 2 < twice_anchor ? twice_anchor - shift * 2 : shift * 2 - twice_anchor;
  }
};
ShiftRange ShiftsOf(const CorrelationWindow& window, std::int64_t query_size,
                    std::int64_t reference_size);

struct CorrelationPeak {
  double ccf = 0.0;          // At the best shift, between samples, [-1, 1].
  double shift = 0.0;        // Samples the query moves right to meet the reference.
  std::int64_t overlap = 0;  // Samples measured in both, at the best whole shift.
};

// The correlation coefficient of the samples measured in both when the query is moved right by
// `shift`; nullopt with fewer than `overlap_min` of them or when either side is constant there.
//   Accuracy  the sums are exact integers; one square root and one division follow.
std::optional<double> CorrelationAt(const MaskedProfile& query, const MaskedProfile& reference,
                                    std::int64_t shift, std::int64_t overlap_min);

// Samples measured in both when the query is moved right by `shift`.
std::int64_t OverlapAt(const MaskedProfile& query, const MaskedProfile& reference,
                       std::int64_t shift);

// The best of all shifts in the window, refined by the parabola through it and its neighbours.
// Ties go to the shift nearest to the anchor, then to the smaller; nullopt when none is defined.
//   Cost      O(shifts * overlap), eight multiplications an instruction.
//   Threads   Pure.
std::optional<CorrelationPeak> BestCorrelation(const MaskedProfile& query,
                                               const MaskedProfile& reference,
                                               const CorrelationWindow& window);

}  // namespace proofmark::forensics
