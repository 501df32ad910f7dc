// SPDX-License-Identifier: Apache-2.0
#include "server/match/results.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "forensics/evidence/calibration_data.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::match {
namespace {

using forensics::Level;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;

constexpr char kAsker[] = "south.test";
constexpr char kExchange[] = "0123456789abcdef";

FoundExhibit Candidate(char id, double score, Level level) {
  forensics::BulletComparison comparison;
  comparison.score = score;
  comparison.lands_compared = 6;
  comparison.pairs.push_back(
      {.query_land = 0, .reference_land = 5, .comparison = {.overlap_um = 1'800.0}});
  FoundExhibit candidate;
  candidate.id = std::string(32, id);
  candidate.score = score;
  candidate.likelihood_ratio.level = level;
  // Far beyond the borders: what the dither does has tests of its own.
  candidate.likelihood_ratio.log10_lr_model = level == Level::kNone ? 0.0 : 9.0;
  candidate.expected_false_leads = 1e-3 * (1.0 - score);
  candidate.comparison = comparison;
  return candidate;
}

// A case with a breech face and a shear mark.
FoundExhibit CaseCandidate(char id, double score, Level level) {
  forensics::ImpressedComparison face;
  face.cells_agreeing = 21;
  face.score = 0.9;
  face.cells_eligible = 44;
  face.features.image_correlation = 0.4;
  face.turn_degrees = -6.0;
  ComparedCase compared;
  compared.comparison.marks = {
      {.region = forensics::ImpressedRegion::kBreechFace, .measures = face},
      {.region = forensics::ImpressedRegion::kApertureShear,
       .measures = forensics::LandComparison{.ccf = 0.7}}};
  compared.marks = forensics::EvaluateCases(compared.comparison).marks;
  FoundExhibit candidate;
  candidate.id = std::string(32, id);
  candidate.kind = records::ExhibitKind::kCaseTest;
  candidate.score = score;
  candidate.likelihood_ratio.level = level;
  candidate.likelihood_ratio.log10_lr_model = level == Level::kNone ? 0.0 : 9.0;
  candidate.comparison = compared;
  return candidate;
}

FoundExhibits Found() {
  FoundExhibits found;
  found.method = forensics::BulletCalibration().method;
  found.calibration = forensics::ShareBuiltIn(forensics::MarkKind::kBullet);
  found.best = {Candidate('a', 0.9, Level::kL2), Candidate('b', 0.8, Level::kL1),
                Candidate('c', 0.7, Level::kL1), Candidate('d', 0.6, Level::kL1),
                Candidate('e', 0.2, Level::kNone)};
  found.counts = {.held = 1'500,
                  .eligible = 120,
                  .compared = 119,
                  .coarse_scored = 120,
                  .refined = 80,
                  .failed = 1,
                  .missed_probability = 0.01,
                  .removed = {{records::ClassRule::kBulletClass, 1'380}},
                  .complete = true};
  return found;
}

class ResultsTest : public ::testing::Test {
 protected:
  ScratchState state_;
  absl::StatusOr<AnswerKey> key_ = AnswerKey::Open(state_.store());
};

TEST_F(ResultsTest, InsideTheAgencyEverythingIsShown) {
  const wire::LocalResult local = ToLocalResult(Found());

  ASSERT_EQ(local.candidates.size(), 5U);
  EXPECT_EQ(local.candidates[0].rank, 1);
  EXPECT_EQ(local.candidates[4].rank, 5);
  EXPECT_EQ(local.candidates[4].level, Level::kNone);
  EXPECT_NEAR(local.candidates[0].margin, 0.1, 1e-12);
  EXPECT_EQ(local.candidates[4].margin, 0.0);
  EXPECT_EQ(local.candidates[0].label, "");
  EXPECT_EQ(local.candidates[0].pairs[0].query_land, 1);
  EXPECT_EQ(local.candidates[0].pairs[0].candidate_land, 6);
  EXPECT_EQ(local.candidates[1].expected_false_leads, Found().best[1].expected_false_leads);
  EXPECT_EQ(local.searched.held_count, 1'500);
  EXPECT_EQ(local.searched.eligible_count, 120);
  EXPECT_EQ(local.searched.compared_count, 119);
  EXPECT_EQ(local.searched.failed_count, 1);
  EXPECT_EQ(local.searched.coarse_scored_count, 120);
  EXPECT_EQ(local.searched.refined_count, 80);
  EXPECT_EQ(local.searched.missed_probability, 0.01);
  EXPECT_EQ(local.searched.removals[0].removed_count, 1'380);
  EXPECT_TRUE(local.searched.complete);
  EXPECT_EQ(local.searched.calibration_version, forensics::BulletCalibration().version);
  EXPECT_EQ(local.searched.provisional, forensics::BulletCalibration().provisional);
}

TEST_F(ResultsTest, ACaseShowsItsMarks) {
  FoundExhibits found = Found();
  found.method = forensics::CaseMethodVersion();
  found.calibration = forensics::ShareBuiltIn(forensics::MarkKind::kBreechFace);
  found.best = {CaseCandidate('a', 0.7, Level::kL1)};

  const wire::LocalResult local = ToLocalResult(found);

  ASSERT_EQ(local.candidates.size(), 1U);
  EXPECT_EQ(local.candidates[0].lands_compared, 0);
  EXPECT_TRUE(local.candidates[0].pairs.empty());
  const std::vector<wire::ComparedRegion>& regions = local.candidates[0].regions;
  ASSERT_EQ(regions.size(), 2U);
  EXPECT_EQ(regions[0].region, records::MarkRegion::kBreechFace);
  EXPECT_EQ(regions[0].congruent_cells, 21);
  EXPECT_EQ(regions[0].eligible_cells, 44);
  EXPECT_EQ(regions[0].turn_degrees, -6.0);
  EXPECT_TRUE(regions[0].contributes);
  EXPECT_GT(regions[0].log10_lr, 1.0);
  EXPECT_EQ(regions[1].region, records::MarkRegion::kApertureShear);
  EXPECT_EQ(regions[1].correlation, 0.7);
  EXPECT_FALSE(regions[1].contributes);
  EXPECT_EQ(local.searched.calibration_version, forensics::CaseCalibration().version);
}

// What a case's answer says is what a bullet's says: nothing of its marks leaves the agency.
TEST_F(ResultsTest, ACaseCrossesTheBorderAsALevelAndAHandle) {
  ASSERT_THAT(key_, IsOk());
  FoundExhibits found = Found();
  found.method = forensics::CaseMethodVersion();
  found.calibration = forensics::ShareBuiltIn(forensics::MarkKind::kBreechFace);
  found.best = {CaseCandidate('a', 0.7, Level::kL1)};

  const BorderResult border = ToBorderResult(
      found, *key_, {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = ""}, 10);

  ASSERT_EQ(border.result.candidates.size(), 1U);
  EXPECT_EQ(border.result.candidates[0].kind, records::ExhibitKind::kCaseTest);
  EXPECT_EQ(border.result.candidates[0].level, Level::kL1);
  EXPECT_EQ(border.result.searched.method_version, forensics::CaseMethodVersion());
}

TEST_F(ResultsTest, NoneNeverCrossesTheBorder) {
  ASSERT_THAT(key_, IsOk());

  const BorderResult border = ToBorderResult(
      Found(), *key_, {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = ""}, 10);

  ASSERT_EQ(border.result.candidates.size(), 4U);
  for (const wire::MatchCandidate& candidate : border.result.candidates) {
    EXPECT_NE(candidate.level, Level::kNone);
  }
}

TEST_F(ResultsTest, AcrossTheBorderGoBandsAndNeverCounts) {
  ASSERT_THAT(key_, IsOk());

  const wire::SearchedBands searched =
      ToBorderResult(Found(), *key_,
                     {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = ""}, 10)
          .result.searched;

  EXPECT_EQ(searched.held, wire::CountBand::k1000To9999);
  EXPECT_EQ(searched.eligible, wire::CountBand::k100To999);
  ASSERT_EQ(searched.removals.size(), 1U);
  EXPECT_EQ(searched.removals[0].removed, wire::CountBand::k1000To9999);
  EXPECT_EQ(searched.method_version, forensics::BulletCalibration().method);
}

TEST_F(ResultsTest, EachHandleNamesItsExhibit) {
  ASSERT_THAT(key_, IsOk());

  const BorderResult border = ToBorderResult(
      Found(), *key_, {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = ""}, 10);

  ASSERT_EQ(border.exhibit_ids.size(), border.result.candidates.size());
  for (std::size_t i = 0; i < border.exhibit_ids.size(); ++i) {
    EXPECT_EQ(border.result.candidates[i].handle,
              key_->HandleOf(kAsker, kExchange, border.exhibit_ids[i]));
  }
}

// One candidate whose model says `log10_lr_model`, by a calibration that tells every level.
FoundExhibits OneAt(double log10_lr_model) {
  auto bold = std::make_shared<forensics::Calibration>(
      forensics::BuiltInCalibration(forensics::MarkKind::kBullet));
  bold->bounds.clear();
  bold->info.log10_cap = 6.0;
  FoundExhibits found = Found();
  found.best = {Candidate('a', 1.0, forensics::LevelOf(log10_lr_model))};
  found.best[0].likelihood_ratio.log10_lr_model = log10_lr_model;
  found.calibration = std::move(bold);
  return found;
}

Level ToldAt(double log10_lr_model, const AnswerKey& key, std::string_view asker,
             std::string_view exchange, std::string_view coarse) {
  const BorderResult border =
      ToBorderResult(OneAt(log10_lr_model), key,
                     {.domain = asker, .exchange_id = exchange, .coarse_sketch = coarse}, 10);
  return border.result.candidates.empty() ? Level::kNone : border.result.candidates[0].level;
}

TEST_F(ResultsTest, ALevelToldIsTheCandidatesOwnOrTheOneBelow) {
  ASSERT_THAT(key_, IsOk());
  int below = 0;
  for (int i = 0; i < 200; ++i) {
    const Level told = ToldAt(2.5, *key_, kAsker, kExchange, std::to_string(i));
    ASSERT_TRUE(told == Level::kL2 || told == Level::kL1);
    below += told == Level::kL1 ? 1 : 0;
  }
  EXPECT_NEAR(below, 100, 30);  // Half a decade above the border, raised by up to one.
}

// The model of breech faces reaches less than two decades: raised by a whole one, the border would
// hide real pairs that are as like as any.
TEST_F(ResultsTest, ADitherLeavesTheBestScoresOfAShortModelTold) {
  ASSERT_THAT(key_, IsOk());
  FoundExhibits found = Found();
  found.calibration = forensics::ShareBuiltIn(forensics::MarkKind::kBreechFace);
  const auto told_of_200 = [&](double score) {
    FoundExhibit candidate = CaseCandidate('a', score, Level::kL1);
    candidate.likelihood_ratio = forensics::EvaluateBreechFaces(score, *found.calibration);
    EXPECT_EQ(candidate.likelihood_ratio.level, Level::kL1);
    found.best = {candidate};
    int told = 0;
    for (int i = 0; i < 200; ++i) {
      const std::string coarse = std::to_string(i);
      told += static_cast<int>(
          ToBorderResult(found, *key_,
                         {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = coarse}, 10)
              .result.candidates.size());
    }
    return told;
  };
  ASSERT_LT(forensics::HighestOfModel(0, *found.calibration), 2.0);

  EXPECT_EQ(told_of_200(0.95), 200);
  const int near_the_border = told_of_200(0.85);  // A fifth of a decade above L1.
  EXPECT_GT(near_the_border, 50);
  EXPECT_LT(near_the_border, 150);
}

TEST_F(ResultsTest, ABorderDependsOnAskerRecordAndSketchAndNeverOnTheExchange) {
  ASSERT_THAT(key_, IsOk());
  bool by_asker = false;
  bool by_sketch = false;
  for (int i = 0; i < 50; ++i) {
    const std::string coarse = std::to_string(i);
    const Level told = ToldAt(2.5, *key_, kAsker, kExchange, coarse);
    EXPECT_EQ(ToldAt(2.5, *key_, kAsker, "another exchange", coarse), told);
    by_asker |= ToldAt(2.5, *key_, "west.test", kExchange, coarse) != told;
    by_sketch |= ToldAt(2.5, *key_, kAsker, kExchange, coarse + "x") != told;
  }
  EXPECT_TRUE(by_asker);
  EXPECT_TRUE(by_sketch);
}

TEST_F(ResultsTest, WhatChanceReachesTooOftenIsNotTold) {
  ASSERT_THAT(key_, IsOk());
  FoundExhibits found = OneAt(5.5);
  found.best[0].expected_false_leads = 0.9e-5 * static_cast<double>(found.counts.compared);
  EXPECT_EQ(ToBorderResult(found, *key_,
                           {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = ""}, 10)
                .result.candidates.size(),
            1U);
  found.best[0].expected_false_leads = 1.1e-5 * static_cast<double>(found.counts.compared);
  EXPECT_EQ(ToBorderResult(found, *key_,
                           {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = ""}, 10)
                .result.candidates.size(),
            0U);
}

TEST_F(ResultsTest, WhatRestsOnAShortPieceIsNotTold) {
  ASSERT_THAT(key_, IsOk());
  FoundExhibits found = OneAt(5.5);
  std::get<forensics::BulletComparison>(found.best[0].comparison).pairs[0].comparison.overlap_um =
      1'499.0;
  EXPECT_EQ(ToBorderResult(found, *key_,
                           {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = ""}, 10)
                .result.candidates.size(),
            0U);
}

// What a partner sees of two exchanges differs only in the handles, and scores do not show: records
// of one level change places with their scores and nothing of the answer moves.
TEST_F(ResultsTest, TheOrderWithinALevelTellsNothingOfScores) {
  ASSERT_THAT(key_, IsOk());
  FoundExhibits swapped = Found();
  std::swap(swapped.best[1].score, swapped.best[3].score);
  std::swap(swapped.best[1], swapped.best[3]);

  EXPECT_EQ(ToBorderResult(Found(), *key_,
                           {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = ""}, 10)
                .result.candidates,
            ToBorderResult(swapped, *key_,
                           {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = ""}, 10)
                .result.candidates);
}

TEST_F(ResultsTest, AskingAgainUnderAnotherExchangeShowsNoOtherRecords) {
  ASSERT_THAT(key_, IsOk());

  const BorderResult first = ToBorderResult(
      Found(), *key_, {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = ""}, 2);
  const BorderResult second =
      ToBorderResult(Found(), *key_,
                     {.domain = kAsker, .exchange_id = "another-exchange", .coarse_sketch = ""}, 2);

  EXPECT_EQ(first.exhibit_ids.size(), 2U);
  EXPECT_EQ(first.exhibit_ids, second.exhibit_ids);
  EXPECT_NE(first.result.candidates, second.result.candidates);
}

TEST_F(ResultsTest, NothingFoundIsAWholeAnswer) {
  ASSERT_THAT(key_, IsOk());
  FoundExhibits nothing = Found();
  nothing.best = {Candidate('e', 0.2, Level::kNone)};

  const wire::MatchResult result =
      ToBorderResult(nothing, *key_,
                     {.domain = kAsker, .exchange_id = kExchange, .coarse_sketch = ""}, 10)
          .result;

  EXPECT_TRUE(result.candidates.empty());
  EXPECT_TRUE(result.searched.complete);
  EXPECT_EQ(result.searched.false_leads, wire::FalseLeadBand::kUnderTenth);
}

}  // namespace
}  // namespace proofmark::match
