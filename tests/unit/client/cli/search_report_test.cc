// SPDX-License-Identifier: Apache-2.0
#include "client/cli/search_report.h"

#include <sstream>
#include <string>

#include "client/cli/words.h"
#include "client/fault.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace proofmark::client::cli {
namespace {

using forensics::Level;
using ::testing::HasSubstr;
using ::testing::Not;
using wire::PartnerOutcome;

wire::PartnerResult Partner(PartnerOutcome outcome, std::vector<Level> levels = {}) {
  wire::PartnerResult partner;
  partner.agency = "fr.example";
  partner.outcome = outcome;
  if (outcome == PartnerOutcome::kRefused) partner.refusal_code = "PURPOSE";
  if (outcome == PartnerOutcome::kAnswered) {
    partner.result.emplace();
    for (const Level level : levels) {
      wire::MatchCandidate candidate;
      candidate.level = level;
      candidate.handle.fill(std::byte{0xAB});
      partner.result->candidates.push_back(candidate);
    }
    partner.result->searched.method_version = "m1";
    partner.result->searched.calibration_version = "c1";
  }
  return partner;
}

wire::Search Local(std::vector<Level> levels) {
  wire::Search search;
  search.local.emplace();
  for (const Level level : levels) {
    wire::LocalCandidate candidate;
    candidate.level = level;
    candidate.label = "24-1";
    candidate.rank = static_cast<std::int32_t>(search.local->candidates.size()) + 1;
    candidate.log10_lr = 2.505;
    candidate.log10_lr_low = 1.0;
    candidate.log10_lr_high = 3.1;
    candidate.score = 0.5678;
    candidate.expected_false_leads = 0.042;
    search.local->candidates.push_back(candidate);
  }
  return search;
}

// What the program would end with.
int ExitOf(const wire::Search& search) {
  const absl::StatusOr<int> exit = SearchExit(search);
  return exit.ok() ? *exit : ExitCodeOf(FaultOf(exit.status()));
}

wire::Search Asked(std::vector<wire::PartnerResult> partners) {
  wire::Search search;
  search.partners = std::move(partners);
  return search;
}

TEST(SearchExitTest, ACandidateAnywhereIsFound) {
  EXPECT_EQ(ExitOf(Local({Level::kL1})), 0);
  EXPECT_EQ(ExitOf(Asked({Partner(PartnerOutcome::kUnreachable),
                          Partner(PartnerOutcome::kAnswered, {Level::kL2})})),
            0);
}

TEST(SearchExitTest, RecordsBelowL1AreNoCandidates) {
  EXPECT_EQ(ExitOf(Local({Level::kNone})), 1);
  EXPECT_EQ(ExitOf(Local({})), 1);
}

TEST(SearchExitTest, AnAnswerWithoutCandidatesIsAnAnswer) {
  EXPECT_EQ(ExitOf(Asked({Partner(PartnerOutcome::kAnswered), Partner(PartnerOutcome::kUnreachable),
                          Partner(PartnerOutcome::kRefused)})),
            1);
}

TEST(SearchExitTest, WithoutAnyAnswerTheWorstCauseSpeaks) {
  const auto code = [](std::vector<PartnerOutcome> outcomes) {
    std::vector<wire::PartnerResult> partners;
    for (const PartnerOutcome outcome : outcomes) partners.push_back(Partner(outcome));
    return ExitOf(Asked(std::move(partners)));
  };

  EXPECT_EQ(code({PartnerOutcome::kRefused}), 3);
  EXPECT_EQ(code({PartnerOutcome::kNotAsked}), 3);
  EXPECT_EQ(code({PartnerOutcome::kRefused, PartnerOutcome::kTooLate}), 5);
  EXPECT_EQ(code({PartnerOutcome::kUnreachable}), 5);
  EXPECT_EQ(code({PartnerOutcome::kUnreachable, PartnerOutcome::kInvalid}), 6);
}

class SearchTextTest : public ::testing::Test {
 protected:
  std::ostringstream out_;
  std::ostringstream err_;
  Console plain_{out_, err_, {}};
};

TEST_F(SearchTextTest, ConditionsStandWithThePartnersCandidates) {
  wire::Search search = Asked({Partner(PartnerOutcome::kAnswered, {Level::kL2})});
  const std::string plain = SearchText(plain_, search);
  EXPECT_THAT(plain, HasSubstr("H0"));
  EXPECT_THAT(plain, HasSubstr("X4"));
  EXPECT_THAT(plain, HasSubstr("INTELLIGENCE"));
  EXPECT_THAT(plain, Not(HasSubstr("condition")));

  wire::AnswerHandling& handling = search.partners[0].result->handling;
  handling.codes = {"H1", "H2", "H3"};
  handling.restrictions = "Not before the first of March.";
  handling.source_evaluation = "B";
  handling.information_evaluation = "2";

  const std::string text = SearchText(plain_, search);

  EXPECT_THAT(text, HasSubstr("H1 H2 H3"));
  EXPECT_THAT(text, HasSubstr("not in judicial proceedings"));
  EXPECT_THAT(text, HasSubstr("not to be passed on"));
  EXPECT_THAT(text, HasSubstr("Not before the first of March."));
  EXPECT_THAT(text, HasSubstr("INTELLIGENCE"));
  EXPECT_THAT(text, HasSubstr("B2"));
}

TEST_F(SearchTextTest, ACaseShowsTheCellsOfEachMark) {
  wire::Search search = Local({Level::kL1});
  wire::LocalCandidate& candidate = search.local->candidates[0];
  candidate.kind = records::ExhibitKind::kCaseTest;
  candidate.regions = {{.region = records::MarkRegion::kBreechFace,
                        .congruent_cells = 17,
                        .eligible_cells = 43,
                        .correlation = 0.412,
                        .turn_degrees = -6.0,
                        .log10_lr = 1.9,
                        .contributes = true},
                       {.region = records::MarkRegion::kApertureShear, .correlation = 0.71}};
  search.local->searched.refined_count = 12;
  search.local->searched.coarse_scored_count = 3'000;
  search.local->searched.missed_probability = 0.004;
  search.full_circle = true;

  const std::string text = SearchText(plain_, search);

  EXPECT_THAT(text, HasSubstr("17 of 43 cells"));
  EXPECT_THAT(text, HasSubstr("breech face"));
  EXPECT_THAT(text, HasSubstr("-6 deg"));
  EXPECT_THAT(text, HasSubstr("10^1.9"));
  EXPECT_THAT(text, HasSubstr("aperture shear"));
  EXPECT_THAT(text, HasSubstr("not counted"));
  EXPECT_THAT(text, HasSubstr("every turn tried"));
  EXPECT_THAT(text, HasSubstr("with probability 0.004"));
}

TEST_F(SearchTextTest, ABulletShowsItsLandsAndNoRegions) {
  wire::Search search = Local({Level::kL1});
  search.local->candidates[0].lands_compared = 5;

  const std::string text = SearchText(plain_, search);

  EXPECT_THAT(text, HasSubstr("5 lands"));
  EXPECT_THAT(text, Not(HasSubstr("congruent cells")));
}

TEST_F(SearchTextTest, APartnerThatIsDownHidesNobody) {
  const std::string text =
      SearchText(plain_, Asked({Partner(PartnerOutcome::kUnreachable),
                                Partner(PartnerOutcome::kAnswered, {Level::kL3})}));

  EXPECT_THAT(text, HasSubstr(std::string(wire::PartnerOutcomeName(PartnerOutcome::kUnreachable))));
  EXPECT_THAT(text, HasSubstr(LevelText(Level::kL3)));
  EXPECT_THAT(text, HasSubstr("abababababababababababababababababababababababababababababababab"));
}

TEST_F(SearchTextTest, ProvisionalStandsBesideEveryLevel) {
  wire::Search search = Local({Level::kL2});
  search.partners = {Partner(PartnerOutcome::kAnswered, {Level::kL2})};

  std::string text = SearchText(plain_, search);
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find("PROVISIONAL", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 2U);

  search.local->searched.provisional = false;
  search.partners[0].result->searched.provisional = false;
  EXPECT_THAT(SearchText(plain_, search), Not(HasSubstr("PROVISIONAL")));
}

TEST_F(SearchTextTest, OwnRecordsShowEverything) {
  wire::Search search = Local({Level::kL2});
  search.local->searched.held_count = 12'345;
  search.local->searched.failed_count = 2;
  search.local->searched.removals = {{records::ClassRule::kLandCount, 345}};
  search.rules_off = {records::ClassRule::kTwist};

  const std::string text = SearchText(plain_, search);

  for (const char* part : {"320 (10 to 1 300)", "0.568", "0.042", "12 345", "not comparable",
                           "removed by land count", "NOT complete", "rules not applied"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST_F(SearchTextTest, NeverSpeaksOfHitsOrPercentagesOfLikeness) {
  wire::Search search = Local({Level::kL4});
  search.partners = {Partner(PartnerOutcome::kAnswered, {Level::kL4})};

  const std::string text = SearchText(plain_, search);

  EXPECT_THAT(text, Not(HasSubstr("match %")));
  EXPECT_THAT(text, Not(HasSubstr(" hit")));
  EXPECT_THAT(text, Not(HasSubstr("identif")));
}

TEST_F(SearchTextTest, ReasonsFromOutsideCannotForgeLines) {
  wire::PartnerResult partner = Partner(PartnerOutcome::kRefused);
  partner.detail = "no\nfr.example: answered\x1b[2J";

  EXPECT_THAT(SearchText(plain_, Asked({partner})), Not(HasSubstr("\x1b")));
  EXPECT_THAT(OutcomeLine(partner), Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace proofmark::client::cli
