// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "forensics/striated/ballistic_signature.h"

namespace proofmark::forensics {

// A land as the first stage of a search sees it: at 12.5 um in levels of a twentieth of its rms.
// Measured on real lands, this loses 0.01 of the mean correlation of a true pair; 25 um or one bit
// would lose several times that (docs/design/search.md).
inline constexpr std::int64_t kCoarseFineSamples = 4;  // Signature samples in a coarse one.
inline constexpr double kCoarsePitchUm = kSignaturePitchUm * kCoarseFineSamples;
inline constexpr int kCoarseRmsLevels = 20;
inline constexpr int kCoarseLevelsMax = 127;
// A query is clipped harder, so that the sixteen-bit sums of the AVX2 kernel cannot saturate
// (2 * 255 * 63 < 2^15). On every kernel, so that all give the same sums.
inline constexpr int kCoarseQueryLevelsMax = 63;

// Lands stand in slots of these widths, each in the narrowest that holds it; nothing is cut. The
// last holds the longest signature there can be.
inline constexpr std::array<std::int64_t, 5> kCoarseSlotWidths = {160, 240, 320, 512, 1024};

struct CoarseLand {
  std::vector<std::int8_t> level;  // Left to right; 0 also where nothing was measured.
  std::int64_t energy = 0;         // Sum of squared levels.
};

// Means of four measured samples (two at least), less their mean, scaled to an rms of 20 levels.
//   Shape     kSignatureSamplesMin..kSignatureSamplesMax heights; PM_CHECKed.
//   Result    the same bits on every machine. All 0 when nothing measured varies.
//   Threads   Pure.
CoarseLand MakeCoarseLand(const LandSignature& land);

// The narrowest slot that holds `samples` coarse samples, 1..1024.
std::int64_t CoarseSlotWidth(std::int64_t samples);

}  // namespace proofmark::forensics
