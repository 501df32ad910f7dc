// SPDX-License-Identifier: Apache-2.0
// The stages of a search, with enough records that each leaves some out. Threads are the business
// of case_index_test, which a sanitizer watches.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "forensics/cartridge/case_index.h"
#include "forensics/cartridge/case_stop.h"
#include "tests/support/generated_cases.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::QuickCase;
using ::proofmark::testing::StatusIs;

bool Everything(std::string_view /*id*/, std::uint32_t /*tag*/) { return true; }

class CascadeTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kCases = 310;
  static constexpr std::int64_t kFine = 300;  // Fewer than all: B1 leaves some out.

  static void SetUpTestSuite() {
    cases_ = new std::vector<CaseSignature>();
    for (std::uint32_t slide = 0; slide < kCases; ++slide) cases_->push_back(QuickCase(slide, 0));
    pool_ = new WorkerPool(1);
    index_ = new CaseIndex(*pool_);
    Fill(*index_, false);
  }
  static void TearDownTestSuite() {
    delete index_;
    delete pool_;
    delete cases_;
  }
  static std::string Id(std::uint32_t slide) { return "quick " + std::to_string(slide); }
  static void Fill(CaseIndex& index, bool backwards) {
    for (std::uint32_t i = 0; i < kCases; ++i) {
      const std::uint32_t slide = backwards ? kCases - 1 - i : i;
      index.Insert(Id(slide), (*cases_)[slide], slide);
    }
  }

  static inline std::vector<CaseSignature>* cases_ = nullptr;
  static inline WorkerPool* pool_ = nullptr;
  static inline CaseIndex* index_ = nullptr;  // Filled, and not changed by any test.
};

TEST_F(CascadeTest, FindsWhatAnExhaustiveSearchFindsAndSaysWhatItLeftOut) {
  constexpr std::uint32_t kFirst = 100;  // All of them in full would take minutes where it is slow.
  const auto of_the_first = [](std::string_view, std::uint32_t slide) { return slide < kFirst; };

  const auto all =
      index_->Search(QuickCase(77, 1), of_the_first, {.best_count = 5, .exhaustive = true});
  const auto found = index_->Search(QuickCase(77, 1), Everything,
                                    {.best_count = 5, .refined_max = 100, .fine_min = kFine});

  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->refined_count, kFirst);
  EXPECT_EQ(all->fine_count, kFirst);
  EXPECT_TRUE(all->certified);
  EXPECT_EQ(all->quantile, 1.0);
  EXPECT_EQ(all->missed_probability, 0.0);
  ASSERT_THAT(found, IsOk());
  EXPECT_TRUE(found->complete);
  EXPECT_EQ(found->eligible_count, kCases);
  EXPECT_EQ(found->coarse_count, kCases);
  EXPECT_EQ(found->fine_count, kFine);
  EXPECT_GE(found->refined_count, kCasesRefinedMin);
  EXPECT_LE(found->refined_count, 100);
  EXPECT_EQ(found->quantile, kCaseStopQuantile);
  EXPECT_GT(found->missed_probability, 0.0);
  ASSERT_EQ(found->best.size(), 5U);
  EXPECT_EQ(found->best[0].record_id, Id(77));
  EXPECT_EQ(found->best[0].tag, 77U);
  EXPECT_EQ(found->best[0].evidence.likelihood_ratio.level, Level::kL1);
  for (const ScoredCase& want : all->best) {
    if (want.evidence.likelihood_ratio.level == Level::kNone) continue;
    EXPECT_EQ(want.record_id, Id(77));
    EXPECT_EQ(want.comparison.score, found->best[0].comparison.score);
  }
}

TEST_F(CascadeTest, TheAnswerDependsNeitherOnThreadsNorOnTheOrderOfInsertion) {
  WorkerPool three(3);
  CaseIndex backwards(three);
  Fill(backwards, true);
  // Erased places and segments begun anew change nothing either.
  for (std::uint32_t slide = 100; slide < 300; ++slide) {
    backwards.Erase(Id(slide));
    backwards.Insert(Id(slide), (*cases_)[slide], slide);
  }

  const CaseSearchOptions options{.best_count = 20, .refined_max = 60, .fine_min = kFine};
  const auto a = index_->Search(QuickCase(8, 1), Everything, options);
  const auto b = backwards.Search(QuickCase(8, 1), Everything, options);

  ASSERT_THAT(a, IsOk());
  ASSERT_THAT(b, IsOk());
  EXPECT_EQ(a->refined_count, b->refined_count);
  EXPECT_EQ(a->missed_probability, b->missed_probability);
  ASSERT_EQ(a->best.size(), b->best.size());
  for (std::size_t i = 0; i < a->best.size(); ++i) {
    EXPECT_EQ(a->best[i].record_id, b->best[i].record_id);
    EXPECT_EQ(a->best[i].tag, b->best[i].tag);
    EXPECT_EQ(a->best[i].comparison.score, b->best[i].comparison.score);
  }
}

TEST_F(CascadeTest, RefinedMaxCutsOffAndIsNotCalledCertain) {
  const auto found =
      index_->Search(QuickCase(8, 1), Everything, {.best_count = 1, .refined_max = 1});

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->refined_count, 1);
  EXPECT_EQ(found->best[0].record_id, Id(8));
  EXPECT_GT(found->missed_probability, 0.0);
  EXPECT_THAT(index_->Search(QuickCase(8, 1), Everything, {.refined_max = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(index_->Search(QuickCase(8, 1), Everything, {.fine_min = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// The stop knows the coarse scores of whole marks; those of a part are lower.
TEST_F(CascadeTest, APartIsFoundAndMoreIsSaidToBeMissed) {
  CaseSignature half = QuickCase(77, 1);
  ImpressedSignature& face = half.impressions[0];
  for (std::int64_t i = 0; i < face.width * face.height; ++i) {
    if (i % face.width > face.width / 2) {
      face.relief[static_cast<std::size_t>(i)] = kReliefNotMeasured;
    }
  }
  const CaseSearchOptions options{.best_count = 1, .refined_max = 30, .fine_min = kFine};

  const auto as_whole = index_->Search(half, Everything, options);
  face.set(ImpressedFlag::kPart);
  const auto as_part = index_->Search(half, Everything, options);
  face.set(ImpressedFlag::kMiddleUnknown);
  const auto anywhere = index_->Search(half, Everything, options);

  ASSERT_THAT(as_whole, IsOk());
  ASSERT_THAT(as_part, IsOk());
  ASSERT_THAT(anywhere, IsOk());
  ASSERT_EQ(as_part->best.size(), 1U);
  EXPECT_EQ(as_part->best[0].record_id, Id(77));
  EXPECT_GT(as_part->missed_probability, as_whole->missed_probability);
  EXPECT_LT(as_part->missed_probability, 1.0);
  EXPECT_EQ(anywhere->refined_count, 30);
  EXPECT_FALSE(anywhere->certified);
  EXPECT_EQ(anywhere->missed_probability, 1.0);
}

TEST_F(CascadeTest, ProgressPassesTheStagesInOrderAndEndsAtOne) {
  std::vector<SearchProgress> seen;
  CaseSearchOptions options{.refined_max = 60};
  options.progress = [&](const SearchProgress& progress) { seen.push_back(progress); };

  const auto found = index_->Search(QuickCase(8, 1), Everything, options);

  ASSERT_THAT(found, IsOk());
  ASSERT_GE(seen.size(), 2U);
  EXPECT_EQ(seen.front().stage, SearchStage::kCoarse);
  EXPECT_EQ(seen.front().of, kCases);
  for (std::size_t i = 1; i < seen.size(); ++i) {
    EXPECT_GE(seen[i].stage, seen[i - 1].stage);
    EXPECT_GE(seen[i].share, seen[i - 1].share);
  }
  EXPECT_EQ(seen.back().stage, SearchStage::kRefine);
  EXPECT_EQ(seen.back().done, found->refined_count);
  EXPECT_EQ(seen.back().share, 1.0);
}

TEST_F(CascadeTest, ADeadlineThatHasPassedLeavesEverythingOutAndSaysSo) {
  CaseSearchOptions options;
  options.deadline = std::chrono::steady_clock::now();

  const auto found = index_->Search(QuickCase(8, 1), Everything, options);

  ASSERT_THAT(found, IsOk());
  EXPECT_FALSE(found->complete);
  EXPECT_EQ(found->eligible_count, kCases);
  EXPECT_EQ(found->coarse_count, 0);
}

}  // namespace
}  // namespace proofmark::forensics
