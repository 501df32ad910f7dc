// SPDX-License-Identifier: Apache-2.0
#include "forensics/evidence/metrics.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "forensics/numeric/portable_math.h"
#include "forensics/synthetic/philox.h"

namespace proofmark::forensics {
namespace {

constexpr double kLn2 = 0x1.62e42fefa39efp-1;
constexpr double kLn10 = 0x1.26bb1bbb55516p+1;

double WeightAt(std::span<const double> weights, std::size_t i) {
  return weights.empty() ? 1.0 : weights[i];
}

// Calls visit(first index, same weight, different weight) for each run of equal scores, rising.
template <typename Visit>
void ForEachTie(const Ranking& ranking, std::span<const double> weights, const Visit& visit) {
  const auto pairs = ranking.pairs();
  for (std::size_t i = 0; i < pairs.size();) {
    double same = 0.0, different = 0.0;
    std::size_t j = i;
    for (; j < pairs.size() && pairs[j].score == pairs[i].score; ++j) {
      (pairs[j].same() ? same : different) += WeightAt(weights, j);
    }
    visit(i, same, different);
    i = j;
  }
}

struct ClassWeights {
  double same = 0.0;
  double different = 0.0;
};
ClassWeights TotalWeights(const Ranking& ranking, std::span<const double> weights) {
  ClassWeights total;
  ForEachTie(ranking, weights, [&](std::size_t, double same, double different) {
    total.same += same;
    total.different += different;
  });
  PM_CHECK(total.same > 0.0 && total.different > 0.0);
  return total;
}

// Bits of surprise: log2(1 + e^x).
double SoftBits(double x) { return (x > 40.0 ? x : Log(1.0 + Exp(x))) / kLn2; }

double EqualErrorOf(std::span<const PavStep> steps, const ClassWeights& total) {
  // From "everything is same source" (no misses) upwards: the hull's corners are the steps' ends.
  double missed = 0.0;
  double false_share = 1.0;
  for (const PavStep& step : steps) {
    const double next_missed = missed + step.same / total.same;
    const double next_false = false_share - step.different / total.different;
    if (next_missed >= next_false) {
      // On this edge missed(t) = missed + t dm, false(t) = false_share - t df.
      const double closing = (next_missed - missed) + (false_share - next_false);
      const double t = closing > 0.0 ? (false_share - missed) / closing : 0.0;
      return std::max(0.0, missed + t * (next_missed - missed));
    }
    missed = next_missed;
    false_share = next_false;
  }
  return 0.5;  // Not reached: the last corner has missed = 1, false = 0.
}

double CllrMinOf(std::span<const PavStep> steps, const ClassWeights& total) {
  double same = 0.0, different = 0.0;
  for (const PavStep& step : steps) {
    // A pure step has an infinite likelihood ratio of the right sign and costs nothing.
    if (step.same == 0.0 || step.different == 0.0) continue;
    const double ratio = (step.same / total.same) / (step.different / total.different);
    same += step.same * Log(1.0 + 1.0 / ratio) / kLn2;
    different += step.different * Log(1.0 + ratio) / kLn2;
  }
  return 0.5 * (same / total.same + different / total.different);
}

}  // namespace

absl::StatusOr<Ranking> Ranking::Of(std::span<const ScoredPair> pairs) {
  Ranking ranking;
  ranking.pairs_.assign(pairs.begin(), pairs.end());
  for (const ScoredPair& pair : pairs) {
    if (!std::isfinite(pair.score)) {
      return absl::InvalidArgumentError("a score is not a finite number");
    }
    PM_CHECK(pair.firearm_a >= 0 && pair.firearm_b >= 0);
    ranking.same_count_ += pair.same() ? 1 : 0;
    ranking.firearm_count_ =
        std::max({ranking.firearm_count_, pair.firearm_a + 1, pair.firearm_b + 1});
  }
  if (ranking.same_count() == 0 || ranking.different_count() == 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d same-source and %d different-source pairs: both are needed",
                        ranking.same_count(), ranking.different_count()));
  }
  std::stable_sort(ranking.pairs_.begin(), ranking.pairs_.end(),
                   [](const ScoredPair& a, const ScoredPair& b) { return a.score < b.score; });
  return ranking;
}

std::vector<RocPoint> Roc(const Ranking& ranking) {
  std::vector<RocPoint> points;
  double same_at_or_above = static_cast<double>(ranking.same_count());
  double different_at_or_above = static_cast<double>(ranking.different_count());
  ForEachTie(ranking, {}, [&](std::size_t first, double same, double different) {
    points.push_back({ranking.pairs()[first].score,
                      different_at_or_above / static_cast<double>(ranking.different_count()),
                      same_at_or_above / static_cast<double>(ranking.same_count())});
    same_at_or_above -= same;
    different_at_or_above -= different;
  });
  points.push_back({ranking.pairs().back().score, 0.0, 0.0});
  std::reverse(points.begin(), points.end());
  return points;
}

double AreaUnderRoc(const Ranking& ranking, std::span<const double> weights) {
  const ClassWeights total = TotalWeights(ranking, weights);
  double below = 0.0, won = 0.0;
  ForEachTie(ranking, weights, [&](std::size_t, double same, double different) {
    won += same * (below + 0.5 * different);
    below += different;
  });
  return won / (total.same * total.different);
}

std::vector<PavStep> PoolAdjacentViolators(const Ranking& ranking,
                                           std::span<const double> weights) {
  std::vector<PavStep> steps;
  ForEachTie(ranking, weights, [&](std::size_t first, double same, double different) {
    if (same + different == 0.0) return;
    steps.push_back({ranking.pairs()[first].score, same, different});
    while (steps.size() > 1) {
      const PavStep& last = steps.back();
      PavStep& before = steps[steps.size() - 2];
      if (before.same * last.different < last.same * before.different) break;  // Rises.
      before.same += last.same;
      before.different += last.different;
      steps.pop_back();
    }
  });
  return steps;
}

double EqualErrorRate(const Ranking& ranking, std::span<const double> weights) {
  return EqualErrorOf(PoolAdjacentViolators(ranking, weights), TotalWeights(ranking, weights));
}

EqualErrorCounts CountEqualErrors(const Ranking& ranking) {
  EqualErrorCounts result;
  result.rate = EqualErrorRate(ranking, {});
  const double same = static_cast<double>(ranking.same_count());
  const double different = static_cast<double>(ranking.different_count());
  double nearest = 2.0;
  std::int64_t missed = 0;
  std::int64_t above = ranking.different_count();
  ForEachTie(ranking, {}, [&](std::size_t first, double same_here, double different_here) {
    const double gap =
        std::abs(static_cast<double>(missed) / same - static_cast<double>(above) / different);
    if (gap < nearest) {
      nearest = gap;
      result.threshold = ranking.pairs()[first].score;
      result.false_above = above;
      result.missed_below = missed;
    }
    missed += static_cast<std::int64_t>(same_here);
    above -= static_cast<std::int64_t>(different_here);
  });
  return result;
}

double CllrMin(const Ranking& ranking, std::span<const double> weights) {
  return CllrMinOf(PoolAdjacentViolators(ranking, weights), TotalWeights(ranking, weights));
}

double Cllr(const Ranking& log10_lrs, std::span<const double> weights) {
  const ClassWeights total = TotalWeights(log10_lrs, weights);
  double same = 0.0, different = 0.0;
  const auto pairs = log10_lrs.pairs();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double log_lr = pairs[i].score * kLn10;
    const double bits = WeightAt(weights, i) * SoftBits(pairs[i].same() ? -log_lr : log_lr);
    (pairs[i].same() ? same : different) += bits;
  }
  return 0.5 * (same / total.same + different / total.different);
}

MisleadingEvidence CountMisleading(const Ranking& log10_lrs) {
  MisleadingEvidence result;
  for (const ScoredPair& pair : log10_lrs.pairs()) {
    if (pair.same()) {
      result.same_below_one += pair.score < 0.0 ? 1 : 0;
      result.same_log10_min = std::min(result.same_log10_min, pair.score);
    } else {
      result.different_above_one += pair.score > 0.0 ? 1 : 0;
      result.different_log10_max = std::max(result.different_log10_max, pair.score);
    }
  }
  return result;
}

std::vector<TippettPoint> Tippett(const Ranking& log10_lrs) {
  std::vector<TippettPoint> points;
  for (const RocPoint& point : Roc(log10_lrs)) {
    points.push_back({point.score, point.true_share, point.false_share});
  }
  // From low to high; the artificial (0, 0) point stays as the end of both curves.
  std::reverse(points.begin(), points.end());
  return points;
}

FirearmBootstrap::FirearmBootstrap(const Ranking& ranking, std::int64_t draws, std::uint64_t seed)
    : ranking_(ranking), seed_(seed), left_(draws), attempts_left_(10 * draws) {
  std::vector<bool> seen(static_cast<std::size_t>(ranking.firearm_count()), false);
  for (const ScoredPair& pair : ranking.pairs()) {
    seen[static_cast<std::size_t>(pair.firearm_a)] = true;
    seen[static_cast<std::size_t>(pair.firearm_b)] = true;
  }
  for (std::int32_t i = 0; i < ranking.firearm_count(); ++i) {
    if (seen[static_cast<std::size_t>(i)]) present_.push_back(i);
  }
  if (present_.size() < 3) left_ = 0;
  times_.resize(seen.size());
  weights_.resize(ranking.pairs().size());
}

std::span<const double> FirearmBootstrap::Next() {
  const std::array<std::uint32_t, 2> key = {static_cast<std::uint32_t>(seed_),
                                            static_cast<std::uint32_t>(seed_ >> 32)};
  while (left_ > 0 && attempts_left_-- > 0) {
    std::fill(times_.begin(), times_.end(), 0.0);
    for (std::size_t i = 0; i < present_.size(); ++i) {
      const auto random = Philox4x32({static_cast<std::uint32_t>(i), draw_, 0, 0}, key);
      const std::uint64_t wide = (std::uint64_t{random[0]} << 32) | random[1];
      times_[static_cast<std::size_t>(present_[wide % present_.size()])] += 1.0;
    }
    ++draw_;
    double same = 0.0, different = 0.0;
    const auto pairs = ranking_.pairs();
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const double a = times_[static_cast<std::size_t>(pairs[i].firearm_a)];
      weights_[i] = pairs[i].firearm_a == pairs[i].firearm_b
                        ? a
                        : a * times_[static_cast<std::size_t>(pairs[i].firearm_b)];
      (pairs[i].same() ? same : different) += weights_[i];
    }
    if (same == 0.0 || different == 0.0) continue;
    --left_;
    return weights_;
  }
  return {};
}

Estimate EstimateFrom(double value, std::vector<double>& draws) {
  if (draws.empty()) return {value, value, value, 0};
  std::sort(draws.begin(), draws.end());
  const double last = static_cast<double>(draws.size() - 1);
  return {value, draws[static_cast<std::size_t>(std::floor(0.05 * last))],
          draws[static_cast<std::size_t>(std::ceil(0.95 * last))],
          static_cast<std::int64_t>(draws.size())};
}

namespace {

// Squared distances of the class means from the common mean, over the variances within.
double VarianceRatio(const Ranking& ranking) {
  std::array<double, 2> sum{}, squares{};
  for (const ScoredPair& pair : ranking.pairs()) {
    sum[pair.same() ? 1 : 0] += pair.score;
    squares[pair.same() ? 1 : 0] += pair.score * pair.score;
  }
  const std::array<double, 2> n = {static_cast<double>(ranking.different_count()),
                                   static_cast<double>(ranking.same_count())};
  const double mean_all = (sum[0] + sum[1]) / (n[0] + n[1]);
  double between = 0.0, within = 0.0;
  for (std::size_t c = 0; c < 2; ++c) {
    const double mean = sum[c] / n[c];
    between += (mean - mean_all) * (mean - mean_all);
    if (n[c] > 1.0) within += std::max(0.0, squares[c] - n[c] * mean * mean) / (n[c] - 1.0);
  }
  return within > 0.0 ? between / within : 0.0;
}

}  // namespace

ScoreFigures MeasureScores(const Ranking& ranking, std::int64_t draws) {
  ScoreFigures figures;
  figures.same = ranking.same_count();
  figures.different = ranking.different_count();
  figures.errors = CountEqualErrors(ranking);
  figures.variance_ratio = VarianceRatio(ranking);
  std::vector<bool> seen(static_cast<std::size_t>(ranking.firearm_count()), false);
  bool first_same = true;
  for (const ScoredPair& pair : ranking.pairs()) {
    seen[static_cast<std::size_t>(pair.firearm_a)] = true;
    seen[static_cast<std::size_t>(pair.firearm_b)] = true;
    if (!pair.same()) figures.different_max = pair.score;  // The last one is the largest.
    if (pair.same() && first_same) {
      figures.same_min = pair.score;
      first_same = false;
    }
  }
  figures.firearms = std::count(seen.begin(), seen.end(), true);
  std::vector<double> aucs, eers;
  FirearmBootstrap bootstrap(ranking, draws, kBootstrapSeed);
  for (auto weights = bootstrap.Next(); !weights.empty(); weights = bootstrap.Next()) {
    aucs.push_back(AreaUnderRoc(ranking, weights));
    eers.push_back(EqualErrorRate(ranking, weights));
  }
  figures.auc = EstimateFrom(AreaUnderRoc(ranking, {}), aucs);
  figures.eer = EstimateFrom(figures.errors.rate, eers);
  return figures;
}

EvidenceFigures MeasureEvidence(const Ranking& log10_lrs, std::int64_t draws) {
  EvidenceFigures figures;
  figures.misleading = CountMisleading(log10_lrs);
  std::vector<double> costs, least, excess;
  FirearmBootstrap bootstrap(log10_lrs, draws, kBootstrapSeed);
  for (auto weights = bootstrap.Next(); !weights.empty(); weights = bootstrap.Next()) {
    costs.push_back(Cllr(log10_lrs, weights));
    least.push_back(CllrMin(log10_lrs, weights));
    excess.push_back(costs.back() - least.back());
  }
  const double cost = Cllr(log10_lrs, {});
  const double minimum = CllrMin(log10_lrs, {});
  figures.cllr = EstimateFrom(cost, costs);
  figures.cllr_min = EstimateFrom(minimum, least);
  figures.cllr_cal = EstimateFrom(cost - minimum, excess);
  return figures;
}

}  // namespace proofmark::forensics
