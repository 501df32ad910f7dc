// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace proofmark::forensics {

// The one value that means "not measured". Readers canonicalise every NaN and infinity to it.
inline constexpr float kNotMeasured = std::numeric_limits<float>::quiet_NaN();
inline bool IsMeasured(float height_um) { return !std::isnan(height_um); }

// Heights over a regular grid, in micrometres. x runs fastest; z points out of the surface.
struct HeightMap {
  std::int64_t width = 0;        // Points along x, > 0.
  std::int64_t height = 0;       // Points along y, > 0.
  double pitch_x_um = 0.0;       // Between columns, micrometres, > 0.
  double pitch_y_um = 0.0;       // Between rows, micrometres, > 0.
  std::vector<float> height_um;  // width * height values; kNotMeasured where there is none.

  float at(std::int64_t x, std::int64_t y) const {
    return height_um[static_cast<std::size_t>(y * width + x)];
  }
  float& at(std::int64_t x, std::int64_t y) {
    return height_um[static_cast<std::size_t>(y * width + x)];
  }
};

}  // namespace proofmark::forensics
