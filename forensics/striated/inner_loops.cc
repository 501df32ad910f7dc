// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/inner_loops.h"

#include <algorithm>
#include <bit>
#include <cmath>

// Function versions by processor, chosen by the loader. Sanitizers instrument the chooser, which
// runs before they are ready; other compilers and processors take the plain version.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PM_PER_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PM_PER_PROCESSOR
#endif

namespace proofmark::forensics {
namespace {

// Values that loops take at a time where the compiler has to be told.
constexpr std::ptrdiff_t kLanes = 16;

// A float's bits as an integer of the same order, and back: several of those are compared at a
// time, where the order of floating-point comparisons would be kept.
[[gnu::always_inline]] inline std::int32_t OrderOf(std::int32_t bits) {
  return bits ^ ((bits >> 31) & 0x7FFFFFFF);
}

[[gnu::always_inline]] inline float SignedSquare(std::int32_t overlap, std::int32_t sum_x,
                                                 std::int32_t sum_xx, std::int32_t sum_y,
                                                 std::int32_t sum_yy, std::int32_t sum_xy,
                                                 std::int32_t overlap_min) {
  const float n = static_cast<float>(overlap);
  const float sx = static_cast<float>(sum_x);
  const float sy = static_cast<float>(sum_y);
  const float covariance = n * static_cast<float>(sum_xy) - sx * sy;
  const float variance_x = n * static_cast<float>(sum_xx) - sx * sx;
  const float variance_y = n * static_cast<float>(sum_yy) - sy * sy;
  const float product = variance_x * variance_y;
  const float magnitude = covariance < 0.0F ? -covariance : covariance;
  const float value = covariance * magnitude / (product > 1.0F ? product : 1.0F);
  const bool defined = (overlap >= overlap_min) & (product > 0.0F);
  return defined ? value : kCorrelationUndefined;
}

}  // namespace

PM_PER_PROCESSOR
std::int64_t DotProduct(const std::int16_t* a, const std::int16_t* b, std::int64_t count,
                        std::int64_t block) {
  std::int64_t total = 0;
  for (std::int64_t begin = 0; begin < count; begin += block) {
    const std::int64_t end = std::min(begin + block, count);
    std::int32_t sum = 0;
    for (std::int64_t i = begin; i < end; ++i) sum += a[i] * b[i];
    total += sum;
  }
  return total;
}

PM_PER_PROCESSOR
void AddDifferences(const std::int64_t* __restrict to, const std::int64_t* __restrict from,
                    std::int64_t* __restrict sums, std::int64_t count) {
  for (std::int64_t p = 0; p < count; ++p) sums[p] += to[p] - from[p];
}

PM_PER_PROCESSOR
void SlideSix(const std::int16_t* __restrict a, const std::int16_t* __restrict b,
              const std::int32_t* __restrict before, std::int32_t* __restrict sums,
              std::int64_t count) {
  const std::int16_t a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5];
  for (std::int64_t p = 0; p < count; ++p) {
    sums[p] = before[p] + static_cast<std::int16_t>(a0 * b[p] + a1 * b[p + 1] + a2 * b[p + 2] +
                                                    a3 * b[p + 3] + a4 * b[p + 4] + a5 * b[p + 5]);
  }
}

PM_PER_PROCESSOR
void AddSix(const std::int16_t* __restrict a, const std::int16_t* __restrict b,
            std::int32_t* __restrict sums, std::int64_t count) {
  const std::int32_t a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5];
  for (std::int64_t p = 0; p < count; ++p) {
    sums[p] +=
        a0 * b[p] + a1 * b[p + 1] + a2 * b[p + 2] + a3 * b[p + 3] + a4 * b[p + 4] + a5 * b[p + 5];
  }
}

PM_PER_PROCESSOR
void WindowSums(const std::int32_t* __restrict running, std::int64_t length,
                std::int32_t* __restrict out, std::int64_t count) {
  for (std::int64_t p = 0; p < count; ++p) out[p] = running[p + length] - running[p];
}

PM_PER_PROCESSOR
void SignedSquaredCorrelation(const CorrelationSums& upper, const CorrelationSums& lower,
                              std::int32_t overlap_min, float* __restrict values,
                              std::int64_t count) {
  const CorrelationSums u = upper;
  const CorrelationSums l = lower;
  for (std::int64_t p = 0; p < count; ++p) {
    values[p] =
        SignedSquare(u.n[p] - l.n[p], u.sx[p] - l.sx[p], u.sxx[p] - l.sxx[p], u.sy[p] - l.sy[p],
                     u.syy[p] - l.syy[p], u.sxy[p] - l.sxy[p], overlap_min);
  }
}

PM_PER_PROCESSOR
void SignedSquaredCorrelationOfWhole(const OwnSums& own, const CorrelationSums& upper,
                                     const CorrelationSums& lower, std::int32_t overlap_min,
                                     float* __restrict values, std::int64_t count) {
  const OwnSums x = own;
  const CorrelationSums u = upper;
  const CorrelationSums l = lower;
  for (std::int64_t p = 0; p < count; ++p) {
    values[p] = SignedSquare(x.n, x.sx, x.sxx, u.sy[p] - l.sy[p], u.syy[p] - l.syy[p],
                             u.sxy[p] - l.sxy[p], overlap_min);
  }
}

PM_PER_PROCESSOR
float Largest(const float* values, std::int64_t count) {
  std::int32_t largest = OrderOf(std::bit_cast<std::int32_t>(kCorrelationUndefined));
  for (std::int64_t p = 0; p < count; ++p) {
    largest = std::max(largest, OrderOf(std::bit_cast<std::int32_t>(values[p])));
  }
  return std::bit_cast<float>(OrderOf(largest));
}

PM_PER_PROCESSOR
std::int64_t IndexOf(float value, const float* values, std::int64_t count) {
  const float* const end = values + count;
  const float* at = values;
  for (; end - at >= kLanes; at += kLanes) {
    std::int32_t found = 0;
    for (std::ptrdiff_t lane = 0; lane < kLanes; ++lane) found += at[lane] == value ? 1 : 0;
    if (found != 0) break;
  }
  return std::find(at, end, value) - values;
}

PM_PER_PROCESSOR
void AddCorrelation(const CorrelationSums& sums, std::int32_t overlap_min, float* __restrict total,
                    std::int32_t* __restrict segments, std::int64_t count) {
  const std::int32_t* __restrict n_in = sums.n;
  const std::int32_t* __restrict sx_in = sums.sx;
  const std::int32_t* __restrict sxx_in = sums.sxx;
  const std::int32_t* __restrict sy_in = sums.sy;
  const std::int32_t* __restrict syy_in = sums.syy;
  const std::int32_t* __restrict sxy_in = sums.sxy;
  for (std::int64_t p = 0; p < count; ++p) {
    const float n = static_cast<float>(n_in[p]);
    const float sx = static_cast<float>(sx_in[p]);
    const float sy = static_cast<float>(sy_in[p]);
    const float covariance = n * static_cast<float>(sxy_in[p]) - sx * sy;
    const float variance_x = n * static_cast<float>(sxx_in[p]) - sx * sx;
    const float variance_y = n * static_cast<float>(syy_in[p]) - sy * sy;
    const float product = variance_x * variance_y;
    const float r = covariance / std::sqrt(product > 1.0F ? product : 1.0F);
    const bool defined = (n_in[p] >= overlap_min) & (product > 0.0F);
    total[p] += defined ? r : 0.0F;
    segments[p] += defined ? 1 : 0;
  }
}

PM_PER_PROCESSOR
std::int64_t CountMaximaAbove(const float* values, float floor, std::int64_t count) {
  std::int32_t above = 0;
  for (std::int64_t p = 1; p + 1 < count; ++p) {
    const bool maximum =
        (values[p] > floor) & (values[p] >= values[p - 1]) & (values[p] >= values[p + 1]);
    above += maximum ? 1 : 0;
  }
  return above;
}

}  // namespace proofmark::forensics
