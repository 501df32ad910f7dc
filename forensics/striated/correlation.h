// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "forensics/striated/masked_profile.h"

namespace proofmark::forensics {

// Which shifts to try. A shift is in samples, left end to left end; the window is about the place
// where the middles of both profiles meet, so that turning both end for end changes nothing.
struct CorrelationWindow {
  std::int64_t shift_max = 0;    // From there either way, samples, >= 0.
  std::int64_t overlap_min = 2;  // Samples measured in both, >= 2.
};

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
// Ties go to the shift nearest to the middle, then to the smaller; nullopt when none is defined.
//   Cost      O(shifts * overlap), eight multiplications an instruction.
//   Threads   Pure.
std::optional<CorrelationPeak> BestCorrelation(const MaskedProfile& query,
                                               const MaskedProfile& reference,
                                               const CorrelationWindow& window);

}  // namespace proofmark::forensics
