// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/band.h"

#include <gtest/gtest.h>

#include <cmath>

#include "forensics/striated/ballistic_signature.h"
#include "tests/unit/forensics/striated/synthetic_land.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::LandRecipe;
using ::proofmark::testing::MakeLand;

constexpr double kFormUm = 250.0;
constexpr double kNoiseUm = 16.0;
constexpr std::int64_t kFrom = 100;  // Columns well inside the land.
constexpr std::int64_t kTo = 480;

Band BandOf(const HeightMap& map) {
  return ChooseBand(CutBlocks(map, 25.0), kFrom, kTo, kFormUm, kNoiseUm);
}

TEST(CutBlocksTest, MakesBlocksOfWholeRows) {
  const HeightMap map = MakeLand({});

  const BlockStack stack = CutBlocks(map, 25.0);

  EXPECT_EQ(stack.block_um, 26.0);  // 13 rows of 2 um.
  EXPECT_EQ(stack.blocks, 18);
  EXPECT_EQ(stack.columns, static_cast<std::int64_t>(899 * 2.0 / kSignaturePitchUm) + 1);
}

TEST(CutBlocksTest, TakesDustForWhatItIs) {
  const LandRecipe recipe{.noise_nm = 0, .broken_heel = false};
  HeightMap dusty = MakeLand(recipe);
  for (std::int64_t y = 60; y < 64; ++y) {
    for (std::int64_t x = 400; x < 410; ++x) dusty.at(x, y) += 30.0F;
  }

  EXPECT_EQ(CutBlocks(dusty, 25.0).height_um, CutBlocks(MakeLand(recipe), 25.0).height_um);
}

TEST(ChooseBandTest, LeavesOutTheBlocksThatDoNotAgree) {
  HeightMap map = MakeLand({.broken_heel = false});
  const HeightMap other = MakeLand({.broken_heel = false, .seed = 99});
  // From 300 um on, the striae of another land.
  for (std::int64_t y = 150; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) map.at(x, y) = other.at(x, y);
  }

  const Band band = BandOf(map);

  EXPECT_FALSE(band.damaged);
  EXPECT_EQ(band.first_block, 0);
  EXPECT_NEAR(static_cast<double>(band.last_block), 300.0 / 26.0, 2.0);
  EXPECT_NEAR(band.consistent_share, 300.0 / 468.0, 0.12);
}

TEST(ChooseBandTest, MeasuresTheDriftOfTheStriae) {
  for (const std::int64_t drift_permille : {-150, -60, 0, 20, 150}) {
    const Band band = BandOf(MakeLand({.drift_permille = drift_permille, .broken_heel = false}));

    EXPECT_NEAR(1000.0 * band.drift_um_per_um, static_cast<double>(drift_permille), 4.0);
    EXPECT_GT(band.consistency, 0.95);
  }
}

// One block in three is scarred right across: neither the drift nor the band cares.
TEST(ChooseBandTest, IsNotTiltedByScars) {
  HeightMap map = MakeLand({.drift_permille = 80, .broken_heel = false});
  for (std::int64_t y = 0; y < map.height; ++y) {
    if (y / 13 % 3 != 1) continue;
    for (std::int64_t x = 0; x < map.width; ++x) {
      map.at(x, y) += static_cast<float>(testing::Random(4000, 5, (x + y / 13) / 12)) / 1000.0F;
    }
  }

  const Band band = BandOf(map);

  EXPECT_FALSE(band.damaged);
  EXPECT_NEAR(1000.0 * band.drift_um_per_um, 80.0, 6.0);
}

// The surface falls away along y; a gap in some blocks must not show as a step in the mean.
TEST(ChooseBandTest, LevelsTheBlocksBeforeAveragingThem) {
  const LandRecipe recipe{.striae_nm = 1500, .noise_nm = 0, .broken_heel = false};
  HeightMap map = MakeLand(recipe);
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      map.at(x, y) -= 0.2F * static_cast<float>(y);
      if (y < 80 && x > 400 && x < 440) map.at(x, y) = kNotMeasured;
    }
  }

  const Band whole = BandOf(MakeLand(recipe));
  const Band gapped = BandOf(map);

  ASSERT_EQ(whole.profile_um.size(), gapped.profile_um.size());
  const double offset = gapped.profile_um[200] - whole.profile_um[200];
  for (std::size_t i = kFrom; i < kTo; ++i) {
    EXPECT_NEAR(gapped.profile_um[i] - whole.profile_um[i], offset, 0.1) << i;
  }
}

TEST(ChooseBandTest, TakesWhatThereIsOfAStripTooShortToAgree) {
  for (const std::int64_t rows : {1, 13, 26}) {
    SCOPED_TRACE(rows);

    const Band band = BandOf(MakeLand({.height = rows, .broken_heel = false}));

    EXPECT_FALSE(band.damaged);
    EXPECT_EQ(band.consistency, 0.0);
    EXPECT_EQ(band.first_block, 0);
    EXPECT_EQ(band.last_block, rows == 26 ? 2 : 1);
    EXPECT_FALSE(std::isnan(band.profile_um[300]));
  }
}

}  // namespace
}  // namespace proofmark::forensics
