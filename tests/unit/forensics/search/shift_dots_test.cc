// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/shift_dots.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <vector>

#include "forensics/search/coarse_loops.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kMargin = 32;
constexpr std::array kKernels = {DotKernel::kScalar, DotKernel::kAvx2, DotKernel::kAvx512Vnni};

// Rows on a cache line, as segments keep them.
class AlignedRows {
 public:
  explicit AlignedRows(std::int64_t words)
      : size_(static_cast<std::size_t>(words * kDotRowBytes)),
        bytes_(static_cast<std::uint8_t*>(std::aligned_alloc(64, size_))) {}
  ~AlignedRows() { std::free(bytes_); }
  AlignedRows(const AlignedRows&) = delete;
  AlignedRows& operator=(const AlignedRows&) = delete;

  template <typename Draw>
  void Fill(const Draw& draw) {
    for (std::size_t i = 0; i < size_; ++i) bytes_[i] = static_cast<std::uint8_t>(draw());
  }
  const std::uint8_t* data() const { return bytes_; }

 private:
  std::size_t size_;
  std::uint8_t* bytes_;
};

struct Sums {
  alignas(64) std::array<std::int32_t, kDotShifts * kDotLanes> at;
};

// Straight from the header, in 64 bits.
std::int64_t DotByHand(const std::uint8_t* rows, std::int64_t words, const std::int8_t* query,
                       std::int64_t shift, std::int64_t lane) {
  std::int64_t sum = 0;
  for (std::int64_t k = 0; k < words * kDotWord; ++k) {
    sum += std::int64_t{rows[k / kDotWord * kDotRowBytes + lane * kDotWord + k % kDotWord]} *
           query[k - shift];
  }
  return sum;
}

class Lcg {
 public:
  std::uint32_t Next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33);
  }

 private:
  std::uint64_t state_ = 7;
};

TEST(ShiftDotsTest, EveryKernelGivesTheSumsByHand) {
  Lcg random;
  int kernels_run = 0;
  for (const DotKernel kernel : kKernels) {
    if (!IsSupported(kernel)) continue;
    ++kernels_run;
    for (const std::int64_t words : {0, 1, 2, 3, 39, 40, 60, 80, 256}) {
      AlignedRows rows0(words + 1);
      AlignedRows rows1(words + 1);
      rows0.Fill([&] { return random.Next(); });
      rows1.Fill([&] { return random.Next(); });
      std::vector<std::int8_t> query(static_cast<std::size_t>(words * kDotWord + kMargin));
      for (auto& q : query)
        q = static_cast<std::int8_t>(static_cast<int>(random.Next() % 127) - 63);
      const std::int8_t* at = query.data() + kMargin / 2 + 1;  // At an odd address.
      Sums one;
      Sums two0;
      Sums two1;

      ShiftDots(kernel, rows0.data(), words, at, one.at.data());
      ShiftDotsOfTwo(kernel, rows0.data(), rows1.data(), words, at, two0.at.data(), two1.at.data());

      for (std::int64_t s = 0; s < kDotShifts; ++s) {
        for (std::int64_t lane = 0; lane < kDotLanes; ++lane) {
          const std::size_t i = static_cast<std::size_t>(s * kDotLanes + lane);
          ASSERT_EQ(one.at[i], DotByHand(rows0.data(), words, at, s, lane))
              << DotKernelName(kernel) << " words " << words << " shift " << s;
          ASSERT_EQ(two0.at[i], one.at[i]);
          ASSERT_EQ(two1.at[i], DotByHand(rows1.data(), words, at, s, lane));
        }
      }
    }
  }
  EXPECT_GE(kernels_run, 1);
  RecordProperty("kernels_run", kernels_run);
}

TEST(ShiftDotsTest, EveryKernelKeepsTheLargestByHand) {
  Lcg random;
  constexpr std::int64_t kGroups = 3;
  constexpr std::int64_t kWords = 40;
  for (const DotKernel kernel : kKernels) {
    if (!IsSupported(kernel)) continue;
    for (const std::int64_t shifts : {std::int64_t{1}, std::int64_t{7}, kDotShifts}) {
      AlignedRows rows(kGroups * kWords);
      rows.Fill([&] { return random.Next(); });
      std::vector<std::int8_t> query(static_cast<std::size_t>(kWords * kDotWord + kMargin));
      for (auto& q : query)
        q = static_cast<std::int8_t>(static_cast<int>(random.Next() % 127) - 63);
      const std::int8_t* at = query.data() + kMargin / 2 + 1;
      std::array<std::int32_t, kDotShifts> correction;
      for (auto& c : correction) c = static_cast<std::int32_t>(random.Next() % 200'000) - 100'000;
      alignas(64) std::array<std::int32_t, kGroups * kDotLanes> best;
      best.fill(-50'000);  // What was there before counts.

      KeepLargestShiftDots(kernel, rows.data(), kWords * kDotRowBytes, kGroups, kWords, at,
                           correction.data(), shifts, best.data());

      for (std::int64_t g = 0; g < kGroups; ++g) {
        for (std::int64_t lane = 0; lane < kDotLanes; ++lane) {
          std::int64_t largest = -50'000;
          for (std::int64_t s = 0; s < shifts; ++s) {
            largest = std::max(
                largest, DotByHand(rows.data() + g * kWords * kDotRowBytes, kWords, at, s, lane) -
                             correction[static_cast<std::size_t>(s)]);
          }
          ASSERT_EQ(best[static_cast<std::size_t>(g * kDotLanes + lane)], largest)
              << DotKernelName(kernel) << " shifts " << shifts;
        }
      }
    }
  }
}

// The worst there can be: nothing saturates and nothing overflows.
TEST(ShiftDotsTest, ExtremesAreExact) {
  constexpr std::int64_t kWords = 256;
  for (const DotKernel kernel : kKernels) {
    if (!IsSupported(kernel)) continue;
    for (const int level : {-63, 63}) {
      AlignedRows rows(kWords);
      rows.Fill([] { return 255; });
      const std::vector<std::int8_t> query(kWords * kDotWord + kMargin,
                                           static_cast<std::int8_t>(level));
      Sums sums;

      ShiftDots(kernel, rows.data(), kWords, query.data() + kMargin / 2, sums.at.data());

      for (const std::int32_t sum : sums.at) EXPECT_EQ(sum, kWords * kDotWord * 255 * level);
    }
  }
}

TEST(ShiftDotsTest, TheFastestKernelIsSupported) {
  EXPECT_TRUE(IsSupported(FastestDotKernel()));
  EXPECT_TRUE(IsSupported(DotKernel::kScalar));
}

TEST(CoarseLoopsTest, TheLargestRatioIsTheLargestCoefficient) {
  Lcg random;
  Sums dots;
  std::vector<std::uint16_t> before(kDotLanes, 100);
  std::vector<std::uint16_t> after(kDotLanes);
  for (auto& e : after) e = static_cast<std::uint16_t>(1'000 + random.Next() % 5'000);
  std::array<OverlapTerms, kDotShifts> terms;
  for (std::size_t s = 0; s < terms.size(); ++s) {
    terms[s] = {.correction = static_cast<std::int32_t>(random.Next() % 2'000),
                .query_energy = 10'000.0F + static_cast<float>(random.Next() % 40'000),
                .energy_min = 20'000.0F,
                .energy_begin = before.data(),
                .energy_end = after.data()};
  }
  for (auto& dot : dots.at) dot = static_cast<std::int32_t>(random.Next() % 40'000) - 20'000;
  LargestRatios best;
  for (float& n : best.numerator) n = -1.0F;
  for (float& d : best.denominator) d = 1.0F;

  KeepLargestRatio(dots.at.data(), terms.data(), kDotShifts, best);

  for (std::size_t lane = 0; lane < kDotLanes; ++lane) {
    double want = -1.0;
    for (std::size_t s = 0; s < terms.size(); ++s) {
      const double dot = dots.at[s * kDotLanes + lane] - terms[s].correction;
      const double energy = std::max(20'000.0, (after[lane] - before[lane]) * 8.0);
      want = std::max(want, dot * std::abs(dot) / (energy * terms[s].query_energy));
    }
    EXPECT_NEAR(best.numerator[lane] / best.denominator[lane], want, 1e-5);
  }
}

}  // namespace
}  // namespace proofmark::forensics
