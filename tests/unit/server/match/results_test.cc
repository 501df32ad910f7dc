// SPDX-License-Identifier: Apache-2.0
#include "server/match/results.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/bytes.h"
#include "forensics/evidence/calibration.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::match {
namespace {

using forensics::Level;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;

constexpr char kAsker[] = "south.test";
constexpr char kExchange[] = "0123456789abcdef";

CollectionCandidate Candidate(char id, double score, Level level) {
  CollectionCandidate candidate;
  candidate.scored.record_id = std::string(32, id);
  candidate.scored.comparison.score = score;
  candidate.scored.comparison.lands_compared = 6;
  candidate.scored.comparison.pairs.push_back({.query_land = 0, .reference_land = 5});
  candidate.scored.likelihood_ratio.level = level;
  return candidate;
}

CollectionResult Found() {
  CollectionResult found;
  found.best = {Candidate('a', 0.9, Level::kL2), Candidate('b', 0.8, Level::kL1),
                Candidate('c', 0.7, Level::kL1), Candidate('d', 0.6, Level::kL1),
                Candidate('e', 0.2, Level::kNone)};
  found.counts = {.held = 1'500,
                  .eligible = 120,
                  .compared = 119,
                  .failed = 1,
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
  EXPECT_EQ(local.candidates[1].expected_false_leads,
            forensics::ExpectedFalseLeads(Found().best[1].scored.comparison, 119));
  EXPECT_EQ(local.searched.held_count, 1'500);
  EXPECT_EQ(local.searched.eligible_count, 120);
  EXPECT_EQ(local.searched.compared_count, 119);
  EXPECT_EQ(local.searched.failed_count, 1);
  EXPECT_EQ(local.searched.removals[0].removed_count, 1'380);
  EXPECT_TRUE(local.searched.complete);
  EXPECT_EQ(local.searched.calibration_version, forensics::BulletCalibration().version);
  EXPECT_EQ(local.searched.provisional, forensics::BulletCalibration().provisional);
}

TEST_F(ResultsTest, NoneNeverCrossesTheBorder) {
  ASSERT_THAT(key_, IsOk());

  const BorderResult border = ToBorderResult(Found(), *key_, kAsker, kExchange, 10);

  ASSERT_EQ(border.result.candidates.size(), 4U);
  for (const wire::MatchCandidate& candidate : border.result.candidates) {
    EXPECT_NE(candidate.level, Level::kNone);
  }
}

TEST_F(ResultsTest, AcrossTheBorderGoBandsAndNeverCounts) {
  ASSERT_THAT(key_, IsOk());

  const wire::SearchedBands searched =
      ToBorderResult(Found(), *key_, kAsker, kExchange, 10).result.searched;

  EXPECT_EQ(searched.held, wire::CountBand::k1000To9999);
  EXPECT_EQ(searched.eligible, wire::CountBand::k100To999);
  ASSERT_EQ(searched.removals.size(), 1U);
  EXPECT_EQ(searched.removals[0].removed, wire::CountBand::k1000To9999);
  EXPECT_EQ(searched.method_version, forensics::BulletCalibration().method);
}

TEST_F(ResultsTest, EachHandleNamesItsExhibit) {
  ASSERT_THAT(key_, IsOk());

  const BorderResult border = ToBorderResult(Found(), *key_, kAsker, kExchange, 10);

  ASSERT_EQ(border.exhibit_ids.size(), border.result.candidates.size());
  EXPECT_EQ(border.exhibit_ids[0], std::string(32, 'a'));  // The strongest level comes first.
  for (std::size_t i = 0; i < border.exhibit_ids.size(); ++i) {
    EXPECT_EQ(border.result.candidates[i].handle,
              key_->HandleOf(kAsker, kExchange, border.exhibit_ids[i]));
  }
}

// What a partner sees of two exchanges differs only in the handles, and scores do not show: records
// of one level change places with their scores and nothing of the answer moves.
TEST_F(ResultsTest, TheOrderWithinALevelTellsNothingOfScores) {
  ASSERT_THAT(key_, IsOk());
  CollectionResult swapped = Found();
  std::swap(swapped.best[1].scored.comparison.score, swapped.best[3].scored.comparison.score);
  std::swap(swapped.best[1], swapped.best[3]);

  EXPECT_EQ(ToBorderResult(Found(), *key_, kAsker, kExchange, 10).result.candidates,
            ToBorderResult(swapped, *key_, kAsker, kExchange, 10).result.candidates);
}

TEST_F(ResultsTest, AskingAgainUnderAnotherExchangeShowsNoOtherRecords) {
  ASSERT_THAT(key_, IsOk());

  const BorderResult first = ToBorderResult(Found(), *key_, kAsker, kExchange, 2);
  const BorderResult second = ToBorderResult(Found(), *key_, kAsker, "another-exchange", 2);

  EXPECT_EQ(first.exhibit_ids.size(), 2U);
  EXPECT_EQ(first.exhibit_ids, second.exhibit_ids);
  EXPECT_NE(first.result.candidates, second.result.candidates);
}

TEST_F(ResultsTest, NothingFoundIsAWholeAnswer) {
  ASSERT_THAT(key_, IsOk());
  CollectionResult nothing = Found();
  nothing.best = {Candidate('e', 0.2, Level::kNone)};

  const wire::MatchResult result = ToBorderResult(nothing, *key_, kAsker, kExchange, 10).result;

  EXPECT_TRUE(result.candidates.empty());
  EXPECT_TRUE(result.searched.complete);
  EXPECT_EQ(result.searched.false_leads, wire::FalseLeadBand::kUnderTenth);
}

}  // namespace
}  // namespace proofmark::match
