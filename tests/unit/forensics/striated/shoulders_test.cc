// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/shoulders.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace proofmark::forensics {
namespace {

constexpr double kPitchUm = 3.125;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kStepInUm = 30.0;

// A round land from 300 to 1700 um of 2000, flanks rising one for one to 40 um.
std::vector<double> Land() {
  std::vector<double> z;
  for (int i = 0; i < 640; ++i) {
    const double x_um = kPitchUm * i;
    const double from_middle_um = x_um - 1000.0;
    const double outside_um = std::max({0.0, 300.0 - x_um, x_um - 1700.0});
    z.push_back(std::min(outside_um, 40.0) - from_middle_um * from_middle_um / 9000.0);
  }
  return z;
}

// Adds `rise_um` to the heights from one place to another.
void Raise(std::vector<double>& z, double from_um, double to_um, double rise_um) {
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double x_um = kPitchUm * static_cast<double>(i);
    if (x_um >= from_um && x_um < to_um) z[i] += rise_um;
  }
}

double LeftUm(const std::vector<double>& z) {
  const std::optional<Shoulders> found = FindShoulders(z, kPitchUm, kStepInUm);
  EXPECT_TRUE(found.has_value());
  return found ? found->left * kPitchUm : -1.0;
}

TEST(FindShouldersTest, FindsBothEdgesOfALand) {
  const std::optional<Shoulders> found = FindShoulders(Land(), kPitchUm, kStepInUm);

  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->left_assumed);
  EXPECT_FALSE(found->right_assumed);
  // Half a flank of 12 um, the rounding of 35 and the step of 30.
  EXPECT_NEAR(found->left * kPitchUm, 350.0, 10.0);
  EXPECT_NEAR(found->right * kPitchUm, 1650.0, 10.0);
}

TEST(FindShouldersTest, MirrorsWithTheProfile) {
  std::vector<double> z = Land();
  Raise(z, 1500.0, 2000.0, 3.0);
  std::vector<double> mirrored(z.rbegin(), z.rend());

  const std::optional<Shoulders> found = FindShoulders(z, kPitchUm, kStepInUm);
  const std::optional<Shoulders> other = FindShoulders(mirrored, kPitchUm, kStepInUm);

  ASSERT_TRUE(found.has_value());
  ASSERT_TRUE(other.has_value());
  EXPECT_NEAR(other->left, 639.0 - found->right, 1.0);
  EXPECT_NEAR(other->right, 639.0 - found->left, 1.0);
}

TEST(FindShouldersTest, PassesOverABumpOnTheLand) {
  std::vector<double> z = Land();
  const double left_um = LeftUm(z);
  Raise(z, 600.0, 680.0, 25.0);

  EXPECT_NEAR(LeftUm(z), left_um, 5.0);
}

TEST(FindShouldersTest, LeavesAnUndercutToTheGroove) {
  std::vector<double> z = Land();
  const double left_um = LeftUm(z);
  Raise(z, 305.0, 360.0, -15.0);

  EXPECT_GT(LeftUm(z), left_um + 10.0);
  EXPECT_LT(LeftUm(z), left_um + 60.0);
}

TEST(FindShouldersTest, FindsAFlankBehindAGap) {
  std::vector<double> z = Land();
  const double left_um = LeftUm(z);
  for (std::size_t i = 84; i < 96; ++i) z[i] = kNaN;  // 262 to 300 um: the flank itself.

  EXPECT_NEAR(LeftUm(z), left_um, 40.0);
}

TEST(FindShouldersTest, TakesTheEndOfTheScanWhenThereIsNoFlank) {
  std::vector<double> z = Land();
  z.erase(z.begin(), z.begin() + 100);  // Begins on the land.
  std::fill(z.begin(), z.begin() + 5, kNaN);

  const std::optional<Shoulders> found = FindShoulders(z, kPitchUm, kStepInUm);

  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->left_assumed);
  EXPECT_FALSE(found->right_assumed);
  EXPECT_NEAR(found->left * kPitchUm, 5 * kPitchUm + kStepInUm, 2.0 * kPitchUm);
}

TEST(FindShouldersTest, FindsNoneWithoutAMiddle) {
  EXPECT_FALSE(FindShoulders({}, kPitchUm, kStepInUm).has_value());
  EXPECT_FALSE(FindShoulders(std::vector<double>(600, kNaN), kPitchUm, kStepInUm).has_value());
  EXPECT_FALSE(FindShoulders(std::vector<double>(8, 1.0), kPitchUm, kStepInUm).has_value());
}

}  // namespace
}  // namespace proofmark::forensics
