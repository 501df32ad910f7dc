// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "forensics/search/shift_dots.h"

namespace proofmark::forensics {

// What is done with the sums of ShiftDots, sixteen lanes at a time. The build makes a version for
// each vector width; integers, and floats treated one by one, give the same bits in all.
//   Threads   Pure.

// One shift's part in a coefficient over the overlap.
struct OverlapTerms {
  std::int32_t correction = 0;
  float query_energy = 0.0F;  // Of the samples that meet the slot.
  float energy_min = 0.0F;    // The candidate's energy is taken as at least this.
  // The candidates' energy before the first and the last sample that the query meets, [16].
  const std::uint16_t* energy_begin = nullptr;
  const std::uint16_t* energy_end = nullptr;
};

// The largest coefficient so far as a fraction, sign * r^2 = numerator / denominator: no division
// in the loop.
struct LargestRatios {
  alignas(64) float numerator[kDotLanes];
  alignas(64) float denominator[kDotLanes];
};
void KeepLargestRatio(const std::int32_t* dots, const OverlapTerms* terms, std::int64_t shifts,
                      LargestRatios& best);

}  // namespace proofmark::forensics
