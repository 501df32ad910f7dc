// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/cell_search.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kFineSide = 2 * kCellSide;
constexpr double kCommonShareMin = 0.5;  // Of the cell's measured samples.
constexpr double kCommonCellMin = 0.1;   // Of a whole cell.
constexpr std::size_t kCandidates = 2;
constexpr std::int64_t kFineReach = 2;
constexpr std::int64_t kPatchColumns = kFineSide + 3 + kLanes;  // Room for a block of lanes.
constexpr double kFineTurnDegrees = 1.0;
constexpr std::size_t kFineTurns = 3;  // A coarse step of turns is covered.

bool Measured(std::int8_t level) { return level != kLevelNotMeasured; }

std::int32_t CommonMin(std::int32_t measured, std::int64_t cell_samples) {
  return static_cast<std::int32_t>(
      std::ceil(std::max(kCommonShareMin * static_cast<double>(measured),
                         kCommonCellMin * static_cast<double>(cell_samples))));
}

// What part of a target the cells can reach: [from, from + side) on both axes, from the middle.
struct Window {
  std::int64_t from_x = 0, from_y = 0;
  std::int64_t columns = 0, rows = 0;
};

Window ReachOf(std::span<const Cell> cells) {
  std::int64_t left = 0, top = 0, right = 0, bottom = 0;
  for (const Cell& cell : cells) {
    left = std::min(left, cell.x), top = std::min(top, cell.y);
    right = std::max(right, cell.x + kCellSide), bottom = std::max(bottom, cell.y + kCellSide);
  }
  // To the right, room for the place beyond the reach that the last lane computes as well.
  return {left - kSearchReach, top - kSearchReach, right - left + kSearchReach + kSpanLanes + 4,
          bottom - top + 2 * kSearchReach};
}

// The best place of one cell in one target.
std::optional<Found> FindPlace(const Cell& cell, const SearchedCell& searched,
                               const SearchedTarget& target, const Window& window,
                               const CellKernel& kernel) {
  const BestPlace best = kernel.search(searched, target, cell.x - kSearchReach - window.from_x,
                                       cell.y - kSearchReach - window.from_y,
                                       CommonMin(cell.measured, kCellSide * kCellSide));
  if (best.value <= kNoCorrelation) return std::nullopt;
  const double value = static_cast<double>(best.value);
  return Found{.turn_degrees = 0.0,
               .dx = static_cast<double>(best.x - kSearchReach),
               .dy = static_cast<double>(best.y - kSearchReach),
               .correlation = value < 0.0 ? -std::sqrt(-value) : std::sqrt(value)};
}

// Offset of the top of the parabola through three equidistant values, the middle the largest.
double ParabolaTop(double before, double middle, double after) {
  const double bend = before - 2.0 * middle + after;
  if (!(bend < 0.0) || before <= -1.0 || after <= -1.0) return 0.0;
  return std::clamp(0.5 * (before - after) / bend, -0.5, 0.5);
}

struct FineBest {
  double correlation = -1.0;
  double dx = 0.0, dy = 0.0;  // Fine samples.
};

// A fine cell ready to be laid on patches of the target: the smallest part of it that holds all its
// measured samples.
struct FineCell {
  std::int64_t x = 0, y = 0;  // Of its first sample in the cell.
  std::int64_t columns = 0, rows = 0;
  std::vector<CellTap> taps;
  std::int32_t count_min = 0;
  std::vector<std::int8_t> patch;
  TargetPlanes planes;

  explicit FineCell(const std::vector<std::int8_t>& level);
};

FineCell::FineCell(const std::vector<std::int8_t>& level) {
  std::int64_t left = kFineSide, top = kFineSide, right = 0, bottom = 0;
  std::int32_t measured = 0;
  for (std::int64_t j = 0; j < kFineSide; ++j) {
    for (std::int64_t i = 0; i < kFineSide; ++i) {
      if (!Measured(level[static_cast<std::size_t>(j * kFineSide + i)])) continue;
      ++measured;
      left = std::min(left, i), right = std::max(right, i + 1);
      top = std::min(top, j), bottom = j + 1;
    }
  }
  count_min = CommonMin(measured, kFineSide * kFineSide);
  if (measured == 0) return;
  x = left, y = top, columns = right - left, rows = bottom - top;
  for (std::int64_t j = 0; j < rows; ++j) {
    for (std::int64_t i = 0; i < columns; i += 4) {
      CellTap tap{.offset = static_cast<std::int32_t>(j * kPatchColumns + i)};
      for (std::int64_t k = 0; k < 4 && i + k < columns; ++k) {
        const std::int8_t value = level[static_cast<std::size_t>((y + j) * kFineSide + x + i + k)];
        if (!Measured(value)) continue;
        const auto shift = static_cast<std::uint32_t>(8 * k);
        tap.level |= static_cast<std::uint32_t>(value + kLevelMax + 1) << shift;
        tap.mask |= 1U << shift;
        tap.square |= static_cast<std::uint32_t>(value * value) << shift;
      }
      if (tap.mask != 0) taps.push_back(tap);
    }
  }
  patch.resize(static_cast<std::size_t>((columns + 2 * kFineReach) * (rows + 2 * kFineReach)));
}

// Exact but for the last division and root; -1 where undefined.
double FineCorrelation(const StripSums& sums, std::size_t lane, std::int32_t count_min) {
  const std::int64_t n = sums.count[lane];
  const std::int64_t a = sums.cell_level[lane] - (kLevelMax + 1) * n;
  const std::int64_t b = sums.other_level[lane];
  const std::int64_t ab = sums.product[lane] - (kLevelMax + 1) * b;
  const std::int64_t variance_a = n * sums.cell_square[lane] - a * a;
  const std::int64_t variance_b = n * sums.other_square[lane] - b * b;
  if (n < count_min || variance_a <= 0 || variance_b <= 0) return -1.0;
  return static_cast<double>(n * ab - a * b) /
         std::sqrt(static_cast<double>(variance_a) * static_cast<double>(variance_b));
}

// The best fine place around (dx, dy) at one turn.
FineBest SearchFine(const Cell& cell, FineCell& fine, const TurnableRelief& target,
                    double turn_degrees, std::int64_t dx, std::int64_t dy,
                    const CellKernel& kernel) {
  const std::int64_t columns = fine.columns + 2 * kFineReach;
  target.Sample(MakeTurn(turn_degrees), 1, 2 * cell.x + fine.x + dx - kFineReach,
                2 * cell.y + fine.y + dy - kFineReach, columns, fine.rows + 2 * kFineReach,
                fine.patch.data());
  FillPlanes(fine.patch, columns, kPatchColumns, fine.planes);
  constexpr std::size_t kPlaces = 2 * kFineReach + 1;
  std::array<std::array<double, kPlaces>, kPlaces> grid;
  FineBest best;
  std::size_t bx = 0, by = 0;
  for (std::size_t j = 0; j < kPlaces; ++j) {
    StripSums sums;
    const auto place = static_cast<std::int64_t>(j) * kPatchColumns;
    kernel.sum(fine.taps, fine.planes, place, sums);
    for (std::size_t i = 0; i < kPlaces; ++i) {
      grid[j][i] = FineCorrelation(sums, i, fine.count_min);
      if (grid[j][i] <= best.correlation) continue;
      best.correlation = grid[j][i];
      bx = i;
      by = j;
    }
  }
  best.dx = static_cast<double>(dx + static_cast<std::int64_t>(bx) - kFineReach);
  best.dy = static_cast<double>(dy + static_cast<std::int64_t>(by) - kFineReach);
  if (bx > 0 && bx + 1 < kPlaces) {
    best.dx += ParabolaTop(grid[by][bx - 1], grid[by][bx], grid[by][bx + 1]);
  }
  if (by > 0 && by + 1 < kPlaces) {
    best.dy += ParabolaTop(grid[by - 1][bx], grid[by][bx], grid[by + 1][bx]);
  }
  return best;
}

// How many samples are measured above and left of every point.
class MeasuredSums {
 public:
  explicit MeasuredSums(const LevelMap& map)
      : side_(map.side), sums_(static_cast<std::size_t>((side_ + 1) * (side_ + 1)), 0) {
    for (std::int64_t y = 0; y < side_; ++y) {
      std::int32_t row = 0;
      for (std::int64_t x = 0; x < side_; ++x) {
        row += Measured(map.level[static_cast<std::size_t>(y * side_ + x)]) ? 1 : 0;
        sums_[static_cast<std::size_t>((y + 1) * (side_ + 1) + x + 1)] = At(x + 1, y) + row;
      }
    }
  }

  // In the cell whose first sample is (x, y); what lies outside is not measured.
  std::int32_t Cell(std::int64_t x, std::int64_t y) const {
    const auto within = [&](std::int64_t v) { return std::clamp<std::int64_t>(v, 0, side_); };
    const std::int64_t left = within(x), right = within(x + kCellSide);
    const std::int64_t top = within(y), bottom = within(y + kCellSide);
    return At(right, bottom) - At(left, bottom) - At(right, top) + At(left, top);
  }

 private:
  std::int32_t At(std::int64_t x, std::int64_t y) const {
    return sums_[static_cast<std::size_t>(y * (side_ + 1) + x)];
  }

  std::int64_t side_ = 0;
  std::vector<std::int32_t> sums_;
};

constexpr std::int32_t kMeasuredMin =
    static_cast<std::int32_t>(kCellValidMin * static_cast<double>(kCellSide * kCellSide)) + 1;

// The first sample of a grid's first cell, in (-kCellSide, 0].
struct Corner {
  std::int64_t x = 0, y = 0;
};

// Where to lay the grid so that most cells are eligible: a ring is narrow, and a grid laid without
// regard to it gives one mark a third more cells than its like. Of equal ones that with the fullest
// cells, then the first.
Corner BestGrid(const MeasuredSums& sums, std::int64_t side) {
  Corner best;
  std::int64_t best_eligible = -1;
  std::int64_t best_fullness = -1;
  for (std::int64_t oy = 1 - kCellSide; oy <= 0; ++oy) {
    for (std::int64_t ox = 1 - kCellSide; ox <= 0; ++ox) {
      std::int64_t eligible = 0;
      std::int64_t fullness = 0;
      for (std::int64_t y = oy; y < side; y += kCellSide) {
        for (std::int64_t x = ox; x < side; x += kCellSide) {
          const std::int64_t measured = sums.Cell(x, y);
          if (measured < kMeasuredMin) continue;
          ++eligible;
          fullness += measured * measured;
        }
      }
      if (eligible < best_eligible) continue;
      if (eligible == best_eligible && fullness <= best_fullness) continue;
      best = {ox, oy};
      best_eligible = eligible;
      best_fullness = fullness;
    }
  }
  return best;
}

}  // namespace

Found AtTurn(const Cell& cell, const Found& found, double turn_degrees) {
  const SinCos more = turn_degrees == found.turn_degrees
                          ? SinCos{.sin = 0.0, .cos = 1.0}
                          : SinCosTurns((turn_degrees - found.turn_degrees) / 360.0);
  const double half = 0.5 * static_cast<double>(kCellSide - 1);
  const double x = static_cast<double>(cell.x) + half, y = static_cast<double>(cell.y) + half;
  const double px = x + found.dx, py = y + found.dy;
  return {.turn_degrees = turn_degrees,
          .dx = more.cos * px - more.sin * py - x,
          .dy = more.sin * px + more.cos * py - y,
          .correlation = found.correlation};
}

std::vector<Cell> MakeCells(const LevelMap& coarse, const TurnableRelief& fine) {
  const MeasuredSums sums(coarse);
  const Corner corner = BestGrid(sums, coarse.side);
  std::vector<Cell> cells;
  for (std::int64_t y = corner.y; y < coarse.side; y += kCellSide) {
    for (std::int64_t x = corner.x; x < coarse.side; x += kCellSide) {
      if (sums.Cell(x, y) < kMeasuredMin) continue;
      Cell cell{.x = x - coarse.middle(), .y = y - coarse.middle()};
      for (std::int64_t j = y; j < y + kCellSide; ++j) {
        for (std::int64_t i = x; i < x + kCellSide; ++i) {
          const bool within = i >= 0 && j >= 0 && i < coarse.side && j < coarse.side;
          const std::int8_t level =
              within ? coarse.level[static_cast<std::size_t>(j * coarse.side + i)]
                     : kLevelNotMeasured;
          cell.measured += Measured(level) ? 1 : 0;
          cell.level.push_back(level);
        }
      }
      cell.fine_level.resize(static_cast<std::size_t>(kFineSide * kFineSide));
      fine.Sample(Turn{}, 1, 2 * cell.x, 2 * cell.y, kFineSide, kFineSide, cell.fine_level.data());
      cells.push_back(std::move(cell));
    }
  }
  return cells;
}

std::vector<std::vector<std::optional<Found>>> SearchCells(std::span<const Cell> cells,
                                                           std::span<const LevelMap> targets,
                                                           std::span<const double> turns_degrees,
                                                           const CellKernel& kernel) {
  const Window window = ReachOf(cells);
  std::vector<SearchedCell> searched;
  for (const Cell& cell : cells)
    searched.push_back(MakeSearchedCell(cell.level, window.columns + 1));
  std::vector<std::vector<std::optional<Found>>> out(cells.size());
  SearchedTarget target;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    FillTarget(targets[t], window.from_x + targets[t].middle(), window.from_y + targets[t].middle(),
               window.columns, window.rows, target);
    for (std::size_t c = 0; c < cells.size(); ++c) {
      out[c].push_back(FindPlace(cells[c], searched[c], target, window, kernel));
      if (out[c].back()) out[c].back()->turn_degrees = turns_degrees[t];
    }
  }
  return out;
}

std::optional<Found> RefineCell(const Cell& cell, std::span<const std::optional<Found>> places,
                                const TurnableRelief& target, const CellKernel& kernel) {
  std::vector<Found> candidates;
  for (const std::optional<Found>& place : places) {
    if (place) candidates.push_back(*place);
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Found& a, const Found& b) { return a.correlation > b.correlation; });
  if (candidates.size() > kCandidates) candidates.resize(kCandidates);
  FineCell fine(cell.fine_level);
  std::optional<Found> best;
  for (const Found& candidate : candidates) {
    std::array<FineBest, kFineTurns> turns;
    std::size_t top = 0;
    for (std::size_t t = 0; t < turns.size(); ++t) {
      // Turned a little further, what lay at the cell's place lies beside it.
      const double more = (static_cast<double>(t) - 1.0) * kFineTurnDegrees;
      const Found moved = AtTurn(cell, candidate, candidate.turn_degrees + more);
      const double dx = std::floor(2.0 * moved.dx + 0.5), dy = std::floor(2.0 * moved.dy + 0.5);
      turns[t] = SearchFine(cell, fine, target, moved.turn_degrees, static_cast<std::int64_t>(dx),
                            static_cast<std::int64_t>(dy), kernel);
      if (turns[t].correlation > turns[top].correlation) top = t;
    }
    if (turns[top].correlation <= -1.0) continue;
    if (best && turns[top].correlation <= best->correlation) continue;
    const double turn =
        candidate.turn_degrees + (static_cast<double>(top) - 1.0) * kFineTurnDegrees;
    best = Found{.turn_degrees = turn,
                 .dx = 0.5 * turns[top].dx,
                 .dy = 0.5 * turns[top].dy,
                 .correlation = turns[top].correlation};
    if (top > 0 && top + 1 < turns.size()) {
      const double more = ParabolaTop(turns[top - 1].correlation, turns[top].correlation,
                                      turns[top + 1].correlation);
      best = AtTurn(cell, *best, turn + more * kFineTurnDegrees);
    }
  }
  return best;
}

}  // namespace proofmark::forensics
