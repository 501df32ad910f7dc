// SPDX-License-Identifier: Apache-2.0
#include "forensics/surface/spikes.h"

#include <gtest/gtest.h>

#include <cmath>

namespace proofmark::forensics {
namespace {

// Hollows as steep as 22 degrees, a step of 15 um across the middle, and a gap.
HeightMap Surface() {
  HeightMap map{.width = 80, .height = 60, .pitch_x_um = 6.25, .pitch_y_um = 6.25, .height_um = {}};
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      const double wave = 4.0 * std::sin(0.1 * 6.25 * static_cast<double>(x));
      map.height_um.push_back(static_cast<float>(wave + (y >= 30 ? 15.0 : 0.0)));
    }
  }
  for (std::int64_t x = 20; x < 30; ++x) map.at(x, 10) = kNotMeasured;
  return map;
}

std::int64_t Missing(const HeightMap& map) {
  std::int64_t missing = 0;
  for (const float z : map.height_um) missing += IsMeasured(z) ? 0 : 1;
  return missing;
}

TEST(SpikesTest, ASurfaceWithHollowsAndAStepKeepsEveryPoint) {
  HeightMap map = Surface();

  EXPECT_EQ(DropSpikes(map), 0);
  EXPECT_EQ(Missing(map), 10);
}

TEST(SpikesTest, DropsWhatNoSlopeOfASurfaceLeadsTo) {
  HeightMap map = Surface();
  map.at(40, 20) += 40.0F;
  map.at(0, 0) -= 25.0F;    // At a corner.
  map.at(79, 59) += 25.0F;  // At the other.
  map.at(60, 45) += 3e4F;   // Two side by side.
  map.at(61, 45) += 3e4F;
  map.at(50, 15) += 4.0F;  // A grain.

  EXPECT_EQ(DropSpikes(map), 5);
  EXPECT_FALSE(IsMeasured(map.at(40, 20)));
  EXPECT_FALSE(IsMeasured(map.at(0, 0)));
  EXPECT_FALSE(IsMeasured(map.at(79, 59)));
  EXPECT_FALSE(IsMeasured(map.at(60, 45)));
  EXPECT_FALSE(IsMeasured(map.at(61, 45)));
  EXPECT_TRUE(IsMeasured(map.at(50, 15)));
  EXPECT_EQ(Missing(map), 15);
}

TEST(SpikesTest, APointAloneHasNoSlope) {
  HeightMap map{.width = 3,
                .height = 3,
                .pitch_x_um = 5.0,
                .pitch_y_um = 5.0,
                .height_um = std::vector<float>(9, kNotMeasured)};
  map.at(1, 1) = 500.0F;

  EXPECT_EQ(DropSpikes(map), 0);
  EXPECT_EQ(map.at(1, 1), 500.0F);
}

}  // namespace
}  // namespace proofmark::forensics
