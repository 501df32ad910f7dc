// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/surface/height_map.h"

namespace proofmark::client::picture {

struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

// The scale from low to high: dark blue to pale yellow, brightness rising all the way, so that it
// also reads in grey and with any colour vision.
inline constexpr std::array<Colour, 6> kScale = {{{26, 36, 74},
                                                  {33, 84, 118},
                                                  {48, 130, 132},
                                                  {104, 168, 118},
                                                  {186, 195, 118},
                                                  {247, 232, 172}}};
inline constexpr Colour kNotMeasuredColour = {217, 217, 217};

// A picture of heights, one pixel three bytes, rows from y = 0 upwards.
struct Relief {
  std::int64_t width = 0;
  std::int64_t height = 0;
  double pitch_x_um = 0.0;
  double pitch_y_um = 0.0;
  // Heights at the ends of the scale, which follows the land: what is lower or higher takes the
  // colour of the end.
  double low_um = 0.0;
  double high_um = 0.0;
  std::string pixels;
};

// Takes the surface of second order that fits most of `map` (so the land, not the grooves) off it,
// averages it down to at most `columns_max` columns, and lights it from the left.
//   kInvalidArgument  fewer than 100 measured points.
absl::StatusOr<Relief> MakeRelief(const forensics::HeightMap& map, std::int64_t columns_max);

}  // namespace proofmark::client::picture
