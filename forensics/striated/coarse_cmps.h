// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forensics/striated/cmps.h"

namespace proofmark::forensics {

// CMPS as bullets are compared: at 6.25 um, on levels so few that all sums are exact in 32 bits.
inline constexpr std::int64_t kCoarseStep = 2;            // Signature samples a coarse one.
inline constexpr std::int64_t kCoarseSegment = 12;        // 75 um.
inline constexpr std::int64_t kCoarseTolerance = 6;       // 37.5 um.
inline constexpr std::int64_t kCoarseMultiScaleMin = 96;  // 0.6 mm: shorter, one scale must do.

// A land at 6.25 um in levels of a twentieth of its rms, clipped at 73 levels so that six products
// fit sixteen bits. Gaps are 0 in `level` and `mask`.
struct CoarseProfile {
  std::vector<std::int16_t> level;
  std::vector<std::int16_t> mask;  // 1 measured, 0 not.
  bool gapless = false;

  std::int64_t size() const { return static_cast<std::int64_t>(level.size()); }
};
inline constexpr std::int32_t kCoarseLevelMax = 73;

// `height_nm` as in LandSignature.
CoarseProfile MakeCoarseProfile(std::span<const std::int16_t> height_nm);

// CompareSegments with the options above and peaks (5, 3, 1) on the coarse profiles, fast.
//   Accuracy  the correlation's square in float, the same bits at any vector width; equal peaks at
//             the edge of the kept ones are all kept.
//   Cost      O(|reference| * |comparison|), eight multiplications an instruction.
//   Threads   Pure.
CmpsResult CompareCoarseSegments(const CoarseProfile& reference, const CoarseProfile& comparison);

}  // namespace proofmark::forensics
