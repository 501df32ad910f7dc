// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "forensics/impressed/turned_relief.h"

namespace proofmark::forensics {

// A whole mark at eight samples of its relief (100 um of a breech face) about its middle, missing
// ones 0. Wider marks are cut.
struct Image {
  static constexpr std::int64_t kColumns = 56;
  static constexpr std::int64_t kRows = 55;
  static constexpr std::int64_t kMiddle = 27;
  static constexpr std::int64_t kStride = 64;  // Samples to the next row; those between are 0.

  std::array<std::int16_t, static_cast<std::size_t>(kStride* kRows)> level{};
  double norm = 0.0;  // Root of the sum of squares.
};

inline constexpr std::int64_t kImageStep = 8;  // Samples of a relief.
inline constexpr int kImageSmoothing = 10;     // Passes, for TurnableRelief.

Image MakeImage(const TurnableRelief& smooth, double turn_degrees);

inline constexpr std::int64_t kImageShiftMax = 4;

// The largest and the smallest cosine of `image` with any of `turned`, moved up to `shift_max`
// samples (at most kImageShiftMax) either way along both axes.
//   Result    exact sums: the same bits everywhere. 0 for empty images.
struct ImageRange {
  double highest = 0.0;
  double lowest = 0.0;
};
ImageRange CorrelateImages(const Image& image, std::span<const Image> turned,
                           std::int64_t shift_max);

}  // namespace proofmark::forensics
