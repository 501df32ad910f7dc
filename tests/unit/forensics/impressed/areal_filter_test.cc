// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/areal_filter.h"

#include <cmath>

#include "gtest/gtest.h"

namespace proofmark::forensics {
namespace {

HeightMap Map(std::int64_t side, double pitch_um, double (*height)(double, double)) {
  HeightMap map{.width = side,
                .height = side,
                .pitch_x_um = pitch_um,
                .pitch_y_um = pitch_um,
                .height_um = {}};
  for (std::int64_t y = 0; y < side; ++y) {
    for (std::int64_t x = 0; x < side; ++x) {
      map.height_um.push_back(static_cast<float>(
          height(static_cast<double>(x) * pitch_um, static_cast<double>(y) * pitch_um)));
    }
  }
  return map;
}

constexpr double kTurn = 6.28318530717958647692;

TEST(ArealMeanTest, PassesHalfOfAWaveAtTheCutoff) {
  const HeightMap wave =
      Map(161, 12.5, [](double x, double) { return std::cos(kTurn * (x - 1'000.0) / 400.0); });

  const HeightMap mean = ArealMean(wave, 400.0);

  EXPECT_NEAR(mean.at(80, 80), 0.5F, 0.005F);
}

TEST(ArealFormTest, ReturnsAParaboloidUnchangedUpToTheEdge) {
  const HeightMap bowl = Map(81, 12.5, [](double x, double y) {
    return 1e-6 * (x - 300.0) * (x - 300.0) - 2e-6 * x * y + 3e-6 * y * y + 0.01 * x - 2.0;
  });

  const HeightMap form = ArealForm(bowl, 400.0);

  for (const std::int64_t at : {0, 1, 40, 79, 80}) {
    EXPECT_NEAR(form.at(at, at), bowl.at(at, at), 1e-3F) << at;
    EXPECT_NEAR(form.at(at, 80 - at), bowl.at(at, 80 - at), 1e-3F) << at;
  }
}

TEST(ArealFormTest, FallsBackWhereALineOfPointsFixesNoParaboloid) {
  HeightMap line = Map(81, 12.5, [](double x, double) { return 0.01 * x; });
  for (std::int64_t i = 0; i < 81 * 81; ++i) {
    if (i / 81 != 40) line.height_um[static_cast<std::size_t>(i)] = kNotMeasured;
  }

  const HeightMap form = ArealForm(line, 400.0);

  EXPECT_TRUE(IsMeasured(form.at(40, 40)));
  EXPECT_NEAR(form.at(40, 40), line.at(40, 40), 0.05F);
  EXPECT_FALSE(IsMeasured(form.at(40, 39)));
}

TEST(ArealResampleTest, CentresTheGridOnTheScan) {
  const HeightMap ramp = Map(100, 5.0, [](double x, double) { return x; });

  const HeightMap coarse = ArealResample(ramp, {}, 25.0, 50.0);

  ASSERT_EQ(coarse.width, 20);
  EXPECT_NEAR(coarse.at(9, 10) + coarse.at(10, 10), 495.0F, 1e-2F);  // Both ends of the ramp.
}

TEST(ArealResampleTest, NeverFeelsAPointOutsideTheMask) {
  HeightMap map = Map(100, 5.0, [](double x, double y) { return 0.01 * x + 0.02 * y; });
  std::vector<std::uint8_t> mask(map.height_um.size(), 1);
  for (std::size_t i = 0; i < mask.size(); i += 7) mask[i] = 0;
  const HeightMap before = ArealResample(map, mask, 12.5, 25.0);
  for (std::size_t i = 0; i < mask.size(); i += 7) map.height_um[i] = 1e4F;

  const HeightMap after = ArealResample(map, mask, 12.5, 25.0);

  EXPECT_EQ(before.height_um, after.height_um);
}

}  // namespace
}  // namespace proofmark::forensics
