// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/evidence/fit.h"

// How well scores, or likelihood ratios, tell same source from different source. Everything here is
// a pure function of its arguments and gives the same bits on every machine.
//   Source    docs/references.md#brummer-2006, #fawcett-2006, #meuwly-2017
namespace proofmark::forensics {

// A figure with its interval: 5 % and 95 % of bootstrap draws over firearms. Without draws (fewer
// than three firearms, or no draw kept both classes) there is no interval: low = high = value.
struct Estimate {
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
  std::int64_t draws = 0;
};

// Pairs in the order of their scores: what every figure below is computed from. Immutable.
class Ranking {
 public:
  //   Errors    kInvalidArgument  a class is empty, or a score is not finite.
  static absl::StatusOr<Ranking> Of(std::span<const ScoredPair> pairs);

  std::span<const ScoredPair> pairs() const { return pairs_; }  // By rising score.
  std::int64_t same_count() const { return same_count_; }
  std::int64_t different_count() const {
    return static_cast<std::int64_t>(pairs_.size()) - same_count_;
  }
  std::int32_t firearm_count() const { return firearm_count_; }  // Highest number plus one.

 private:
  std::vector<ScoredPair> pairs_;
  std::int64_t same_count_ = 0;
  std::int32_t firearm_count_ = 0;
};

// In all of these `weights` are one per pair in the ranking's order (bootstrap multiplicities), or
// empty for 1 each; both classes need some weight.

// A threshold and what lies at or above it.
struct RocPoint {
  double score = 0.0;
  double false_share = 0.0;  // Of the different-source pairs.
  double true_share = 0.0;   // Of the same-source pairs.
};
// One point for each distinct score, from the highest down; begins at (0, 0), ends at (1, 1).
std::vector<RocPoint> Roc(const Ranking& ranking);

// Chance that a same-source pair scores above a different-source one, ties counting half.
double AreaUnderRoc(const Ranking& ranking, std::span<const double> weights);

// One stretch of equal evidence found by pool-adjacent-violators: scores from `score_from` on.
struct PavStep {
  double score_from = 0.0;
  double same = 0.0;  // Weight of pairs in it.
  double different = 0.0;
};
// By rising score; same / (same + different) rises strictly.
std::vector<PavStep> PoolAdjacentViolators(const Ranking& ranking, std::span<const double> weights);

// Where the convex hull of the ROC has as many false positives as misses.
double EqualErrorRate(const Ranking& ranking, std::span<const double> weights);
// The same with the errors of the single threshold nearest to it, as counts.
struct EqualErrorCounts {
  double rate = 0.0;             // Of the hull.
  double threshold = 0.0;        // A score; at or above it counts as same source.
  std::int64_t false_above = 0;  // Different-source pairs at or above.
  std::int64_t missed_below = 0;
};
EqualErrorCounts CountEqualErrors(const Ranking& ranking);

// Least cost of any calibration of these scores, in bits (Cllr_min).
double CllrMin(const Ranking& ranking, std::span<const double> weights);

// For rankings whose scores are log10 likelihood ratios.

// Cost of the likelihood ratios in bits: 0 perfect, 1 worth nothing (Cllr).
double Cllr(const Ranking& log10_lrs, std::span<const double> weights);

// Evidence that points the wrong way.
struct MisleadingEvidence {
  std::int64_t different_above_one = 0;  // LR > 1 though the sources differ.
  std::int64_t same_below_one = 0;       // LR < 1 though the source is one.
  double different_log10_max = 0.0;      // The worst of each; 0 without any.
  double same_log10_min = 0.0;
};
MisleadingEvidence CountMisleading(const Ranking& log10_lrs);

// Share of each class whose log10 LR is at least `log10_lr`: the curves of a Tippett plot.
struct TippettPoint {
  double log10_lr = 0.0;
  double same_share = 0.0;
  double different_share = 0.0;
};
std::vector<TippettPoint> Tippett(const Ranking& log10_lrs);

// Bootstrap over firearms. In each draw as many firearms as there are are drawn with replacement; a
// pair weighs the product of how often its two firearms came, or that of its one firearm. Draws
// that leave a class empty are drawn again, at most ten times as many as asked for.
inline constexpr std::int64_t kBootstrapDraws = 1'000;
inline constexpr std::uint64_t kBootstrapSeed = 20'260'101;
class FirearmBootstrap {
 public:
  FirearmBootstrap(const Ranking& ranking, std::int64_t draws, std::uint64_t seed);

  // Weights of the next draw in the ranking's order; empty when there are no more.
  std::span<const double> Next();

 private:
  // Constant after construction.
  const Ranking& ranking_;
  const std::uint64_t seed_;
  std::vector<std::int32_t> present_;  // Firearms that are in some pair.

  std::int64_t left_;
  std::int64_t attempts_left_;
  std::uint32_t draw_ = 0;
  std::vector<double> times_;
  std::vector<double> weights_;
};

// 5 % and 95 % of `draws`; sorts them. Without draws, `value` thrice.
Estimate EstimateFrom(double value, std::vector<double>& draws);

// The figures of one set of pairs.
struct ScoreFigures {
  std::int64_t same = 0;
  std::int64_t different = 0;
  std::int64_t firearms = 0;  // That are in some pair.
  Estimate auc;
  Estimate eer;
  EqualErrorCounts errors;
  double same_min = 0.0;  // Scores.
  double different_max = 0.0;
  double variance_ratio = 0.0;  // Between the classes over within them; 0 without spread.
};
//   Cost      O(n log n + draws * n).
ScoreFigures MeasureScores(const Ranking& ranking, std::int64_t draws = kBootstrapDraws);

struct EvidenceFigures {
  Estimate cllr;
  Estimate cllr_min;
  Estimate cllr_cal;  // cllr - cllr_min.
  MisleadingEvidence misleading;
};
EvidenceFigures MeasureEvidence(const Ranking& log10_lrs, std::int64_t draws = kBootstrapDraws);

}  // namespace proofmark::forensics
