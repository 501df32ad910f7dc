// SPDX-License-Identifier: Apache-2.0
#include "forensics/surface/robust.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace proofmark::forensics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> ParabolaSamples(int count) {
  std::vector<double> z;
  for (int i = 0; i < count; ++i) z.push_back(50'000.0 + 0.2 * i - 0.003 * i * i);
  return z;
}

TEST(MedianTest, SkipsWhatWasNotMeasured) {
  EXPECT_EQ(Median(std::vector<double>{}), std::nullopt);
  EXPECT_EQ(Median(std::vector<double>{kNaN, kNaN}), std::nullopt);
  EXPECT_EQ(Median(std::vector<double>{kNaN, 3.0, 1.0, 2.0}), 2.0);
  EXPECT_EQ(Median(std::vector<double>{4.0, 1.0, kNaN, 2.0, 3.0}), 2.5);
}

TEST(FitParabolaTest, FindsTheParabolaItWasGiven) {
  std::vector<double> z = ParabolaSamples(200);
  z[10] = kNaN;
  z[150] = 1e9;  // Outside the fitted stretch.

  const std::optional<Parabola> fit = FitParabola(z, 5, 120, {});

  ASSERT_TRUE(fit.has_value());
  for (int i = 0; i < 150; ++i) EXPECT_NEAR(fit->At(i), 50'000.0 + 0.2 * i - 0.003 * i * i, 1e-6);
}

TEST(FitParabolaTest, NeedsThreeDifferentSamples) {
  EXPECT_FALSE(FitParabola(std::vector<double>{1.0, 2.0}, 0, 2, {}).has_value());
  EXPECT_FALSE(FitParabola(std::vector<double>{1.0, kNaN, 2.0}, 0, 3, {}).has_value());
  EXPECT_FALSE(FitParabola(std::vector<double>{}, 0, 0, {}).has_value());
  EXPECT_TRUE(FitParabola(std::vector<double>{1.0, 2.0, 5.0}, 0, 3, {}).has_value());
}

TEST(FitRobustParabolaTest, IgnoresAThirdOfOutliers) {
  std::vector<double> z = ParabolaSamples(300);
  for (std::size_t i = 0; i < z.size(); i += 3) z[i] += 40.0;

  const std::optional<RobustParabola> fit = FitRobustParabola(z, 0, 300);

  ASSERT_TRUE(fit.has_value());
  for (int i = 0; i < 300; ++i) {
    EXPECT_NEAR(fit->parabola.At(i), 50'000.0 + 0.2 * i - 0.003 * i * i, 0.01);
  }
  EXPECT_LT(fit->scale_um, 0.1);
}

}  // namespace
}  // namespace proofmark::forensics
