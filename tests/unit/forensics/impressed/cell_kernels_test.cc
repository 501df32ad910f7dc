// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/cell_kernels.h"

#include <cstring>
#include <random>

#include "gtest/gtest.h"

namespace proofmark::forensics {
namespace {

struct Problem {
  std::vector<CellTap> taps;
  TargetPlanes planes;
};

// Random bytes, the extremes of every range among them.
Problem MakeProblem(std::uint32_t seed, std::int64_t rows, std::int64_t groups) {
  std::mt19937 random(seed);
  Problem out;
  out.planes.stride = 4 * groups + 64;
  const auto level = [&] { return static_cast<std::int32_t>(random() % 31) - kLevelMax; };
  const auto words = static_cast<std::size_t>(out.planes.stride * rows);
  for (std::size_t i = 0; i < words; ++i) {
    std::uint32_t l = 0, m = 0, s = 0;
    for (std::uint32_t k = 0; k < 32; k += 8) {
      if (random() % 4 == 0) continue;
      const std::int32_t v = random() % 8 == 0 ? (random() % 2 ? kLevelMax : -kLevelMax) : level();
      l |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(v)) << k;
      m |= 1U << k;
      s |= static_cast<std::uint32_t>(v * v) << k;
    }
    out.planes.level.push_back(l);
    out.planes.mask.push_back(m);
    out.planes.square.push_back(s);
  }
  for (std::int64_t y = 0; y < rows; ++y) {
    for (std::int64_t g = 0; g < groups; ++g) {
      CellTap tap{.offset = static_cast<std::int32_t>(y * out.planes.stride + 4 * g)};
      for (std::uint32_t k = 0; k < 32; k += 8) {
        if (random() % 4 == 0) continue;
        const std::int32_t v = random() % 8 == 0 ? kLevelMax : level();
        tap.level |= static_cast<std::uint32_t>(v + kLevelMax + 1) << k;
        tap.mask |= 1U << k;
        tap.square |= static_cast<std::uint32_t>(v * v) << k;
      }
      out.taps.push_back(tap);
    }
  }
  return out;
}

TEST(CellKernelsTest, AllGiveEqualSumsAndScores) {
  const CellKernel& plain = CellKernels().back();
  ASSERT_EQ(plain.name, "plain");
  int compared = 0;
  for (const auto& [rows, groups] :
       {std::pair<std::int64_t, std::int64_t>{1, 1}, {17, 5}, {34, 9}}) {
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
      const Problem problem = MakeProblem(seed, rows, groups);
      for (std::int64_t blocks = 1; blocks <= 2; ++blocks) {
        StripSums want{};
        plain.sum(problem.taps, problem.planes, 3, blocks, want);
        std::array<float, kStripLanes> want_values{};
        const float want_top = plain.score(want, 5, blocks * kLanes, want_values.data());
        for (const CellKernel& kernel : CellKernels()) {
          SCOPED_TRACE(kernel.name);
          StripSums got{};
          kernel.sum(problem.taps, problem.planes, 3, blocks, got);
          std::array<float, kStripLanes> values{};
          const float top = kernel.score(got, 5, blocks * kLanes, values.data());

          EXPECT_EQ(got.count, want.count);
          EXPECT_EQ(got.cell_level, want.cell_level);
          EXPECT_EQ(got.cell_square, want.cell_square);
          EXPECT_EQ(got.other_level, want.other_level);
          EXPECT_EQ(got.other_square, want.other_square);
          EXPECT_EQ(got.product, want.product);
          EXPECT_EQ(std::memcmp(values.data(), want_values.data(), sizeof(values)), 0);
          EXPECT_EQ(top, want_top);
          ++compared;
        }
      }
    }
  }
  EXPECT_EQ(compared, 18 * static_cast<int>(CellKernels().size()));
}

TEST(CellKernelsTest, ACellIsFoundWhereItWasCutWithFullCorrelation) {
  const CellKernel& kernel = BestCellKernel();
  // One row of eight samples: the target holds it five places to the right.
  const std::vector<std::int32_t> row = {3, -7, 15, -15, 0, 8, 2, -4};
  CellTap first{.offset = 0}, second{.offset = 4};
  for (std::uint32_t k = 0; k < 8; ++k) {
    CellTap& tap = k < 4 ? first : second;
    const std::uint32_t shift = 8 * (k % 4);
    tap.level |= static_cast<std::uint32_t>(row[k] + kLevelMax + 1) << shift;
    tap.mask |= 1U << shift;
    tap.square |= static_cast<std::uint32_t>(row[k] * row[k]) << shift;
  }
  std::vector<std::uint8_t> level(80, 1), mask(80, 1), square(80, 1);
  for (std::size_t k = 0; k < 8; ++k) {
    level[5 + k] = static_cast<std::uint8_t>(row[k]);
    square[5 + k] = static_cast<std::uint8_t>(row[k] * row[k]);
  }
  TargetPlanes planes{.stride = 64};
  for (std::size_t i = 0; i < 64; ++i) {
    std::uint32_t word = 0;
    std::memcpy(&word, level.data() + i, 4), planes.level.push_back(word);
    std::memcpy(&word, mask.data() + i, 4), planes.mask.push_back(word);
    std::memcpy(&word, square.data() + i, 4), planes.square.push_back(word);
  }
  const std::vector<CellTap> taps = {first, second};
  StripSums sums;
  std::array<float, kStripLanes> values;

  kernel.sum(taps, planes, 0, 1, sums);
  const float top = kernel.score(sums, 8, kLanes, values.data());

  EXPECT_EQ(top, 1.0F);
  EXPECT_EQ(values[5], 1.0F);
}

}  // namespace
}  // namespace proofmark::forensics
