// SPDX-License-Identifier: Apache-2.0
#include "forensics/surface/robust.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace proofmark::forensics {

std::optional<double> Median(std::span<const double> values) {
  std::vector<double> kept;
  kept.reserve(values.size());
  for (const double v : values) {
    if (!std::isnan(v)) kept.push_back(v);
  }
  if (kept.empty()) return std::nullopt;
  const auto middle = kept.begin() + static_cast<std::ptrdiff_t>(kept.size() / 2);
  std::nth_element(kept.begin(), middle, kept.end());
  if (kept.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(kept.begin(), middle));
}

std::optional<Parabola> FitParabola(std::span<const double> height_um, std::int64_t first,
                                    std::int64_t last, std::span<const double> weight) {
  Parabola fit;
  fit.middle = 0.5 * static_cast<double>(first + last - 1);
  fit.half_span = std::max(1.0, 0.5 * static_cast<double>(last - first));
  std::array<double, 5> s{};
  std::array<double, 3> t{};
  std::int64_t count = 0;
  double level = 0.0;  // The first height, taken off to keep digits.
  for (std::int64_t i = first; i < last; ++i) {
    const auto k = static_cast<std::size_t>(i);
    double w = weight.empty() ? 1.0 : weight[k];
    if (std::isnan(height_um[k]) || w <= 0.0) continue;
    if (count++ == 0) level = height_um[k];
    const double u = (static_cast<double>(i) - fit.middle) / fit.half_span;
    const double z = height_um[k] - level;
    for (std::size_t p = 0; p < s.size(); ++p) {
      s[p] += w;
      if (p < t.size()) t[p] += w * z;
      w *= u;
    }
  }
  if (count < 3) return std::nullopt;
  const double c00 = s[2] * s[4] - s[3] * s[3];
  const double c01 = s[2] * s[3] - s[1] * s[4];
  const double c02 = s[1] * s[3] - s[2] * s[2];
  const double c11 = s[0] * s[4] - s[2] * s[2];
  const double c12 = s[1] * s[2] - s[0] * s[3];
  const double c22 = s[0] * s[2] - s[1] * s[1];
  const double determinant = s[0] * c00 + s[1] * c01 + s[2] * c02;
  if (determinant <= 1e-12 * s[0] * s[0] * s[0]) return std::nullopt;
  fit.a = level + (c00 * t[0] + c01 * t[1] + c02 * t[2]) / determinant;
  fit.b = (c01 * t[0] + c11 * t[1] + c12 * t[2]) / determinant;
  fit.c = (c02 * t[0] + c12 * t[1] + c22 * t[2]) / determinant;
  return fit;
}

std::optional<RobustParabola> FitRobustParabola(std::span<const double> height_um,
                                                std::int64_t first, std::int64_t last) {
  constexpr int kRoundsMax = 10;
  constexpr double kBiweightPerMedian = 4.4478;
  constexpr double kScaleUmMin = 1e-3;  // A perfect fit still needs a scale.
  std::vector<double> weight;
  std::vector<double> deviation;
  RobustParabola out;
  for (int round = 0; round < kRoundsMax; ++round) {
    const std::optional<Parabola> fit = FitParabola(height_um, first, last, weight);
    if (!fit) return std::nullopt;
    out.parabola = *fit;
    deviation.clear();
    for (std::int64_t i = first; i < last; ++i) {
      deviation.push_back(
          std::abs(height_um[static_cast<std::size_t>(i)] - fit->At(static_cast<double>(i))));
    }
    const double median = Median(deviation).value_or(0.0);
    const double scale = kSigmaPerMad * median;
    const bool settled = round > 0 && std::abs(scale - out.scale_um) <= 1e-3 * out.scale_um;
    out.scale_um = scale;
    if (settled) break;
    const double c = kBiweightPerMedian * std::max(median, kScaleUmMin);
    weight.assign(height_um.size(), 0.0);
    for (std::int64_t i = first; i < last; ++i) {
      const double r = deviation[static_cast<std::size_t>(i - first)] / c;
      const double w = 1.0 - r * r;
      if (w > 0.0) weight[static_cast<std::size_t>(i)] = w * w;  // NaN stays at zero.
    }
  }
  return out;
}

}  // namespace proofmark::forensics
