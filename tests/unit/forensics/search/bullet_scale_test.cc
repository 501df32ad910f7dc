// SPDX-License-Identifier: Apache-2.0
// Searches among so many records that most are left out. Threads are the business of
// bullet_index_test, which a sanitizer watches.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "forensics/search/bullet_index.h"
#include "forensics/synthetic/scale_bullet.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;

BulletSignature Scale(std::uint32_t barrel, std::uint32_t shot) {
  return GenerateScaleBullet({.seed = 22, .barrel = barrel, .profile = SyntheticProfile::kClean},
                             shot);
}

bool Everything(std::string_view, std::uint32_t) { return true; }

TEST(BulletScaleTest, ANormalSearchRefinesThePromisingAndSaysSo) {
  WorkerPool pool(2);
  BulletIndex index(pool, [](std::string_view id) -> absl::StatusOr<BulletSignature> {
    return Scale(static_cast<std::uint32_t>(std::stoul(std::string(id))), 0);
  });
  for (std::uint32_t i = 0; i < 2'000; ++i) index.Insert(std::to_string(i), Scale(i, 0));

  const auto result = index.Search(Scale(1'234, 1), Everything, {.best_count = 5});

  ASSERT_THAT(result, IsOk());
  EXPECT_TRUE(result->complete);
  EXPECT_TRUE(result->certified);
  EXPECT_EQ(result->eligible_count, 2'000);
  EXPECT_EQ(result->coarse_count, 2'000);
  EXPECT_GE(result->refined_count, kComparedMin);
  EXPECT_LT(result->refined_count, 2'000);
  EXPECT_EQ(result->best[0].record_id, "1234");
  EXPECT_EQ(result->quantile, 0.9999);
  EXPECT_GT(result->missed_probability, 0.0);
  EXPECT_LT(result->missed_probability, 0.1);
}

// Who is told nothing but levels needs no list: what is reported is the same, for a tenth of the
// comparisons.
TEST(BulletScaleTest, WhereOnlyWhatIsReportedIsWantedNothingElseIsCompared) {
  WorkerPool pool(2);
  BulletIndex index(pool, [](std::string_view id) -> absl::StatusOr<BulletSignature> {
    return Scale(static_cast<std::uint32_t>(std::stoul(std::string(id))), 0);
  });
  for (std::uint32_t i = 0; i < 400; ++i) index.Insert(std::to_string(i), Scale(i, 0));
  const auto reported = [](const BulletSearchResult& result) {
    std::vector<std::pair<std::string, double>> found;
    for (const ScoredBullet& scored : result.best) {
      if (scored.likelihood_ratio.level == Level::kNone) continue;
      found.emplace_back(scored.record_id, scored.comparison.score);
    }
    return found;
  };
  int with_any = 0;
  for (const std::uint32_t barrel : {77U, 123U, 333U, 5'000U}) {
    const auto whole = index.Search(Scale(barrel, 1), Everything, {.best_count = 400});
    const auto told =
        index.Search(Scale(barrel, 1), Everything, {.best_count = 400, .reportable_only = true});
    ASSERT_THAT(whole, IsOk());
    ASSERT_THAT(told, IsOk());
    EXPECT_EQ(reported(*told), reported(*whole));
    EXPECT_TRUE(told->certified);
    EXPECT_LT(told->missed_probability, 1e-3);
    EXPECT_LT(10 * told->refined_count, whole->refined_count);
    with_any += reported(*told).empty() ? 0 : 1;
  }
  EXPECT_EQ(with_any, 3);
}

}  // namespace
}  // namespace proofmark::forensics
