// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/coarse_land.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace proofmark::forensics {

CoarseLand MakeCoarseLand(const LandSignature& land) {
  const std::int64_t fine = static_cast<std::int64_t>(land.height_nm.size());
  PM_CHECK(fine >= kSignatureSamplesMin && fine <= kSignatureSamplesMax);
  const std::size_t count =
      static_cast<std::size_t>((fine + kCoarseFineSamples - 1) / kCoarseFineSamples);
  std::vector<double> mean(count);
  std::vector<char> measured(count);
  double total = 0.0;
  double measured_count = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    std::int32_t sum = 0;
    std::int32_t of = 0;
    const std::size_t begin = i * kCoarseFineSamples;
    const std::size_t end = std::min(begin + kCoarseFineSamples, land.height_nm.size());
    for (std::size_t k = begin; k < end; ++k) {
      if (land.height_nm[k] == kSampleNotMeasured) continue;
      sum += land.height_nm[k];
      ++of;
    }
    if (of < kCoarseFineSamples / 2) continue;
    measured[i] = 1;
    mean[i] = static_cast<double>(sum) / of;
    total += mean[i];
    measured_count += 1.0;
  }

  CoarseLand coarse;
  coarse.level.resize(count);
  if (measured_count == 0.0) return coarse;
  const double offset = total / measured_count;
  double squares = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    if (measured[i] != 0) squares += (mean[i] - offset) * (mean[i] - offset);
  }
  if (squares == 0.0) return coarse;
  const double scale = kCoarseRmsLevels / std::sqrt(squares / measured_count);
  for (std::size_t i = 0; i < count; ++i) {
    if (measured[i] == 0) continue;
    const double level = std::floor((mean[i] - offset) * scale + 0.5);
    const int clipped =
        static_cast<int>(std::clamp(level, -double{kCoarseLevelsMax}, double{kCoarseLevelsMax}));
    coarse.level[i] = static_cast<std::int8_t>(clipped);
    coarse.energy += clipped * clipped;
  }
  return coarse;
}

std::int64_t CoarseSlotWidth(std::int64_t samples) {
  const auto slot = std::lower_bound(kCoarseSlotWidths.begin(), kCoarseSlotWidths.end(), samples);
  PM_CHECK(samples >= 1 && slot != kCoarseSlotWidths.end());
  return *slot;
}

}  // namespace proofmark::forensics
