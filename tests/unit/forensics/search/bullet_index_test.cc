// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/bullet_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "forensics/evidence/calibration_data.h"
#include "forensics/synthetic/generator.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

// Two lands: enough to rank, and quick under a sanitizer.
BulletSignature Bullet(std::uint32_t barrel, std::uint32_t shot) {
  return GenerateBulletSignature(
      {.seed = 21, .barrel = barrel, .land_count = 2, .land_width_um = 1'000.0}, shot);
}

std::string Id(std::int64_t i) { return "record-" + std::to_string(1000 + i); }

bool Everything(std::string_view, std::uint32_t) { return true; }

// Two workers, as the machine of the acceptance figures has.
class BulletIndexTest : public ::testing::Test {
 protected:
  WorkerPool pool_{2};
};

void Fill(BulletIndex& index, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) index.Insert(Id(i), Bullet(i, 0));
}

std::vector<std::pair<std::string, double>> Ranking(const BulletSearchResult& result) {
  std::vector<std::pair<std::string, double>> ranking;
  for (const ScoredBullet& scored : result.best) {
    ranking.emplace_back(scored.record_id, scored.comparison.score);
  }
  return ranking;
}

TEST_F(BulletIndexTest, RanksTheBulletItselfFirstAndAgreesWithComparingOneByOne) {
  BulletIndex index(pool_);
  Fill(index, 30);
  const BulletSignature query = Bullet(12, 0);

  const auto result = index.Search(query, Everything, {.best_count = 5});

  ASSERT_THAT(result, IsOk());
  EXPECT_TRUE(result->complete);
  EXPECT_EQ(result->eligible_count, 30);
  EXPECT_EQ(result->refined_count, 30);
  EXPECT_EQ(result->failed_count, 0);
  ASSERT_EQ(result->best.size(), 5U);
  EXPECT_EQ(result->best[0].record_id, Id(12));
  std::vector<std::pair<double, std::string>> by_hand;
  for (std::uint32_t i = 0; i < 30; ++i) {
    by_hand.emplace_back(-CompareBullets(query, Bullet(i, 0), {})->score, Id(i));
  }
  std::sort(by_hand.begin(), by_hand.end());
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(result->best[i].record_id, by_hand[i].second);
    EXPECT_EQ(result->best[i].comparison.score, -by_hand[i].first);
    EXPECT_EQ(result->best[i].likelihood_ratio.log10_lr,
              EvaluateBullets(result->best[i].comparison).log10_lr);
  }
}

TEST_F(BulletIndexTest, WhatAScoreIsWorthIsAskedOfTheCalibrationGiven) {
  BulletIndex index(pool_);
  Fill(index, 5);
  Calibration cautious = BuiltInCalibration(MarkKind::kBullet);
  cautious.info.log10_cap = 0.25;

  const auto result = index.Search(Bullet(3, 0), Everything, {.calibration = &cautious});

  ASSERT_THAT(result, IsOk());
  ASSERT_EQ(result->best.size(), 5U);
  EXPECT_EQ(result->best[0].record_id, Id(3));
  for (const ScoredBullet& scored : result->best) {
    EXPECT_EQ(scored.likelihood_ratio.log10_lr,
              EvaluateBullets(scored.comparison, cautious).log10_lr);
    EXPECT_EQ(scored.likelihood_ratio.level, Level::kNone);
  }
}

TEST_F(BulletIndexTest, TheAnswerDependsOnNeitherThreadsNorOrderOfInsertion) {
  const BulletSignature query = Bullet(0, 1);
  std::vector<std::pair<std::string, double>> want;
  for (const int threads : {1, 2, 3, 8, 64}) {
    WorkerPool pool(threads);
    BulletIndex forward(pool);
    BulletIndex backward(pool);
    for (std::uint32_t i = 0; i < 40; ++i) {
      // Every fourth is the same bullet under several names: ties, decided by id.
      forward.Insert(Id(i), Bullet(i % 4 == 0 ? 0 : i, 0));
      const std::uint32_t j = 39 - i;
      backward.Insert(Id(j), Bullet(j % 4 == 0 ? 0 : j, 0));
    }
    for (const BulletIndex* index : {&forward, &backward}) {
      const auto got = index->Search(query, Everything, {.best_count = 7});
      ASSERT_THAT(got, IsOk());
      if (want.empty()) want = Ranking(*got);
      EXPECT_EQ(Ranking(*got), want) << threads;
    }
  }
}

TEST_F(BulletIndexTest, OnlyEligibleRecordsTakePart) {
  BulletIndex index(pool_);
  Fill(index, 10);
  const auto odd = [](std::string_view id, std::uint32_t) { return (id.back() - '0') % 2 == 1; };

  const auto result = index.Search(Bullet(3, 0), odd, {});
  const auto none =
      index.Search(Bullet(3, 0), [](std::string_view, std::uint32_t) { return false; }, {});

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->eligible_count, 5);
  EXPECT_EQ(result->best.size(), 5U);
  ASSERT_THAT(none, IsOk());
  EXPECT_TRUE(none->complete);
  EXPECT_TRUE(none->best.empty());
}

TEST_F(BulletIndexTest, InsertReplacesAndEraseForgets) {
  BulletIndex index(pool_);
  Fill(index, 600);  // More than two segments.
  EXPECT_EQ(index.size(), 600);
  ASSERT_THAT(index.Search(Bullet(1, 0),
                           [](std::string_view id, std::uint32_t) { return id == Id(5); }, {}),
              IsOk());  // Freezes the segments, so that the changes below copy them.

  index.Insert(Id(5), Bullet(700, 0));
  index.Erase(Id(0));
  index.Erase(Id(599));
  index.Erase(Id(300));
  index.Erase("unknown");

  EXPECT_EQ(index.size(), 597);
  std::set<std::string> seen;
  const auto result = index.Search(Bullet(700, 0),
                                   [&](std::string_view id, std::uint32_t) {
                                     EXPECT_TRUE(seen.insert(std::string(id)).second) << id;
                                     return id == Id(5) || id == Id(598);
                                   },
                                   {});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(seen.size(), 597U);
  EXPECT_FALSE(seen.contains(Id(0)) || seen.contains(Id(599)) || seen.contains(Id(300)));
  EXPECT_EQ(result->best[0].record_id, Id(5));
  EXPECT_GT(result->best[0].comparison.score, 0.9);  // The new signature, not the old one.
  for (std::int64_t i = 0; i < 600; ++i) index.Erase(Id(i));
  EXPECT_EQ(index.size(), 0);
}

TEST_F(BulletIndexTest, CountsWhatCannotBeCompared) {
  BulletIndex index(pool_);
  Fill(index, 3);
  BulletSignature other = Bullet(1, 0);
  other.extractor_version = "another";
  BulletSignature broken = Bullet(1, 0);
  broken.lands[0]->height_nm.resize(3);
  BulletSignature blank = Bullet(1, 0);
  for (auto& land : blank.lands) land.reset();
  index.Insert("other", other);
  index.Insert("broken", broken);
  index.Insert("blank", blank);

  const auto result = index.Search(Bullet(1, 1), Everything, {});

  ASSERT_THAT(result, IsOk());
  EXPECT_TRUE(result->complete);
  EXPECT_EQ(result->refined_count, 3);
  EXPECT_EQ(result->failed_count, 3);
}

TEST_F(BulletIndexTest, APassedDeadlineComparesNothingAndSaysSo) {
  BulletIndex index(pool_);
  Fill(index, 20);

  const auto result =
      index.Search(Bullet(1, 0), Everything,
                   {.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1)});

  ASSERT_THAT(result, IsOk());
  EXPECT_FALSE(result->complete);
  EXPECT_EQ(result->eligible_count, 20);
  EXPECT_EQ(result->refined_count, 0);
}

TEST_F(BulletIndexTest, CancellationEndsTheSearchAndSaysSo) {
  WorkerPool one(1);
  BulletIndex index(one);
  Fill(index, 50);
  bool cancel = false;

  const auto result = index.Search(Bullet(1, 0), Everything,
                                   {.cancelled = [&] { return cancel; },
                                    .progress =
                                        [&](const SearchProgress& progress) {
                                          if (progress.stage == SearchStage::kRefine) cancel = true;
                                        }});

  ASSERT_THAT(result, IsOk());
  EXPECT_FALSE(result->complete);
  EXPECT_EQ(result->coarse_count, 50);
  EXPECT_LT(result->refined_count, 50);
}

TEST_F(BulletIndexTest, ASearchCancelledBeforeItBeginsComparesNothing) {
  BulletIndex index(pool_);
  Fill(index, 50);

  const auto result = index.Search(Bullet(1, 0), Everything, {.cancelled = [] { return true; }});

  ASSERT_THAT(result, IsOk());
  EXPECT_FALSE(result->complete);
  EXPECT_EQ(result->refined_count, 0);
}

TEST_F(BulletIndexTest, ProgressGoesThroughBothStagesAndRisesToTheWhole) {
  BulletIndex index(pool_);
  Fill(index, 25);
  std::vector<SearchProgress> seen;

  const auto result =
      index.Search(Bullet(1, 0), Everything,
                   {.progress = [&](const SearchProgress& progress) { seen.push_back(progress); }});

  ASSERT_THAT(result, IsOk());
  ASSERT_GE(seen.size(), 2U);
  EXPECT_EQ(seen.front().stage, SearchStage::kCoarse);
  EXPECT_EQ(seen.back().stage, SearchStage::kRefine);
  EXPECT_EQ(seen.back().done, 25);
  EXPECT_EQ(seen.back().share, 1.0);
  for (std::size_t i = 1; i < seen.size(); ++i) {
    EXPECT_GE(seen[i].share, seen[i - 1].share);
    EXPECT_GE(seen[i].stage, seen[i - 1].stage);
    EXPECT_LE(seen[i].done, seen[i].of);
  }
}

TEST_F(BulletIndexTest, NamesWhatIsOutOfBounds) {
  BulletIndex index(pool_);
  BulletSignature empty;
  EXPECT_THAT(index.Search(Bullet(1, 0), Everything, {.best_count = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("best_count")));
  EXPECT_THAT(index.Search(Bullet(1, 0), Everything, {.comparison = {.lag_um_max = -1.0}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("lag_um_max")));
  EXPECT_THAT(index.Search(empty, Everything, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("lands")));
}

// Enough records that most are left out: what is reportable is found all the same, and the answer
// says what was done.
TEST_F(BulletIndexTest, WhatRefinedMaxCutsShortIsNotCalledCertified) {
  BulletIndex index(pool_);
  // All of the query's own barrel: all score high.
  for (std::uint32_t i = 0; i < 40; ++i) index.Insert(Id(i), Bullet(1, i));

  const auto result =
      index.Search(Bullet(1, 99), Everything, {.best_count = 30, .refined_max = 10});

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->refined_count, 10);
  EXPECT_FALSE(result->certified);
  EXPECT_GT(result->missed_probability, 0.5);
}

// Writers and searchers at once: every search sees a whole state of the index, never a torn one.
TEST_F(BulletIndexTest, SearchesSeeWholeStatesWhileOthersInsertAndErase) {
  BulletIndex index(pool_);
  const BulletSignature fixed = Bullet(0, 0);
  for (std::int64_t i = 0; i < 300; ++i) index.Insert(Id(i), fixed);
  std::atomic<bool> stop{false};
  {
    std::jthread writer([&] {
      for (std::int64_t round = 0; !stop; ++round) {
        index.Insert(Id(300 + round % 300), fixed);
        index.Insert(Id(round % 300), fixed);
        if (round % 3 == 0) index.Erase(Id(300 + (round * 7) % 300));
      }
    });
    std::vector<std::jthread> searchers;
    for (int s = 0; s < 3; ++s) {
      searchers.emplace_back([&] {
        for (int round = 0; round < 15; ++round) {
          std::set<std::string> seen;
          const auto result = index.Search(fixed,
                                           [&](std::string_view id, std::uint32_t) {
                                             EXPECT_TRUE(seen.insert(std::string(id)).second)
                                                 << "twice: " << id;
                                             return id == Id(7) || id == Id(299);
                                           },
                                           {});
          ASSERT_THAT(result, IsOk());
          EXPECT_EQ(result->best.size(), 2U);
          for (std::int64_t i = 0; i < 300; ++i) EXPECT_TRUE(seen.contains(Id(i)));
        }
      });
    }
    searchers.clear();  // Joins.
    stop = true;
  }
  EXPECT_GE(index.size(), 300);
}

}  // namespace
}  // namespace proofmark::forensics
