// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "forensics/impressed/turned_relief.h"

namespace proofmark::forensics {

// Exact sums of the masked correlation of one cell with every place of a target. All arithmetic but
// the last division is on integers: every kernel gives the same.

// All lengths here are in coarse samples (every other sample of a relief) unless "fine".
inline constexpr std::int64_t kCellSide = 16;  // 400 um of a breech face.
// Displacements -15..15: nearly three cell sides, and no more than two blocks of lanes.
inline constexpr std::int64_t kSearchReach = 15;
inline constexpr std::int64_t kSpan = 2 * kSearchReach + 1;  // Displacements along an axis.

inline constexpr std::int64_t kLanes = 16;      // Neighbouring places computed at once.
inline constexpr std::int64_t kSpanLanes = 32;  // Of a row of displacements, one more than places.
inline constexpr float kNoCorrelation = -2.0F;

// A cell to be laid on every place within the reach.
struct SearchedCell {
  // Bytes of four neighbouring samples in each word, 0 where missing.
  struct Row {
    std::array<std::uint32_t, kCellSide / 4> level{};   // Level + kLevelMax + 1: unsigned.
    std::array<std::uint32_t, kCellSide / 4> square{};  // Level squared.
    std::int32_t level_sum = 0;                         // Of the bytes of a row.
    std::int32_t square_sum = 0;
  };
  std::array<Row, kCellSide> rows;
  std::int64_t first_row = 0, last_row = 0;  // [first, last): where anything is measured.
  // A sum over the measured samples is one of sums over quadrants, added and subtracted where the
  // outline of what is measured has a corner. Offsets into SearchedTarget's sums.
  std::vector<std::int32_t> added, subtracted;
};

// `level` holds kCellSide squared levels; `sums_stride` is that of the targets.
SearchedCell MakeSearchedCell(std::span<const std::int8_t> level, std::int64_t sums_stride);

// The part of a target that cells can reach.
struct SearchedTarget {
  // For every place the word of its sample and the three to its right.
  std::int64_t stride = 0;           // Words in a row.
  std::vector<std::uint32_t> level;  // Signed levels, 0 where missing.
  std::vector<std::uint32_t> mask;   // 1 where measured.
  // Over all samples above and left of a place, modulo 2^16: what a cell covers is less.
  std::int64_t sums_stride = 0;
  std::vector<std::uint16_t> count_sums;
  std::vector<std::uint16_t> level_sums;
  std::vector<std::uint16_t> square_sums;
};

// Fills `out` with `columns` x `rows` samples of `map` from (x, y) on; what lies outside is
// missing.
void FillTarget(const LevelMap& map, std::int64_t x, std::int64_t y, std::int64_t columns,
                std::int64_t rows, SearchedTarget& out);

// Of the places of one cell in one target the best; of equal ones the first, row by row.
struct BestPlace {
  float value = kNoCorrelation;  // r |r|, r the masked correlation coefficient.
  std::int64_t x = 0, y = 0;     // [0, kSpan).
};

// Four neighbouring samples of a fine cell that are not all missing, as bytes of a word.
struct CellTap {
  std::int32_t offset = 0;   // From the cell's first sample in the target.
  std::uint32_t level = 0;   // Level + kLevelMax + 1 where measured, else 0: unsigned.
  std::uint32_t mask = 0;    // 1 where measured, else 0.
  std::uint32_t square = 0;  // Level squared.
};

// A patch of a target: for every place the word of its sample and the three to its right.
struct TargetPlanes {
  std::int64_t stride = 0;            // Words in a row.
  std::vector<std::uint32_t> level;   // Signed levels, 0 where missing.
  std::vector<std::uint32_t> mask;    // 1 where measured.
  std::vector<std::uint32_t> square;  // Level squared.
};

// Rows of `columns` samples, the first `width` of each from `levels`, the rest missing.
void FillPlanes(std::span<const std::int8_t> levels, std::int64_t width, std::int64_t columns,
                TargetPlanes& out);

// Sums over the samples measured in both, for kLanes places side by side.
struct StripSums {
  alignas(64) std::array<std::int32_t, kLanes> count;         // Samples.
  alignas(64) std::array<std::int32_t, kLanes> cell_level;    // Of level + kLevelMax + 1.
  alignas(64) std::array<std::int32_t, kLanes> cell_square;   // Of the level squared.
  alignas(64) std::array<std::int32_t, kLanes> other_level;   // Of the target's level.
  alignas(64) std::array<std::int32_t, kLanes> other_square;  // Of its square.
  alignas(64) std::array<std::int32_t, kLanes> product;       // (level + kLevelMax + 1) * other's.
};

// One way to compute them.
struct CellKernel {
  std::string_view name;

  // The best of the kSpan x kSpan places of which (column, row) is the first, among those with at
  // least `count_min` samples in common and neither side flat.
  BestPlace (*search)(const SearchedCell& cell, const SearchedTarget& target, std::int64_t column,
                      std::int64_t row, std::int32_t count_min);
  // All sums of the kLanes places from `place` on.
  void (*sum)(std::span<const CellTap> taps, const TargetPlanes& target, std::int64_t place,
              StripSums& sums);
};

// All kernels this processor can run, the fastest first, the plain one last.
std::span<const CellKernel> CellKernels();

// The fastest.
const CellKernel& BestCellKernel();

}  // namespace proofmark::forensics
