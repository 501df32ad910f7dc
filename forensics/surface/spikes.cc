// SPDX-License-Identifier: Apache-2.0
#include "forensics/surface/spikes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace proofmark::forensics {
namespace {

constexpr double kSteepest = 1.7320508075688772;  // Tangent of 60 degrees.
constexpr std::int64_t kReach = 3;

// Whether a slope steeper than `rise_x` or `rise_y` a step leads to a point; false beside nothing
// measured.
bool IsSteep(const HeightMap& map, std::int64_t x, std::int64_t y, float rise_x, float rise_y) {
  const float z = map.at(x, y);
  const auto off = [&](std::int64_t i, std::int64_t j, float rise) {
    return std::abs(map.at(i, j) - z) > rise;  // False for NaN.
  };
  return (x > 0 && off(x - 1, y, rise_x)) || (x + 1 < map.width && off(x + 1, y, rise_x)) ||
         (y > 0 && off(x, y - 1, rise_y)) || (y + 1 < map.height && off(x, y + 1, rise_y));
}

float MedianAbout(const HeightMap& map, std::int64_t x, std::int64_t y) {
  std::array<float, (2 * kReach + 1) * (2 * kReach + 1)> about{};
  auto end = about.begin();
  for (std::int64_t j = std::max<std::int64_t>(y - kReach, 0);
       j <= std::min(y + kReach, map.height - 1); ++j) {
    for (std::int64_t i = std::max<std::int64_t>(x - kReach, 0);
         i <= std::min(x + kReach, map.width - 1); ++i) {
      if (IsMeasured(map.at(i, j))) *end++ = map.at(i, j);
    }
  }
  const auto middle = about.begin() + (end - about.begin()) / 2;
  std::nth_element(about.begin(), middle, end);
  return *middle;
}

}  // namespace

std::int64_t DropSpikes(HeightMap& map) {
  const auto rise_x = static_cast<float>(kSteepest * map.pitch_x_um);
  const auto rise_y = static_cast<float>(kSteepest * map.pitch_y_um);
  const float rise = std::max(rise_x, rise_y);
  std::vector<std::size_t> spikes;
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      if (!IsMeasured(map.at(x, y)) || !IsSteep(map, x, y, rise_x, rise_y)) continue;
      if (std::abs(map.at(x, y) - MedianAbout(map, x, y)) <= rise) continue;
      spikes.push_back(static_cast<std::size_t>(y * map.width + x));
    }
  }
  for (const std::size_t at : spikes) map.height_um[at] = kNotMeasured;
  return static_cast<std::int64_t>(spikes.size());
}

}  // namespace proofmark::forensics
