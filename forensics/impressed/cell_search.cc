// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/cell_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kSpan = 2 * kSearchReach + 1;  // Displacements along an axis.
constexpr std::int64_t kTapsPerRow = (kCellSide + 3) / 4;
constexpr std::int64_t kFineSide = 2 * kCellSide;
constexpr double kCommonShareMin = 0.5;  // Of the cell's measured samples.
constexpr double kCommonCellMin = 0.1;   // Of a whole cell.
constexpr std::size_t kCandidates = 3;
constexpr std::int64_t kFineReach = 2;
constexpr double kFineTurnDegrees = 1.0;

bool Measured(std::int8_t level) { return level != kLevelNotMeasured; }

std::int32_t CommonMin(std::int32_t measured, std::int64_t cell_samples) {
  return static_cast<std::int32_t>(
      std::ceil(std::max(kCommonShareMin * static_cast<double>(measured),
                         kCommonCellMin * static_cast<double>(cell_samples))));
}

std::vector<CellTap> MakeTaps(const Cell& cell, std::int64_t stride) {
  std::vector<CellTap> taps;
  for (std::int64_t y = 0; y < kCellSide; ++y) {
    for (std::int64_t group = 0; group < kTapsPerRow; ++group) {
      CellTap tap{.offset = static_cast<std::int32_t>(y * stride + 4 * group)};
      for (std::int64_t k = 0; k < 4 && 4 * group + k < kCellSide; ++k) {
        const std::int8_t level =
            cell.level[static_cast<std::size_t>(y * kCellSide + 4 * group + k)];
        if (!Measured(level)) continue;
        const auto shift = static_cast<std::uint32_t>(8 * k);
        tap.level |= static_cast<std::uint32_t>(level + kLevelMax + 1) << shift;
        tap.mask |= 1U << shift;
        tap.square |= static_cast<std::uint32_t>(level * level) << shift;
      }
      if (tap.mask != 0) taps.push_back(tap);
    }
  }
  return taps;
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
  // To the right, room for the places beyond the reach that a block of lanes computes as well.
  return {left - kSearchReach, top - kSearchReach,
          right - left + 2 * kSearchReach + kStripLanes + 4, bottom - top + 2 * kSearchReach + 1};
}

void ExpandRow(const std::vector<std::uint8_t>& bytes, std::uint32_t* words, std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) std::memcpy(words + x, bytes.data() + x, 4);
}

TargetPlanes MakePlanes(const LevelMap& target, const Window& window) {
  TargetPlanes out{.stride = window.columns, .level = {}, .mask = {}, .square = {}};
  const auto words = static_cast<std::size_t>(window.columns * window.rows);
  out.level.resize(words);
  out.mask.resize(words);
  out.square.resize(words);
  const auto padded = static_cast<std::size_t>(window.columns + 4);
  std::vector<std::uint8_t> level(padded), mask(padded), square(padded);
  for (std::int64_t y = 0; y < window.rows; ++y) {
    std::fill(level.begin(), level.end(), std::uint8_t{0});
    std::fill(mask.begin(), mask.end(), std::uint8_t{0});
    std::fill(square.begin(), square.end(), std::uint8_t{0});
    const std::int64_t row = y + window.from_y + target.middle();
    const std::int64_t shift = window.from_x + target.middle();
    const std::int64_t first = std::max<std::int64_t>(-shift, 0);
    const std::int64_t last = std::min(target.side - shift, window.columns);
    for (std::int64_t x = first; row >= 0 && row < target.side && x < last; ++x) {
      const std::int8_t value =
          target.level[static_cast<std::size_t>(row * target.side + x + shift)];
      if (!Measured(value)) continue;
      const auto at = static_cast<std::size_t>(x);
      level[at] = static_cast<std::uint8_t>(value);
      mask[at] = 1;
      square[at] = static_cast<std::uint8_t>(value * value);
    }
    ExpandRow(level, out.level.data() + y * window.columns, window.columns);
    ExpandRow(mask, out.mask.data() + y * window.columns, window.columns);
    ExpandRow(square, out.square.data() + y * window.columns, window.columns);
  }
  return out;
}

// The best place of one cell in one target.
std::optional<Found> BestPlace(const Cell& cell, std::span<const CellTap> taps,
                               const TargetPlanes& target, const Window& window,
                               const CellKernel& kernel) {
  const std::int32_t count_min = CommonMin(cell.measured, kCellSide * kCellSide);
  StripSums counts;
  StripSums sums;
  alignas(64) std::array<float, kStripLanes> values;
  float best = kNoCorrelation;
  std::int64_t best_x = 0;
  std::int64_t best_y = 0;
  for (std::int64_t j = 0; j < kSpan; ++j) {
    const std::int64_t place = (cell.y + j - kSearchReach - window.from_y) * target.stride +
                               (cell.x - kSearchReach - window.from_x);
    kernel.count(taps, target, place, kStripLanes / kLanes, counts);
    // Only the places between the first and the last with enough in common need the other sums.
    std::int64_t first = 0;
    while (first < kSpan && counts.count[static_cast<std::size_t>(first)] < count_min) ++first;
    if (first == kSpan) continue;
    std::int64_t last = kSpan;
    while (counts.count[static_cast<std::size_t>(last - 1)] < count_min) --last;
    const std::int64_t blocks = (last - first + kLanes - 1) / kLanes;
    kernel.sum(taps, target, place + first, blocks, sums);
    std::copy(counts.count.begin() + first, counts.count.begin() + last, sums.count.begin());
    std::fill(sums.count.begin() + (last - first), sums.count.begin() + blocks * kLanes, 0);
    const float top = kernel.score(sums, count_min, blocks * kLanes, values.data());
    if (top <= best) continue;
    best = top;
    best_y = j;
    best_x = first + (std::find(values.begin(), values.end(), top) - values.begin());
  }
  if (best <= kNoCorrelation) return std::nullopt;
  const double value = static_cast<double>(best);
  return Found{.turn_degrees = 0.0,
               .dx = static_cast<double>(best_x - kSearchReach),
               .dy = static_cast<double>(best_y - kSearchReach),
               .correlation = value < 0.0 ? -std::sqrt(-value) : std::sqrt(value)};
}

// Masked correlation of a fine cell with a patch of kFineSide + 2 kFineReach a side, moved by
// (dx, dy) from its corner. Integers but for the last division; -1 with too little in common.
double FineCorrelation(const Cell& cell, std::int32_t count_min, const std::int8_t* patch,
                       std::int64_t dx, std::int64_t dy) {
  constexpr std::int64_t kPatchSide = kFineSide + 2 * kFineReach;
  std::int32_t n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  for (std::int64_t y = 0; y < kFineSide; ++y) {
    const std::int8_t* from = patch + (y + dy) * kPatchSide + dx;
    const std::int8_t* own = cell.fine_level.data() + y * kFineSide;
    for (std::int64_t x = 0; x < kFineSide; ++x) {
      const bool both = Measured(own[x]) & Measured(from[x]);
      const std::int32_t u = both ? own[x] : 0;
      const std::int32_t v = both ? from[x] : 0;
      n += both ? 1 : 0;
      a += u, b += v, aa += u * u, bb += v * v, ab += u * v;
    }
  }
  if (n < count_min) return -1.0;
  const std::int64_t variance_a = std::int64_t{n} * aa - std::int64_t{a} * a;
  const std::int64_t variance_b = std::int64_t{n} * bb - std::int64_t{b} * b;
  if (variance_a <= 0 || variance_b <= 0) return -1.0;
  const std::int64_t covariance = std::int64_t{n} * ab - std::int64_t{a} * b;
  return static_cast<double>(covariance) /
         std::sqrt(static_cast<double>(variance_a) * static_cast<double>(variance_b));
}

// Offset of the top of the parabola through three equidistant values, the middle the largest.
double ParabolaTop(double before, double middle, double after) {
  const double bend = before - 2.0 * middle + after;
  if (!(bend < 0.0) || before <= -1.0 || after <= -1.0) return 0.0;
  return std::clamp(0.5 * (before - after) / bend, -0.5, 0.5);
}

using FineGrid = std::array<std::array<double, 2 * kFineReach + 1>, 2 * kFineReach + 1>;

struct FineBest {
  double correlation = -1.0;
  double dx = 0.0, dy = 0.0;  // Fine samples.
};

// The best fine place around (dx, dy) at one turn.
FineBest SearchFine(const Cell& cell, std::int32_t count_min, const TurnableRelief& target,
                    double turn_degrees, std::int64_t dx, std::int64_t dy) {
  constexpr std::int64_t kPatchSide = kFineSide + 2 * kFineReach;
  std::array<std::int8_t, kPatchSide * kPatchSide> patch;
  target.Sample(MakeTurn(turn_degrees), 1, 2 * cell.x + dx - kFineReach,
                2 * cell.y + dy - kFineReach, kPatchSide, kPatchSide, patch.data());
  FineGrid grid;
  FineBest best;
  std::size_t bx = 0, by = 0;
  for (std::size_t j = 0; j < grid.size(); ++j) {
    for (std::size_t i = 0; i < grid.size(); ++i) {
      grid[j][i] = FineCorrelation(cell, count_min, patch.data(), static_cast<std::int64_t>(i),
                                   static_cast<std::int64_t>(j));
      if (grid[j][i] <= best.correlation) continue;
      best.correlation = grid[j][i];
      bx = i;
      by = j;
    }
  }
  best.dx = static_cast<double>(bx) - static_cast<double>(kFineReach);
  best.dy = static_cast<double>(by) - static_cast<double>(kFineReach);
  if (bx > 0 && bx + 1 < grid.size()) {
    best.dx += ParabolaTop(grid[by][bx - 1], grid[by][bx], grid[by][bx + 1]);
  }
  if (by > 0 && by + 1 < grid.size()) {
    best.dy += ParabolaTop(grid[by - 1][bx], grid[by][bx], grid[by + 1][bx]);
  }
  return best;
}

}  // namespace

Found AtTurn(const Cell& cell, const Found& found, double turn_degrees) {
  const SinCos more = SinCosTurns((turn_degrees - found.turn_degrees) / 360.0);
  const double half = 0.5 * static_cast<double>(kCellSide - 1);
  const double x = static_cast<double>(cell.x) + half, y = static_cast<double>(cell.y) + half;
  const double px = x + found.dx, py = y + found.dy;
  return {.turn_degrees = turn_degrees,
          .dx = more.cos * px - more.sin * py - x,
          .dy = more.sin * px + more.cos * py - y,
          .correlation = found.correlation};
}

std::vector<Cell> MakeCells(const LevelMap& coarse, const TurnableRelief& fine) {
  std::int64_t left = coarse.side, top = coarse.side, right = -1, bottom = -1;
  for (std::int64_t y = 0; y < coarse.side; ++y) {
    for (std::int64_t x = 0; x < coarse.side; ++x) {
      if (!Measured(coarse.level[static_cast<std::size_t>(y * coarse.side + x)])) continue;
      left = std::min(left, x), right = std::max(right, x);
      top = std::min(top, y), bottom = std::max(bottom, y);
    }
  }
  std::vector<Cell> cells;
  if (right < left) return cells;
  const std::int64_t columns = (right - left + kCellSide) / kCellSide;
  const std::int64_t rows = (bottom - top + kCellSide) / kCellSide;
  const std::int64_t first_x = (left + right + 1 - columns * kCellSide) / 2;
  const std::int64_t first_y = (top + bottom + 1 - rows * kCellSide) / 2;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      Cell cell{.x = first_x + c * kCellSide - coarse.middle(),
                .y = first_y + r * kCellSide - coarse.middle()};
      for (std::int64_t y = 0; y < kCellSide; ++y) {
        for (std::int64_t x = 0; x < kCellSide; ++x) {
          const std::int64_t px = cell.x + coarse.middle() + x, py = cell.y + coarse.middle() + y;
          const bool within = px >= 0 && py >= 0 && px < coarse.side && py < coarse.side;
          const std::int8_t level =
              within ? coarse.level[static_cast<std::size_t>(py * coarse.side + px)]
                     : kLevelNotMeasured;
          cell.measured += Measured(level) ? 1 : 0;
          cell.level.push_back(level);
        }
      }
      if (cell.measured < kCellValidMin * static_cast<double>(kCellSide * kCellSide)) continue;
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
  std::vector<std::vector<CellTap>> taps;
  for (const Cell& cell : cells) taps.push_back(MakeTaps(cell, window.columns));
  std::vector<std::vector<std::optional<Found>>> out(cells.size());
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const TargetPlanes planes = MakePlanes(targets[t], window);
    for (std::size_t c = 0; c < cells.size(); ++c) {
      out[c].push_back(BestPlace(cells[c], taps[c], planes, window, kernel));
      if (out[c].back()) out[c].back()->turn_degrees = turns_degrees[t];
    }
  }
  return out;
}

std::optional<Found> RefineCell(const Cell& cell, std::span<const std::optional<Found>> places,
                                const TurnableRelief& target) {
  std::vector<Found> candidates;
  for (const std::optional<Found>& place : places) {
    if (place) candidates.push_back(*place);
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Found& a, const Found& b) { return a.correlation > b.correlation; });
  if (candidates.size() > kCandidates) candidates.resize(kCandidates);
  const auto fine_measured = static_cast<std::int32_t>(
      std::count_if(cell.fine_level.begin(), cell.fine_level.end(), Measured));
  const std::int32_t count_min = CommonMin(fine_measured, kFineSide * kFineSide);
  std::optional<Found> best;
  for (const Found& candidate : candidates) {
    std::array<FineBest, 5> turns;
    std::size_t top = 0;
    for (std::size_t t = 0; t < turns.size(); ++t) {
      // Turned a little further, what lay at the cell's place lies beside it.
      const double more = (static_cast<double>(t) - 2.0) * kFineTurnDegrees;
      const Found moved = AtTurn(cell, candidate, candidate.turn_degrees + more);
      const double dx = std::floor(2.0 * moved.dx + 0.5), dy = std::floor(2.0 * moved.dy + 0.5);
      turns[t] = SearchFine(cell, count_min, target, moved.turn_degrees,
                            static_cast<std::int64_t>(dx), static_cast<std::int64_t>(dy));
      turns[t].dx += dx;
      turns[t].dy += dy;
      if (turns[t].correlation > turns[top].correlation) top = t;
    }
    if (turns[top].correlation <= -1.0) continue;
    if (best && turns[top].correlation <= best->correlation) continue;
    const double turn =
        candidate.turn_degrees + (static_cast<double>(top) - 2.0) * kFineTurnDegrees;
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
