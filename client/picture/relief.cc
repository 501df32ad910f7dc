// SPDX-License-Identifier: Apache-2.0
#include "client/picture/relief.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"

namespace proofmark::client::picture {
namespace {

using forensics::HeightMap;
using forensics::IsMeasured;

constexpr std::size_t kTerms = 6;  // 1, x, y, x^2, xy, y^2.
constexpr std::int64_t kPointsMin = 100;
constexpr std::int64_t kFitPoints = 40'000;  // More do not change the fit visibly.
constexpr int kFitRounds = 5;
constexpr double kOutlierMedians = 3.0;  // Times the median distance: left out of the next fit.
constexpr double kScaleMedians = 6.0;    // Half of the scale, in median distances from the middle.
constexpr double kScaleTail = 0.02;      // Of the heights, at each end of the scale.
constexpr double kShadeFloor = 0.45;     // Brightness in full shadow.
constexpr double kSlopeQuantile = 0.90;  // The slope that is lit or shaded nearly fully.

using Terms = std::array<double, kTerms>;

// x and y scaled to [-1, 1]: keeps the normal equations well conditioned.
Terms TermsAt(double x, double y) { return {1.0, x, y, x * x, x * y, y * y}; }

double Unit(std::int64_t index, std::int64_t count) {
  return count > 1 ? 2.0 * static_cast<double>(index) / static_cast<double>(count - 1) - 1.0 : 0.0;
}

// Solves the symmetric positive system by elimination with pivoting; zero for a term that the
// points do not determine.
Terms Solve(std::array<Terms, kTerms> a, Terms b) {
  for (std::size_t i = 0; i < kTerms; ++i) {
    std::size_t pivot = i;
    for (std::size_t row = i + 1; row < kTerms; ++row) {
      if (std::abs(a[row][i]) > std::abs(a[pivot][i])) pivot = row;
    }
    std::swap(a[i], a[pivot]);
    std::swap(b[i], b[pivot]);
    if (std::abs(a[i][i]) < 1e-9) continue;
    for (std::size_t row = 0; row < kTerms; ++row) {
      if (row == i) continue;
      const double factor = a[row][i] / a[i][i];
      for (std::size_t column = i; column < kTerms; ++column) {
        a[row][column] -= factor * a[i][column];
      }
      b[row] -= factor * b[i];
    }
  }
  Terms solution{};
  for (std::size_t i = 0; i < kTerms; ++i) {
    solution[i] = std::abs(a[i][i]) < 1e-9 ? 0.0 : b[i] / a[i][i];
  }
  return solution;
}

struct Point {
  Terms terms;
  double height_um;
  double residual_um;
};

double ValueAt(const Terms& form, const Terms& terms) {
  double value = 0.0;
  for (std::size_t i = 0; i < kTerms; ++i) value += form[i] * terms[i];
  return value;
}

// Every n-th measured point, about kFitPoints of them.
std::vector<Point> Sample(const HeightMap& map) {
  const std::int64_t points = map.width * map.height;
  const auto step = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::sqrt(static_cast<double>(points / kFitPoints))));
  std::vector<Point> sample;
  for (std::int64_t y = 0; y < map.height; y += step) {
    for (std::int64_t x = 0; x < map.width; x += step) {
      const float height = map.at(x, y);
      if (!IsMeasured(height)) continue;
      sample.push_back(
          {TermsAt(Unit(x, map.width), Unit(y, map.height)), static_cast<double>(height), 0.0});
    }
  }
  return sample;
}

Terms FitLeastSquares(std::span<const Point> points) {
  std::array<Terms, kTerms> a{};
  Terms b{};
  for (const Point& point : points) {
    for (std::size_t i = 0; i < kTerms; ++i) {
      for (std::size_t j = 0; j < kTerms; ++j) a[i][j] += point.terms[i] * point.terms[j];
      b[i] += point.terms[i] * point.height_um;
    }
  }
  return Solve(a, b);
}

// The surface of second order that most points lie near: each round leaves out what lies far off
// the last one, so that grooves lose their say.
Terms FitForm(const HeightMap& map) {
  const auto by_residual = [](const Point& p, const Point& q) {
    return p.residual_um < q.residual_um;
  };
  std::vector<Point> points = Sample(map);
  Terms form = FitLeastSquares(points);
  for (int round = 0; round < kFitRounds; ++round) {
    for (Point& point : points) {
      point.residual_um = std::abs(point.height_um - ValueAt(form, point.terms));
    }
    const auto middle = points.begin() + static_cast<std::ptrdiff_t>(points.size() / 2);
    std::nth_element(points.begin(), middle, points.end(), by_residual);
    const double far_um = kOutlierMedians * middle->residual_um;
    const auto inliers_end = std::partition(
        points.begin(), points.end(), [far_um](const Point& p) { return p.residual_um <= far_um; });
    form = FitLeastSquares(std::span(points.begin(), inliers_end));
  }
  return form;
}

// Means over blocks of `block` by `block` points, the form taken off.
HeightMap Reduce(const HeightMap& map, const Terms& form, std::int64_t block) {
  HeightMap small;
  small.width = std::max<std::int64_t>(1, map.width / block);
  small.height = std::max<std::int64_t>(1, map.height / block);
  small.pitch_x_um = map.pitch_x_um * static_cast<double>(block);
  small.pitch_y_um = map.pitch_y_um * static_cast<double>(block);
  small.height_um.reserve(static_cast<std::size_t>(small.width * small.height));
  for (std::int64_t row = 0; row < small.height; ++row) {
    for (std::int64_t column = 0; column < small.width; ++column) {
      double sum = 0.0;
      std::int64_t count = 0;
      for (std::int64_t y = row * block; y < std::min((row + 1) * block, map.height); ++y) {
        for (std::int64_t x = column * block; x < std::min((column + 1) * block, map.width); ++x) {
          const float height = map.at(x, y);
          if (!IsMeasured(height)) continue;
          const Terms terms = TermsAt(Unit(x, map.width), Unit(y, map.height));
          sum += static_cast<double>(height) - ValueAt(form, terms);
          ++count;
        }
      }
      small.height_um.push_back(count > 0 ? static_cast<float>(sum / static_cast<double>(count))
                                          : forensics::kNotMeasured);
    }
  }
  return small;
}

double Quantile(std::vector<double>& values, double share) {
  if (values.empty()) return 0.0;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

// The ends of the scale: wide enough for the striae of the land, and no wider than the heights are.
// Grooves, ten times as high, would otherwise leave the land one colour.
std::pair<double, double> ScaleOf(std::vector<double>& heights) {
  const double middle = Quantile(heights, 0.5);
  std::vector<double> distances;
  distances.reserve(heights.size());
  for (const double height : heights) distances.push_back(std::abs(height - middle));
  const double reach = kScaleMedians * Quantile(distances, 0.5);
  double low = std::max(Quantile(heights, kScaleTail), middle - reach);
  double high = std::min(Quantile(heights, 1.0 - kScaleTail), middle + reach);
  if (!(high > low)) high = low + 1e-3;
  return {low, high};
}

// Rise towards the right, 0 where a neighbour is missing.
double SlopeAt(const HeightMap& map, std::int64_t x, std::int64_t y) {
  const float left = map.at(std::max<std::int64_t>(x - 1, 0), y);
  const float right = map.at(std::min(x + 1, map.width - 1), y);
  if (!IsMeasured(left) || !IsMeasured(right)) return 0.0;
  return static_cast<double>(right - left) / (2.0 * map.pitch_x_um);
}

Colour OnScale(double share) {
  const double at = std::clamp(share, 0.0, 1.0) * static_cast<double>(kScale.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(at), kScale.size() - 2);
  const double part = at - static_cast<double>(low);
  const auto mix = [part](std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(std::lround(a + part * (b - a)));
  };
  return {mix(kScale[low].red, kScale[low + 1].red), mix(kScale[low].green, kScale[low + 1].green),
          mix(kScale[low].blue, kScale[low + 1].blue)};
}

void AppendPixel(const Colour& colour, double light, std::string& pixels) {
  for (const std::uint8_t part : {colour.red, colour.green, colour.blue}) {
    pixels += static_cast<char>(std::lround(std::clamp(part * light, 0.0, 255.0)));
  }
}

}  // namespace

absl::StatusOr<Relief> MakeRelief(const HeightMap& map, std::int64_t columns_max) {
  const auto measured = std::ranges::count_if(map.height_um, IsMeasured);
  if (measured < kPointsMin) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d measured points; a picture needs %d", measured, kPointsMin));
  }
  const std::int64_t block = (map.width + columns_max - 1) / columns_max;
  const HeightMap small = Reduce(map, FitForm(map), block);

  std::vector<double> heights;
  std::vector<double> slopes;
  for (std::int64_t y = 0; y < small.height; ++y) {
    for (std::int64_t x = 0; x < small.width; ++x) {
      if (!IsMeasured(small.at(x, y))) continue;
      heights.push_back(static_cast<double>(small.at(x, y)));
      slopes.push_back(std::abs(SlopeAt(small, x, y)));
    }
  }
  const auto [low_um, high_um] = ScaleOf(heights);
  Relief relief{.width = small.width,
                .height = small.height,
                .pitch_x_um = small.pitch_x_um,
                .pitch_y_um = small.pitch_y_um,
                .low_um = low_um,
                .high_um = high_um,
                .pixels = {}};
  const double slope_scale = std::max(Quantile(slopes, kSlopeQuantile), 1e-9);
  relief.pixels.reserve(static_cast<std::size_t>(3 * small.width * small.height));
  for (std::int64_t y = 0; y < small.height; ++y) {
    for (std::int64_t x = 0; x < small.width; ++x) {
      const float height = small.at(x, y);
      if (!IsMeasured(height)) {
        AppendPixel(kNotMeasuredColour, 1.0, relief.pixels);
        continue;
      }
      const double lit = 0.5 + 0.5 * std::tanh(SlopeAt(small, x, y) / slope_scale);
      const double share =
          (static_cast<double>(height) - relief.low_um) / (relief.high_um - relief.low_um);
      AppendPixel(OnScale(share), kShadeFloor + (1.15 - kShadeFloor) * lit, relief.pixels);
    }
  }
  return relief;
}

}  // namespace proofmark::client::picture
