// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/phase_significance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {
namespace {

constexpr int kGridSteps = 400;
constexpr double kGridHalfWidth = 9.0;  // Standard deviations.

double Power(double base, int exponent) {
  double result = 1.0;
  for (int i = 0; i < exponent; ++i) result *= base;
  return result;
}

double GridPoint(int i) { return -kGridHalfWidth + 2.0 * kGridHalfWidth * i / kGridSteps; }

// The parts of the integrand that do not depend on t.
struct Grid {
  std::array<double, kGridSteps + 1> upper;
  std::array<double, kGridSteps + 1> density;

  Grid() {
    for (int i = 0; i <= kGridSteps; ++i) {
      const auto at = static_cast<std::size_t>(i);
      upper[at] = NormalUpperTail(GridPoint(i));
      density[at] = NormalDensity(GridPoint(i));
    }
  }
};

// P(T >= t) for t in standard deviations of a mean: with F the normal distribution,
//   n!/((k-1)!(n-k)!) Int F(x)^(k-1) f(x) { [1-F(x)]^(n-k) - [F(x+t)-F(x)]^(n-k) } dx,
// since the first term alone integrates to 1. The difference of powers is divided by the upper
// tail Q(x+t), which is then multiplied in: small probabilities are not lost to cancellation.
double UpperTail(double t, int n, int k) {
  static const Grid grid;
  const int above = n - k;
  double sum = 0.0;
  for (int i = 0; i <= kGridSteps; ++i) {
    const double upper = grid.upper[static_cast<std::size_t>(i)];
    const double beyond = NormalUpperTail(GridPoint(i) + t);
    const double between = std::max(0.0, upper - beyond);
    double quotient = 0.0;  // (upper^above - between^above) / (upper - between).
    for (int j = 0; j < above; ++j) quotient += Power(upper, j) * Power(between, above - 1 - j);
    const double weight = i == 0 || i == kGridSteps ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0);
    sum += weight * Power(1.0 - upper, k - 1) * grid.density[static_cast<std::size_t>(i)] * beyond *
           quotient;
  }
  double factor = 1.0;  // n! / ((k-1)! (n-k)!) = k * binomial(n, k).
  for (int j = 1; j <= k; ++j) factor *= static_cast<double>(above + j) / j;
  return k * factor * sum * 2.0 * kGridHalfWidth / kGridSteps / 3.0;
}

}  // namespace

double PhaseLog10P(std::span<const double> means, double sd_of_mean) {
  constexpr double kLog10Min = -300.0;
  const int n = static_cast<int>(means.size());
  if (n < 2) return 0.0;
  std::vector<double> sorted(means.begin(), means.end());
  std::sort(sorted.begin(), sorted.end());
  const int k = n / 2;
  const double t = (sorted.back() - sorted[static_cast<std::size_t>(k - 1)]) / sd_of_mean;
  const double p = UpperTail(std::min(t, 20.0), n, k);
  if (p <= 0.0) return kLog10Min;
  return std::clamp(Log10(p), kLog10Min, 0.0);
}

}  // namespace proofmark::forensics
