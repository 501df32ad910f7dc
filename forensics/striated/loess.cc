// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/loess.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

namespace proofmark::forensics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double Tricube(double u) {
  const double v = 1.0 - u * u * u;
  return v * v * v;
}

// The weighted parabola's value at u = 0 from moments of u and of u^p z; NaN when it is not fixed.
double ValueAtZero(const std::array<double, 5>& m, const std::array<double, 3>& z) {
  const double c0 = m[2] * m[4] - m[3] * m[3];
  const double c1 = m[2] * m[3] - m[1] * m[4];
  const double c2 = m[1] * m[3] - m[2] * m[2];
  const double determinant = m[0] * c0 + m[1] * c1 + m[2] * c2;
  // All weights are at most 1 and |u| <= 1, so that the moments are of the order of m[0].
  if (!(determinant > 1e-12 * m[0] * m[0] * m[0])) return kNaN;
  return (c0 * z[0] + c1 * z[1] + c2 * z[2]) / determinant;
}

}  // namespace

std::vector<double> LoessFit(std::span<const double> height_um, double span) {
  std::vector<std::int64_t> place;
  for (std::size_t i = 0; i < height_um.size(); ++i) {
    if (!std::isnan(height_um[i])) place.push_back(static_cast<std::int64_t>(i));
  }
  std::vector<double> fit(height_um.size(), kNaN);
  const auto measured = static_cast<std::int64_t>(place.size());
  if (measured < 3) return fit;
  const auto taken = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(std::floor(span * static_cast<double>(measured) + 1e-5)), 3,
      measured);
  std::int64_t first = 0;  // The nearest samples are place[first, first + taken).
  for (const std::int64_t centre : place) {
    while (first + taken < measured && place[static_cast<std::size_t>(first + taken)] - centre <
                                           centre - place[static_cast<std::size_t>(first)]) {
      ++first;
    }
    const double reach =
        static_cast<double>(std::max(centre - place[static_cast<std::size_t>(first)],
                                     place[static_cast<std::size_t>(first + taken - 1)] - centre));
    std::array<double, 5> moments{};
    std::array<double, 3> products{};
    for (std::int64_t k = first; k < first + taken; ++k) {
      const std::int64_t at = place[static_cast<std::size_t>(k)];
      const double u = static_cast<double>(at - centre) / reach;
      double term = Tricube(std::abs(u));
      for (std::size_t p = 0; p < moments.size(); ++p, term *= u) {
        moments[p] += term;
        if (p < products.size()) products[p] += term * height_um[static_cast<std::size_t>(at)];
      }
    }
    fit[static_cast<std::size_t>(centre)] = ValueAtZero(moments, products);
  }
  return fit;
}

}  // namespace proofmark::forensics
