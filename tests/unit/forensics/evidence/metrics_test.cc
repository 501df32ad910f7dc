// SPDX-License-Identifier: Apache-2.0
#include "forensics/evidence/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;

ScoredPair Same(double score, std::int32_t firearm = 0) { return {score, firearm, firearm}; }
ScoredPair Different(double score, std::int32_t a = 0, std::int32_t b = 1) { return {score, a, b}; }

// Overlapping normals over several firearms, rounded so that ties occur.
std::vector<ScoredPair> Overlapping(std::uint32_t seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0.0, 1.0);
  std::vector<ScoredPair> pairs;
  for (std::int32_t i = 0; i < 8; ++i) {
    for (int k = 0; k < 6; ++k) pairs.push_back(Same(std::round(10 * (1.2 + normal(engine))), i));
    for (std::int32_t j = i + 1; j < 8; ++j) {
      for (int k = 0; k < 3; ++k) pairs.push_back(Different(std::round(10 * normal(engine)), i, j));
    }
  }
  return pairs;
}

// By definition: over all pairs of pairs.
double BruteForceArea(const std::vector<ScoredPair>& pairs) {
  double won = 0.0, all = 0.0;
  for (const ScoredPair& same : pairs) {
    for (const ScoredPair& different : pairs) {
      if (!same.same() || different.same()) continue;
      all += 1.0;
      won += same.score > different.score ? 1.0 : same.score == different.score ? 0.5 : 0.0;
    }
  }
  return won / all;
}

TEST(RankingTest, RefusesAMissingClassAndScoresThatAreNoNumbers) {
  EXPECT_THAT(Ranking::Of(std::vector{Same(1.0)}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Ranking::Of(std::vector{Different(1.0)}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Ranking::Of({}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(
      Ranking::Of(std::vector{Same(std::numeric_limits<double>::quiet_NaN()), Different(0.0)}),
      StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(AreaUnderRocTest, EqualsItsDefinitionWithTies) {
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    const std::vector<ScoredPair> pairs = Overlapping(seed);
    const auto ranking = Ranking::Of(pairs);

    ASSERT_THAT(ranking, IsOk());
    EXPECT_NEAR(AreaUnderRoc(*ranking, {}), BruteForceArea(pairs), 1e-12);
  }
}

TEST(AreaUnderRocTest, AWeightOfTwoIsAPairTwice) {
  const std::vector<ScoredPair> pairs = {Same(2.0), Same(0.0), Different(1.0), Different(0.0)};
  std::vector<ScoredPair> doubled = pairs;
  doubled.push_back(Same(2.0));
  const auto once = Ranking::Of(pairs);
  const auto twice = Ranking::Of(doubled);
  std::vector<double> weights;
  for (const ScoredPair& pair : once->pairs()) weights.push_back(pair.score == 2.0 ? 2.0 : 1.0);

  EXPECT_DOUBLE_EQ(AreaUnderRoc(*once, weights), AreaUnderRoc(*twice, {}));
  EXPECT_DOUBLE_EQ(EqualErrorRate(*once, weights), EqualErrorRate(*twice, {}));
  EXPECT_DOUBLE_EQ(CllrMin(*once, weights), CllrMin(*twice, {}));
}

TEST(RocTest, RunsFromNothingToEverything) {
  const auto ranking = Ranking::Of(std::vector{Same(3.0), Different(2.0), Same(1.0)});

  const std::vector<RocPoint> roc = Roc(*ranking);

  ASSERT_EQ(roc.size(), 4U);
  EXPECT_EQ(roc[0].true_share, 0.0);
  EXPECT_EQ(roc[1].score, 3.0);
  EXPECT_EQ(roc[1].true_share, 0.5);
  EXPECT_EQ(roc[1].false_share, 0.0);
  EXPECT_EQ(roc[2].false_share, 1.0);
  EXPECT_EQ(roc[3].true_share, 1.0);
}

// The hull lies above the steps: the raw steps of this example meet the diagonal at 1/2.
TEST(EqualErrorRateTest, IsThatOfTheConvexHull) {
  const auto ranking =
      Ranking::Of(std::vector{Same(4.0), Different(3.0), Same(2.0), Different(1.0)});

  // Corners of the hull: (0, 0), (0, 1/2), (1/2, 1), (1, 1). The edge from (0, 1/2) to (1/2, 1) has
  // misses 1/2 - t/2 and false t/2: equal at 1/4.
  EXPECT_DOUBLE_EQ(EqualErrorRate(*ranking, {}), 0.25);
}

TEST(EqualErrorRateTest, IsZeroForSeparatedAndHalfForReversedClasses) {
  EXPECT_EQ(EqualErrorRate(*Ranking::Of(std::vector{Same(2.0), Different(1.0)}), {}), 0.0);
  EXPECT_DOUBLE_EQ(EqualErrorRate(*Ranking::Of(std::vector{Same(1.0), Different(2.0)}), {}), 0.5);
}

TEST(EqualErrorRateTest, CountsTheErrorsOfTheNearestThreshold) {
  std::vector<ScoredPair> pairs;
  for (int i = 0; i < 10; ++i) {
    pairs.push_back(Same(10.0 + i));
    pairs.push_back(Different(1.0 + i));  // 10.0 is tied with the lowest same-source pair.
  }
  const EqualErrorCounts counts = CountEqualErrors(*Ranking::Of(pairs));

  EXPECT_EQ(counts.threshold, 10.0);
  EXPECT_EQ(counts.false_above, 1);
  EXPECT_EQ(counts.missed_below, 0);
}

TEST(PoolAdjacentViolatorsTest, SharesRiseAndWeightsAreKept) {
  const auto ranking = Ranking::Of(Overlapping(7));

  const std::vector<PavStep> steps = PoolAdjacentViolators(*ranking, {});

  double same = 0.0, different = 0.0, share_before = -1.0;
  for (const PavStep& step : steps) {
    same += step.same;
    different += step.different;
    const double share = step.same / (step.same + step.different);
    EXPECT_GT(share, share_before);
    share_before = share;
  }
  EXPECT_EQ(same, static_cast<double>(ranking->same_count()));
  EXPECT_EQ(different, static_cast<double>(ranking->different_count()));
}

TEST(CllrTest, HasTheValuesOfItsDefinition) {
  // LR 10 for same, 1/10 for different: log2(1.1) each.
  const auto good = Ranking::Of(std::vector{Same(1.0), Different(-1.0)});
  EXPECT_NEAR(Cllr(*good, {}), std::log2(1.1), 1e-12);
  // LR 1 says nothing and costs one bit.
  const auto silent = Ranking::Of(std::vector{Same(0.0), Different(0.0)});
  EXPECT_NEAR(Cllr(*silent, {}), 1.0, 1e-12);
  EXPECT_NEAR(CllrMin(*silent, {}), 1.0, 1e-12);
  // The wrong way round costs dearly, and no calibration that must rise can turn it.
  const auto wrong = Ranking::Of(std::vector{Same(-2.0), Different(2.0)});
  EXPECT_NEAR(Cllr(*wrong, {}), std::log2(101.0), 1e-9);
  EXPECT_NEAR(CllrMin(*wrong, {}), 1.0, 1e-12);
}

TEST(CllrTest, NeverBelowItsMinimum) {
  for (const std::uint32_t seed : {1U, 2U, 3U, 4U}) {
    std::vector<ScoredPair> pairs = Overlapping(seed);
    for (ScoredPair& pair : pairs) pair.score /= 10.0;
    const auto ranking = Ranking::Of(pairs);
    EXPECT_GE(Cllr(*ranking, {}), CllrMin(*ranking, {}));
    EXPECT_GT(CllrMin(*ranking, {}), 0.0);
    EXPECT_LT(CllrMin(*ranking, {}), 1.0);
  }
}

TEST(MisleadingEvidenceTest, CountsBothWaysAndNamesTheWorst) {
  const MisleadingEvidence misleading = CountMisleading(*Ranking::Of(
      std::vector{Same(2.0), Same(-0.5), Same(-1.5), Different(0.7), Different(-3.0)}));

  EXPECT_EQ(misleading.same_below_one, 2);
  EXPECT_EQ(misleading.different_above_one, 1);
  EXPECT_EQ(misleading.same_log10_min, -1.5);
  EXPECT_EQ(misleading.different_log10_max, 0.7);
}

TEST(FirearmBootstrapTest, WeighsPairsByHowOftenTheirFirearmsCame) {
  const auto ranking = Ranking::Of(Overlapping(3));
  FirearmBootstrap bootstrap(*ranking, 20, kBootstrapSeed);

  std::int64_t draws = 0;
  for (auto weights = bootstrap.Next(); !weights.empty(); weights = bootstrap.Next()) {
    ++draws;
    std::array<double, 8> times{};
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const ScoredPair& pair = ranking->pairs()[i];
      if (pair.same()) times[static_cast<std::size_t>(pair.firearm_a)] = weights[i];
    }
    double drawn = 0.0;
    for (const double t : times) drawn += t;
    ASSERT_EQ(drawn, 8.0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const ScoredPair& pair = ranking->pairs()[i];
      if (pair.same()) continue;
      ASSERT_EQ(weights[i], times[static_cast<std::size_t>(pair.firearm_a)] *
                                times[static_cast<std::size_t>(pair.firearm_b)]);
    }
  }
  EXPECT_EQ(draws, 20);
}

TEST(FirearmBootstrapTest, TwoFirearmsGiveNoInterval) {
  const auto ranking = Ranking::Of(std::vector{Same(2.0), Same(3.0, 1), Different(1.0)});

  const ScoreFigures figures = MeasureScores(*ranking);

  EXPECT_EQ(figures.firearms, 2);
  EXPECT_EQ(figures.auc.low, figures.auc.value);
  EXPECT_EQ(figures.auc.high, figures.auc.value);
}

TEST(MeasureScoresTest, RepeatsAndHoldsItsValueWithinTheInterval) {
  const auto ranking = Ranking::Of(Overlapping(5));

  const ScoreFigures once = MeasureScores(*ranking, 200);
  const ScoreFigures again = MeasureScores(*ranking, 200);

  EXPECT_EQ(once.auc.low, again.auc.low);
  EXPECT_EQ(once.eer.high, again.eer.high);
  EXPECT_LT(once.auc.low, once.auc.value);
  EXPECT_GT(once.auc.high, once.auc.value);
  EXPECT_LE(once.same_min, once.different_max);  // They overlap.
  EXPECT_GT(once.variance_ratio, 0.0);
}

}  // namespace
}  // namespace proofmark::forensics
