// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
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

// One way to sample a row of a turned relief.
struct SampledRow;
struct SamplingKernel {
  std::string_view name;
  void (*sample)(const SampledRow& row, std::int64_t columns, std::int8_t* levels);
};

// All that this processor can run, the fastest first, the plain one last. All give equal levels.
std::span<const SamplingKernel> SamplingKernels();

// A relief that can be sampled at any turn about its middle sample.
class TurnableRelief {
 public:
  // Copies `signature` (checked), mirrored in x when asked. `smoothing` passes of a small kernel
  // come first, for sampling at wider steps: 1 for every other sample, 10 for every fourth, 24 for
  // every tenth; in [0, 32]. After several the levels are brought back to their usual rms.
  TurnableRelief(const ImpressedSignature& signature, bool mirrored, int smoothing);

  // The relief turned counter-clockwise (x right, y up), levels at `step` samples of the relief,
  // columns [x, x + columns) and rows [y, y + rows) counted from the middle in such steps. A level
  // is measured when at least half of its weight is.
  //   Cost      O(columns * rows).
  //   Threads   Pure.
  void Sample(const Turn& turn, std::int64_t step, std::int64_t x, std::int64_t y,
              std::int64_t columns, std::int64_t rows, std::int8_t* levels,
              const SamplingKernel& kernel = SamplingKernels().front()) const;

  // The whole of it, at any turn.
  LevelMap SampleAll(const Turn& turn, std::int64_t step) const;

 private:
  struct Planes;
  void RestoreRms(const Planes& planes);

  std::int64_t width_ = 0;  // With a border of empty samples on every side.
  std::int64_t height_ = 0;
  std::int64_t middle_x_ = 0;
  std::int64_t middle_y_ = 0;
  std::int64_t reach_ = 0;  // No measured sample lies farther from the middle.
  float stored_per_level_ = 1.0F;
  // One word a sample: stored level times weight in the upper half, the weight (256 where measured,
  // less where partly) in the lower.
  std::vector<std::uint32_t> words_;
};

}  // namespace proofmark::forensics
