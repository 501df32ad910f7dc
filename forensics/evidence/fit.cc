// SPDX-License-Identifier: Apache-2.0
#include "forensics/evidence/fit.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/evidence/metrics.h"
#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {
namespace {

// Real tails are heavier than generated ones, and what lies beyond the data is not known: below
// this shape an expected number of false leads falls absurdly fast.
constexpr double kTailShapeMin = 0.15;

double Weight(std::span<const double> weights, std::size_t i) {
  return weights.empty() ? 1.0 : weights[i];
}

// Weighted moments of the scores, each class having weight one half.
struct Standardised {
  double mean = 0.0;
  double sd = 1.0;
  double same_weight = 0.0;  // Sums of the given weights.
  double different_weight = 0.0;
};

Standardised Standardise(std::span<const ScoredPair> pairs, std::span<const double> weights) {
  Standardised s;
  std::array<double, 2> sum{};
  std::array<double, 2> squares{};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double w = Weight(weights, i);
    (pairs[i].same() ? s.same_weight : s.different_weight) += w;
    sum[pairs[i].same() ? 1 : 0] += w * pairs[i].score;
    squares[pairs[i].same() ? 1 : 0] += w * pairs[i].score * pairs[i].score;
  }
  if (s.same_weight <= 0.0 || s.different_weight <= 0.0) return s;
  s.mean = 0.5 * (sum[1] / s.same_weight + sum[0] / s.different_weight);
  const double square = 0.5 * (squares[1] / s.same_weight + squares[0] / s.different_weight);
  s.sd = std::sqrt(std::max(square - s.mean * s.mean, 1e-8));
  return s;
}

}  // namespace

absl::StatusOr<LogisticModel> FitLogistic(std::span<const ScoredPair> pairs,
                                          std::span<const double> weights) {
  constexpr int kRoundsMax = 60;
  constexpr double kPenalty = 1.0;
  if (!weights.empty() && weights.size() != pairs.size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d weights for %d pairs", weights.size(), pairs.size()));
  }
  const Standardised s = Standardise(pairs, weights);
  if (s.same_weight <= 0.0 || s.different_weight <= 0.0) {
    return absl::InvalidArgumentError("fitting needs same- and different-source pairs");
  }
  // Both classes get the weight of the smaller: what it supports is all there is to learn from.
  const double class_weight = std::min(s.same_weight, s.different_weight);
  double a = 0.0;
  double b = 1.0;
  for (int round = 0; round < kRoundsMax; ++round) {  // Newton's method; the loss is convex.
    double ga = 0.0, gb = kPenalty * b, haa = 1e-9, hab = 0.0, hbb = kPenalty;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const double given = Weight(weights, i);
      if (given == 0.0) continue;
      const bool same = pairs[i].same();
      const double w = given * class_weight / (same ? s.same_weight : s.different_weight);
      const double x = (pairs[i].score - s.mean) / s.sd;
      const double p = 1.0 / (1.0 + Exp(-(a + b * x)));
      const double error = w * (p - (same ? 1.0 : 0.0));
      const double bend = w * p * (1.0 - p);
      ga += error;
      gb += error * x;
      haa += bend;
      hab += bend * x;
      hbb += bend * x * x;
    }
    const double determinant = haa * hbb - hab * hab;
    const double step_a = (ga * hbb - gb * hab) / determinant;
    const double step_b = (gb * haa - ga * hab) / determinant;
    const double limit = std::max({1.0, std::abs(step_a) / 2.0, std::abs(step_b) / 2.0});
    a -= step_a / limit;
    b -= step_b / limit;
    if (std::abs(step_a) + std::abs(step_b) < 1e-10) break;
  }
  b = std::max(b, 0.0);
  return LogisticModel{a - b * s.mean / s.sd, b / s.sd};
}

absl::StatusOr<NullTail> FitNullTail(std::span<const ScoredPair> pairs) {
  constexpr std::size_t kPairsMin = 1'000;
  std::vector<double> scores;
  for (const ScoredPair& pair : pairs) {
    if (!pair.same()) scores.push_back(pair.score);
  }
  if (scores.size() < kPairsMin) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d different-source pairs; a tail needs %d", scores.size(), kPairsMin));
  }
  std::sort(scores.begin(), scores.end());
  NullTail tail;
  const double last = static_cast<double>(scores.size() - 1);
  for (std::size_t i = 0; i < kNullExceedance.size(); ++i) {
    tail.score[i] = scores[static_cast<std::size_t>(std::floor((1.0 - kNullExceedance[i]) * last))];
  }
  // Method of moments on the excesses over the 99 % quantile.
  const double threshold = tail.score.back();
  double sum = 0.0, squares = 0.0, count = 0.0;
  for (const double score : scores) {
    if (score <= threshold) continue;
    sum += score - threshold;
    squares += (score - threshold) * (score - threshold);
    count += 1.0;
  }
  if (count == 0.0) {
    return absl::InvalidArgumentError("different-source scores have no tail: all equal at 99 %");
  }
  const double mean = sum / count;
  const double variance = std::max(squares / count - mean * mean, 1e-12);
  tail.shape = std::clamp(0.5 * (1.0 - mean * mean / variance), kTailShapeMin, 0.45);
  tail.scale = mean * (1.0 - tail.shape);  // Keeps the mean excess.
  return tail;
}

double Exceedance(const NullTail& tail, double score) {
  if (score <= tail.score.front()) return 1.0;
  for (std::size_t i = 1; i < tail.score.size(); ++i) {
    if (score > tail.score[i]) continue;
    const double width = tail.score[i] - tail.score[i - 1];
    const double share = width > 0.0 ? (score - tail.score[i - 1]) / width : 1.0;
    return Exp((1.0 - share) * Log(kNullExceedance[i - 1]) + share * Log(kNullExceedance[i]));
  }
  const double excess = (score - tail.score.back()) / tail.scale;
  const double log_beyond =
      tail.shape > 1e-9 ? -Log(1.0 + tail.shape * excess) / tail.shape : -excess;
  return kNullExceedance.back() * Exp(log_beyond);
}

absl::StatusOr<Interval> BootstrapFirearms(std::span<const ScoredPair> pairs, std::int64_t draws,
                                           std::uint64_t seed) {
  if (draws < 20) return absl::InvalidArgumentError("a bootstrap needs 20 draws or more");
  PM_ASSIGN_OR_RETURN(const Ranking ranking, Ranking::Of(pairs));
  std::vector<LogisticModel> models;
  FirearmBootstrap bootstrap(ranking, draws, seed);
  for (auto weights = bootstrap.Next(); !weights.empty(); weights = bootstrap.Next()) {
    PM_ASSIGN_OR_RETURN(const LogisticModel model, FitLogistic(ranking.pairs(), weights));
    models.push_back(model);
  }
  if (models.empty()) {
    return absl::InvalidArgumentError("too few firearms to draw from: three are the least");
  }
  Interval interval;
  std::vector<double> values(models.size());
  for (std::size_t step = 0; step < interval.low.size(); ++step) {
    const double score = static_cast<double>(step) / static_cast<double>(kScoreGridSteps);
    for (std::size_t i = 0; i < models.size(); ++i) {
      values[i] = models[i].intercept + models[i].slope * score;
    }
    std::sort(values.begin(), values.end());
    const double last = static_cast<double>(values.size() - 1);
    interval.low[step] = values[static_cast<std::size_t>(std::floor(0.05 * last))];
    interval.high[step] = values[static_cast<std::size_t>(std::ceil(0.95 * last))];
  }
  return interval;
}

double LogLikelihoodRatioCost(std::span<const ScoredPair> pairs, const LogisticModel& model) {
  constexpr double kLn2 = 0x1.62e42fefa39efp-1;
  std::array<double, 2> sum{};
  std::array<double, 2> count{};
  for (const ScoredPair& pair : pairs) {
    const double log_lr = model.intercept + model.slope * pair.score;
    const std::size_t c = pair.same() ? 1 : 0;
    sum[c] += Log(1.0 + Exp(pair.same() ? -log_lr : log_lr)) / kLn2;
    count[c] += 1.0;
  }
  if (count[0] == 0.0 || count[1] == 0.0) return 1.0;
  return 0.5 * (sum[0] / count[0] + sum[1] / count[1]);
}

}  // namespace proofmark::forensics
