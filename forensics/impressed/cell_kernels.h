// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "forensics/impressed/turned_relief.h"

namespace proofmark::forensics {

// Exact sums of the masked correlation of one cell with every place of a target, several places at
// a time. All arithmetic is on integers: every kernel gives the same ones.

inline constexpr std::int64_t kLanes = 16;       // Neighbouring places computed at once.
inline constexpr std::int64_t kStripLanes = 32;  // Places of one row of displacements, at most.

// Four neighbouring samples of a cell that are not all missing, as bytes of a word.
struct CellTap {
  std::int32_t offset = 0;   // From the cell's first sample in the target.
  std::uint32_t level = 0;   // Level + kLevelMax + 1 where measured, else 0: unsigned.
  std::uint32_t mask = 0;    // 1 where measured, else 0.
  std::uint32_t square = 0;  // Level squared.
};

// The target: for every place the word of its sample and the three to its right.
struct TargetPlanes {
  std::int64_t stride = 0;            // Words in a row.
  std::vector<std::uint32_t> level;   // Signed levels, 0 where missing.
  std::vector<std::uint32_t> mask;    // 1 where measured.
  std::vector<std::uint32_t> square;  // Level squared.
};

// words[i] = the bytes i .. i + 3, the first lowest. Reads count + 3 bytes.
void ExpandToWords(const std::uint8_t* bytes, std::uint32_t* words, std::int64_t count);

// Sums over the samples measured in both, for kStripLanes places side by side.
struct StripSums {
  alignas(64) std::array<std::int32_t, kStripLanes> count;         // Samples.
  alignas(64) std::array<std::int32_t, kStripLanes> cell_level;    // Of level + kLevelMax + 1.
  alignas(64) std::array<std::int32_t, kStripLanes> cell_square;   // Of the level squared.
  alignas(64) std::array<std::int32_t, kStripLanes> other_level;   // Of the target's level.
  alignas(64) std::array<std::int32_t, kStripLanes> other_square;  // Of its square.
  alignas(64) std::array<std::int32_t, kStripLanes> product;  // (level + kLevelMax + 1) * other's.
};

inline constexpr float kNoCorrelation = -2.0F;

// One way to compute them.
struct CellKernel {
  std::string_view name;

  // All sums of the 16 * `blocks` places from `place` on; blocks in [1, 2].
  void (*sum)(std::span<const CellTap> taps, const TargetPlanes& target, std::int64_t place,
              std::int64_t blocks, StripSums& sums);
  // values[i] = r |r| of `lanes` places (a multiple of 16), r the masked correlation coefficient;
  // kNoCorrelation with fewer than `count_min` samples or where either side is flat. Returns the
  // largest.
  float (*score)(const StripSums& sums, std::int32_t count_min, std::int64_t lanes, float* values);
};

// All kernels this processor can run, the fastest first, the plain one last.
std::span<const CellKernel> CellKernels();

// The fastest.
const CellKernel& BestCellKernel();

}  // namespace proofmark::forensics
