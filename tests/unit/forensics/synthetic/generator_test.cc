// SPDX-License-Identifier: Apache-2.0
#include "forensics/synthetic/generator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/hash/sha256.h"
#include "forensics/striated/land_extraction.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

std::string HashOf(const HeightMap& map) {
  return crypto::Sha256Hex(
      {reinterpret_cast<const char*>(map.height_um.data()), map.height_um.size() * sizeof(float)});
}

std::string HashOf(const BulletSignature& bullet) {
  std::string bytes;
  for (const auto& land : bullet.lands) {
    bytes.append(reinterpret_cast<const char*>(land->height_nm.data()),
                 land->height_nm.size() * sizeof(std::int16_t));
  }
  return crypto::Sha256Hex(bytes);
}

// The same bytes on every machine and from every compiler. A change here is a new generator: the
// calibration, the demonstration sets and their truth files have to be made again.
TEST(GeneratorTest, BytesArePinned) {
  const SyntheticBarrel barrel{.seed = 42, .barrel = 7};
  EXPECT_EQ(HashOf(GenerateBulletSignature(barrel, 1)),
            "2623c885fe66cd6ce52e4d8a41fe973ddf31c9f7010e1e876f9b4784758d887d");
  EXPECT_EQ(HashOf(GenerateLandScan(barrel, 1, 2, {.pitch_um = 6.25, .length_um = 300.0})),
            "5c1a7f74e9e829725624691e618657b0bc429733c07da3b49d68fc8768a1a19b");
  EXPECT_EQ(HashOf(GenerateBulletSignature(
                {.seed = 42, .barrel = 7, .profile = SyntheticProfile::kHard}, 900)),
            "1633b723210e0aa444cee527baf50de4901935ca9f665c9c8ccc8ee6e52287f9");
}

TEST(GeneratorTest, NothingDependsOnWhatWasGeneratedBefore) {
  const SyntheticBarrel barrel{.seed = 1, .barrel = 3};
  const BulletSignature alone = GenerateBulletSignature(barrel, 5);

  GenerateBulletSignature({.seed = 9, .barrel = 1}, 0);
  GenerateLandScan(barrel, 4, 0, {.pitch_um = 10.0, .length_um = 200.0});

  EXPECT_EQ(GenerateBulletSignature(barrel, 5), alone);
}

TEST(GeneratorTest, SeedBarrelShotAndLandEachMatter) {
  const SyntheticBarrel barrel{.seed = 1, .barrel = 3};
  const BulletSignature base = GenerateBulletSignature(barrel, 5);
  EXPECT_NE(base.lands, GenerateBulletSignature({.seed = 2, .barrel = 3}, 5).lands);
  EXPECT_NE(base.lands, GenerateBulletSignature({.seed = 1, .barrel = 4}, 5).lands);
  EXPECT_NE(base.lands, GenerateBulletSignature(barrel, 6).lands);
  EXPECT_NE(base.lands[0], base.lands[1]);
}

TEST(GeneratorTest, SignaturesKeepTheBoundsOfTheFormat) {
  for (const SyntheticProfile profile :
       {SyntheticProfile::kClean, SyntheticProfile::kRealistic, SyntheticProfile::kHard}) {
    for (const double width_um : {600.0, 1'900.0, 6'000.0}) {
      const BulletSignature bullet = GenerateBulletSignature({.land_count = 4,
                                                              .land_width_um = width_um,
                                                              .bullet_radius_um = 6'500.0,
                                                              .profile = profile},
                                                             3);
      EXPECT_EQ(bullet.extractor_version, LandExtractorVersion());
      ASSERT_EQ(bullet.lands.size(), 4U);
      for (const auto& land : bullet.lands) {
        ASSERT_TRUE(land);
        EXPECT_GE(static_cast<std::int64_t>(land->height_nm.size()), kSignatureSamplesMin);
        EXPECT_LE(static_cast<std::int64_t>(land->height_nm.size()), kSignatureSamplesMax);
        EXPECT_NEAR(land->width_um(), width_um, 200.0);
        EXPECT_GE(land->quality.missing_share, 0.0);
        EXPECT_LT(land->quality.missing_share, 0.6);
        EXPECT_EQ(land->flags, 0U);
      }
    }
  }
}

TEST(GeneratorTest, AScanLooksLikeALand) {
  const SyntheticBarrel barrel{.seed = 5, .barrel = 2};
  const HeightMap scan = GenerateLandScan(barrel, 0, 1, {});

  EXPECT_EQ(scan.width, 769);   // (1900 + 2 * 250) / 3.125 + 1.
  EXPECT_EQ(scan.height, 225);  // 700 / 3.125 + 1.
  const auto missing_share = [&](std::int64_t from, std::int64_t to) {
    std::int64_t missing = 0;
    for (std::int64_t y = from; y < to; ++y) {
      for (std::int64_t x = 200; x < 560; ++x) missing += IsMeasured(scan.at(x, y)) ? 0 : 1;
    }
    return static_cast<double>(missing) / static_cast<double>((to - from) * 360);
  };
  EXPECT_GT(missing_share(0, 16), 0.25);   // Break-off: the first 50 um.
  EXPECT_LT(missing_share(64, 225), 0.1);  // The rest is whole.
  // Curvature and shoulders: sides below the middle by the circle, then up into the groove.
  const auto column_mean = [&](std::int64_t x) {
    double sum = 0.0, count = 0.0;
    for (std::int64_t y = 64; y < 225; ++y) {
      if (!IsMeasured(scan.at(x, y))) continue;
      sum += scan.at(x, y);
      count += 1.0;
    }
    return sum / count;
  };
  const double middle_um = column_mean(384);
  const double ends_um = 0.5 * (column_mean(4) + column_mean(764));
  const double circle_um = 4'510.0 - std::sqrt(4'510.0 * 4'510.0 - 1'187.0 * 1'187.0);
  EXPECT_GT(ends_um, middle_um - circle_um + 15.0);  // At least 20 um of shoulder on average.
  EXPECT_LT(ends_um, middle_um - circle_um + 65.0);
}

TEST(GeneratorTest, AScanYieldsTheSignatureOfItsBarrel) {
  const SyntheticBarrel barrel{.seed = 5, .barrel = 2, .profile = SyntheticProfile::kClean};
  for (std::int64_t land = 0; land < 3; ++land) {
    const absl::StatusOr<LandExtraction> extracted =
        ExtractLand(GenerateLandScan(barrel, 0, land, {}), {});
    ASSERT_THAT(extracted, IsOk());
    EXPECT_NEAR(extracted->signature.width_um(), 1'900.0, 150.0);
    EXPECT_GT(extracted->signature.quality.amplitude_um, 0.15);
    EXPECT_LT(extracted->signature.quality.amplitude_um, 3.0);
    EXPECT_FALSE(extracted->signature.has(LandFlag::kDamaged));
  }
}

TEST(CheckSyntheticTest, NamesTheFieldOutsideItsBounds) {
  EXPECT_THAT(CheckSynthetic(SyntheticBarrel{}), IsOk());
  EXPECT_THAT(CheckSynthetic(SyntheticScanOptions{}), IsOk());
  const auto invalid = [](const char* field) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(field));
  };
  EXPECT_THAT(CheckSynthetic(SyntheticBarrel{.land_count = 0}), invalid("land_count"));
  EXPECT_THAT(CheckSynthetic(SyntheticBarrel{.land_count = 25}), invalid("land_count"));
  EXPECT_THAT(CheckSynthetic(SyntheticBarrel{.land_width_um = 599.0}), invalid("land_width_um"));
  EXPECT_THAT(CheckSynthetic(SyntheticBarrel{.land_width_um = NAN}), invalid("land_width_um"));
  EXPECT_THAT(CheckSynthetic(SyntheticBarrel{.bullet_radius_um = 1'000.0}),
              invalid("bullet_radius_um"));
  EXPECT_THAT(CheckSynthetic(SyntheticBarrel{.twist_deg = -13.0}), invalid("twist_deg"));
  EXPECT_THAT(CheckSynthetic(SyntheticScanOptions{.pitch_um = 0.1}), invalid("pitch_um"));
  EXPECT_THAT(CheckSynthetic(SyntheticScanOptions{.length_um = 4'000.0}), invalid("length_um"));
  EXPECT_THAT(CheckSynthetic(SyntheticScanOptions{.groove_um = -1.0}), invalid("groove_um"));
}

}  // namespace
}  // namespace proofmark::forensics
