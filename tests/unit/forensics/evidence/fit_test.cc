// SPDX-License-Identifier: Apache-2.0
#include "forensics/evidence/fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;

// Normal scores of equal spread, so that the true log LR is a straight line: slope
// (same - different) / sd^2, zero in the middle.
std::vector<ScoredPair> NormalPairs(std::int32_t same, std::int32_t different, double apart,
                                    double sd) {
  std::mt19937 engine(5);
  std::normal_distribution<double> normal(0.0, sd);
  std::vector<ScoredPair> pairs;
  for (std::int32_t i = 0; i < same; ++i) pairs.push_back({0.5 + apart + normal(engine), i, i});
  for (std::int32_t i = 0; i < different; ++i) {
    const std::int32_t other = i % same;
    pairs.push_back({0.5 + normal(engine), other, (other + 1 + i / same) % same});
  }
  return pairs;
}

TEST(FitLogisticTest, RecoversTheTrueLineWhateverTheClassSizes) {
  const std::vector<ScoredPair> pairs = NormalPairs(2'000, 12'000, 0.2, 0.1);

  const absl::StatusOr<LogisticModel> model = FitLogistic(pairs, {});

  ASSERT_THAT(model, IsOk());
  EXPECT_NEAR(model->slope, 20.0, 1.0);                           // 0.2 / 0.01.
  EXPECT_NEAR(model->intercept + model->slope * 0.6, 0.0, 0.15);  // LR 1 half way.
}

TEST(FitLogisticTest, SeparatedClassesKeepAFiniteSlope) {
  std::vector<ScoredPair> pairs;
  for (std::int32_t i = 0; i < 100; ++i) {
    pairs.push_back({0.8 + 0.001 * i, i, i});
    pairs.push_back({0.1 + 0.001 * i, i, (i + 1) % 100});
  }

  const absl::StatusOr<LogisticModel> model = FitLogistic(pairs, {});

  ASSERT_THAT(model, IsOk());
  EXPECT_TRUE(std::isfinite(model->slope));
  EXPECT_GT(model->slope, 5.0);
  EXPECT_LT(model->slope, 200.0);
}

TEST(FitLogisticTest, AWrongDirectionGivesNoEvidenceRatherThanFallingOne) {
  std::vector<ScoredPair> pairs;
  for (std::int32_t i = 0; i < 100; ++i) {
    pairs.push_back({0.2, i, i});
    pairs.push_back({0.7 + 0.001 * i, i, (i + 1) % 100});
  }
  const absl::StatusOr<LogisticModel> model = FitLogistic(pairs, {});
  ASSERT_THAT(model, IsOk());
  EXPECT_EQ(model->slope, 0.0);
}

TEST(FitLogisticTest, WeightsCountAsRepetition) {
  const std::vector<ScoredPair> pairs = NormalPairs(300, 900, 0.15, 0.1);
  std::vector<double> weights(pairs.size(), 1.0);
  std::vector<ScoredPair> repeated = pairs;
  for (std::size_t i = 0; i < pairs.size(); i += 3) {
    weights[i] = 2.0;
    repeated.push_back(pairs[i]);
  }

  const absl::StatusOr<LogisticModel> weighted = FitLogistic(pairs, weights);
  const absl::StatusOr<LogisticModel> plain = FitLogistic(repeated, {});

  ASSERT_THAT(weighted, IsOk());
  ASSERT_THAT(plain, IsOk());
  EXPECT_NEAR(weighted->slope, plain->slope, 1e-6);
  EXPECT_NEAR(weighted->intercept, plain->intercept, 1e-6);
}

TEST(FitLogisticTest, RefusesOneClassAndUnequalSizes) {
  const std::vector<ScoredPair> same = {{0.5, 1, 1}, {0.6, 2, 2}};
  EXPECT_THAT(FitLogistic(same, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  const std::vector<ScoredPair> pairs = NormalPairs(10, 20, 0.1, 0.1);
  EXPECT_THAT(FitLogistic(pairs, std::vector<double>(3, 1.0)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// The data's own tail inside it; beyond it never lighter than the data's.
TEST(FitNullTailTest, FollowsTheDataAndErrsOnTheHeavySideBeyond) {
  std::mt19937 engine(9);
  std::exponential_distribution<double> excess(50.0);  // Mean 0.02.
  std::vector<ScoredPair> pairs;
  for (std::int32_t i = 0; i < 40'000; ++i) {
    pairs.push_back({0.2 + excess(engine), i % 200, 200 + i % 300});
  }

  const absl::StatusOr<NullTail> tail = FitNullTail(pairs);

  ASSERT_THAT(tail, IsOk());
  const auto log10_exceedance = [&](double probability) {
    return std::log10(Exceedance(*tail, 0.2 - std::log(probability) / 50.0));
  };
  for (const double probability : {0.5, 0.1, 0.01, 1e-3}) {
    EXPECT_NEAR(log10_exceedance(probability), std::log10(probability), 0.15);
  }
  EXPECT_GT(log10_exceedance(1e-5), -5.0);
  EXPECT_GT(log10_exceedance(1e-9), -8.0);
  EXPECT_LT(log10_exceedance(1e-9), -5.0);
  EXPECT_EQ(Exceedance(*tail, 0.1), 1.0);
  EXPECT_THAT(FitNullTail(NormalPairs(10, 20, 0.1, 0.1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(BootstrapFirearmsTest, IntervalHoldsTheFitAndRepeatsBitForBit) {
  const std::vector<ScoredPair> pairs = NormalPairs(60, 900, 0.2, 0.1);
  const absl::StatusOr<LogisticModel> model = FitLogistic(pairs, {});
  const absl::StatusOr<Interval> first = BootstrapFirearms(pairs, 100, 1);
  const absl::StatusOr<Interval> again = BootstrapFirearms(pairs, 100, 1);

  ASSERT_THAT(model, IsOk());
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(first->low, again->low);
  EXPECT_EQ(first->high, again->high);
  for (std::size_t i = 0; i < first->low.size(); ++i) {
    const double value = model->intercept + model->slope * static_cast<double>(i) * 0.02;
    EXPECT_LT(first->low[i], value);
    EXPECT_GT(first->high[i], value);
  }
}

TEST(LogLikelihoodRatioCostTest, IsOneWithoutInformationAndNearZeroWhenPerfect) {
  const std::vector<ScoredPair> pairs = {{0.9, 1, 1}, {0.8, 2, 2}, {0.1, 1, 2}, {0.2, 2, 3}};
  EXPECT_NEAR(LogLikelihoodRatioCost(pairs, {0.0, 0.0}), 1.0, 1e-12);
  EXPECT_LT(LogLikelihoodRatioCost(pairs, {-50.0, 100.0}), 1e-6);
  EXPECT_GT(LogLikelihoodRatioCost(pairs, {50.0, -100.0}), 10.0);  // Misleading costs most.
}

}  // namespace
}  // namespace proofmark::forensics
