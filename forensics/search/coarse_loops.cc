// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/coarse_loops.h"

#include "forensics/search/bullet_segment.h"

// As in forensics/striated/inner_loops.cc: versions by processor, chosen by the loader.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PM_PER_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PM_PER_PROCESSOR
#endif

namespace proofmark::forensics {

PM_PER_PROCESSOR
void KeepLargestRatio(const std::int32_t* __restrict dots, const OverlapTerms* __restrict terms,
                      std::int64_t shifts, LargestRatios& best) {
  float* __restrict best_numerator = best.numerator;
  float* __restrict best_denominator = best.denominator;
  for (std::int64_t s = 0; s < shifts; ++s) {
    const std::int32_t* row = dots + s * kDotLanes;
    const OverlapTerms term = terms[s];
    for (std::int64_t lane = 0; lane < kDotLanes; ++lane) {
      const float dot = static_cast<float>(row[lane] - term.correction);
      const std::int32_t units = static_cast<std::int32_t>(term.energy_end[lane]) -
                                 static_cast<std::int32_t>(term.energy_begin[lane]);
      const float measured = static_cast<float>(units << kEnergyUnitBits);
      const float energy = measured > term.energy_min ? measured : term.energy_min;
      const float denominator = term.query_energy * energy;
      const float numerator = dot * (dot < 0.0F ? -dot : dot);
      const bool larger = numerator * best_denominator[lane] > best_numerator[lane] * denominator;
      best_numerator[lane] = larger ? numerator : best_numerator[lane];
      best_denominator[lane] = larger ? denominator : best_denominator[lane];
    }
  }
}

}  // namespace proofmark::forensics
