// SPDX-License-Identifier: Apache-2.0
#include "client/picture/relief.h"

#include <cmath>
#include <cstdint>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::picture {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;

forensics::HeightMap Map(std::int64_t width, std::int64_t height) {
  forensics::HeightMap map{
      .width = width, .height = height, .pitch_x_um = 2.0, .pitch_y_um = 3.0, .height_um = {}};
  map.height_um.resize(static_cast<std::size_t>(width * height));
  return map;
}

int Brightness(const Relief& relief, std::int64_t x, std::int64_t y) {
  const auto at = static_cast<std::size_t>(3 * (y * relief.width + x));
  int sum = 0;
  for (std::size_t i = 0; i < 3; ++i) sum += static_cast<unsigned char>(relief.pixels[at + i]);
  return sum;
}

// Only what is left after the form counts: a tilted, curved plane has no relief.
TEST(ReliefTest, TheFormOfSecondOrderIsTakenOff) {
  forensics::HeightMap map = Map(80, 60);
  for (std::int64_t y = 0; y < 60; ++y) {
    for (std::int64_t x = 0; x < 80; ++x) {
      map.at(x, y) = static_cast<float>(
          5.0 + 0.3 * static_cast<double>(x) - 0.02 * static_cast<double>(x * x) +
          0.01 * static_cast<double>(x * y) - 0.005 * static_cast<double>(y * y));
    }
  }

  const absl::StatusOr<Relief> relief = MakeRelief(map, 100);

  ASSERT_THAT(relief, IsOk());
  EXPECT_LT(relief->high_um - relief->low_um, 0.01);
}

TEST(ReliefTest, StriaeStayInTheScale) {
  forensics::HeightMap map = Map(200, 50);
  for (std::int64_t y = 0; y < 50; ++y) {
    for (std::int64_t x = 0; x < 200; ++x) {
      map.at(x, y) = static_cast<float>(std::sin(static_cast<double>(x) * 0.5));
    }
  }

  const absl::StatusOr<Relief> relief = MakeRelief(map, 200);

  ASSERT_THAT(relief, IsOk());
  EXPECT_NEAR(relief->high_um, 1.0, 0.05);
  EXPECT_NEAR(relief->low_um, -1.0, 0.05);
}

TEST(ReliefTest, LightComesFromTheLeft) {
  forensics::HeightMap map = Map(101, 40);
  for (std::int64_t y = 0; y < 40; ++y) {
    for (std::int64_t x = 0; x < 101; ++x) {
      map.at(x, y) =
          static_cast<float>(std::exp(-std::pow((static_cast<double>(x) - 50.0) / 8, 2)));
    }
  }

  const absl::StatusOr<Relief> relief = MakeRelief(map, 101);

  ASSERT_THAT(relief, IsOk());
  EXPECT_GT(Brightness(*relief, 44, 20), Brightness(*relief, 56, 20));  // Same height, both flanks.
}

TEST(ReliefTest, LargeMapsAreAveragedDown) {
  const absl::StatusOr<Relief> relief = MakeRelief(Map(1'000, 300), 250);

  ASSERT_THAT(relief, IsOk());
  EXPECT_EQ(relief->width, 250);
  EXPECT_EQ(relief->height, 75);
  EXPECT_DOUBLE_EQ(relief->pitch_x_um, 8.0);
  EXPECT_EQ(relief->pixels.size(), 3U * 250U * 75U);
}

TEST(ReliefTest, WhatWasNotMeasuredIsGrey) {
  forensics::HeightMap map = Map(30, 30);
  map.at(3, 4) = forensics::kNotMeasured;

  const absl::StatusOr<Relief> relief = MakeRelief(map, 100);

  ASSERT_THAT(relief, IsOk());
  EXPECT_EQ(Brightness(*relief, 3, 4), 3 * kNotMeasuredColour.red);
}

TEST(ReliefTest, TooFewPointsAreRefused) {
  forensics::HeightMap map = Map(30, 30);
  for (float& height : map.height_um) height = forensics::kNotMeasured;

  EXPECT_THAT(MakeRelief(map, 100), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ReliefTest, TheScaleGrowsBrighterAllTheWay) {
  int before = 0;
  for (const Colour& colour : kScale) {
    const int brightness = 299 * colour.red + 587 * colour.green + 114 * colour.blue;
    EXPECT_GT(brightness, before);
    before = brightness;
  }
}

}  // namespace
}  // namespace proofmark::client::picture
