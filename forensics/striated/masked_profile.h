// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace proofmark::forensics {

// A run of measured samples, [begin, end).
struct MeasuredRun {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// One land's samples made ready for comparison: gaps are zero in `height_nm`, so that they add
// nothing to a sum of products, and every sum over a stretch of one land is two look-ups.
struct MaskedProfile {
  // Zeros behind the last sample, so that a sum of products may run to a whole number of them.
  static constexpr std::int64_t kPadding = 32;

  std::vector<std::int16_t> height_nm;  // size() samples and the padding.
  std::vector<MeasuredRun> runs;
  std::vector<std::int32_t> count_before;   // Of measured samples before index i; size + 1 entries.
  std::vector<std::int64_t> sum_before;     // Of heights.
  std::vector<std::int64_t> square_before;  // Of squared heights.

  std::int64_t size() const { return static_cast<std::int64_t>(count_before.size()) - 1; }
  std::int64_t measured() const { return count_before.back(); }
};

// `height_nm` as in LandSignature: kSampleNotMeasured for gaps.
MaskedProfile MakeMaskedProfile(std::span<const std::int16_t> height_nm);

}  // namespace proofmark::forensics
