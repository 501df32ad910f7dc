// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "forensics/impressed/impressed_signature.h"

namespace proofmark::forensics {

// Comparisons work on levels of five bits: their squares fit a byte, so that every sum of a masked
// correlation is a dot product of bytes.
inline constexpr std::int32_t kLevelMax = 15;
inline constexpr std::int8_t kLevelNotMeasured = std::numeric_limits<std::int8_t>::min();

// Sine and cosine of a turn, multiples of 2^-16: the same on every machine.
struct Turn {
  std::int64_t cos = 1 << 16;
  std::int64_t sin = 0;
};
Turn MakeTurn(double degrees);

// Levels on a square grid of odd side whose middle sample is the middle of the mark.
struct LevelMap {
  std::int64_t side = 0;
  std::vector<std::int8_t> level;  // [-kLevelMax, kLevelMax] or kLevelNotMeasured; x fastest.

  std::int64_t middle() const { return side / 2; }
};

// A relief that can be sampled at any turn about its middle sample.
class TurnableRelief {
 public:
  // Copies `signature` (checked), mirrored in x when asked. `smooth` halves the bandwidth first,
  // for sampling every other sample.
  TurnableRelief(const ImpressedSignature& signature, bool mirrored, bool smooth);

  // The relief turned counter-clockwise (x right, y up), levels at `step` samples of the relief,
  // columns [x, x + columns) and rows [y, y + rows) counted from the middle in such steps. A level
  // is measured when at least half of its weight is.
  //   Cost      O(columns * rows).
  //   Threads   Pure.
  void Sample(const Turn& turn, std::int64_t step, std::int64_t x, std::int64_t y,
              std::int64_t columns, std::int64_t rows, std::int8_t* levels) const;

  // The whole of it, at any turn.
  LevelMap SampleAll(const Turn& turn, std::int64_t step) const;

 private:
  // Value and weight in one: levels * 2^k times the mask, and the mask, in the halves of a word.
  std::int64_t width_ = 0;  // With a border of two empty samples on every side.
  std::int64_t height_ = 0;
  std::int64_t middle_x_ = 0;
  std::int64_t middle_y_ = 0;
  std::vector<std::int16_t> value_;   // Level in units of 1 / kValueScale, 0 where not measured.
  std::vector<std::int16_t> weight_;  // kWeightOne where measured, less where partly.
};

}  // namespace proofmark::forensics
