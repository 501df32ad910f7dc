// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/evidence/fit.h"

// Likelihood ratios from counts of congruent cells, k of the N that were eligible.
//   Source    docs/references.md#song-2018
namespace proofmark::forensics {

inline constexpr std::int64_t kCellsMax = 1'024;  // Of one pair.

struct CellCount {
  std::int64_t congruent = 0;  // [0, eligible].
  std::int64_t eligible = 0;   // [0, kCellsMax].
};

// P(k of N) = C(N, k) B(k + alpha, N - k + beta) / B(alpha, beta): a binomial whose share differs
// from pair to pair, because cells of one pair agree or fail together.
struct BetaBinomial {
  double alpha = 1.0;  // [kBetaMin, kBetaMax].
  double beta = 1.0;
};
inline constexpr double kBetaMin = 0.01;
inline constexpr double kBetaMax = 1e4;

// One pair with known truth.
struct CountedPair {
  CellCount count;
  ScoredPair pair;  // Its score is not used.
};

struct CellModel {
  BetaBinomial same;
  BetaBinomial different;
};

// Fits both classes by maximum likelihood, starting from the moments.
//   Errors    kInvalidArgument  a class has no weight, or a count is out of its bounds.
//   Accuracy  alpha and beta within 1e-4 relative of the maximum, or at a bound.
absl::StatusOr<CellModel> FitCellModel(std::span<const CountedPair> pairs,
                                       std::span<const double> weights);

// ln LR of a count with the pair's own N. Where the fitted curves would let it fall again towards
// more congruent cells, the least of what follows counts, so that it never falls.
//   Cost      O(N).
double LogLikelihoodRatio(const CellModel& model, const CellCount& count);

// Distance from ln LR to the 5 % and 95 % of bootstrap draws over firearms, on a grid of the share
// k / N for pairs of `eligible` cells. The share is what a pair keeps when N changes.
struct CellInterval {
  std::int64_t eligible = 0;
  std::array<double, kScoreGridSteps + 1> below{};  // >= 0.
  std::array<double, kScoreGridSteps + 1> above{};  // >= 0.
};
absl::StatusOr<CellInterval> BootstrapCells(std::span<const CountedPair> pairs,
                                            const CellModel& model, std::int64_t draws,
                                            std::uint64_t seed);

}  // namespace proofmark::forensics
