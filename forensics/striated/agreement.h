// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "forensics/striated/correlation.h"

namespace proofmark::forensics {

// How two lands agree piece by piece: the correlation coefficient of every segment of 75 um (and
// of 37.5 um further on, overlapping by half) with the piece it lies on, averaged over all segments
// at one common shift.
//
// A coefficient of the whole land is the word of its few tallest striae. Here every piece has one
// vote whatever its height, so that a scar, a patch of poor contact or a tall class mark weighs no
// more than its length; and unlike congruent segments, which each look for their own best place and
// are then counted, a piece that agrees a little counts a little.

// A land in levels of a fortieth of its rms, clipped at 170 levels: coarse enough that every sum
// below is exact in float. Gaps are 0 in `level` and `mask`.
struct LevelProfile {
  std::vector<std::int16_t> level;   // At kSignaturePitchUm.
  std::vector<std::int16_t> mask;    // 1 measured, 0 not.
  std::vector<std::int16_t> square;  // Of the level.
  // Sums over all samples before one; one more than samples.
  std::vector<std::int32_t> measured_before;
  std::vector<std::int32_t> level_before;
  std::vector<std::int32_t> square_before;
  bool gapless = false;

  std::int64_t size() const { return static_cast<std::int64_t>(level.size()); }
};

// `height_nm` as in LandSignature.
LevelProfile MakeLevelProfile(std::span<const std::int16_t> height_nm);

struct AgreementPeak {
  double agreement = 0.0;          // Between samples, [-1, 1].
  double shift = 0.0;              // Coarse samples the query moves right to meet the reference.
  std::int64_t segment_count = 0;  // Segments averaged at the best whole shift.
};

// The best of all shifts in the window, refined by the parabola through it and its neighbours. A
// segment counts where at least half of it is measured in both. Ties go to the shift nearest to the
// anchor, then to the smaller; nullopt when no shift has enough segments.
//
//   Result    unchanged by an offset or a positive gain of either.
//   Accuracy  every sum is an exact integer; a root, a division and an addition in float for each
//             segment, in one order at any vector width.
//   Cost      O(shifts * |query|), eight multiplications an instruction.
//   Threads   Pure.
std::optional<AgreementPeak> BestAgreement(const LevelProfile& query, const LevelProfile& reference,
                                           const CorrelationWindow& window);

}  // namespace proofmark::forensics
