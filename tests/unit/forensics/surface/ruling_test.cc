// SPDX-License-Identifier: Apache-2.0
#include "forensics/surface/ruling.h"

#include <gtest/gtest.h>

#include <random>

#include "forensics/surface/resample.h"

namespace proofmark::forensics {
namespace {

// Random heights that are constant over `run_x` by `run_y` points.
HeightMap Texture(std::int64_t run_x, std::int64_t run_y) {
  HeightMap map{.width = 384, .height = 384, .pitch_x_um = 2.0, .pitch_y_um = 2.0, .height_um = {}};
  std::mt19937 engine(5);
  std::vector<float> heights(static_cast<std::size_t>((384 / run_x + 1) * (384 / run_y + 1)));
  for (float& z : heights) z = static_cast<float>(engine() % 1000) / 500.0F;
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      map.height_um.push_back(
          heights[static_cast<std::size_t>((y / run_y) * (384 / run_x + 1) + x / run_x)]);
    }
  }
  return map;
}

TEST(RulingTest, SeesStriaeAlongEitherAxis) {
  const Ruling along_y = MeasureRuling(Texture(15, 384));
  const Ruling along_x = MeasureRuling(Texture(384, 15));

  EXPECT_GT(along_y.Coherence(), 0.95);
  EXPECT_GT(along_y.along_y, along_y.along_x);
  EXPECT_GT(along_x.Coherence(), 0.95);
  EXPECT_GT(along_x.along_x, along_x.along_y);
}

TEST(RulingTest, SeesNoDirectionInGrain) {
  const Ruling ruling = MeasureRuling(Texture(15, 15));

  ASSERT_TRUE(ruling.measured());
  EXPECT_LT(ruling.Coherence(), 0.2);
}

TEST(RulingTest, TurnsWithTheSurface) {
  const HeightMap map = Texture(15, 60);

  const Ruling ruling = MeasureRuling(map);
  const Ruling turned = MeasureRuling(QuarterTurn(map));

  EXPECT_NEAR(turned.along_x, ruling.along_y, 1e-9);
  EXPECT_NEAR(turned.along_y, ruling.along_x, 1e-9);
}

TEST(RulingTest, SaysNothingOfASurfaceTooSmallOrEmpty) {
  const HeightMap line{.width = 1,
                       .height = 5000,
                       .pitch_x_um = 1.0,
                       .pitch_y_um = 1.0,
                       .height_um = std::vector<float>(5000, 1.0F)};
  HeightMap empty = Texture(15, 15);
  for (float& z : empty.height_um) z = kNotMeasured;

  EXPECT_FALSE(MeasureRuling(line).measured());
  EXPECT_FALSE(MeasureRuling(empty).measured());
  EXPECT_EQ(MeasureRuling(empty).Coherence(), 0.0);
}

}  // namespace
}  // namespace proofmark::forensics
