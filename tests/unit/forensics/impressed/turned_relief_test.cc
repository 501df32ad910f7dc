// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/turned_relief.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace proofmark::forensics {
namespace {

// Every stored level there can be, and holes of all sizes.
ImpressedSignature HostileMark(std::uint32_t seed) {
  ImpressedSignature mark{.extractor_version = "test",
                          .width = 97,
                          .height = 61,
                          .pitch_um = ReliefPitchUm(ImpressedRegion::kBreechFace)};
  std::mt19937 random(seed);
  for (std::int64_t i = 0; i < mark.width * mark.height; ++i) {
    const auto level = static_cast<std::int8_t>(static_cast<std::int32_t>(random() % 256U) - 128);
    mark.relief.push_back(random() % 5U == 0 || i / 97 % 7 == 0 ? kReliefNotMeasured : level);
  }
  return mark;
}

TEST(SamplingKernelsTest, AllGiveTheSameLevels) {
  ASSERT_EQ(SamplingKernels().back().name, "plain");
  for (const int smoothing : {0, 1, 10, 24}) {
    const TurnableRelief relief(HostileMark(7), /*mirrored=*/smoothing == 1, smoothing);
    std::int64_t measured = 0;
    for (const double turn : {0.0, 3.0, 44.0, 90.0, -131.0, 180.0}) {
      // Columns that fill no register; rows and columns beyond the relief's edge.
      for (const std::int64_t columns : {std::int64_t{1}, std::int64_t{7}, std::int64_t{131}}) {
        constexpr std::int64_t kRows = 90;
        const auto samples = static_cast<std::size_t>(columns * kRows);
        // What lies behind the last sample is not touched.
        std::vector<std::int8_t> want(samples + 1, 99);
        relief.Sample(MakeTurn(turn), 1, -columns / 2, -kRows / 2, columns, kRows, want.data(),
                      SamplingKernels().back());
        EXPECT_EQ(want.back(), 99);
        measured += std::count_if(want.begin(), want.end() - 1,
                                  [](std::int8_t level) { return level != kLevelNotMeasured; });
        for (const SamplingKernel& kernel : SamplingKernels()) {
          std::vector<std::int8_t> got(samples + 1, 99);
          relief.Sample(MakeTurn(turn), 1, -columns / 2, -kRows / 2, columns, kRows, got.data(),
                        kernel);
          EXPECT_EQ(got, want) << kernel.name << " at " << turn << " degrees, " << columns;
        }
      }
    }
    EXPECT_GT(measured, 10'000) << smoothing;
  }
}

TEST(TurnableReliefTest, LevelsStayWithinTheirBoundsAndAQuarterTurnIsExact) {
  const TurnableRelief relief(HostileMark(3), /*mirrored=*/false, /*smoothing=*/0);
  const LevelMap upright = relief.SampleAll(MakeTurn(0.0), 1);
  const LevelMap turned = relief.SampleAll(MakeTurn(90.0), 1);
  ASSERT_EQ(upright.side, turned.side);
  const std::int64_t side = upright.side;
  std::int64_t measured = 0;
  for (std::int64_t y = 0; y < side; ++y) {
    for (std::int64_t x = 0; x < side; ++x) {
      const std::int8_t level = upright.level[static_cast<std::size_t>(y * side + x)];
      // Counter-clockwise with y up: what lay at (x, y) now lies at (side - 1 - y, x).
      EXPECT_EQ(level, turned.level[static_cast<std::size_t>(x * side + side - 1 - y)]);
      if (level == kLevelNotMeasured) continue;
      ++measured;
      EXPECT_LE(level, kLevelMax);
      EXPECT_GE(level, -kLevelMax);
    }
  }
  EXPECT_GT(measured, 2'000);
}

}  // namespace
}  // namespace proofmark::forensics
