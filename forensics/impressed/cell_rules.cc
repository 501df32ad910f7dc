// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/cell_rules.h"

#include <algorithm>
#include <cmath>

#include "forensics/numeric/portable_math.h"
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

// Of cells of one source that were measured twice, so many agree; a part of a mark has fewer.
constexpr double kAgreeingShare = 0.3;
// Best correlations that chance finds lie about here; each tenth above makes agreement twice as
// likely.
constexpr double kChanceCorrelation = 0.45;
constexpr double kLogPerCorrelation = 8.0;
// Beyond so many standard deviations, squared, a place says nothing for agreement.
constexpr double kFarSquared = 16.0;
constexpr double kTwoPi = 6.283185307179586;

// How much likelier a correlation is where cells agree.
double AgreementOf(double correlation) {
  return kAgreeingShare * Exp(kLogPerCorrelation * (correlation - kChanceCorrelation));
}

// How much likelier it is that a cell lies so far from where it should if it agrees: normal, beside
// anywhere in the span. A limit of the rules is two standard deviations: few cells of one source
// lie outside.
class AgreementDensity {
 public:
  AgreementDensity(const CongruenceLimits& limits, double places_span, double turns_span_degrees)
      : place_sd_(0.5 * limits.distance),
        turn_sd_(0.5 * limits.turn_degrees),
        top_(places_span * places_span / (kTwoPi * place_sd_ * place_sd_) *
             (turns_span_degrees > 0.0 ? turns_span_degrees / (std::sqrt(kTwoPi) * turn_sd_)
                                       : 1.0)) {}

  bool IsNear(double turn_degrees) const {
    return turn_degrees * turn_degrees <= kFarSquared * turn_sd_ * turn_sd_;
  }
  double At(double dx, double dy, double turn_degrees) const {
    const double x = dx / place_sd_, y = dy / place_sd_, t = turn_degrees / turn_sd_;
    const double far = x * x + y * y + t * t;
    return far > kFarSquared ? 0.0 : top_ * Exp(-0.5 * far);
  }

 private:
  double place_sd_, turn_sd_, top_;
};

// The sum over cells, ln. Logarithms are taken of products: one for some fifty cells.
class Support {
 public:
  void Add(double agreeing) {
    ++cells_;
    product_ *= 1.0 - kAgreeingShare + agreeing;
    if (product_ <= kProductMax && product_ >= 1.0 / kProductMax) return;
    sum_ += Log(product_);
    product_ = 1.0;
  }
  double log() const { return sum_ + Log(product_); }
  std::int64_t cells() const { return cells_; }

 private:
  static constexpr double kProductMax = 1e200;
  double sum_ = 0.0;
  double product_ = 1.0;
  std::int64_t cells_ = 0;
};

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

CellConsensus FindConsensus(std::span<const Cell> cells,
                            std::span<const std::optional<Found>> found, double places_span,
                            double turns_span_degrees, const CongruenceLimits& limits) {
  const AgreementDensity density(limits, places_span, turns_span_degrees);
  CellConsensus best;
  best.agrees.assign(cells.size(), false);
  bool any = false;
  std::vector<bool> agrees(cells.size());
  for (std::size_t j = 0; j < cells.size(); ++j) {
    if (!found[j]) continue;
    Support support;
    std::fill(agrees.begin(), agrees.end(), false);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i == j || !found[i]) continue;
      double agreeing = 0.0;
      const double turn = TurnBetween(found[i]->turn_degrees, found[j]->turn_degrees);
      if (density.IsNear(turn)) {
        const Found seen = AtTurn(cells[i], *found[i], found[j]->turn_degrees);
        agreeing = density.At(seen.dx - found[j]->dx, seen.dy - found[j]->dy, turn) *
                   AgreementOf(seen.correlation);
      }
      agrees[i] = agreeing >= 1.0 - kAgreeingShare;
      support.Add(agreeing);
    }
    if (support.cells() == 0 || (any && support.log() <= best.support)) continue;
    any = true;
    const std::int64_t count = std::count(agrees.begin(), agrees.end(), true);
    if (count > 0) agrees[j] = true;
    best = {.support = support.log(),
            .reference = {found[j]->turn_degrees, found[j]->dx, found[j]->dy},
            .agrees = agrees,
            .count = count > 0 ? count + 1 : 0};
  }
  return best;
}

double BestSupportAtOneTurn(std::span<const std::vector<std::optional<Found>>> places,
                            std::size_t turns, double places_span, const CongruenceLimits& limits) {
  struct Placed {
    double dx, dy, agreement;
  };
  const AgreementDensity density(limits, places_span, /*turns_span_degrees=*/0.0);
  std::optional<double> best;
  std::vector<Placed> placed;
  for (std::size_t t = 0; t < turns; ++t) {
    placed.clear();
    for (const std::vector<std::optional<Found>>& of_cell : places) {
      const std::optional<Found>& found = of_cell[t];
      if (found) placed.push_back({found->dx, found->dy, AgreementOf(found->correlation)});
    }
    if (placed.size() < 2) continue;
    for (const Placed& middle : placed) {
      Support support;
      for (const Placed& other : placed) {
        if (&other == &middle) continue;
        support.Add(density.At(other.dx - middle.dx, other.dy - middle.dy, 0.0) * other.agreement);
      }
      if (!best || support.log() > *best) best = support.log();
    }
  }
  return best ? *best - Log(static_cast<double>(turns)) : 0.0;
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
