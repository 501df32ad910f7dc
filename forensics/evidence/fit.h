// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace proofmark::forensics {

// One pair of marks with known truth: bullets, cases, or lands, of which a firearm has several.
struct ScoredPair {
  double score = 0.0;          // Finite.
  std::int32_t firearm_a = 0;  // Numbers from 0, without large holes.
  std::int32_t firearm_b = 0;
  bool same_source = firearm_a == firearm_b;  // Lands of one firearm may be different ones.

  bool same() const { return same_source; }
};

// ln LR = intercept + slope * score.
struct LogisticModel {
  double intercept = 0.0;
  double slope = 0.0;  // >= 0.
};

// Logistic regression with both classes weighing the same, so that the log odds are the log LR.
// An L2 penalty of 1 on the slope of the standardised score keeps separated classes finite.
// `weights` are one per pair, >= 0 (bootstrap multiplicities); empty means 1 each.
//   Errors    kInvalidArgument  sizes differ, or a class has no weight.
absl::StatusOr<LogisticModel> FitLogistic(std::span<const ScoredPair> pairs,
                                          std::span<const double> weights);

// How a different-source score exceeds a threshold: quantiles below it, a generalised Pareto tail
// above. Shape >= 0.15: heavier than exponential, as real tails are, and without an endpoint beyond
// which nothing is expected.
inline constexpr std::array<double, 8> kNullExceedance = {1.0, 0.75, 0.5,  0.25,
                                                          0.1, 0.05, 0.02, 0.01};
struct NullTail {
  std::array<double, kNullExceedance.size()> score{};  // Exceeded with these probabilities.
  double shape = 0.0;
  double scale = 0.0;  // > 0.
};
//   Errors    kInvalidArgument  fewer than 1 000 different-source pairs.
absl::StatusOr<NullTail> FitNullTail(std::span<const ScoredPair> pairs);

// P(score' >= score) for a different-source pair.
double Exceedance(const NullTail& tail, double score);

// ln LR on a grid of scores: 5 % and 95 % over bootstrap draws of firearms.
inline constexpr std::int64_t kScoreGridSteps = 50;  // Scores 0, 0.02 .. 1.
struct Interval {
  std::array<double, kScoreGridSteps + 1> low{};
  std::array<double, kScoreGridSteps + 1> high{};
};
//   Cost      `draws` fits.
//   Errors    kInvalidArgument  fewer than three firearms or 20 draws, or a class is empty.
absl::StatusOr<Interval> BootstrapFirearms(std::span<const ScoredPair> pairs, std::int64_t draws,
                                           std::uint64_t seed);

// Cost of the log LR in bits, 0 perfect, 1 uninformative (matching: Cllr).
double LogLikelihoodRatioCost(std::span<const ScoredPair> pairs, const LogisticModel& model);

}  // namespace proofmark::forensics
