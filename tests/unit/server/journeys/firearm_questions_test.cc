// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/firearm_questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using firearm::FirearmClass;
using firearm::State;
using firearm::StateGroup;
using ::proofmark::testing::Agency;
using ::proofmark::testing::AllBytes;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::kPurpose;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::WireInTheMiddle;
using records::EntryKind;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using wire::CertificateStanding;
using wire::MarkStanding;
using wire::PartnerOutcome;

wire::NewFirearm Pistol(const std::string& serial, State state) {
  wire::NewFirearm asked;
  asked.firearm.serials = {{.component = firearm::Component::kFrame, .raw = serial}};
  asked.firearm.firearm_class = FirearmClass::kPistolSemi;
  asked.firearm.make_raw = "Glock";
  asked.state = state;
  asked.authority = "Register office";
  return asked;
}

// Certificate `number` of LPH, mark EU/GB/LPH/2019 on the frame.
wire::NewFirearm Deactivated(const std::string& serial, const std::string& number,
                             State state = State::kDeactivated) {
  wire::NewFirearm asked = Pistol(serial, state);
  asked.firearm.category = firearm::Category::kC6;
  asked.firearm.category_before = firearm::Category::kB1;
  firearm::DeactivationRecord& record = asked.deactivation.emplace();
  record.standard = firearm::Standard::kEu2018;
  record.checklist_type = 1;
  record.certificate.emplace().number = number;
  record.certificate->verifying_entity = "LPH";
  record.certificate->country = "GB";
  record.certificate->certified_on = records::PartialDate{.year = 2019, .month = 3, .day = 1};
  record.components = {{.component = firearm::Component::kFrame,
                        .modified = true,
                        .mark = firearm::DeactivationMark{"GB", "LPH", 2019},
                        .mark_image = ""}};
  asked.accepted = {firearm::CheckId::kD02, firearm::CheckId::kD03};
  return asked;
}

// North asks south, which may be asked so many questions.
class FirearmQuestionsTest : public ::testing::Test {
 protected:
  FirearmQuestionsTest() { Start(federation::BudgetLimits{.per_day = 100, .per_30_days = 1'000}); }

  void Start(std::optional<federation::BudgetLimits> budget) {
    north_.emplace("north", clock_, wire_);
    south_.emplace("south", clock_, wire_);
    federation::Partner north = north_->AsPartner({kPurpose}, {kPurpose});
    north.firearm_check_budget = budget;
    north_->AddPartner(south_->AsPartner({kPurpose}, {kPurpose}));
    south_->AddPartner(std::move(north));
    north_->Start();
    south_->Start();
  }

  wire::KeptFirearm Hold(wire::NewFirearm asked) {
    auto acted = south_->node().firearms().Add(kLab, std::move(asked));
    EXPECT_THAT(acted, IsOk());
    return acted.ok() ? std::move(acted->firearm) : wire::KeptFirearm{};
  }
  void Move(const wire::KeptFirearm& kept, State to) {
    wire::FirearmTransition next;
    next.id = kept.id;
    next.to = to;
    next.authority = "Register office";
    EXPECT_THAT(south_->node().firearms().Transition(kLab, next), IsOk());
  }

  static wire::FirearmCheckRequest About(wire::FirearmToCheck check) {
    wire::FirearmCheckRequest request;
    request.check = std::move(check);
    request.purpose = kPurpose;
    request.case_reference = "CASE-4711/26";
    return request;
  }
  wire::FirearmCheckResult Ask(wire::FirearmToCheck check) {
    auto checked = north_->node().firearm_questions().Ask(kExaminer, About(std::move(check)));
    EXPECT_THAT(checked, IsOk());
    if (!checked.ok() || checked->partners.size() != 1) return {};
    return std::move(checked->partners[0]);
  }
  template <typename Verdict>
  Verdict Answer(wire::FirearmToCheck check) {
    const wire::FirearmCheckResult result = Ask(std::move(check));
    EXPECT_EQ(result.outcome, PartnerOutcome::kAnswered) << result.detail;
    if (!result.verdict || !std::holds_alternative<Verdict>(*result.verdict)) {
      ADD_FAILURE() << "no verdict of that kind";
      return {};
    }
    return std::get<Verdict>(*result.verdict);
  }
  CertificateStanding Certificate(const std::string& number, const std::string& serial = "",
                                  const std::string& entity = "LPH") {
    return Answer<CertificateStanding>(
        wire::CertificateToCheck{.entity = entity, .number = number, .serial = serial});
  }
  wire::MarkVerdict Mark(const std::string& mark, const std::string& serial,
                         std::optional<FirearmClass> firearm_class = std::nullopt) {
    return Answer<wire::MarkVerdict>(
        wire::MarkToCheck{.mark = mark, .firearm_class = firearm_class, .serial = serial});
  }
  wire::SerialCheckVerdict Serial(const std::string& serial, const std::string& make = "",
                                  std::optional<FirearmClass> firearm_class = std::nullopt) {
    return Answer<wire::SerialCheckVerdict>(
        wire::SerialToCheck{.serial = serial, .make = make, .firearm_class = firearm_class});
  }

  static std::vector<std::string> AlarmsOf(Agency& agency) {
    std::vector<std::string> codes;
    for (const records::LedgerEntry& entry : EntriesOf(agency.node().ledger(), EntryKind::kAlarm)) {
      codes.push_back(entry.draft.outcome);
    }
    return codes;
  }

  FakeClock clock_;
  WireInTheMiddle wire_;
  std::optional<Agency> north_, south_;
};

TEST_F(FirearmQuestionsTest, ACertificateStandsIsWithdrawnIsNotFoundOrIsOfAnotherFirearm) {
  const wire::KeptFirearm kept = Hold(Deactivated("AB-12345", "A/17"));

  EXPECT_EQ(Certificate("a 17"), CertificateStanding::kValid);
  EXPECT_EQ(Certificate("A17", "AB 12345"), CertificateStanding::kValid);
  EXPECT_EQ(Certificate("A17", "AB 12346"), CertificateStanding::kMismatch);
  EXPECT_EQ(Certificate("A18"), CertificateStanding::kNotFound);
  EXPECT_EQ(Certificate("A17", "", "BPH"), CertificateStanding::kNotFound);

  Move(kept, State::kCertificateWithdrawn);
  EXPECT_EQ(Certificate("A17"), CertificateStanding::kWithdrawn);
  EXPECT_EQ(Certificate("A17", "AB 12346"), CertificateStanding::kMismatch);
}

// Mutual recognition does not end with the firearm's stay in an evidence store.
TEST_F(FirearmQuestionsTest, ACertificateStandsWhateverStateTheFirearmIsIn) {
  const wire::KeptFirearm kept = Hold(Deactivated("AB-12345", "A/17", State::kRecovered));
  Move(kept, State::kInEvidence);

  EXPECT_EQ(Certificate("A17", "AB 12345"), CertificateStanding::kValid);
  EXPECT_EQ(Mark("EU/GB/LPH/19", "AB12345").standing, MarkStanding::kUnknown);
  EXPECT_FALSE(Serial("AB12345").state_group.has_value());
}

TEST_F(FirearmQuestionsTest, AMarkIsKnownUnknownOrInConflictWithWhatIsHeld) {
  Hold(Deactivated("AB-12345", "A/17"));
  Hold(Pistol("CD-1", State::kStolen));

  const wire::MarkVerdict known = Mark("EU GB LPH 19", "AB12345", FirearmClass::kPistolSemi);
  EXPECT_EQ(known.standing, MarkStanding::kKnown);
  EXPECT_EQ(known.reference.size(), 32U);
  EXPECT_EQ(Mark("EU/UK", "AB12345").standing, MarkStanding::kKnown);  // The short mark.
  EXPECT_EQ(Mark("EU/GB/LPH/18", "AB12345").standing, MarkStanding::kConflict);
  EXPECT_EQ(Mark("EU/FR", "AB12345").standing, MarkStanding::kConflict);
  EXPECT_EQ(Mark("EU/GB/LPH/19", "AB12345", FirearmClass::kRevolver).standing,
            MarkStanding::kConflict);
  EXPECT_EQ(Mark("EU/GB/LPH/19", "AB12346").standing, MarkStanding::kUnknown);
  EXPECT_EQ(Mark("EU/GB/LPH/19", "AB12346").reference, "");
  EXPECT_EQ(Mark("EU/GB/LPH/19", "CD1").standing, MarkStanding::kUnknown);  // Never deactivated.
}

TEST_F(FirearmQuestionsTest, ASerialNumberMatchesWhatIsSharedAndAgreesInWhatIsKnown) {
  Hold(Deactivated("AB-12345", "A/17"));
  Hold(Pistol("KL-2", State::kStolen));
  Hold(Pistol("KL-3", State::kRegistered));
  Hold(Pistol("KL-4", State::kSeized));
  Hold(Pistol("KL-5", State::kDestroyed));
  // Marked with a Cyrillic letter that looks like a C and sounds like an S.
  Hold(Pistol("\xD0\xA1-77", State::kLost));

  EXPECT_EQ(Serial("ab 12345").state_group, StateGroup::kDeactivated);
  EXPECT_EQ(Serial("KL2", "GLOCK", FirearmClass::kPistolSemi).state_group, StateGroup::kLostStolen);
  EXPECT_EQ(Serial("KL4").state_group, StateGroup::kOther);
  EXPECT_EQ(Serial("KL5").state_group, StateGroup::kDestroyed);
  EXPECT_EQ(Serial("C77").state_group, StateGroup::kLostStolen);
  EXPECT_EQ(Serial("S77").state_group, StateGroup::kLostStolen);
  EXPECT_EQ(Serial("KL2").reference.size(), 32U);

  EXPECT_FALSE(Serial("KL3").state_group.has_value());  // Lawful possession is nobody's matter.
  EXPECT_EQ(Serial("KL3").reference, "");
  EXPECT_FALSE(Serial("KL2", "CZ").state_group.has_value());
  EXPECT_FALSE(Serial("KL2", "", FirearmClass::kRevolver).state_group.has_value());
  EXPECT_FALSE(Serial("KL").state_group.has_value());
}

TEST_F(FirearmQuestionsTest, TheNewestFindingOfAnAlarmModelIsTold) {
  const auto add = [&](const char* model, firearm::AlarmConformity result, const char* authority,
                       std::optional<records::PartialDate> date) {
    wire::KeptAlarmTest test;
    test.test.make_raw = "Ekol";
    test.test.model = model;
    test.test.result = result;
    test.test.authority = authority;
    test.test.tested_on = date;
    EXPECT_THAT(south_->node().alarm_tests().Add(kLab, test), IsOk());
  };
  add("Firat 92", firearm::AlarmConformity::kNotConforming, "BKA",
      records::PartialDate{2024, 3, 1});
  add("FIRAT-92", firearm::AlarmConformity::kConforms, "PTB", records::PartialDate{2022, 1, 1});
  add("Firat 92", firearm::AlarmConformity::kConforms, "undated", std::nullopt);

  const auto told =
      Answer<wire::AlarmModelVerdict>(wire::AlarmModelToCheck{.make = "EKOL", .model = "firat92"});
  EXPECT_EQ(told.result, firearm::AlarmConformity::kNotConforming);
  EXPECT_EQ(told.authority, "BKA");
  EXPECT_EQ(told.tested_on, (records::PartialDate{2024, 3, 1}));
  const auto other =
      Answer<wire::AlarmModelVerdict>(wire::AlarmModelToCheck{.make = "Ekol", .model = "Tuna"});
  EXPECT_EQ(other, wire::AlarmModelVerdict{});
  const auto changes = EntriesOf(south_->node().ledger(), EntryKind::kRegistryChange);
  EXPECT_EQ(changes.back().draft.outcome, "ALARM_TEST_ADDED");
  EXPECT_EQ(changes.back().draft.actor, "lab-1");
  const auto page = south_->node().alarm_tests().List(kLab, 2, "");
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->tests, SizeIs(2));
  EXPECT_NE(page->next_page_token, "");
}

TEST_F(FirearmQuestionsTest, WhatNothingIsFoundByIsRefusedBeforeAnybodyIsAsked) {
  auto& questions = north_->node().firearm_questions();
  const auto refused = [&](wire::FirearmToCheck check, const char* begins) {
    EXPECT_THAT(questions.Ask(kExaminer, About(std::move(check))),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(begins)));
  };
  refused(wire::SerialToCheck{.serial = "--", .make = "", .firearm_class = std::nullopt}, "serial");
  refused(wire::MarkToCheck{.mark = "LPH", .firearm_class = std::nullopt, .serial = "A1"}, "mark");
  refused(wire::CertificateToCheck{.entity = "LPH", .number = "-/-", .serial = ""}, "number");
  refused(wire::AlarmModelToCheck{.make = "Makarov", .model = "MP-371"}, "make");
  refused(wire::AlarmModelToCheck{.make = "Ekol", .model = "-"}, "model");
  wire::FirearmCheckRequest request =
      About(wire::SerialToCheck{.serial = "A1", .make = "", .firearm_class = std::nullopt});
  request.purpose = "CURIOSITY";
  EXPECT_THAT(questions.Ask(kExaminer, request),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("purpose")));
  request = About(wire::SerialToCheck{.serial = "A1", .make = "", .firearm_class = std::nullopt});
  request.partners = {"west.test"};
  EXPECT_THAT(questions.Ask(kExaminer, request), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(EntriesOf(north_->node().ledger(), EntryKind::kQueryOut), IsEmpty());
}

TEST_F(FirearmQuestionsTest, BothLedgersTellTheSameExchangeAndNoSerial) {
  Hold(Pistol("KL-2", State::kStolen));
  Serial("KL2");
  Serial("QX771144Z");

  const auto asked = EntriesOf(north_->node().ledger(), EntryKind::kQueryOut);
  const auto closed = EntriesOf(north_->node().ledger(), EntryKind::kAnswerIn);
  const auto answered = EntriesOf(south_->node().ledger(), EntryKind::kQueryIn);
  ASSERT_THAT(asked, SizeIs(2));
  ASSERT_THAT(closed, SizeIs(2));
  ASSERT_THAT(answered, SizeIs(2));
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(closed[i].draft.exchange, answered[i].draft.exchange);
    EXPECT_EQ(closed[i].draft.request_hash, answered[i].draft.request_hash);
    EXPECT_EQ(closed[i].draft.response_hash, answered[i].draft.response_hash);
    EXPECT_EQ(closed[i].draft.count, answered[i].draft.count);
    EXPECT_EQ(closed[i].draft.outcome, "ANSWERED");
    EXPECT_EQ(answered[i].draft.outcome, "ANSWERED");
    EXPECT_EQ(closed[i].draft.case_commitment, answered[i].draft.case_commitment);
    ASSERT_TRUE(closed[i].draft.peer_entry.has_value());
    EXPECT_EQ(closed[i].draft.peer_entry->index, answered[i].seq);
    EXPECT_EQ(asked[i].draft.object.size(), 64U);
  }
  EXPECT_NE(asked[0].draft.object, asked[1].draft.object);
  EXPECT_EQ(answered[0].draft.count, 1U);
  EXPECT_EQ(answered[1].draft.count, 0U);
  // Named to the partner, and kept by neither.
  EXPECT_THAT(wire_.CrossedBytes(), HasSubstr("QX771144Z"));
  EXPECT_THAT(AllBytes(north_->disk()), Not(HasSubstr("QX771144Z")));
  EXPECT_THAT(AllBytes(south_->disk()), Not(HasSubstr("QX771144Z")));
}

// What is asked and whether it is found changes nothing that travels back but its sealed content.
TEST_F(FirearmQuestionsTest, AnswersOfAllKindsHaveOneSize) {
  Hold(Deactivated("AB-12345", "A/17"));
  std::vector<std::size_t> sizes;
  wire_.on_answer = [&](absl::StatusOr<federation::PeerAnswer>& answer) {
    ASSERT_THAT(answer, IsOk());
    sizes.push_back(answer->envelope.payload.size());
  };

  Certificate("A17");
  Certificate("A18");
  Mark("EU/GB/LPH/19", "AB12345");
  Mark("EU/GB/LPH/19", "7");
  Serial("AB12345");
  Serial("7");
  Answer<wire::AlarmModelVerdict>(wire::AlarmModelToCheck{.make = "Ekol", .model = "Tuna"});

  EXPECT_THAT(sizes, SizeIs(7));
  EXPECT_THAT(sizes, Each(1024U));
}

TEST_F(FirearmQuestionsTest, WithoutAnAgreedBudgetItIsRefusedInWriting) {
  north_.reset();
  south_.reset();
  Start(std::nullopt);

  const wire::FirearmCheckResult result =
      Ask(wire::SerialToCheck{.serial = "A1", .make = "", .firearm_class = std::nullopt});

  EXPECT_EQ(result.outcome, PartnerOutcome::kRefused);
  EXPECT_EQ(result.refusal_code, "POLICY");
  EXPECT_FALSE(result.verdict.has_value());
  EXPECT_EQ(EntriesOf(south_->node().ledger(), EntryKind::kQueryIn)[0].draft.outcome,
            "REFUSED:POLICY");
  EXPECT_EQ(EntriesOf(north_->node().ledger(), EntryKind::kAnswerIn)[0].draft.outcome,
            "REFUSED:POLICY");
}

TEST_F(FirearmQuestionsTest, APurposeThatIsNotAgreedIsNotSent) {
  wire::FirearmCheckRequest request =
      About(wire::SerialToCheck{.serial = "A1", .make = "", .firearm_class = std::nullopt});
  request.purpose = "TRAFFICKING_TRACE";

  const auto checked = north_->node().firearm_questions().Ask(kExaminer, request);

  ASSERT_THAT(checked, IsOk());
  ASSERT_THAT(checked->partners, SizeIs(1));
  EXPECT_EQ(checked->partners[0].outcome, PartnerOutcome::kNotAsked);
  EXPECT_EQ(wire_.sent_count(), 0);
  const auto denied = EntriesOf(north_->node().ledger(), EntryKind::kDeny);
  ASSERT_THAT(denied, SizeIs(1));
  EXPECT_EQ(denied[0].draft.outcome, "NOT_ASKED:PURPOSE");
}

TEST_F(FirearmQuestionsTest, BeyondTheBudgetItEndsWithAnAlarmAndAfterACrashTooAndTheAskerIsTold) {
  north_.reset();
  south_.reset();
  Start(federation::BudgetLimits{.per_day = 3, .per_30_days = 30});
  Certificate("A1");
  Mark("EU/GB", "B1");
  Answer<wire::AlarmModelVerdict>(wire::AlarmModelToCheck{.make = "Ekol", .model = "Tuna"});
  south_->Crash();
  south_->Start();

  const wire::FirearmCheckResult fourth =
      Ask(wire::SerialToCheck{.serial = "C1", .make = "", .firearm_class = std::nullopt});

  EXPECT_EQ(fourth.outcome, PartnerOutcome::kRefused);
  EXPECT_EQ(fourth.refusal_code, "CAPACITY");
  EXPECT_THAT(AlarmsOf(*south_), ElementsAre("CHECKS_EXHAUSTED"));
  const auto here = south_->node().Budgets();
  ASSERT_THAT(here, IsOk());
  EXPECT_EQ((*here)[0].firearm_checks_here->used_today, 3);
  EXPECT_EQ((*here)[0].here.used_today, 0);  // Searches are counted apart.
  const auto there = north_->node().Budgets();
  ASSERT_THAT(there, IsOk());
  ASSERT_TRUE((*there)[0].firearm_checks_there.has_value());
  EXPECT_EQ((*there)[0].firearm_checks_there->statement.left_today(), 0);
}

TEST_F(FirearmQuestionsTest, TheSameMessageAgainGetsTheSameBytesAndCostsNothing) {
  Hold(Pistol("KL-2", State::kStolen));
  std::optional<crypto::Envelope> question;
  wire_.on_question = [&](crypto::Envelope& message) { question = message; };
  std::string first;
  wire_.on_answer = [&](absl::StatusOr<federation::PeerAnswer>& answer) {
    first = answer->envelope.signature;
  };
  Serial("KL2");
  ASSERT_TRUE(question.has_value());
  const std::uint64_t size = south_->node().ledger().Head().size;

  const auto again = south_->node().reception().Receive(
      {.domain = north_->domain(), .node_id = north_->node_id()}, *question, {});

  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->envelope.signature, first);
  EXPECT_EQ(south_->node().ledger().Head().size, size);
  EXPECT_EQ((*south_->node().Budgets())[0].firearm_checks_here->used_today, 1);
}

// A range is walked: its price doubles and a person is called. The same number again is no walk.
TEST_F(FirearmQuestionsTest, NeighbouringNumbersRaiseAnAlarmAndTheirPrice) {
  for (int i = 0; i < 20; ++i) Serial("KL2");
  EXPECT_THAT(AlarmsOf(*south_), IsEmpty());
  EXPECT_EQ((*south_->node().Budgets())[0].firearm_checks_here->used_today, 20);
  for (int i = 0; i <= federation::kKinFree; ++i) Serial(absl::StrFormat("AB12%03d", i));
  EXPECT_THAT(AlarmsOf(*south_), IsEmpty());

  Serial("AB12777");

  EXPECT_THAT(AlarmsOf(*south_), ElementsAre("CHECKS_NEIGHBOURS"));
  EXPECT_EQ((*south_->node().Budgets())[0].firearm_checks_here->used_today,
            20 + federation::kKinFree + 1 + 2);
}

TEST_F(FirearmQuestionsTest, AReferenceIsOfOneExchangeAndLeadsItsOwnerToTheRecord) {
  const wire::KeptFirearm kept = Hold(Deactivated("AB-12345", "A/17"));
  const wire::MarkVerdict by_mark = Mark("EU/GB/LPH/19", "AB12345");
  const wire::SerialCheckVerdict by_serial = Serial("AB12345");
  Certificate("A17");

  EXPECT_NE(by_mark.reference, by_serial.reference);
  EXPECT_NE(base::ToHex(by_mark.reference).substr(0, 32), kept.id);
  south_->Crash();
  south_->Start();
  for (const std::string& reference : {by_mark.reference, by_serial.reference}) {
    const auto found = south_->node().firearm_registry().FindReference(reference);
    ASSERT_THAT(found, IsOk());
    EXPECT_EQ(*found, kept.id);
    const auto shown = south_->node().firearms().Get(kLab, base::ToHex(reference));
    ASSERT_THAT(shown, IsOk());
    EXPECT_EQ(shown->id, kept.id);
  }
  EXPECT_THAT(south_->node().firearms().Get(kLab, std::string(64, 'a')),
              StatusIs(StatusCode::kNotFound));
  const auto held = south_->node().firearm_registry().Load(kept.id);
  ASSERT_THAT(held, IsOk());
  const auto told = south_->node().firearm_registry().DisclosuresOf(*held);
  ASSERT_THAT(told, IsOk());
  ASSERT_THAT(*told, SizeIs(3));
  for (const auto& disclosure : *told) EXPECT_EQ(disclosure.agency, "north.test");
}

// Whoever was told is told again when it changes, once, though both sides crash in between.
TEST_F(FirearmQuestionsTest, WhoWasToldOfAFirearmIsToldWhenItChanges) {
  const wire::KeptFirearm kept = Hold(Deactivated("AB-12345", "A/17"));
  const wire::SerialCheckVerdict match = Serial("AB12345");
  Certificate("A17");
  Certificate("A17", "AB99999");  // No such firearm here: nothing is owed.
  south_->node().housekeeping().RunNow();
  EXPECT_THAT(south_->node().outbox().Waiting(), IsEmpty());

  Move(kept, State::kCertificateWithdrawn);
  south_->Crash();
  south_->Start();  // Whose first round of chores sends what is due.
  EXPECT_THAT(south_->node().outbox().Waiting(), SizeIs(2));
  south_->node().housekeeping().RunNow();
  EXPECT_THAT(south_->node().outbox().Waiting(), SizeIs(2));
  south_->node().outbox().DeliverNow();

  EXPECT_THAT(south_->node().outbox().Waiting(), IsEmpty());
  north_->Crash();
  north_->Start();
  const auto page = north_->node().firearm_notices().List(kExaminer, 0, "");
  ASSERT_THAT(page, IsOk());
  ASSERT_THAT(page->notices, SizeIs(2));
  int named = 0;
  for (const wire::ReceivedFirearmNotice& received : page->notices) {
    EXPECT_EQ(received.agency, "south.test");
    EXPECT_EQ(received.notice.cause, wire::FirearmNoticeCause::kCertificateWithdrawn);
    EXPECT_EQ(received.notice.state_group, StateGroup::kDeactivated);
    if (received.notice.reference.empty()) continue;
    ++named;
    EXPECT_EQ(received.notice.reference, match.reference);
  }
  EXPECT_EQ(named, 1);
  const auto sent = EntriesOf(south_->node().ledger(), EntryKind::kCorrect);
  const auto taken = EntriesOf(north_->node().ledger(), EntryKind::kCorrect);
  ASSERT_THAT(sent, SizeIs(2));
  ASSERT_THAT(taken, SizeIs(2));
  EXPECT_EQ(sent[0].draft.outcome, "SENT");
  EXPECT_EQ(taken[0].draft.outcome, "RECEIVED");
  EXPECT_EQ(sent[0].draft.exchange, taken[0].draft.exchange);
  // Asked anew it is answered as it is now, and nothing more is told of that.
  Serial("AB12345");
  south_->node().housekeeping().RunNow();
  EXPECT_THAT(south_->node().outbox().Waiting(), IsEmpty());
}

// A notice rests on an answer that told of a record, under the name that it gave.
TEST_F(FirearmQuestionsTest, ANoticeOfWhatNoAnswerToldOfIsRefusedInWriting) {
  const wire::KeptFirearm kept = Hold(Deactivated("AB-12345", "A/17"));
  std::string asked_last;
  wire_.on_question = [&](crypto::Envelope& message) {
    asked_last = std::string(base::AsText(base::ByteSpan(message.exchange_id)));
  };
  const wire::SerialCheckVerdict match = Serial("AB12345");
  const std::string told_of = asked_last;
  Serial("CD99");  // Nothing is held of it.
  const std::string nothing_told = asked_last;
  Move(kept, State::kDestroyed);
  south_->node().housekeeping().RunNow();

  struct Forged {
    std::string exchange_id;
    std::string reference;
  };
  const Forged cases[] = {{std::string(16, 'x'), match.reference},
                          {nothing_told, match.reference},
                          {nothing_told, ""},
                          {told_of, ""},
                          {told_of, std::string(wire::kFirearmReferenceBytes, 'r')}};
  std::size_t refused = 0;
  for (const Forged& forged : cases) {
    wire_.on_question = [&](crypto::Envelope& message) {
      auto notice = wire::ParseFirearmNotice(message.payload);
      ASSERT_THAT(notice, IsOk());
      notice->exchange_id = forged.exchange_id;
      notice->reference = forged.reference;
      message.payload = *wire::Serialise(*notice);
      message.exchange_id[0] ^= static_cast<std::byte>(++refused);
      message.signature.clear();
      auto resigned = crypto::SignEnvelope(south_->exchange_key(), message);
      ASSERT_THAT(resigned, IsOk());
      message = *std::move(resigned);
    };
    south_->node().outbox().DeliverNow();
    clock_.AdvanceMillis(700'000);  // The letter is tried again.
  }

  EXPECT_EQ(refused, std::size(cases));
  EXPECT_THAT(north_->node().firearm_notices().List(kExaminer, 0, "")->notices, IsEmpty());
  const auto logged = EntriesOf(north_->node().ledger(), EntryKind::kCorrect);
  ASSERT_THAT(logged, SizeIs(std::size(cases)));
  for (const auto& entry : logged) EXPECT_EQ(entry.draft.outcome, "REFUSED:NOT_HELD");
}

// One answer is no leave to fill the store, whatever happens in between.
TEST_F(FirearmQuestionsTest, SoManyNoticesRestOnOneAnswerAndFurtherOnesAreRefusedInWriting) {
  const wire::KeptFirearm kept = Hold(Deactivated("AB-12345", "A/17"));
  Serial("AB12345");
  Move(kept, State::kCertificateWithdrawn);
  south_->node().housekeeping().RunNow();
  std::uint64_t sent = 0;
  const auto send_another = [&] {
    wire_.on_question = [&](crypto::Envelope& message) {
      message.exchange_id[0] ^= static_cast<std::byte>(++sent);
      message.signature.clear();
      auto resigned = crypto::SignEnvelope(south_->exchange_key(), message);
      ASSERT_THAT(resigned, IsOk());
      message = *std::move(resigned);
    };
    south_->node().outbox().DeliverNow();
    clock_.AdvanceMillis(700'000);  // The letter is tried again.
  };
  for (std::uint64_t i = 0; i < kNoticesPerGroundMax; ++i) send_another();
  north_->Crash();
  north_->Start();
  send_another();
  send_another();

  EXPECT_EQ(sent, kNoticesPerGroundMax + 2);
  EXPECT_THAT(north_->node().firearm_notices().List(kExaminer, 0, "")->notices,
              SizeIs(kNoticesPerGroundMax));
  const auto logged = EntriesOf(north_->node().ledger(), EntryKind::kCorrect);
  ASSERT_THAT(logged, SizeIs(sent));
  for (std::size_t i = 0; i < logged.size(); ++i) {
    EXPECT_EQ(logged[i].draft.outcome, i < kNoticesPerGroundMax ? "RECEIVED" : "REFUSED:CAPACITY");
  }
  // Another answer has its own.
  wire_.on_question = nullptr;
  Serial("AB12345");
  Move(kept, State::kDestroyed);
  south_->node().housekeeping().RunNow();
  for (int round = 0; round < 3; ++round) {
    south_->node().outbox().DeliverNow();
    clock_.AdvanceMillis(700'000);
  }
  EXPECT_THAT(south_->node().outbox().Waiting(), IsEmpty());
  EXPECT_THAT(north_->node().firearm_notices().List(kExaminer, 0, "")->notices,
              SizeIs(kNoticesPerGroundMax + 1));
}

// The partner answered, told of the record, and owes the notice, though the answer was lost.
TEST_F(FirearmQuestionsTest, ANoticeIsTakenWhereTheAnswerWasLost) {
  const wire::KeptFirearm kept = Hold(Deactivated("AB-12345", "A/17"));
  wire_.on_answer = [](absl::StatusOr<federation::PeerAnswer>& answer) {
    answer = absl::UnavailableError("the line broke");
  };
  EXPECT_EQ(Ask(wire::SerialToCheck{.serial = "AB12345", .make = "", .firearm_class = {}}).outcome,
            PartnerOutcome::kUnreachable);
  wire_.on_answer = nullptr;
  Move(kept, State::kDestroyed);
  south_->node().housekeeping().RunNow();

  south_->node().outbox().DeliverNow();

  EXPECT_THAT(north_->node().firearm_notices().List(kExaminer, 0, "")->notices, SizeIs(1));
}

// Three years, as what was asked and answered.
TEST_F(FirearmQuestionsTest, NoticesAreErasedWithTheLogOfWhatWasAsked) {
  const federation::Caller administrator{crypto::StaffRole::kAdministrator, "admin-2"};
  const wire::KeptFirearm kept = Hold(Deactivated("AB-12345", "A/17"));
  Serial("AB12345");
  Certificate("A17");
  Move(kept, State::kCertificateWithdrawn);
  south_->node().housekeeping().RunNow();
  south_->node().outbox().DeliverNow();
  Erasures& erasures = north_->node().erasures();
  EXPECT_EQ(erasures.RunRetention(administrator, false)->notices, 0);
  clock_.AdvanceMillis(kQueryLogKeptMs + 1);
  Move(kept, State::kDestroyed);

  EXPECT_EQ(erasures.RunRetention(administrator, true)->notices, 2);
  EXPECT_EQ(erasures.RunRetention(administrator, false)->notices, 2);

  EXPECT_THAT(north_->node().firearm_notices().List(kExaminer, 0, "")->notices, IsEmpty());
  EXPECT_EQ(EntriesOf(north_->node().ledger(), EntryKind::kErase).back().draft.count, 2U);
  EXPECT_EQ(erasures.RunRetention(administrator, false)->notices, 0);
  // What they rested on is forgotten, too: nothing comes in about it any more.
  south_->node().housekeeping().RunNow();
  south_->node().outbox().DeliverNow();
  EXPECT_THAT(north_->node().firearm_notices().List(kExaminer, 0, "")->notices, IsEmpty());
}

TEST_F(FirearmQuestionsTest, AnAnswerOfAnotherKindIsNotBelieved) {
  wire_.on_answer = [&](absl::StatusOr<federation::PeerAnswer>& answer) {
    answer->envelope.payload = *wire::Serialise(wire::FirearmCheckAnswer{
        .outcome = wire::FirearmVerdict(CertificateStanding::kValid), .budget = std::nullopt});
    answer->envelope.signature.clear();
    auto resigned = crypto::SignEnvelope(south_->exchange_key(), answer->envelope);
    ASSERT_THAT(resigned, IsOk());
    answer->envelope = *std::move(resigned);
  };

  const wire::FirearmCheckResult result =
      Ask(wire::SerialToCheck{.serial = "A1", .make = "", .firearm_class = std::nullopt});

  EXPECT_EQ(result.outcome, PartnerOutcome::kInvalid);
  EXPECT_FALSE(result.verdict.has_value());
  EXPECT_EQ(EntriesOf(north_->node().ledger(), EntryKind::kAnswerIn)[0].draft.outcome, "INVALID");
}

}  // namespace
}  // namespace proofmark::journeys
