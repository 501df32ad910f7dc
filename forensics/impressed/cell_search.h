// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "forensics/impressed/cell_kernels.h"
#include "forensics/impressed/turned_relief.h"

namespace proofmark::forensics {

// All lengths here are in coarse samples (every other sample of a relief) unless "fine".
inline constexpr double kCellValidMin = 0.25;  // Share of a cell that must be measured.
inline constexpr double kTurnStepDegrees = 3.0;

// One eligible cell of a mark.
struct Cell {
  std::int64_t x = 0, y = 0;            // First sample, from the middle of the mark.
  std::int32_t measured = 0;            // Samples.
  std::vector<std::int8_t> level;       // kCellSide squared, coarse.
  std::vector<std::int8_t> fine_level;  // (2 kCellSide) squared, fine.
};

// Divides a mark into cells and keeps the eligible ones, row by row. The grid lies where most of
// them are eligible, which depends on what was measured alone, never on what it is compared with.
std::vector<Cell> MakeCells(const LevelMap& coarse, const TurnableRelief& fine);

// Where a cell was found at one turn, or best of all.
struct Found {
  double turn_degrees = 0.0;
  double dx = 0.0, dy = 0.0;  // In coarse samples.
  double correlation = -1.0;
};

// The same match seen with the target turned by `turn_degrees` instead: what was found has moved.
Found AtTurn(const Cell& cell, const Found& found, double turn_degrees);

// For each cell, the best place at each of the turned targets; nullopt where none has enough
// samples in common. Free: every turn, every place within kSearchReach.
//   Result    [cell][turn]; the same bits with every kernel. Of equal places the first, row by row.
//   Cost      cells * turns * (2 kSearchReach + 1)^2 * kCellSide^2 * 6 multiply-adds at most.
std::vector<std::vector<std::optional<Found>>> SearchCells(std::span<const Cell> cells,
                                                           std::span<const LevelMap> targets,
                                                           std::span<const double> turns_degrees,
                                                           const CellKernel& kernel);

// The best of a cell's places over all turns, refined: the few best of `places` are searched again
// in fine samples and finer turns around themselves, and the winner is placed between the samples
// by a parabola. nullopt when none was found.
std::optional<Found> RefineCell(const Cell& cell, std::span<const std::optional<Found>> places,
                                const TurnableRelief& target, const CellKernel& kernel);

}  // namespace proofmark::forensics
