// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/cell_rules.h"

#include <algorithm>
#include <cmath>

#include "forensics/surface/robust.h"

namespace proofmark::forensics {
namespace {

// The turn from which the others lie least far, of those that occur: the median on a circle.
double MedianTurn(std::span<const std::optional<Found>> found) {
  double best = 0.0;
  double best_sum = -1.0;
  for (const std::optional<Found>& middle : found) {
    if (!middle) continue;
    double sum = 0.0;
    for (const std::optional<Found>& other : found) {
      if (other) sum += std::abs(TurnBetween(other->turn_degrees, middle->turn_degrees));
    }
    const bool nearer_zero = std::abs(middle->turn_degrees) < std::abs(best);
    if (best_sum >= 0.0 && (sum > best_sum || (sum == best_sum && !nearer_zero))) continue;
    best_sum = sum;
    best = middle->turn_degrees;
  }
  return best;
}

// Which cells lie within the limits of `reference`, seen at its turn.
CongruentCells Agreeing(std::span<const Cell> cells, std::span<const std::optional<Found>> found,
                        const Reference& reference, const CongruenceLimits& limits) {
  CongruentCells out{.reference = reference, .congruent = std::vector<bool>(cells.size(), false)};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!found[i] || found[i]->correlation < limits.correlation_min) continue;
    if (std::abs(TurnBetween(found[i]->turn_degrees, reference.turn_degrees)) >
        limits.turn_degrees) {
      continue;
    }
    const Found seen = AtTurn(cells[i], *found[i], reference.turn_degrees);
    if (std::abs(seen.dx - reference.dx) > limits.distance ||
        std::abs(seen.dy - reference.dy) > limits.distance) {
      continue;
    }
    out.congruent[i] = true;
    ++out.count;
  }
  return out;
}

// Medians of the places seen at `turn_degrees`.
Reference MedianPlace(std::span<const Cell> cells, std::span<const std::optional<Found>> found,
                      double turn_degrees) {
  std::vector<double> dx, dy;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!found[i]) continue;
    const Found seen = AtTurn(cells[i], *found[i], turn_degrees);
    dx.push_back(seen.dx);
    dy.push_back(seen.dy);
  }
  return {turn_degrees, Median(dx).value_or(0.0), Median(dy).value_or(0.0)};
}

}  // namespace

double TurnBetween(double a_degrees, double b_degrees) {
  const double difference = a_degrees - b_degrees;
  return difference - 360.0 * std::ceil(difference / 360.0 - 0.5);
}

CongruentCells OriginalRule(std::span<const Cell> cells,
                            std::span<const std::optional<Found>> found,
                            const CongruenceLimits& limits) {
  return Agreeing(cells, found, MedianPlace(cells, found, MedianTurn(found)), limits);
}

TurnCounts CountByTurn(std::span<const Cell> cells,
                       std::span<const std::vector<std::optional<Found>>> places,
                       std::span<const double> turns_degrees, const CongruenceLimits& limits) {
  TurnCounts out;
  std::vector<std::optional<Found>> found(cells.size());
  for (std::size_t t = 0; t < turns_degrees.size(); ++t) {
    for (std::size_t i = 0; i < cells.size(); ++i) found[i] = places[i][t];
    const Reference reference = MedianPlace(cells, found, turns_degrees[t]);
    out.at.push_back(Agreeing(cells, found, reference, limits));
    out.most = std::max(out.most, out.at.back().count);
  }
  return out;
}

std::optional<HighMode> HighRule(const TurnCounts& counts, std::span<const double> turns_degrees,
                                 const CongruenceLimits& limits) {
  if (counts.most < 2) return std::nullopt;
  std::optional<double> first;
  double low = 0.0, high = 0.0;  // From the first.
  HighMode out;
  for (std::size_t t = 0; t < counts.at.size(); ++t) {
    if (counts.at[t].count < counts.most - 1) continue;
    if (!first) first = turns_degrees[t];
    const double from_first = TurnBetween(turns_degrees[t], *first);
    low = std::min(low, from_first);
    high = std::max(high, from_first);
    out.congruent.resize(counts.at[t].congruent.size(), false);
    for (std::size_t i = 0; i < out.congruent.size(); ++i) {
      if (counts.at[t].congruent[i]) out.congruent[i] = true;
    }
  }
  if (high - low > limits.turn_degrees) return std::nullopt;
  out.turn_degrees = *first + 0.5 * (low + high);
  out.count = std::count(out.congruent.begin(), out.congruent.end(), true);
  return out;
}

std::int64_t DensestCluster(std::span<const Cell> cells,
                            std::span<const std::optional<Found>> found,
                            const CongruenceLimits& limits) {
  std::int64_t most = 0;
  for (const std::optional<Found>& middle : found) {
    if (!middle) continue;
    const Reference reference{middle->turn_degrees, middle->dx, middle->dy};
    CongruenceLimits near = limits;
    near.correlation_min = -1.0;
    most = std::max(most, Agreeing(cells, found, reference, near).count);
  }
  return most;
}

}  // namespace proofmark::forensics
