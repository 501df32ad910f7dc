// SPDX-License-Identifier: Apache-2.0
#include "forensics/evidence/cell_model.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/evidence/metrics.h"
#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {
namespace {

// What a likelihood needs of all counts of one class: how much weight has more than i congruent
// cells, more than i that are not, and more than i altogether. Sums of logarithms follow from it,
// so that a step of the fit costs O(N), whatever the number of pairs.
struct Exceeding {
  std::vector<double> congruent;
  std::vector<double> other;
  std::vector<double> eligible;
  double weight = 0.0;
  double share_sum = 0.0;
  double share_squares = 0.0;
  double cells_sum = 0.0;

  void Add(const CellCount& count, double w) {
    const auto bump = [w](std::vector<double>& tail, std::int64_t n) {
      if (tail.size() < static_cast<std::size_t>(n)) tail.resize(static_cast<std::size_t>(n), 0.0);
      for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) tail[i] += w;
    };
    bump(congruent, count.congruent);
    bump(other, count.eligible - count.congruent);
    bump(eligible, count.eligible);
    weight += w;
    const double share = static_cast<double>(count.congruent) / static_cast<double>(count.eligible);
    share_sum += w * share;
    share_squares += w * share * share;
    cells_sum += w * static_cast<double>(count.eligible);
  }

  // Without the binomial coefficients, which no parameter changes.
  double LogLikelihood(const BetaBinomial& b) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < congruent.size(); ++i) {
      sum += congruent[i] * Log(b.alpha + static_cast<double>(i));
    }
    for (std::size_t i = 0; i < other.size(); ++i) {
      sum += other[i] * Log(b.beta + static_cast<double>(i));
    }
    for (std::size_t i = 0; i < eligible.size(); ++i) {
      sum -= eligible[i] * Log(b.alpha + b.beta + static_cast<double>(i));
    }
    return sum;
  }
};

BetaBinomial Bounded(double alpha, double beta) {
  return {std::clamp(alpha, kBetaMin, kBetaMax), std::clamp(beta, kBetaMin, kBetaMax)};
}

// Mean m and variance v of the shares give alpha + beta = m (1 - m) / v - 1 up to the binomial's
// own variance, which is taken off first.
BetaBinomial FromMoments(const Exceeding& of) {
  const double mean = std::clamp(of.share_sum / of.weight, 0.002, 0.998);
  const double cells = of.cells_sum / of.weight;
  const double variance = of.share_squares / of.weight - mean * mean;
  const double between = std::max(variance - mean * (1.0 - mean) / cells, 1e-5);
  const double total = std::clamp(mean * (1.0 - mean) / between - 1.0, 0.5, 1e3);
  return Bounded(mean * total, (1.0 - mean) * total);
}

// Climbs along both diagonals of (ln alpha, ln beta): mean and spread are nearly independent there.
// The step halves when neither way is better.
BetaBinomial Maximise(const Exceeding& of, BetaBinomial at) {
  constexpr int kStepsMax = 2'000;
  double step = 0.5;
  double best = of.LogLikelihood(at);
  for (int i = 0; i < kStepsMax && step > 1e-5; ++i) {
    bool moved = false;
    for (const auto& [da, db] :
         {std::pair(1.0, 1.0), std::pair(-1.0, -1.0), std::pair(1.0, -1.0), std::pair(-1.0, 1.0),
          std::pair(1.0, 0.0), std::pair(-1.0, 0.0), std::pair(0.0, 1.0), std::pair(0.0, -1.0)}) {
      const BetaBinomial to = Bounded(at.alpha * Exp(step * da), at.beta * Exp(step * db));
      const double value = of.LogLikelihood(to);
      if (value <= best + 1e-12 * std::abs(best)) continue;
      best = value;
      at = to;
      moved = true;
    }
    if (!moved) step /= 2.0;
  }
  return at;
}

// ln of P(k of N) without the binomial coefficient, which cancels in the ratio.
double LogKernel(const BetaBinomial& b, std::int64_t congruent, std::int64_t eligible) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < congruent; ++i) sum += Log(b.alpha + static_cast<double>(i));
  for (std::int64_t i = 0; i < eligible - congruent; ++i) {
    sum += Log(b.beta + static_cast<double>(i));
  }
  for (std::int64_t i = 0; i < eligible; ++i) {
    sum -= Log(b.alpha + b.beta + static_cast<double>(i));
  }
  return sum;
}

}  // namespace

absl::StatusOr<CellModel> FitCellModel(std::span<const CountedPair> pairs,
                                       std::span<const double> weights) {
  std::array<Exceeding, 2> classes;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const CellCount& count = pairs[i].count;
    if (count.eligible < 1 || count.eligible > kCellsMax || count.congruent < 0 ||
        count.congruent > count.eligible) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%d of %d cells: must be 0..N of N = 1..%d", count.congruent, count.eligible, kCellsMax));
    }
    const double w = weights.empty() ? 1.0 : weights[i];
    if (w > 0.0) classes[pairs[i].pair.same() ? 1 : 0].Add(count, w);
  }
  if (classes[0].weight <= 0.0 || classes[1].weight <= 0.0) {
    return absl::InvalidArgumentError("fitting needs same- and different-source pairs");
  }
  return CellModel{.same = Maximise(classes[1], FromMoments(classes[1])),
                   .different = Maximise(classes[0], FromMoments(classes[0]))};
}

double LogLikelihoodRatio(const CellModel& model, const CellCount& count) {
  const std::int64_t n = std::clamp<std::int64_t>(count.eligible, 0, kCellsMax);
  const std::int64_t k = std::clamp<std::int64_t>(count.congruent, 0, n);
  double value = LogKernel(model.same, n, n) - LogKernel(model.different, n, n);
  double least = value;
  // From k + 1 congruent cells to k: one factor (alpha + k) becomes (beta + N - k - 1).
  for (std::int64_t at = n - 1; at >= k; --at) {
    const double more = static_cast<double>(at);
    const double fewer = static_cast<double>(n - at - 1);
    value += Log((model.same.beta + fewer) / (model.same.alpha + more)) -
             Log((model.different.beta + fewer) / (model.different.alpha + more));
    least = std::min(least, value);
  }
  return least;
}

absl::StatusOr<CellInterval> BootstrapCells(std::span<const CountedPair> pairs,
                                            const CellModel& model, std::int64_t draws,
                                            std::uint64_t seed) {
  std::vector<std::int64_t> sizes;
  std::vector<ScoredPair> numbered;  // Its scores say which pair it is, whatever the order.
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    sizes.push_back(pairs[i].count.eligible);
    numbered.push_back(pairs[i].pair);
    numbered.back().score = static_cast<double>(i);
  }
  PM_ASSIGN_OR_RETURN(const Ranking ranking, Ranking::Of(numbered));
  std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2),
                   sizes.end());
  CellInterval interval{.eligible = sizes[sizes.size() / 2]};
  std::array<std::vector<double>, kScoreGridSteps + 1> values;
  FirearmBootstrap bootstrap(ranking, draws, seed);
  for (auto weights = bootstrap.Next(); !weights.empty(); weights = bootstrap.Next()) {
    PM_ASSIGN_OR_RETURN(const CellModel drawn, FitCellModel(pairs, weights));
    for (std::size_t s = 0; s < values.size(); ++s) {
      const std::int64_t k = static_cast<std::int64_t>(s) * interval.eligible / kScoreGridSteps;
      values[s].push_back(LogLikelihoodRatio(drawn, {k, interval.eligible}));
    }
  }
  for (std::size_t s = 0; s < values.size(); ++s) {
    const std::int64_t k = static_cast<std::int64_t>(s) * interval.eligible / kScoreGridSteps;
    const double value = LogLikelihoodRatio(model, {k, interval.eligible});
    const Estimate estimate = EstimateFrom(value, values[s]);
    interval.below[s] = std::max(0.0, value - estimate.low);
    interval.above[s] = std::max(0.0, estimate.high - value);
  }
  return interval;
}

}  // namespace proofmark::forensics
