// SPDX-License-Identifier: Apache-2.0
// What south asks north unbidden, because of how an exhibit was recovered.
#include "server/journeys/share_triggers.h"

#include <string>
#include <utility>
#include <vector>

#include "proto/wire/match.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::proofmark::testing::Agency;
using ::proofmark::testing::Brought;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::GeneratedBullet;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::kPurpose;
using ::proofmark::testing::WireInTheMiddle;
using records::EntryKind;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using wire::StandingState;

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

class ShareTriggersTest : public ::testing::Test {
 protected:
  ShareTriggersTest() {
    north_.AddPartner(south_.AsPartner({kPurpose}, {kPurpose}));
    east_.AddPartner(south_.AsPartner({kPurpose}, {kPurpose}));
    south_.AddPartner(east_.AsPartner({kPurpose}, {kPurpose}));
    federation::Partner north = north_.AsPartner({kPurpose}, {kPurpose});
    north.share = {.triggers = {"CONVERTED", "CUSTOMS", "DEACTIVATED_LINK", "TERRORISM"},
                   .purpose = kPurpose,
                   .days = 10};
    south_.AddPartner(std::move(north));
    for (Agency* const agency : {&north_, &south_, &east_}) agency->Start();
    north_.Submit(0, 1, "NORTH-1");
    wire_.on_question = [this](crypto::Envelope& envelope) {
      if (envelope.type != wire::kMatchQuestionType) return;
      const auto question = wire::ParseMatchQuestion(envelope.payload);
      const base::MutexLock lock(mutex_);
      asked_.push_back({envelope.recipient, question.ok() ? question->offence : "?"});
    };
    NextDay();
  }

  void NextDay() {
    clock_.AdvanceMillis(kDayMs);
    for (Agency* const agency : {&north_, &south_, &east_}) agency->node().housekeeping().RunNow();
  }

  // South's exhibit, recovered in these circumstances.
  std::string Submit(std::uint32_t shot, std::vector<std::string> circumstances,
                     std::string case_reference = "SOUTH-24-117") {
    Brought brought = GeneratedBullet(0, shot, "SOUTH-" + std::to_string(shot));
    brought.header.identity.circumstances = std::move(circumstances);
    brought.header.identity.case_reference = std::move(case_reference);
    const auto result = south().submissions().Submit(kLab, brought.header, brought.scans);
    EXPECT_THAT(result, IsOk());
    return result->exhibit.exhibit.id;
  }
  // What goes out in a round, in its order: to whom, and the offence stated.
  std::vector<std::pair<std::string, std::string>> Round() {
    {
      const base::MutexLock lock(mutex_);
      asked_.clear();
    }
    south().standing_work().RunNow();
    const base::MutexLock lock(mutex_);
    return asked_;
  }
  std::vector<wire::StandingQuestion> Standing() {
    const auto page = south().standing_questions().List(kExaminer, 0, "", false);
    EXPECT_THAT(page, IsOk());
    return page->questions;
  }
  std::vector<std::string> Outcomes(EntryKind kind) {
    std::vector<std::string> outcomes;
    for (const records::LedgerEntry& entry : EntriesOf(south().ledger(), kind)) {
      outcomes.push_back(entry.draft.outcome);
    }
    return outcomes;
  }
  void Restate(const std::string& id, std::vector<std::string> circumstances) {
    const auto view = south().exhibits().Get(kLab, id, false);
    ASSERT_THAT(view, IsOk());
    records::ExhibitIdentity identity = *view->identity;
    identity.circumstances = std::move(circumstances);
    EXPECT_THAT(south().exhibits().Correct(kLab, id,
                                           {.characteristics = view->exhibit.characteristics,
                                            .identity = std::move(identity)},
                                           "stated wrongly"),
                IsOk());
  }
  std::string AddFirearm(firearm::State state) {
    wire::NewFirearm asked;
    asked.firearm.serials = {{.component = firearm::Component::kFrame, .raw = "AB123"}};
    asked.firearm.firearm_class = firearm::FirearmClass::kPistolSemi;
    asked.firearm.make_raw = "Glock";
    asked.firearm.category = firearm::Category::kB5;
    asked.state = state;
    asked.authority = "Police";
    const auto acted = south().firearms().Add(kLab, std::move(asked));
    EXPECT_THAT(acted, IsOk());
    return acted->firearm.id;
  }
  void Attribute(const std::string& firearm, const std::string& exhibit) {
    EXPECT_THAT(
        south().firearms().Link(kExaminer, {.id = firearm,
                                            .exhibit = {.exhibit_id = exhibit, .test_fire = true},
                                            .reason = "test fire"}),
        IsOk());
  }

  node::Node& south() { return south_.node(); }

  FakeClock clock_;
  WireInTheMiddle wire_;
  Agency north_{"north", clock_, wire_};
  Agency south_{"south", clock_, wire_};
  Agency east_{"east", clock_, wire_};
  base::Mutex mutex_;
  std::vector<std::pair<std::string, std::string>> asked_;
};

TEST_F(ShareTriggersTest, AsksThePartnerWhoseRuleNamesItAndNobodyElse) {
  const std::string id = Submit(2, {"BORDER_80KM", "CUSTOMS"});

  EXPECT_THAT(Round(), ElementsAre(std::pair(north_.node_id(), std::string("BORDER"))));

  ASSERT_THAT(Standing(), SizeIs(1));
  const wire::StandingQuestion question = Standing()[0];
  EXPECT_EQ(question.exhibit_id, id);
  EXPECT_THAT(question.triggers, ElementsAre("CUSTOMS"));
  EXPECT_FALSE(question.urgent);
  EXPECT_EQ(question.asked_by, kLab.pseudonym);
  EXPECT_EQ(question.purpose, kPurpose);
  EXPECT_EQ(question.case_reference, "SOUTH-24-117");
  EXPECT_EQ(question.expire_unix_ms - question.add_unix_ms, 10 * kDayMs);
  ASSERT_THAT(question.partners, SizeIs(1));
  EXPECT_EQ(question.partners[0].fault, "");
  const auto search = south().searches().Get(kExaminer, question.partners[0].search_id);
  ASSERT_THAT(search, IsOk());
  EXPECT_EQ(search->standing_id, question.standing_id);
  EXPECT_THAT(search->partners[0].result->candidates, SizeIs(1));
  EXPECT_THAT(Outcomes(EntryKind::kDecision),
              ElementsAre("SHARE_TRIGGER:CUSTOMS", "STANDING_DUE", "STANDING_ASKED"));
  // The partner does not learn why.
  EXPECT_THAT(wire_.CrossedBytes(), Not(HasSubstr("CUSTOMS")));
}

TEST_F(ShareTriggersTest, WhatNoRuleNamesIsNotAsked) {
  Submit(2, {"BORDER_80KM", "URGENT"});
  Submit(3, {});

  EXPECT_THAT(Round(), IsEmpty());
  EXPECT_THAT(Standing(), IsEmpty());
}

TEST_F(ShareTriggersTest, IsRegisteredOnceWhateverHappensAgain) {
  const std::string id = Submit(2, {"CUSTOMS"});
  EXPECT_THAT(Round(), SizeIs(1));
  EXPECT_THAT(Round(), IsEmpty());
  ASSERT_THAT(south().standing_questions().Stop(kExaminer, Standing()[0].standing_id, "settled"),
              IsOk());

  // The same content again, and circumstances that fire anew: what a person stopped stays so.
  Submit(2, {"CUSTOMS"});
  Restate(id, {"CUSTOMS", "TERRORISM"});

  EXPECT_THAT(Round(), IsEmpty());
  ASSERT_THAT(Standing(), SizeIs(1));
  EXPECT_EQ(Standing()[0].state, StandingState::kStopped);
}

TEST_F(ShareTriggersTest, ACrashBeforeItWasRegisteredLosesNothing) {
  Submit(2, {"CUSTOMS"});
  south_.Crash();
  south_.Start();

  EXPECT_THAT(Round(), SizeIs(1));
  south_.Crash();
  south_.Start();
  EXPECT_THAT(Round(), IsEmpty());
  EXPECT_THAT(Standing(), SizeIs(1));
}

TEST_F(ShareTriggersTest, UrgentOnesAreAskedFirst) {
  Submit(2, {"TERRORISM", "URGENT"});
  Submit(3, {"CUSTOMS"});  // Newer, and so first otherwise.

  const auto asked = Round();

  ASSERT_THAT(asked, SizeIs(2));
  EXPECT_EQ(asked[0].second, "TERRORISM");
  EXPECT_EQ(asked[1].second, "BORDER");
  EXPECT_THAT(Outcomes(EntryKind::kDecision), Contains("SHARE_TRIGGER:URGENT"));
}

TEST_F(ShareTriggersTest, APartnerThatIsAwayIsAskedAgainSoonerWhereLifeIsAtRisk) {
  wire_.Disconnect(north_.node_id());
  Submit(2, {"TERRORISM", "URGENT"});
  Submit(3, {"CUSTOMS"});
  EXPECT_THAT(Round(), IsEmpty());
  EXPECT_THAT(Standing()[0].partners[0].fault, HasSubstr("unreachable"));
  const auto counts = south().standing_questions().Count();
  ASSERT_THAT(counts, IsOk());
  EXPECT_EQ(counts->active, 2);
  EXPECT_EQ(counts->automatic, 2);
  EXPECT_EQ(counts->due, 2);
  EXPECT_EQ(counts->failing, 2);

  wire_.Connect(north_.node());
  EXPECT_THAT(Round(), IsEmpty());
  clock_.AdvanceMillis(kUrgentRetryMs);
  EXPECT_THAT(Round(), Contains(std::pair(north_.node_id(), std::string("TERRORISM"))));
  clock_.AdvanceMillis(kCollectionCheckMs);
  Round();
  EXPECT_EQ(south().standing_questions().Count()->failing, 0);
}

TEST_F(ShareTriggersTest, ABudgetThatIsUsedUpIsShownAndTriedAgain) {
  north_.Crash();
  Agency poor("north", clock_, wire_);  // The same agency, answering one question a day.
  federation::Partner asker = south_.AsPartner({kPurpose}, {kPurpose});
  asker.budget = {.per_day = 1, .per_30_days = 30};
  poor.AddPartner(std::move(asker));
  poor.Start();
  poor.node().housekeeping().RunNow();
  Submit(2, {"CUSTOMS"});
  Submit(3, {"CUSTOMS"});

  EXPECT_THAT(Round(), SizeIs(2));

  std::vector<std::string> faults;
  for (const wire::StandingQuestion& question : Standing()) {
    faults.push_back(question.partners[0].fault);
  }
  EXPECT_THAT(faults, Contains(""));
  EXPECT_THAT(faults, Contains(HasSubstr("CAPACITY")));
  EXPECT_THAT(Round(), IsEmpty());
  clock_.AdvanceMillis(kDayMs + kCollectionCheckMs);
  EXPECT_THAT(Round(), SizeIs(1));
  for (const wire::StandingQuestion& question : Standing()) {
    EXPECT_EQ(question.partners[0].fault, "");
  }
}

TEST_F(ShareTriggersTest, ACorrectionStartsChangesAndEndsIt) {
  const std::string id = Submit(2, {});
  EXPECT_THAT(Round(), IsEmpty());

  Restate(id, {"CUSTOMS"});
  EXPECT_THAT(Round(), SizeIs(1));

  Restate(id, {"CUSTOMS", "TERRORISM", "URGENT"});
  EXPECT_THAT(Round(), IsEmpty());  // It was answered already.
  EXPECT_THAT(Standing()[0].triggers, ElementsAre("CUSTOMS", "TERRORISM"));
  EXPECT_TRUE(Standing()[0].urgent);

  Restate(id, {"BORDER_80KM"});
  Round();
  EXPECT_EQ(Standing()[0].state, StandingState::kStopped);
  EXPECT_EQ(Standing()[0].stopped_by, "");
  EXPECT_THAT(Standing()[0].stop_reasons, HasSubstr("no share trigger"));
}

TEST_F(ShareTriggersTest, WhatTheFirearmsRecordSaysAsksTooFromTheMomentItIsLinked) {
  const std::string id = Submit(2, {});
  const std::string firearm = AddFirearm(firearm::State::kConverted);
  EXPECT_THAT(Round(), IsEmpty());

  Attribute(firearm, id);

  EXPECT_THAT(Round(), ElementsAre(std::pair(north_.node_id(), std::string("CONVERSION"))));
  EXPECT_THAT(Standing()[0].triggers, ElementsAre("CONVERTED"));
}

TEST_F(ShareTriggersTest, APartnersWordThatItHoldsADeactivatedOneAsksToo) {
  const std::string id = Submit(2, {});
  const std::string firearm = AddFirearm(firearm::State::kRecovered);
  Attribute(firearm, id);
  EXPECT_THAT(Round(), IsEmpty());

  EXPECT_THAT(south().firearms().AddSighting(kExaminer, firearm, east_.domain(),
                                             firearm::StateGroup::kDeactivated, "ref-1"),
              IsOk());

  EXPECT_THAT(Round(), SizeIs(1));
  EXPECT_THAT(Standing()[0].triggers, ElementsAre("DEACTIVATED_LINK"));
}

TEST_F(ShareTriggersTest, WithdrawnBeforeItsTurnItIsNotAsked) {
  const std::string id = Submit(2, {"CUSTOMS"});
  ASSERT_THAT(south().exhibits().Withdraw(kLab, id, "wrong item"), IsOk());

  EXPECT_THAT(Round(), IsEmpty());
  EXPECT_THAT(Standing(), IsEmpty());
}

TEST_F(ShareTriggersTest, WithoutACaseTheItemNumberStandsForIt) {
  Submit(2, {"CUSTOMS"}, "");
  Round();
  EXPECT_EQ(Standing()[0].case_reference, "SOUTH-2");
}

TEST_F(ShareTriggersTest, ItsEndIsNoAlarm) {
  Submit(2, {"CUSTOMS"});
  Round();
  clock_.AdvanceMillis(11 * kDayMs);
  EXPECT_THAT(Round(), IsEmpty());
  EXPECT_EQ(Standing()[0].state, StandingState::kExpired);
  EXPECT_THAT(Outcomes(EntryKind::kAlarm), IsEmpty());
  EXPECT_THAT(Outcomes(EntryKind::kDecision), Contains("STANDING_EXPIRED"));
}

TEST_F(ShareTriggersTest, GoesWithItsCase) {
  Submit(2, {"CUSTOMS"});
  Round();
  const federation::Caller administrator{crypto::StaffRole::kAdministrator, "admin-2"};
  const auto erased =
      south().erasures().EraseCase(administrator, "SOUTH-24-117", "COURT_ORDER", false);
  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->standing, 1);
  EXPECT_THAT(Standing(), IsEmpty());
  EXPECT_THAT(Round(), IsEmpty());
}

}  // namespace
}  // namespace proofmark::journeys
