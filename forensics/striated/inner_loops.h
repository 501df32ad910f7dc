// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace proofmark::forensics {

// The loops in which a comparison spends its time, over contiguous arrays of equal length that do
// not overlap. The build makes a version for each vector width and the processor's is taken when
// the program starts; integers, and floats treated one by one, give the same bits in all of them.
//   Threads   Pure.

// Sum of a[i] b[i]. No sum of any of `block` consecutive products may leave an int32.
std::int64_t DotProduct(const std::int16_t* a, const std::int16_t* b, std::int64_t count,
                        std::int64_t block);

// sums[p] += to[p] - from[p].
void AddDifferences(const std::int64_t* to, const std::int64_t* from, std::int64_t* sums,
                    std::int64_t count);

// sums[p] = before[p] + a[0] b[p] + ... + a[5] b[p + 5]; the six products together must fit sixteen
// bits.
void SlideSix(const std::int16_t* a, const std::int16_t* b, const std::int32_t* before,
              std::int32_t* sums, std::int64_t count);

// sums[p] += a[0] b[p] + ... + a[5] b[p + 5]; the sums must fit an int32.
void AddSix(const std::int16_t* a, const std::int16_t* b, std::int32_t* sums, std::int64_t count);

// out[p] = running[p + length] - running[p].
void WindowSums(const std::int32_t* running, std::int64_t length, std::int32_t* out,
                std::int64_t count);

// The six sums of a correlation coefficient at every place.
struct CorrelationSums {
  const std::int32_t* n;
  const std::int32_t* sx;
  const std::int32_t* sxx;
  const std::int32_t* sy;
  const std::int32_t* syy;
  const std::int32_t* sxy;
};
inline constexpr float kCorrelationUndefined = -2.0F;

// values[p] = r |r|, r the coefficient of the sums upper - lower: it has r's order and needs no
// root. Undefined with n below `overlap_min` or where either side is constant. Every product n *
// sum and sum * sum must be under 2^24, so that a float holds it exactly.
void SignedSquaredCorrelation(const CorrelationSums& upper, const CorrelationSums& lower,
                              std::int32_t overlap_min, float* values, std::int64_t count);

// The same where x lies whole on what was measured of y: n, sx and sxx do not move.
struct OwnSums {
  std::int32_t n = 0;
  std::int32_t sx = 0;
  std::int32_t sxx = 0;
};
void SignedSquaredCorrelationOfWhole(const OwnSums& own, const CorrelationSums& upper,
                                     const CorrelationSums& lower, std::int32_t overlap_min,
                                     float* values, std::int64_t count);

// At least kCorrelationUndefined.
float Largest(const float* values, std::int64_t count);

// Where `value` first stands; `count` if nowhere.
std::int64_t IndexOf(float value, const float* values, std::int64_t count);

// total[p] += r and segments[p] += 1 where r, the correlation coefficient, is defined as above.
void AddCorrelation(const CorrelationSums& sums, std::int32_t overlap_min, float* total,
                    std::int32_t* segments, std::int64_t count);

// How many local maxima (>= both neighbours) of values[1 .. count - 2] lie above `floor`.
std::int64_t CountMaximaAbove(const float* values, float floor, std::int64_t count);

}  // namespace proofmark::forensics
