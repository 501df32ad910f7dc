// SPDX-License-Identifier: Apache-2.0
#include "forensics/evidence/cell_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;

double LogBeta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

// Straight from the definition, with the C library's gamma.
double DirectLogRatio(const CellModel& m, double k, double n) {
  return LogBeta(k + m.same.alpha, n - k + m.same.beta) - LogBeta(m.same.alpha, m.same.beta) -
         LogBeta(k + m.different.alpha, n - k + m.different.beta) +
         LogBeta(m.different.alpha, m.different.beta);
}

std::int64_t Draw(double alpha, double beta, std::int64_t n, std::mt19937& engine) {
  const double x = std::gamma_distribution<double>(alpha)(engine);
  const double y = std::gamma_distribution<double>(beta)(engine);
  return std::binomial_distribution<std::int64_t>(n, x / (x + y))(engine);
}

std::vector<CountedPair> Counts(int firearms) {
  std::mt19937 engine(11);
  std::vector<CountedPair> pairs;
  for (std::int32_t i = 0; i < firearms; ++i) {
    for (int k = 0; k < 20; ++k) {
      const std::int64_t n = 25 + k % 10;
      pairs.push_back({{Draw(12.0, 3.0, n, engine), n}, {0.0, i, i}});
    }
    for (std::int32_t j = 0; j < firearms; ++j) {
      if (j == i) continue;
      pairs.push_back({{Draw(0.8, 20.0, 30, engine), 30}, {0.0, i, j}});
    }
  }
  return pairs;
}

TEST(LogLikelihoodRatioTest, EqualsItsDefinitionWhereThatRises) {
  const CellModel model{.same = {10.0, 3.0}, .different = {0.7, 15.0}};
  for (const std::int64_t n : {1, 2, 17, 40}) {
    for (std::int64_t k = 0; k <= n; ++k) {
      EXPECT_NEAR(LogLikelihoodRatio(model, {k, n}),
                  DirectLogRatio(model, static_cast<double>(k), static_cast<double>(n)), 1e-9)
          << k << " of " << n;
    }
  }
}

// A different-source curve wider than the same-source one would make a perfect count worth less
// than a good one; instead the good one is worth no more than the perfect one.
TEST(LogLikelihoodRatioTest, NeverFallsWithMoreCongruentCells) {
  const CellModel odd{.same = {40.0, 10.0}, .different = {0.2, 0.9}};
  bool direct_falls = false;
  for (std::int64_t k = 1; k <= 30; ++k) {
    direct_falls = direct_falls || DirectLogRatio(odd, static_cast<double>(k), 30.0) <
                                       DirectLogRatio(odd, static_cast<double>(k - 1), 30.0);
    EXPECT_GE(LogLikelihoodRatio(odd, {k, 30}), LogLikelihoodRatio(odd, {k - 1, 30}) - 1e-12);
    EXPECT_LE(LogLikelihoodRatio(odd, {k, 30}),
              DirectLogRatio(odd, static_cast<double>(k), 30.0) + 1e-9);
  }
  EXPECT_TRUE(direct_falls) << "the example does not show what it is for";
}

TEST(LogLikelihoodRatioTest, NoCellsSayNothing) {
  const CellModel model{.same = {10.0, 3.0}, .different = {0.7, 15.0}};
  EXPECT_EQ(LogLikelihoodRatio(model, {0, 0}), 0.0);
}

TEST(FitCellModelTest, RecoversWhatTheCountsWereDrawnFrom) {
  const absl::StatusOr<CellModel> model = FitCellModel(Counts(40), {});

  ASSERT_THAT(model, IsOk());
  EXPECT_NEAR(model->same.alpha / (model->same.alpha + model->same.beta), 0.8, 0.02);
  EXPECT_NEAR(model->same.alpha + model->same.beta, 15.0, 3.0);
  EXPECT_NEAR(model->different.alpha / (model->different.alpha + model->different.beta), 0.8 / 20.8,
              0.006);
}

TEST(FitCellModelTest, RefusesImpossibleCountsAndAMissingClass) {
  std::vector<CountedPair> pairs = Counts(3);
  EXPECT_THAT(FitCellModel(std::vector<CountedPair>(pairs.begin(), pairs.begin() + 1), {}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  for (const CellCount bad :
       {CellCount{5, 4}, CellCount{-1, 4}, CellCount{0, 0}, CellCount{0, kCellsMax + 1}}) {
    std::vector<CountedPair> spoilt = pairs;
    spoilt[0].count = bad;
    EXPECT_THAT(FitCellModel(spoilt, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(BootstrapCellsTest, IntervalIsAroundTheValueAndRepeats) {
  const std::vector<CountedPair> pairs = Counts(8);
  const CellModel model = FitCellModel(pairs, {}).value();

  const absl::StatusOr<CellInterval> once = BootstrapCells(pairs, model, 40, 1);
  const absl::StatusOr<CellInterval> again = BootstrapCells(pairs, model, 40, 1);

  ASSERT_THAT(once, IsOk());
  EXPECT_EQ(once->below, again->below);
  EXPECT_GT(once->above.back() + once->below.back(), 0.0);
  for (const double x : once->below) EXPECT_GE(x, 0.0);
  for (const double x : once->above) EXPECT_GE(x, 0.0);
}

}  // namespace
}  // namespace proofmark::forensics
