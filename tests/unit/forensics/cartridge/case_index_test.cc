// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_index.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "forensics/cartridge/case_stop.h"
#include "forensics/impressed/impressed_extraction.h"
#include "tests/support/generated_cases.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::GeneratedCase;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::QuickCase;
using ::proofmark::testing::StatusIs;

constexpr std::uint32_t kSlides = 4;

bool Everything(std::string_view /*id*/, std::uint32_t /*tag*/) { return true; }

std::string IdOf(std::uint32_t slide) { return "case " + std::to_string(slide); }

void Fill(CaseIndex& index, bool backwards = false) {
  for (std::uint32_t i = 0; i < kSlides; ++i) {
    const std::uint32_t slide = backwards ? kSlides - 1 - i : i;
    index.Insert(IdOf(slide), GeneratedCase(slide, 0));
  }
}

TEST(CaseIndexTest, TheOtherCaseOfTheSlideComesFirst) {
  WorkerPool pool(2);
  CaseIndex index(pool);
  Fill(index);

  const auto found = index.Search(GeneratedCase(2, 1), Everything, {});

  ASSERT_THAT(found, IsOk());
  EXPECT_TRUE(found->complete);
  EXPECT_EQ(found->eligible_count, kSlides);
  EXPECT_EQ(found->coarse_count, kSlides);
  EXPECT_EQ(found->refined_count, kSlides);
  EXPECT_TRUE(found->certified);
  EXPECT_EQ(found->quantile, 1.0);
  EXPECT_EQ(found->missed_probability, 0.0);
  ASSERT_EQ(found->best.size(), kSlides);
  EXPECT_EQ(found->best[0].record_id, IdOf(2));
  EXPECT_EQ(found->best[0].evidence.likelihood_ratio.level, Level::kL1);
  for (std::size_t i = 1; i < found->best.size(); ++i) {
    EXPECT_GE(found->best[i - 1].comparison.score, found->best[i].comparison.score);
    EXPECT_EQ(found->best[i].evidence.likelihood_ratio.level, Level::kNone);
  }
}

TEST(CaseIndexTest, TheAnswerDependsNeitherOnThreadsNorOnTheOrderOfInsertion) {
  WorkerPool one(1);
  WorkerPool three(3);
  CaseIndex forwards(one);
  CaseIndex backwards(three);
  Fill(forwards);
  Fill(backwards, true);

  const auto a = forwards.Search(GeneratedCase(1, 1), Everything, {});
  const auto b = backwards.Search(GeneratedCase(1, 1), Everything, {});

  ASSERT_THAT(a, IsOk());
  ASSERT_THAT(b, IsOk());
  ASSERT_EQ(a->best.size(), b->best.size());
  for (std::size_t i = 0; i < a->best.size(); ++i) {
    EXPECT_EQ(a->best[i].record_id, b->best[i].record_id);
    EXPECT_EQ(a->best[i].comparison.score, b->best[i].comparison.score);
  }
}

TEST(CaseIndexTest, KeepsTheBestAsManyAsAskedFor) {
  WorkerPool pool(2);
  CaseIndex index(pool);
  Fill(index);

  const auto found = index.Search(GeneratedCase(3, 1), Everything, {.best_count = 1});

  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->best.size(), 1U);
  EXPECT_EQ(found->best[0].record_id, IdOf(3));
  EXPECT_THAT(index.Search(GeneratedCase(3, 1), Everything, {.best_count = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CaseIndexTest, OnlyEligibleRecordsAreCompared) {
  WorkerPool pool(2);
  CaseIndex index(pool);
  Fill(index);
  index.Erase(IdOf(0));
  index.Erase("unknown");

  const auto found = index.Search(
      GeneratedCase(2, 1), [](std::string_view id, std::uint32_t) { return id != IdOf(2); }, {});

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(index.size(), kSlides - 1);
  EXPECT_EQ(found->eligible_count, kSlides - 2);
  EXPECT_EQ(found->best.size(), kSlides - 2);
}

TEST(CaseIndexTest, WhatCannotBeComparedIsCounted) {
  WorkerPool pool(2);
  CaseIndex index(pool);
  Fill(index);
  CaseSignature other_method = GeneratedCase(2, 0);
  other_method.impressions[0].extractor_version = "impressed/0";
  index.Insert(IdOf(2), other_method);
  CaseSignature nothing_in_common = GeneratedCase(1, 0);
  nothing_in_common.impressions[0].region = ImpressedRegion::kEjector;
  index.Insert(IdOf(1), nothing_in_common);

  const auto found = index.Search(GeneratedCase(2, 1), Everything, {});

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->failed_count, 2);
  EXPECT_EQ(found->coarse_count, kSlides);
  EXPECT_EQ(found->refined_count, kSlides - 2);
  EXPECT_TRUE(found->complete);
}

TEST(CaseIndexTest, ACancelledSearchSaysThatItIsNotComplete) {
  WorkerPool pool(1);
  CaseIndex index(pool);
  Fill(index);
  CaseSearchOptions options;
  options.cancelled = [] { return true; };

  const auto found = index.Search(GeneratedCase(2, 1), Everything, options);

  ASSERT_THAT(found, IsOk());
  EXPECT_FALSE(found->complete);
  EXPECT_EQ(found->coarse_count, 0);
  EXPECT_EQ(found->refined_count, 0);
}

TEST(CaseIndexTest, ARecordOfUnknownOrientationIsFoundAtItsTurn) {
  WorkerPool pool(2);
  CaseIndex index(pool);
  CaseSignature unknown = GeneratedCase(2, 0);
  unknown.impressions[0].set(ImpressedFlag::kOrientationUnknown);
  index.Insert("unknown", unknown);
  index.Insert("known", GeneratedCase(1, 0));

  const auto found = index.Search(GeneratedCase(2, 1), Everything, {});

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->refined_count, 2);
  EXPECT_EQ(found->best[0].record_id, "unknown");
}

TEST(CaseIndexTest, ChangesGoOnBesideASearch) {
  WorkerPool pool(2);
  CaseIndex index(pool);
  Fill(index);
  const CaseSignature made = GeneratedCase(0, 0);
  std::jthread changes([&] {
    for (std::uint32_t i = 0; i < 50; ++i) {
      index.Insert("new " + std::to_string(i), made);
      index.Erase("new " + std::to_string(i));
    }
  });

  const auto found = index.Search(GeneratedCase(2, 1), Everything, {});

  ASSERT_THAT(found, IsOk());
  EXPECT_TRUE(found->complete);
  EXPECT_EQ(found->best[0].record_id, IdOf(2));
}

TEST(CaseIndexTest, ARecordErasedBesideASearchIsNeitherLostToItNorFoundByTheNext) {
  WorkerPool pool(2);
  CaseIndex index(pool);
  for (std::uint32_t slide = 6; slide < 10; ++slide) index.Insert(IdOf(slide), QuickCase(slide, 0));
  bool erased = false;
  CaseSearchOptions options{.best_count = 1};
  options.progress = [&](const SearchProgress& /*progress*/) {
    if (erased) return;
    erased = true;
    index.Erase(IdOf(8));
    index.Insert("later", QuickCase(8, 2));
  };

  const auto during = index.Search(QuickCase(8, 1), Everything, options);
  const auto after = index.Search(QuickCase(8, 1), Everything, {.best_count = 1});

  ASSERT_THAT(during, IsOk());
  ASSERT_TRUE(erased);
  EXPECT_EQ(during->eligible_count, 4);
  EXPECT_EQ(during->best[0].record_id, IdOf(8));
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->best[0].record_id, "later");
  EXPECT_EQ(index.size(), 4);
}

TEST(CaseIndexLoaderTest, SignaturesComeFromTheLoaderAndThoseNotToBeHadCountAsFailed) {
  WorkerPool pool(2);
  CaseIndex index(pool, [](std::string_view id) -> absl::StatusOr<CaseSignature> {
    if (id == IdOf(1)) return absl::NotFoundError("gone");
    return QuickCase(static_cast<std::uint32_t>(id.back() - '0'), 0);
  });
  for (std::uint32_t slide = 0; slide < kSlides; ++slide) {
    index.InsertCoarse(IdOf(slide), MakeCoarseCase(QuickCase(slide, 0)));
  }

  const auto found = index.Search(QuickCase(2, 1), Everything, {});

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->eligible_count, kSlides);
  EXPECT_EQ(found->failed_count, 1);
  EXPECT_EQ(found->refined_count, kSlides - 1);
  EXPECT_EQ(found->best[0].record_id, IdOf(2));
  EXPECT_LT(index.owned_bytes(), 400'000);  // The room of one segment and four cases in it.
}

TEST(CaseIndexMarksTest, WithoutABreechFaceOnEitherSideEveryRecordIsComparedInFull) {
  WorkerPool pool(2);
  CaseIndex index(pool);
  CaseSignature pin = QuickCase(2, 0);
  pin.impressions[0].region = ImpressedRegion::kEjector;
  index.Insert("ejector", pin);
  index.Insert("face", QuickCase(2, 0));
  CaseSignature both = QuickCase(2, 1);
  both.impressions.push_back(both.impressions[0]);
  both.impressions[1].region = ImpressedRegion::kEjector;
  CaseSignature ejector = QuickCase(2, 1);
  ejector.impressions[0].region = ImpressedRegion::kEjector;

  const auto of_both = index.Search(both, Everything, {});
  const auto of_ejector = index.Search(ejector, Everything, {});

  ASSERT_THAT(of_both, IsOk());
  EXPECT_EQ(of_both->coarse_count, 2);
  EXPECT_EQ(of_both->fine_count, 1);
  EXPECT_EQ(of_both->refined_count, 2);
  ASSERT_THAT(of_ejector, IsOk());
  EXPECT_EQ(of_ejector->coarse_count, 2);
  EXPECT_EQ(of_ejector->fine_count, 0);
  EXPECT_EQ(of_ejector->refined_count, 1);
  EXPECT_EQ(of_ejector->failed_count, 1);  // No mark in common.
  EXPECT_EQ(of_ejector->best[0].record_id, "ejector");
}

}  // namespace
}  // namespace proofmark::forensics
