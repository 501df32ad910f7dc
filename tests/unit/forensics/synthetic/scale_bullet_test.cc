// SPDX-License-Identifier: Apache-2.0
#include "forensics/synthetic/scale_bullet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "crypto/hash/sha256.h"
#include "forensics/striated/correlation.h"
#include "forensics/striated/masked_profile.h"

namespace proofmark::forensics {
namespace {

SyntheticBarrel Barrel(std::uint32_t barrel) { return {.seed = 3, .barrel = barrel}; }

double BestCcf(const LandSignature& a, const LandSignature& b) {
  const auto peak =
      BestCorrelation(MakeMaskedProfile(a.height_nm), MakeMaskedProfile(b.height_nm),
                      {.shift_max = 128, .overlap_min = static_cast<std::int64_t>(300)});
  return peak ? peak->ccf : 0.0;
}

TEST(ScaleBulletTest, NothingDependsOnWhatWasGeneratedBefore) {
  const BulletSignature alone = GenerateScaleBullet(Barrel(4), 2);
  GenerateScaleBullet(Barrel(9), 0);
  EXPECT_EQ(GenerateScaleBullet(Barrel(4), 2), alone);
}

TEST(ScaleBulletTest, BarrelShotSeedAndLandEachMatter) {
  const BulletSignature bullet = GenerateScaleBullet(Barrel(4), 2);
  EXPECT_NE(GenerateScaleBullet(Barrel(5), 2), bullet);
  EXPECT_NE(GenerateScaleBullet(Barrel(4), 3), bullet);
  EXPECT_NE(GenerateScaleBullet({.seed = 4, .barrel = 4}, 2), bullet);
  EXPECT_NE(*bullet.lands[0], *bullet.lands[1]);
}

TEST(ScaleBulletTest, EveryWidthHasItsLength) {
  for (const double width_um : {600.0, 1'900.0, 3'800.0}) {
    const BulletSignature bullet =
        GenerateScaleBullet({.seed = 1, .barrel = 1, .land_width_um = width_um}, 0);
    for (const auto& land : bullet.lands) {
      const double samples = static_cast<double>(land->height_nm.size());
      EXPECT_NEAR(samples * kSignaturePitchUm, width_um - 60.0, 250.0);
    }
  }
}

// Against the published quantiles of different lands (docs/design/generator.md): .281 at 50 %, .462
// at 95 %, .558 at 99 %.
TEST(ScaleBulletTest, UnrelatedLandsCorrelateAsPublished) {
  std::vector<double> ccf;
  for (std::uint32_t i = 0; i < 24; ++i) {
    const BulletSignature a = GenerateScaleBullet(Barrel(2 * i), 0);
    const BulletSignature b = GenerateScaleBullet(Barrel(2 * i + 1), 0);
    for (const auto& x : a.lands) {
      for (const auto& y : b.lands) ccf.push_back(BestCcf(*x, *y));
    }
  }
  std::sort(ccf.begin(), ccf.end());
  const auto quantile = [&](double q) {
    return ccf[static_cast<std::size_t>(q * static_cast<double>(ccf.size()))];
  };
  RecordProperty("median", std::to_string(quantile(0.5)));
  EXPECT_NEAR(quantile(0.5), 0.281, 0.04);
  EXPECT_NEAR(quantile(0.95), 0.462, 0.06);
  EXPECT_NEAR(quantile(0.99), 0.558, 0.10);
}

// Deciles of the same land as published: .449 at 20 %, .785 at 50 %, .920 at 80 %.
TEST(ScaleBulletTest, TheSameLandReproducesAsPublished) {
  std::vector<double> ccf;
  for (std::uint32_t i = 0; i < 60; ++i) {
    const BulletSignature a = GenerateScaleBullet(Barrel(i), 0);
    const BulletSignature b = GenerateScaleBullet(Barrel(i), 1);
    for (std::size_t k = 0; k < a.lands.size(); ++k)
      ccf.push_back(BestCcf(*a.lands[k], *b.lands[k]));
  }
  std::sort(ccf.begin(), ccf.end());
  EXPECT_NEAR(ccf[ccf.size() / 5], 0.449, 0.10);
  EXPECT_NEAR(ccf[ccf.size() / 2], 0.785, 0.10);
  EXPECT_NEAR(ccf[ccf.size() * 4 / 5], 0.920, 0.08);
}

}  // namespace
}  // namespace proofmark::forensics
