// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/coarse_query.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "forensics/search/coarse_land.h"
#include "forensics/synthetic/generator.h"

namespace proofmark::forensics {
namespace {

BulletSignature Bullet(std::uint32_t barrel, std::uint32_t shot, double width_um = 1'000.0,
                       std::int64_t lands = 3) {
  return GenerateBulletSignature(
      {.seed = 5, .barrel = barrel, .land_count = lands, .land_width_um = width_um}, shot);
}

std::vector<float> Score(const CoarseQuery& query, const BulletSegment& segment, CoarseMode mode) {
  const std::vector<std::uint8_t> wanted(static_cast<std::size_t>(segment.size()), 1);
  std::vector<float> scores(wanted.size(), -9.0F);
  query.Score(segment, wanted, mode, scores);
  return scores;
}

// One land pair as the header defines it, in doubles: best shift of the levels laid in the middle
// of the slot, over the norms of both whole lands.
double LandScoreByHand(const CoarseLand& query, bool turned, const CoarseLand& candidate,
                       std::int64_t width, std::int64_t shift_max) {
  std::vector<std::int8_t> q = query.level;
  if (turned) std::reverse(q.begin(), q.end());
  const std::int64_t nq = static_cast<std::int64_t>(q.size());
  const std::int64_t nd = static_cast<std::int64_t>(candidate.level.size());
  double q_energy = 0.0;
  for (auto& level : q) {
    level = static_cast<std::int8_t>(std::clamp<int>(level, -63, 63));
    q_energy += level * level;
  }
  double best = -1e9;
  for (std::int64_t shift = -shift_max; shift <= shift_max; ++shift) {
    double dot = 0.0;
    for (std::int64_t i = 0; i < nq; ++i) {
      const std::int64_t j = i + (width - nq) / 2 + shift - (width - nd) / 2;
      if (j >= 0 && j < nd)
        dot += q[static_cast<std::size_t>(i)] * candidate.level[static_cast<std::size_t>(j)];
    }
    best = std::max(best, dot);
  }
  return best / std::sqrt(q_energy * static_cast<double>(candidate.energy));
}

double BulletScoreByHand(const BulletSignature& query, const BulletSignature& candidate,
                         std::int64_t width, bool both_ends) {
  const std::int64_t n =
      static_cast<std::int64_t>(std::max(query.lands.size(), candidate.lands.size()));
  double best = -2.0;
  for (const bool turned : {false, true}) {
    for (const bool order_reversed : {false, true}) {
      if ((turned || order_reversed) && !both_ends) continue;
      for (std::int64_t p = 0; p < n; ++p) {
        double sum = 0.0;
        double pairs = 0.0;
        for (std::int64_t i = 0; i < static_cast<std::int64_t>(query.lands.size()); ++i) {
          const std::int64_t j = order_reversed ? (p - i + n) % n : (i + p) % n;
          if (j >= static_cast<std::int64_t>(candidate.lands.size())) continue;
          const auto& a = query.lands[static_cast<std::size_t>(i)];
          const auto& b = candidate.lands[static_cast<std::size_t>(j)];
          if (!a || !b) continue;
          sum += LandScoreByHand(MakeCoarseLand(*a), turned, MakeCoarseLand(*b), width, 32);
          pairs += 1.0;
        }
        if (pairs > 0.0) best = std::max(best, sum / pairs);
      }
    }
  }
  return best;
}

TEST(CoarseQueryTest, ScoresAreThoseByHandWhateverEndIsUncertain) {
  for (const bool query_uncertain : {false, true}) {
    for (const bool candidates_uncertain : {false, true}) {
      for (const double width_um : {1'000.0, 2'300.0, 3'500.0}) {
        BulletSignature asked = Bullet(1, 1, width_um);
        if (query_uncertain) asked.lands[0]->set(LandFlag::kHeelUncertain);
        std::vector<BulletSignature> held;
        for (std::uint32_t barrel = 0; barrel < 4; ++barrel) {
          held.push_back(Bullet(barrel, 0, width_um));
          if (candidates_uncertain) held.back().lands[1]->set(LandFlag::kHeelUncertain);
        }
        BulletSegment segment(BulletSegment::KindOf(held[0]));
        for (const auto& bullet : held) ASSERT_TRUE(segment.Append("x", 0, bullet, nullptr));
        const CoarseQuery query(asked, FastestDotKernel());

        const std::vector<float> scores = Score(query, segment, CoarseMode::kWholeLand);

        for (std::size_t i = 0; i < held.size(); ++i) {
          EXPECT_NEAR(scores[i],
                      BulletScoreByHand(asked, held[i], segment.kind().slot_width,
                                        query_uncertain || candidates_uncertain),
                      1e-5);
        }
      }
    }
  }
}

TEST(CoarseQueryTest, EveryKernelGivesTheSameBitsInBothModes) {
  BulletSignature asked = Bullet(2, 1, 1'900.0, 6);
  asked.lands[3]->set(LandFlag::kHeelUncertain);
  std::vector<BulletSignature> held;
  for (std::uint32_t barrel = 0; barrel < 20; ++barrel) {
    held.push_back(Bullet(barrel, 0, 1'900.0, 4 + barrel % 3));
  }
  BulletSegment segment(BulletSegment::KindOf(held[0]));
  for (const auto& bullet : held) ASSERT_TRUE(segment.Append("x", 0, bullet, nullptr));

  for (const CoarseMode mode : {CoarseMode::kWholeLand, CoarseMode::kOverlap}) {
    const std::vector<float> want = Score(CoarseQuery(asked, DotKernel::kScalar), segment, mode);
    for (const DotKernel kernel : {DotKernel::kAvx2, DotKernel::kAvx512Vnni}) {
      if (!IsSupported(kernel)) continue;
      EXPECT_EQ(Score(CoarseQuery(asked, kernel), segment, mode), want) << DotKernelName(kernel);
    }
  }
}

TEST(CoarseQueryTest, ABulletFindsItselfAtOneAndItsTurnedSelfWhenTheHeelIsUncertain) {
  BulletSignature bullet = Bullet(3, 0, 1'900.0, 6);
  for (auto& land : bullet.lands) land->set(LandFlag::kHeelUncertain);
  BulletSignature turned = bullet;
  std::reverse(turned.lands.begin(), turned.lands.end());
  for (auto& land : turned.lands) std::reverse(land->height_nm.begin(), land->height_nm.end());
  BulletSegment segment(BulletSegment::KindOf(bullet));
  ASSERT_TRUE(segment.Append("itself", 0, bullet, nullptr));
  ASSERT_TRUE(segment.Append("turned", 0, turned, nullptr));

  for (const CoarseMode mode : {CoarseMode::kWholeLand, CoarseMode::kOverlap}) {
    const auto scores = Score(CoarseQuery(bullet, FastestDotKernel()), segment, mode);
    EXPECT_GT(scores[0], 0.97F);
    EXPECT_GT(scores[1], 0.90F);  // Coarse samples fall differently from the other end.
  }
}

// A fragment with no edge to go by is found wherever on the land it lies.
TEST(CoarseQueryTest, AFragmentIsFoundAnywhereOnTheLand) {
  const BulletSignature whole = Bullet(4, 0, 1'900.0, 3);
  BulletSegment segment(BulletSegment::KindOf(whole));
  ASSERT_TRUE(segment.Append("whole", 0, whole, nullptr));
  ASSERT_TRUE(segment.Append("other", 0, Bullet(9, 0, 1'900.0, 3), nullptr));
  for (const std::size_t from : {0U, 100U, 260U}) {
    BulletSignature fragment = whole;
    for (auto& land : fragment.lands) {
      const auto begin = land->height_nm.begin() + static_cast<std::ptrdiff_t>(from);
      land->height_nm = std::vector<std::int16_t>(begin, begin + 300);
      land->set(LandFlag::kLeftShoulderAssumed);
    }
    const CoarseQuery query(fragment, FastestDotKernel());

    EXPECT_EQ(query.default_mode(), CoarseMode::kOverlap);
    const auto scores = Score(query, segment, CoarseMode::kOverlap);

    EXPECT_GT(scores[0], 0.85F) << from;
    EXPECT_LT(scores[1], 0.7F) << from;
  }
}

TEST(CoarseQueryTest, MissingLandsAreLeftOutAndUnwantedRecordsNotTouched) {
  BulletSignature bullet = Bullet(5, 0, 1'000.0, 4);
  BulletSignature with_gap = bullet;
  with_gap.lands[2].reset();
  BulletSegment segment(BulletSegment::KindOf(bullet));
  ASSERT_TRUE(segment.Append("gap", 0, with_gap, nullptr));
  ASSERT_TRUE(segment.Append("unwanted", 0, bullet, nullptr));
  BulletSignature nothing = bullet;
  for (auto& land : nothing.lands) land.reset();
  ASSERT_TRUE(segment.Append("nothing", 0, nothing, nullptr));
  const CoarseQuery query(bullet, FastestDotKernel());
  std::vector<float> scores(3, -9.0F);

  query.Score(segment, std::vector<std::uint8_t>{1, 0, 1}, CoarseMode::kWholeLand, scores);

  EXPECT_GT(scores[0], 0.97F);
  EXPECT_EQ(scores[1], -9.0F);
  EXPECT_EQ(scores[2], kNoCoarseScore);
}

TEST(CoarseLandTest, LevelsHaveTheirRmsAndGapsAreZero) {
  LandSignature land = *Bullet(6, 0).lands[0];
  std::fill_n(land.height_nm.begin() + 40, 16, kSampleNotMeasured);

  const CoarseLand coarse = MakeCoarseLand(land);

  ASSERT_EQ(coarse.level.size(), (land.height_nm.size() + 3) / 4);
  for (std::size_t i = 10; i < 14; ++i) EXPECT_EQ(coarse.level[i], 0);
  double squares = 0.0;
  for (const auto level : coarse.level) squares += level * level;
  EXPECT_EQ(static_cast<double>(coarse.energy), squares);
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(coarse.level.size() - 4)), 20.0, 0.5);
}

TEST(CoarseLandTest, ScaleAndOffsetChangeNothing) {
  LandSignature land = *Bullet(7, 0).lands[0];
  LandSignature other = land;
  for (auto& z : other.height_nm) {
    if (z != kSampleNotMeasured) z = static_cast<std::int16_t>(2 * z + 500);
  }
  EXPECT_EQ(MakeCoarseLand(other).level, MakeCoarseLand(land).level);
}

TEST(CoarseLandTest, AFlatLandIsNothing) {
  LandSignature land;
  land.height_nm.assign(200, 77);
  const CoarseLand coarse = MakeCoarseLand(land);
  EXPECT_EQ(coarse.energy, 0);
  EXPECT_EQ(coarse.level, std::vector<std::int8_t>(50));
}

TEST(CoarseLandTest, TheNarrowestSlotThatHoldsTheLand) {
  EXPECT_EQ(CoarseSlotWidth(1), 160);
  EXPECT_EQ(CoarseSlotWidth(160), 160);
  EXPECT_EQ(CoarseSlotWidth(161), 240);
  EXPECT_EQ(CoarseSlotWidth(320), 320);
  EXPECT_EQ(CoarseSlotWidth(kSignatureSamplesMax / kCoarseFineSamples), 1024);
}

}  // namespace
}  // namespace proofmark::forensics
