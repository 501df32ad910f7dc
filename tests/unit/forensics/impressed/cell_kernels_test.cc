// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/cell_kernels.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

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

TEST(CellKernelsTest, AllGiveEqualSumsOfAStrip) {
  const CellKernel& plain = CellKernels().back();
  ASSERT_EQ(plain.name, "plain");
  int compared = 0;
  for (const auto& [rows, groups] :
       {std::pair<std::int64_t, std::int64_t>{1, 1}, {17, 5}, {34, 9}}) {
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
      const Problem problem = MakeProblem(seed, rows, groups);
      StripSums want{};
      plain.sum(problem.taps, problem.planes, 3, want);
      for (const CellKernel& kernel : CellKernels()) {
        SCOPED_TRACE(kernel.name);
        StripSums got{};
        kernel.sum(problem.taps, problem.planes, 3, got);

        EXPECT_EQ(got.count, want.count);
        EXPECT_EQ(got.cell_level, want.cell_level);
        EXPECT_EQ(got.cell_square, want.cell_square);
        EXPECT_EQ(got.other_level, want.other_level);
        EXPECT_EQ(got.other_square, want.other_square);
        EXPECT_EQ(got.product, want.product);
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 9 * static_cast<int>(CellKernels().size()));
}

// Levels of which about `missing_share` lie in squares of `block` samples that are not measured.
std::vector<std::int8_t> RandomLevels(std::mt19937& random, std::int64_t side, std::int64_t block,
                                      double missing_share) {
  std::vector<std::int8_t> levels;
  const std::int64_t blocks = side / block + 1;
  std::vector<bool> missing;
  for (std::int64_t i = 0; i < blocks * blocks; ++i) {
    missing.push_back(static_cast<double>(random() % 1'000) < 1'000.0 * missing_share);
  }
  for (std::int64_t y = 0; y < side; ++y) {
    for (std::int64_t x = 0; x < side; ++x) {
      const auto value = static_cast<std::int8_t>(static_cast<int>(random() % 31) - kLevelMax);
      const bool none = missing[static_cast<std::size_t>(y / block * blocks + x / block)];
      levels.push_back(none ? kLevelNotMeasured : value);
    }
  }
  return levels;
}

// r |r| sample by sample.
float ValueAt(const std::vector<std::int8_t>& cell, const LevelMap& target, std::int64_t x,
              std::int64_t y, std::int32_t count_min) {
  std::int32_t n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  for (std::int64_t j = 0; j < kCellSide; ++j) {
    for (std::int64_t i = 0; i < kCellSide; ++i) {
      if (x + i < 0 || y + j < 0 || x + i >= target.side || y + j >= target.side) continue;
      const std::int32_t u = cell[static_cast<std::size_t>(j * kCellSide + i)];
      const std::int32_t v = target.level[static_cast<std::size_t>((y + j) * target.side + x + i)];
      if (u == kLevelNotMeasured || v == kLevelNotMeasured) continue;
      ++n, a += u, b += v, aa += u * u, bb += v * v, ab += u * v;
    }
  }
  const auto covariance = static_cast<float>(n * ab - a * b);
  const float product = static_cast<float>(n * aa - a * a) * static_cast<float>(n * bb - b * b);
  if (n < count_min || product <= 0.0F) return kNoCorrelation;
  return covariance * std::abs(covariance) / std::max(product, 1.0F);
}

TEST(CellKernelsTest, AllFindTheBestPlaceThatIsFoundSampleBySample) {
  std::mt19937 random(7);
  int found = 0;
  for (const double missing_share : {0.0, 0.1, 0.4, 0.8}) {
    for (const std::int64_t block : {1, 6, 20}) {
      const std::vector<std::int8_t> cell =
          RandomLevels(random, kCellSide, block, 0.5 * missing_share);
      const LevelMap target{.side = 61, .level = RandomLevels(random, 61, block, missing_share)};
      // Partly beyond the target.
      constexpr std::int64_t kFromX = -9, kFromY = -6, kColumns = 90, kRows = 80;
      constexpr std::int64_t kColumn = 3, kRow = 2;
      constexpr std::int32_t kCountMin = 40;
      SearchedTarget searched;
      FillTarget(target, kFromX, kFromY, kColumns, kRows, searched);
      BestPlace want;
      for (std::int64_t y = 0; y < kSpan; ++y) {
        for (std::int64_t x = 0; x < kSpan; ++x) {
          const float value =
              ValueAt(cell, target, kFromX + kColumn + x, kFromY + kRow + y, kCountMin);
          if (value > want.value) want = {.value = value, .x = x, .y = y};
        }
      }
      found += want.value > kNoCorrelation ? 1 : 0;
      for (const CellKernel& kernel : CellKernels()) {
        SCOPED_TRACE(kernel.name);
        const BestPlace got = kernel.search(MakeSearchedCell(cell, searched.sums_stride), searched,
                                            kColumn, kRow, kCountMin);

        EXPECT_EQ(got.value, want.value);
        EXPECT_EQ(got.x, want.x);
        EXPECT_EQ(got.y, want.y);
      }
    }
  }
  EXPECT_GE(found, 9);
}

TEST(CellKernelsTest, ACellIsFoundWhereItWasCutWithFullCorrelation) {
  std::mt19937 random(3);
  const LevelMap target{.side = 61, .level = RandomLevels(random, 61, 5, 0.2)};
  std::vector<std::int8_t> cell;
  for (std::int64_t y = 20; y < 20 + kCellSide; ++y) {
    const auto row = target.level.begin() + y * target.side + 25;
    cell.insert(cell.end(), row, row + kCellSide);
  }
  SearchedTarget searched;
  FillTarget(target, 0, 0, target.side, target.side, searched);

  const BestPlace best = BestCellKernel().search(MakeSearchedCell(cell, searched.sums_stride),
                                                 searched, /*column=*/12, /*row=*/11, 60);

  EXPECT_EQ(best.value, 1.0F);
  EXPECT_EQ(best.x, 13);
  EXPECT_EQ(best.y, 9);
}

}  // namespace
}  // namespace proofmark::forensics
