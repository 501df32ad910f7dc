// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/loess.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace proofmark::forensics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(LoessFitTest, KeepsAParabolaWhateverTheSpanAndTheGaps) {
  std::vector<double> z;
  for (int i = 0; i < 200; ++i) z.push_back(3.0 - 0.2 * i + 0.004 * i * i);
  for (std::size_t i = 40; i < 60; ++i) z[i] = kNaN;

  for (const double span : {0.1, 0.3, 0.75, 1.0}) {
    const std::vector<double> fit = LoessFit(z, span);
    ASSERT_EQ(fit.size(), z.size());
    for (std::size_t i = 0; i < z.size(); ++i) {
      if (std::isnan(z[i])) {
        EXPECT_TRUE(std::isnan(fit[i]));
      } else {
        EXPECT_NEAR(fit[i], z[i], 1e-8) << span << " at " << i;
      }
    }
  }
}

// In the middle of a profile the value is a fixed weighted mean. With seven neighbours the farthest
// two have no weight; a = (26/27)^3 and b = (19/27)^3 belong to one and two steps. Solving the
// symmetric normal equations by hand gives the centre's own weight.
TEST(LoessFitTest, WeighsItsNeighboursByTricube) {
  std::vector<double> z(21, 0.0);
  z[10] = 1.0;

  const double centre = LoessFit(z, 7.0 / 21.0)[10];

  const double a = std::pow(26.0 / 27.0, 3.0);
  const double b = std::pow(19.0 / 27.0, 3.0);
  const double m0 = 1.0 + 2.0 * (a + b);
  const double m2 = 2.0 * (a + 4.0 * b);
  const double m4 = 2.0 * (a + 16.0 * b);
  EXPECT_NEAR(centre, m4 / (m0 * m4 - m2 * m2), 1e-12);
}

TEST(LoessFitTest, SaysNothingOfTooFewSamples) {
  EXPECT_TRUE(LoessFit({}, 0.5).empty());
  for (const double fit : LoessFit(std::vector<double>{1.0, kNaN, 2.0}, 1.0)) {
    EXPECT_TRUE(std::isnan(fit));
  }
}

}  // namespace
}  // namespace proofmark::forensics
