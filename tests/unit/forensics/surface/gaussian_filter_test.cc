// SPDX-License-Identifier: Apache-2.0
#include "forensics/surface/gaussian_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

namespace proofmark::forensics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr long double kPi = 3.14159265358979323846L;
constexpr double kPitchUm = 3.125;

// The weighting function as the standard writes it.
long double IsoWeight(long double x_um, long double cutoff_um) {
  const long double a = std::sqrt(std::log(2.0L) / kPi);
  const long double u = x_um / (a * cutoff_um);
  return std::exp(-kPi * u * u);
}

// The order-p regression filter straight from its definition: a weighted least squares polynomial
// at each sample, by Gaussian elimination. nullopt where the samples do not fix it.
std::optional<double> NaiveRegression(const std::vector<double>& z, std::int64_t at,
                                      double cutoff_um, int order) {
  const auto reach = static_cast<std::int64_t>(std::floor(0.75 * cutoff_um / kPitchUm));
  const int n = order + 1;
  std::vector<std::vector<long double>> m(n, std::vector<long double>(n + 1, 0.0L));
  int count = 0;
  for (std::int64_t k = -reach; k <= reach; ++k) {
    const std::int64_t i = at + k;
    if (i < 0 || i >= static_cast<std::int64_t>(z.size()) || std::isnan(z[i])) continue;
    ++count;
    const long double d = static_cast<long double>(k) / static_cast<long double>(reach);
    const long double w = IsoWeight(k * static_cast<long double>(kPitchUm), cutoff_um);
    for (int r = 0; r < n; ++r) {
      for (int c = 0; c < n; ++c) m[r][c] += w * std::pow(d, r + c);
      m[r][n] += w * std::pow(d, r) * z[i];
    }
  }
  if (count < n) return std::nullopt;
  for (int p = 0; p < n; ++p) {
    for (int r = 0; r < n; ++r) {
      if (r == p) continue;
      const long double f = m[r][p] / m[p][p];
      for (int c = 0; c <= n; ++c) m[r][c] -= f * m[p][c];
    }
  }
  return static_cast<double>(m[0][n] / m[0][0]);
}

std::vector<double> Noise(std::int64_t count, std::uint32_t seed, double missing_share) {
  std::mt19937 engine(seed);
  std::vector<double> z;
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = static_cast<double>(engine() % 20'001) / 1000.0 - 10.0;
    z.push_back(static_cast<double>(engine() % 1000) < 1000.0 * missing_share ? kNaN : value);
  }
  return z;
}

std::vector<double> Wave(std::int64_t count, double length_um) {
  std::vector<double> z;
  for (std::int64_t i = 0; i < count; ++i) {
    z.push_back(
        std::cos(2.0 * static_cast<double>(kPi) * static_cast<double>(i) * kPitchUm / length_um));
  }
  return z;
}

// Of a wave that has a crest in the middle sample: what is left of the crest.
double Transmission(double cutoff_um, double length_um) {
  const auto middle = static_cast<std::int64_t>(std::floor(20.0 * length_um / kPitchUm) +
                                                std::ceil(cutoff_um / kPitchUm));
  std::vector<double> z;
  for (std::int64_t i = 0; i <= 2 * middle; ++i) {
    z.push_back(std::cos(2.0 * static_cast<double>(kPi) * static_cast<double>(i - middle) *
                         kPitchUm / length_um));
  }
  return SmoothProfile(z, GaussianKernel(cutoff_um, kPitchUm))[static_cast<std::size_t>(middle)];
}

TEST(GaussianKernelTest, HasTheStandardsWeightsRoundedToThirtyBits) {
  for (const double cutoff_um : {16.0, 25.0, 250.0, 800.0}) {
    SCOPED_TRACE(cutoff_um);
    const GaussianKernel kernel(cutoff_um, kPitchUm);
    long double sum = 0.0L;
    for (std::int64_t k = -kernel.reach(); k <= kernel.reach(); ++k) {
      sum += IsoWeight(static_cast<long double>(k) * kPitchUm, cutoff_um);
    }

    for (std::int64_t k = 0; k <= kernel.reach(); ++k) {
      const double weight = kernel.weights()[static_cast<std::size_t>(k)];
      const double scaled = weight * (1U << 30U);
      EXPECT_EQ(scaled, std::floor(scaled));
      EXPECT_NEAR(
          weight,
          static_cast<double>(IsoWeight(static_cast<long double>(k) * kPitchUm, cutoff_um) / sum),
          1.0 / (1U << 30U));
    }
    EXPECT_EQ(kernel.reach(), static_cast<std::int64_t>(0.75 * cutoff_um / kPitchUm));
  }
}

TEST(SmoothProfileTest, PassesHalfOfAWaveAtTheCutoff) {
  for (const double cutoff_um : {16.0, 25.0, 80.0, 250.0}) {
    EXPECT_NEAR(Transmission(cutoff_um, cutoff_um), 0.5, 0.005) << cutoff_um;
  }
}

TEST(SmoothProfileTest, PassesOtherWavesAsTheStandardSays) {
  for (const double cutoff_um : {16.0, 80.0, 250.0}) {
    for (const double ratio : {0.5, 0.7, 1.4, 2.0, 3.0, 6.0, 15.0}) {
      const double expected = std::pow(2.0, -1.0 / (ratio * ratio));
      EXPECT_NEAR(Transmission(cutoff_um, ratio * cutoff_um), expected, 0.005)
          << cutoff_um << " " << ratio;
    }
  }
}

TEST(SmoothProfileTest, AgreesWithTheDefinitionOverSmallSizesAndGaps) {
  const GaussianKernel kernel(25.0, kPitchUm);
  std::int64_t compared = 0;
  for (std::int64_t count = 0; count < 40; ++count) {
    for (const double missing : {0.0, 0.3, 0.8}) {
      const std::vector<double> z = Noise(count, static_cast<std::uint32_t>(count) + 7, missing);

      const std::vector<double> smooth = SmoothProfile(z, kernel);

      ASSERT_EQ(smooth.size(), z.size());
      for (std::int64_t i = 0; i < count; ++i) {
        const double got = smooth[static_cast<std::size_t>(i)];
        if (std::isnan(got)) continue;
        const std::optional<double> expected = NaiveRegression(z, i, 25.0, 0);
        ASSERT_TRUE(expected.has_value());
        EXPECT_NEAR(got, *expected, 1e-6);
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 1000);
}

TEST(SmoothProfileTest, IsNotMeasuredWhereTooLittleOfTheKernelIs) {
  std::vector<double> z(41, kNaN);
  z[20] = 1.0;

  const std::vector<double> smooth = SmoothProfile(z, GaussianKernel(25.0, kPitchUm));

  // One sample of a kernel that is eight samples wide at half height is less than 0.3 of it.
  for (const double v : smooth) EXPECT_TRUE(std::isnan(v));
}

TEST(ProfileFormTest, AgreesWithLeastSquaresOverSmallSizesAndGaps) {
  const GaussianKernel kernel(60.0, kPitchUm);
  std::int64_t compared = 0;
  for (std::int64_t count = 1; count < 60; count += 2) {
    for (const double missing : {0.0, 0.3}) {
      const std::vector<double> z = Noise(count, static_cast<std::uint32_t>(count), missing);

      const std::vector<double> form = ProfileForm(z, kernel);

      for (std::int64_t i = 0; i < count; ++i) {
        const double got = form[static_cast<std::size_t>(i)];
        if (std::isnan(got)) continue;
        const std::optional<double> expected = NaiveRegression(z, i, 60.0, 2);
        ASSERT_TRUE(expected.has_value());
        EXPECT_NEAR(got, *expected, 1e-4);
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 1000);
}

TEST(ProfileFormTest, ReturnsAParabolaUnchangedToItsEndsAndAcrossGaps) {
  std::vector<double> z;
  for (int i = 0; i < 300; ++i) z.push_back(1000.0 + 0.3 * i - 0.002 * i * i);
  std::vector<double> gapped = z;
  for (int i = 90; i < 100; ++i) gapped[static_cast<std::size_t>(i)] = kNaN;

  const std::vector<double> form = ProfileForm(gapped, GaussianKernel(250.0, kPitchUm));

  for (std::size_t i = 0; i < z.size(); ++i) EXPECT_NEAR(form[i], z[i], 1e-6) << i;
}

TEST(ProfileFormTest, LeavesStriaeAndTakesTheBullet) {
  const GaussianKernel kernel(250.0, kPitchUm);

  const std::vector<double> of_striae = ProfileForm(Wave(600, 80.0), kernel);
  const std::vector<double> of_form = ProfileForm(Wave(600, 1500.0), kernel);

  EXPECT_LT(std::abs(of_striae[288]), 0.02);  // Sample 288 is a crest of 80 um waves.
  EXPECT_NEAR(of_form[480], 1.0, 0.02);       // And 480 one of 1500 um waves.
}

// Whatever a point that was not measured holds besides, nothing else may feel it.
TEST(ProfileFilterTest, ForgetsEverythingAboutAMissingSample) {
  std::vector<double> z = Noise(120, 3, 0.1);
  z[50] = kNaN;
  std::vector<double> other = z;
  other[50] = -std::numeric_limits<double>::signaling_NaN();
  const GaussianKernel kernel(60.0, kPitchUm);

  const auto same = [](const std::vector<double>& a, const std::vector<double>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
      return x == y || (std::isnan(x) && std::isnan(y));
    });
  };
  EXPECT_TRUE(same(SmoothProfile(z, kernel), SmoothProfile(other, kernel)));
  EXPECT_TRUE(same(ProfileForm(z, kernel), ProfileForm(other, kernel)));
}

}  // namespace
}  // namespace proofmark::forensics
