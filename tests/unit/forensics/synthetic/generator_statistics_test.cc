// SPDX-License-Identifier: Apache-2.0
// The generator against the published and measured figures it imitates (docs/design/generator.md).
// Bounds are wide enough for the sample, and narrow enough that a wrong kernel shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "forensics/numeric/portable_math.h"
#include "forensics/striated/correlation.h"
#include "forensics/striated/masked_profile.h"
#include "forensics/synthetic/generator.h"
#include "forensics/synthetic/striation_process.h"

namespace proofmark::forensics {
namespace {

double Quantile(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

std::optional<double> LandCcf(const LandSignature& a, const LandSignature& b) {
  const MaskedProfile p = MakeMaskedProfile(a.height_nm);
  const MaskedProfile q = MakeMaskedProfile(b.height_nm);
  const std::int64_t overlap =
      std::max<std::int64_t>(192, (std::min(p.measured(), q.measured()) + 1) / 2);
  const auto peak = BestCorrelation(p, q, {.shift_max = 128, .overlap_min = overlap});
  if (!peak) return std::nullopt;
  return peak->ccf;
}

// Power of many own textures at a wavelength, arbitrary unit.
double Power(double wavelength_um) {
  constexpr double kLengthUm = 1'600.0;
  double power = 0.0;
  for (std::uint32_t i = 0; i < 60; ++i) {
    const LandTexture texture =
        DrawOwnTexture({.seed = 3, .barrel = i}, 0, 0, TextureUse::kSignature, 0, 0.0, kLengthUm);
    double re = 0.0, im = 0.0;
    for (double x = 0.0; x < kLengthUm; x += 3.125) {
      const SinCos wave = SinCosTurns(x / wavelength_um);
      const double taper = 0.5 - 0.5 * SinCosTurns(x / kLengthUm).cos;
      re += taper * wave.cos * texture.At(x);
      im += taper * wave.sin * texture.At(x);
    }
    power += re * re + im * im;
  }
  return power;
}

TEST(GeneratorStatisticsTest, SpectrumIsTheMeasuredOne) {
  const double peak = Power(100.0);
  const auto db = [&](double wavelength_um) { return 10.0 * Log10(Power(wavelength_um) / peak); };
  EXPECT_NEAR(db(250.0), -11.0, 4.0);
  EXPECT_NEAR(db(160.0), -6.0, 3.0);
  EXPECT_NEAR(db(80.0), -3.5, 2.5);
  EXPECT_NEAR(db(50.0), -9.0, 2.5);
  EXPECT_NEAR(db(30.0), -15.0, 2.5);
  EXPECT_NEAR(db(20.0), -22.0, 2.5);
}

TEST(GeneratorStatisticsTest, CorrelationsOfLandsFollowThePublishedDeciles) {
  std::vector<double> same, different;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    std::vector<BulletSignature> first, second;
    for (std::uint32_t barrel = 0; barrel < 14; ++barrel) {
      first.push_back(GenerateBulletSignature({.seed = seed, .barrel = barrel}, 0));
      second.push_back(GenerateBulletSignature({.seed = seed, .barrel = barrel}, 1));
    }
    for (std::size_t i = 0; i < first.size(); ++i) {
      for (std::size_t land = 0; land < 6; ++land) {
        if (const auto ccf = LandCcf(*first[i].lands[land], *second[i].lands[land])) {
          same.push_back(*ccf);
        }
        for (std::size_t j = i + 1; j < first.size(); ++j) {
          const auto ccf = LandCcf(*first[i].lands[land], *second[j].lands[(land + j) % 6]);
          if (ccf) different.push_back(*ccf);
        }
      }
    }
  }
  ASSERT_GT(same.size(), 300U);
  ASSERT_GT(different.size(), 2'000U);
  // Published, one row a land: .269 .449 .593 .672 .785 .836 .887 .920 .939.
  EXPECT_NEAR(Quantile(same, 0.1), 0.30, 0.08);
  EXPECT_NEAR(Quantile(same, 0.5), 0.785, 0.08);
  EXPECT_NEAR(Quantile(same, 0.9), 0.939, 0.03);
  // Published: .223 .281 .351 .462 .558 at 25 50 75 95 99 %. Direct signatures lie a little below.
  EXPECT_NEAR(Quantile(different, 0.25), 0.223, 0.04);
  EXPECT_NEAR(Quantile(different, 0.50), 0.281, 0.04);
  EXPECT_NEAR(Quantile(different, 0.75), 0.351, 0.05);
  EXPECT_NEAR(Quantile(different, 0.95), 0.462, 0.06);
  EXPECT_NEAR(Quantile(different, 0.99), 0.558, 0.08);
}

TEST(GeneratorStatisticsTest, MarksWearAwayFromTheFirstShot) {
  const auto mean_ccf = [](std::uint32_t shot) {
    double sum = 0.0, count = 0.0;
    for (std::uint32_t barrel = 0; barrel < 8; ++barrel) {
      const SyntheticBarrel clean{.seed = 2, .barrel = barrel, .profile = SyntheticProfile::kClean};
      const BulletSignature fresh = GenerateBulletSignature(clean, 0);
      const BulletSignature later = GenerateBulletSignature(clean, shot);
      for (std::size_t land = 0; land < 6; ++land) {
        sum += LandCcf(*fresh.lands[land], *later.lands[land]).value_or(0.0);
        count += 1.0;
      }
    }
    return sum / count;
  };
  const double next = mean_ccf(1);
  const double after_thousands = mean_ccf(400'000);
  EXPECT_GT(next, 0.75);
  EXPECT_LT(after_thousands, next - 0.15);
}

TEST(GeneratorStatisticsTest, ProfilesDifferInHowWellLandsReproduce) {
  std::array<double, 3> mean{};
  for (std::uint32_t barrel = 0; barrel < 4'000; ++barrel) {
    for (const SyntheticProfile profile :
         {SyntheticProfile::kClean, SyntheticProfile::kRealistic, SyntheticProfile::kHard}) {
      const double rho = LandReproducibility({.barrel = barrel, .profile = profile}, 0);
      ASSERT_GE(rho, 0.0);
      ASSERT_LE(rho, 0.97);
      mean[static_cast<std::size_t>(profile)] += rho / 4'000.0;
    }
  }
  EXPECT_NEAR(mean[0], 0.6 + 0.37 * 2.0 / 3.0, 0.006);
  EXPECT_NEAR(mean[1], 0.955 / 1.45, 0.016);
  EXPECT_NEAR(mean[2], 0.5 * 0.75, 0.015);
}

}  // namespace
}  // namespace proofmark::forensics
