// SPDX-License-Identifier: Apache-2.0
// What north tells south of its records bears north's conditions, and south's node keeps to them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "records/firearm/checks.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using firearm::CheckId;
using ::proofmark::testing::Agency;
using ::proofmark::testing::AskAll;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::kPurpose;
using ::proofmark::testing::WireInTheMiddle;
using ::testing::Contains;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

wire::AnswerHandling Under(std::vector<std::string> codes) {
  wire::AnswerHandling handling;
  handling.codes = std::move(codes);
  if (handling.Has("H3")) handling.restrictions = "Not before the first of March.";
  handling.source_evaluation = "B";
  handling.information_evaluation = "2";
  return handling;
}

class AnswerHandlingTest : public ::testing::Test {
 protected:
  void Begin(const wire::AnswerHandling& handling) {
    federation::Partner asker = south_.AsPartner({kPurpose}, {kPurpose});
    asker.answered_handling = handling;
    north_.AddPartner(std::move(asker));
    south_.AddPartner(north_.AsPartner({kPurpose}, {kPurpose}));
    north_.Start();
    south_.Start();
    north_.Submit(0, 1, "NORTH-1");
    asked_ = south_.Submit(0, 2, "SOUTH-1");
  }

  wire::Search Search(const std::string& exhibit_id) {
    auto search = south_.node().searches().Run(
        kExaminer, AskAll(exhibit_id), [](const SearchEvent&) {}, nullptr);
    EXPECT_THAT(search, IsOk());
    return *std::move(search);
  }

  wire::Link Lead(const wire::Search& search) {
    const auto acted = south_.node().links().Review(
        kExaminer, {.search_id = search.search_id,
                    .agency = north_.domain(),
                    .handle = search.partners[0].result->candidates[0].handle,
                    .candidate_exhibit_id = "",
                    .lead = true,
                    .case_reference = "CASE-1",
                    .reasons = "striae run through"});
    EXPECT_THAT(acted, IsOk());
    return acted->link;
  }

  // South holds a firearm that was certified in 2019 and fired the exhibit before.
  void AttributeToCertified() {
    wire::NewFirearm asked;
    asked.firearm.serials = {{.component = firearm::Component::kFrame, .raw = "AB-12345"}};
    asked.firearm.firearm_class = firearm::FirearmClass::kPistolSemi;
    asked.firearm.make_raw = "Glock";
    asked.firearm.category = firearm::Category::kC6;
    asked.firearm.category_before = firearm::Category::kB5;
    asked.state = firearm::State::kRecovered;
    asked.authority = "Police";
    firearm::DeactivationRecord& papers = asked.deactivation.emplace();
    papers.standard = firearm::Standard::kEu2018;
    papers.checklist_type = 1;
    papers.certificate.emplace().number = "17/2019";
    papers.certificate->verifying_entity = "LPH";
    papers.certificate->country = "GB";
    papers.certificate->in_english = true;
    papers.certificate->certified_on = records::PartialDate{.year = 2019, .month = 3, .day = 1};
    papers.components = {{.component = firearm::Component::kFrame,
                          .modified = true,
                          .mark = firearm::DeactivationMark{"GB", "LPH", 2019},
                          .mark_image = ""}};
    asked.accepted = {CheckId::kD02, CheckId::kD03};
    const auto added = south_.node().firearms().Add(kLab, std::move(asked));
    ASSERT_THAT(added, IsOk());
    ASSERT_THAT(
        south_.node().firearms().Link(
            kExaminer,
            {.id = added->firearm.id,
             .exhibit = {.exhibit_id = asked_,
                         .test_fire = true,
                         .confirmed = true,
                         .fired_on = records::PartialDate{.year = 2018, .month = 1, .day = 1}},
             .reason = "test fire"}),
        IsOk());
  }

  // What the checks find of south's deactivated firearms, as it is counted for somebody.
  std::vector<std::string> Defects(Firearms::CountedFor counted_for) {
    std::vector<std::string> defects;
    EXPECT_THAT(south_.node().firearms().ForEachDeactivated(
                    counted_for,
                    [&](const firearm::ConformityFacts& facts) {
                      defects.insert(defects.end(), facts.defects.begin(), facts.defects.end());
                    }),
                IsOk());
    return defects;
  }

  FakeClock clock_;
  WireInTheMiddle wire_;
  Agency north_{"north", clock_, wire_};
  Agency south_{"south", clock_, wire_};
  std::string asked_;
};

TEST_F(AnswerHandlingTest, AnAnswerIsKeptWithItsConditionsAndSoIsWhatComesOfIt) {
  const wire::AnswerHandling conditions = Under({"H1", "H2", "H3"});
  std::vector<std::size_t> sizes;
  wire_.on_answer = [&](absl::StatusOr<federation::PeerAnswer>& answer) {
    if (answer.ok() && answer->envelope.type == wire::kMatchAnswerType) {
      sizes.push_back(answer->envelope.payload.size());
    }
  };
  Begin(conditions);

  const wire::Search search = Search(asked_);
  const wire::Search nothing_found = Search(south_.Submit(7, 1, "SOUTH-2"));
  const wire::Link link = Lead(search);
  south_.Crash();
  south_.Start();

  ASSERT_THAT(search.partners[0].result->candidates, Not(IsEmpty()));
  EXPECT_EQ(search.partners[0].result->handling, conditions);
  ASSERT_THAT(nothing_found.partners[0].result->candidates, IsEmpty());
  EXPECT_EQ(nothing_found.partners[0].result->handling, conditions);
  EXPECT_THAT(sizes, SizeIs(2));
  EXPECT_THAT(sizes, Each(wire::kAnswerSizeClassBytes));
  const auto kept = south_.node().searches().Get(kExaminer, search.search_id);
  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ(kept->partners[0].result->handling, conditions);
  const auto kept_link = south_.node().links().Get(kExaminer, link.link_id);
  ASSERT_THAT(kept_link, IsOk());
  EXPECT_EQ(kept_link->handling, conditions);
}

TEST_F(AnswerHandlingTest, WithoutAWordOfTheHolderAnAnswerIsH0AndX4) {
  Begin({});

  EXPECT_EQ(Search(asked_).partners[0].result->handling, wire::AnswerHandling());
}

// Counts for partners must not rest on what a third agency keeps between two.
TEST_F(AnswerHandlingTest, WhatMayNotBePassedOnIsInNoCountForPartners) {
  Begin(Under({"H2"}));
  AttributeToCertified();
  const std::string linked(firearm::RuleOf(CheckId::kD15).code);
  ASSERT_THAT(Defects(Firearms::CountedFor::kOwnPeople), Not(Contains(linked)));

  Lead(Search(asked_));

  EXPECT_THAT(Defects(Firearms::CountedFor::kOwnPeople), Contains(linked));
  EXPECT_THAT(Defects(Firearms::CountedFor::kPartners), Not(Contains(linked)));
}

TEST_F(AnswerHandlingTest, WhatMayBePassedOnIsCounted) {
  Begin(Under({"H1"}));
  AttributeToCertified();

  Lead(Search(asked_));

  EXPECT_THAT(Defects(Firearms::CountedFor::kPartners),
              Contains(std::string(firearm::RuleOf(CheckId::kD15).code)));
}

}  // namespace
}  // namespace proofmark::journeys
