// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/certified_stop.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "forensics/search/bullet_segment.h"
#include "forensics/striated/prepared_bullet.h"
#include "forensics/synthetic/scale_bullet.h"

namespace proofmark::forensics {
namespace {

constexpr StopModel kModel{
    .offset = 0.1, .slope = 0.5, .rest_99 = 0.05, .rest_scale = 0.01, .pairs = 1};

TEST(CertifiedStopTest, TheBoundIsWhereTheProbabilityReachesTheQuantile) {
  const double bound = kModel.UpperBound(0.3);
  EXPECT_NEAR(kModel.ProbabilityAbove(0.3, bound), 1.0 - kStopQuantile, 1e-12);
  EXPECT_NEAR(bound, 0.1 + 0.15 + 0.05 + 0.01 * std::log(100.0), 1e-12);
}

TEST(CertifiedStopTest, ProbabilityFallsWithTheScoreAndRisesWithTheCoarseOne) {
  double before = 1.0;
  for (double score = 0.2; score < 0.8; score += 0.01) {
    const double p = kModel.ProbabilityAbove(0.3, score);
    EXPECT_LE(p, before);
    EXPECT_LE(p, kModel.ProbabilityAbove(0.35, score));
    before = p;
  }
  EXPECT_LT(before, 1e-12);
}

TEST(CertifiedStopTest, OfManyIsOneMinusTheProductAndNoRecordsMissNothing) {
  const std::vector<float> coarse(1'000, 0.3F);
  const double score = kModel.UpperBound(0.3);
  const double one = kModel.ProbabilityAbove(0.3, score);
  const double any = ProbabilityAnyAbove(kModel, coarse, score);
  // Counted at the upper end of a step of 1/512: never less, and not much more.
  EXPECT_GE(any, 1.0 - std::pow(1.0 - one, 1'000.0));
  EXPECT_LE(any, 1.15 * (1.0 - std::pow(1.0 - one, 1'000.0)));
  EXPECT_EQ(ProbabilityAnyAbove(kModel, {}, score), 0.0);
}

TEST(CertifiedStopTest, EveryModelWasMeasuredAndMoreThanSixLandsAreSix) {
  for (const CoarseMode mode : {CoarseMode::kWholeLand, CoarseMode::kOverlap}) {
    for (const bool doubled : {false, true}) {
      for (std::int64_t lands = 1; lands <= 6; ++lands) {
        const StopModel& model = FindStopModel(mode, doubled, lands);
        EXPECT_GT(model.pairs, 5'000);
        EXPECT_GT(model.slope, 0.0);
        EXPECT_GT(model.rest_99, 0.0);
        EXPECT_GT(model.rest_scale, 0.0);
      }
      EXPECT_EQ(&FindStopModel(mode, doubled, 24), &FindStopModel(mode, doubled, 6));
    }
  }
}

// On bullets of the other generator, which had no part in the numbers: of 300 pairs three are
// expected above the 99 % quantile, none above the bound.
TEST(CertifiedStopTest, HoldsForPairsThatHadNoPartInIt) {
  const StopModel& model = FindStopModel(CoarseMode::kWholeLand, false, 2);
  const auto bullet = [](std::uint32_t barrel, std::uint32_t shot) {
    return GenerateScaleBullet({.seed = 6, .barrel = barrel, .land_count = 2}, shot);
  };
  int above_99 = 0;
  int above_bound = 0;
  for (std::uint32_t q = 0; q < 10; ++q) {
    const BulletSignature query = bullet(q, 1);
    const CoarseQuery coarse(query, FastestDotKernel());
    for (std::uint32_t other = 100; other < 130; ++other) {
      const BulletSignature candidate = bullet(other, 0);
      BulletSegment segment(BulletSegment::KindOf(candidate));
      ASSERT_TRUE(segment.Append("x", 0, candidate, nullptr));
      float score = 0.0F;
      const std::uint8_t wanted = 1;
      coarse.Score(segment, {&wanted, 1}, CoarseMode::kWholeLand, {&score, 1});
      const auto full = CompareBullets(query, candidate, {});
      ASSERT_TRUE(full.ok());
      above_99 += full->score > model.offset + model.slope * score + model.rest_99 ? 1 : 0;
      above_bound += full->score > model.UpperBound(score) ? 1 : 0;
    }
  }
  EXPECT_LE(above_99, 10);
  EXPECT_EQ(above_bound, 0);
}

}  // namespace
}  // namespace proofmark::forensics
