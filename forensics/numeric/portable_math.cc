// SPDX-License-Identifier: Apache-2.0
#include "forensics/numeric/portable_math.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"

namespace proofmark::forensics {
namespace {

constexpr double kLn2High = 0x1.62e42feep-1;  // 33 bits: k * kLn2High is exact for |k| < 2^20.
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kInverseLn2 = 0x1.71547652b82fep+0;
constexpr double kInverseLn10 = 0x1.bcb7b1526e50ep-2;
constexpr double kTwoPi = 0x1.921fb54442d18p+2;
constexpr double kSqrt2 = 0x1.6a09e667f3bcdp+0;
constexpr double kInverseSqrtTwoPi = 0x1.9884533d43651p-2;

// Divisions are slow; the compiler folds these, in IEEE arithmetic like the program's own.
template <std::size_t kCount>
constexpr std::array<double, kCount> Reciprocals(std::array<int, kCount> of) {
  std::array<double, kCount> result{};
  for (std::size_t i = 0; i < kCount; ++i) result[i] = 1.0 / of[i];
  return result;
}

// Highest order first, for Horner's rule.
constexpr auto kLogTerms = Reciprocals<11>({23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3});
constexpr auto kSineTerms =
    Reciprocals<8>({16 * 17, 14 * 15, 12 * 13, 10 * 11, 8 * 9, 6 * 7, 4 * 5, 2 * 3});
constexpr auto kCosineTerms =
    Reciprocals<8>({15 * 16, 13 * 14, 11 * 12, 9 * 10, 7 * 8, 5 * 6, 3 * 4, 1 * 2});

// Below this the tail comes from the series around zero, above from the continued fraction.
constexpr double kTailSeriesMax = 3.0;

}  // namespace

double Log(double x) {
  PM_CHECK(x > 0.0 && std::isfinite(x));
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);  // Exact.
  if (mantissa * kSqrt2 < 1.0) {
    mantissa *= 2.0;
    --exponent;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)); |r| <= 0.1716, so r^23 is below 1e-17.
  const double r = (mantissa - 1.0) / (mantissa + 1.0);
  const double r2 = r * r;
  double series = 0.0;
  for (const double term : kLogTerms) series = (series + term) * r2;
  const double log_mantissa = 2.0 * r + 2.0 * r * series;
  return exponent * kLn2High + (exponent * kLn2Low + log_mantissa);
}

double Log10(double x) { return Log(x) * kInverseLn10; }

double Exp(double x) {
  x = std::clamp(x, -700.0, 700.0);
  const double k = std::floor(x * kInverseLn2 + 0.5);
  const double r = (x - k * kLn2High) - k * kLn2Low;  // |r| <= 0.35.
  double series = 1.0;
  for (int n = 14; n >= 1; --n) series = 1.0 + series * r / n;
  return std::ldexp(series, static_cast<int>(k));  // Exact.
}

SinCos SinCosTurns(double turns) {
  const double quarter = std::floor(turns * 4.0 + 0.5);
  const double angle = (turns - quarter * 0.25) * kTwoPi;  // |angle| <= pi / 4.
  const double a2 = angle * angle;
  double sine = 1.0;
  double cosine = 1.0;
  for (std::size_t i = 0; i < kSineTerms.size(); ++i) {
    sine = 1.0 - sine * (a2 * kSineTerms[i]);
    cosine = 1.0 - cosine * (a2 * kCosineTerms[i]);
  }
  sine *= angle;
  switch (static_cast<long long>(quarter) & 3) {
    case 0:
      return {sine, cosine};
    case 1:
      return {cosine, -sine};
    case 2:
      return {-sine, -cosine};
    default:
      return {-cosine, sine};
  }
}

double NormalDensity(double x) { return kInverseSqrtTwoPi * Exp(-0.5 * x * x); }

double NormalUpperTail(double x) {
  if (x < 0.0) return 1.0 - NormalUpperTail(-x);
  x = std::min(x, 30.0);
  if (x < kTailSeriesMax) {
    // Phi(x) - 1/2 = phi(x) (x + x^3/3 + x^5/(3 5) + ...).
    double term = x;
    double sum = x;
    for (int n = 3; n < 121; n += 2) {
      term *= x * x / n;
      sum += term;
    }
    return 0.5 - NormalDensity(x) * sum;
  }
  // Laplace: Q(x) = phi(x) / (x + 1/(x + 2/(x + 3/...))).
  double fraction = x;
  for (int n = 120; n >= 1; --n) fraction = x + n / fraction;
  return NormalDensity(x) / fraction;
}

}  // namespace proofmark::forensics
