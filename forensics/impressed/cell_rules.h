// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "forensics/impressed/cell_search.h"

namespace proofmark::forensics {

// Thresholds of congruence, lengths in coarse samples.
struct CongruenceLimits {
  double distance = 10.0;
  double turn_degrees = 6.0;
  double correlation_min = 0.5;
};

// Where cells agree on lying: the place of a cell is the place at this turn.
struct Reference {
  double turn_degrees = 0.0;
  double dx = 0.0, dy = 0.0;
};

struct CongruentCells {
  Reference reference;
  std::vector<bool> congruent;  // One a cell.
  std::int64_t count = 0;
};

// Difference of two angles, in (-180, 180].
double TurnBetween(double a_degrees, double b_degrees);

// The original rule: the reference is the median turn over the cells found, and the medians of
// their places seen at that turn; a cell is congruent when place, turn and correlation agree.
//   Source    docs/references.md#song-2014
CongruentCells OriginalRule(std::span<const Cell> cells,
                            std::span<const std::optional<Found>> found,
                            const CongruenceLimits& limits);

// The high rule's view of one direction: for every turn the cells that agree on a place there.
struct TurnCounts {
  std::vector<CongruentCells> at;  // One a turn.
  std::int64_t most = 0;
};
TurnCounts CountByTurn(std::span<const Cell> cells,
                       std::span<const std::vector<std::optional<Found>>> places,
                       std::span<const double> turns_degrees, const CongruenceLimits& limits);

// The cells congruent at any of the turns whose count is within one of the most, when those turns
// lie within limits.turn_degrees of each other; nullopt when they do not, or the most is under two.
struct HighMode {
  double turn_degrees = 0.0;  // Middle of those turns.
  std::vector<bool> congruent;
  std::int64_t count = 0;
};
//   Source    docs/references.md#tong-2015
std::optional<HighMode> HighRule(const TurnCounts& counts, std::span<const double> turns_degrees,
                                 const CongruenceLimits& limits);

// How far the cells support one common place and turn, beside places that chance picks all over
// what was searched: `places_span` coarse samples along each axis, `turns_span_degrees`. Every cell
// found proposes its own place; of the others each adds
//     ln(1 - p + p * density of agreeing cells / density of chance),
// p the share of cells that agree where two marks are of one source; the best proposal counts. A
// cell's density of agreement is normal about the proposal and rises with its correlation. Unlike a
// count about the medians it needs no majority: of a part of a mark, or of marks of which little
// was kept, few cells agree, and those are enough.
struct CellConsensus {
  double support = 0.0;      // ln; 0 with fewer than two cells found.
  Reference reference;       // The proposal.
  std::vector<bool> agrees;  // More likely than not, the proposal itself included.
  std::int64_t count = 0;    // Of them; 0 rather than 1.
};
//   Cost      O(cells^2).
//   Source    docs/design/breech-face.md#score
CellConsensus FindConsensus(std::span<const Cell> cells,
                            std::span<const std::optional<Found>> found, double places_span,
                            double turns_span_degrees, const CongruenceLimits& limits);

// The support of the turn that has most of it, each cell where it was found at that turn, less what
// the choice among so many turns is worth.
//   Cost      O(turns * cells^2).
double BestSupportAtOneTurn(std::span<const std::vector<std::optional<Found>>> places,
                            std::size_t turns, double places_span, const CongruenceLimits& limits);

// Size of the largest group of cells that lie within the limits of one of them, seen at its turn.
std::int64_t DensestCluster(std::span<const Cell> cells,
                            std::span<const std::optional<Found>> found,
                            const CongruenceLimits& limits);

}  // namespace proofmark::forensics
