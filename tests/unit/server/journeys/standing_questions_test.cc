// SPDX-License-Identifier: Apache-2.0
// Questions that south wants asked again at north and at east, and what makes it ask.
#include "server/journeys/standing_questions.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "forensics/evidence/calibration_data.h"
#include "proto/wire/match.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::Agency;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::kPurpose;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::WireInTheMiddle;
using records::EntryKind;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using wire::StandingState;

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
constexpr char kCase[] = "SOUTH-24-117";

class StandingQuestionsTest : public ::testing::Test {
 protected:
  StandingQuestionsTest() {
    for (Agency* const agency : {&north_, &south_, &east_}) {
      for (const Agency* const other : {&north_, &south_, &east_}) {
        if (other != agency) agency->AddPartner(other->AsPartner({kPurpose}, {kPurpose}));
      }
      agency->Start();
    }
    held_ = north_.Submit(0, 1, "NORTH-1");
    asked_ = south_.Submit(0, 2, "SOUTH-1");
    wire_.on_question = [this](crypto::Envelope& envelope) {
      const base::MutexLock lock(mutex_);
      sent_.emplace_back(envelope.type, envelope.payload.size());
    };
    NextDay();
  }

  // Midnight passes, and every node's housekeeping comes round.
  void NextDay() {
    clock_.AdvanceMillis(kDayMs);
    for (Agency* const agency : {&north_, &south_, &east_}) agency->node().housekeeping().RunNow();
  }

  wire::StandingOrder Order(std::vector<std::string> partners, std::int64_t days = 30) {
    return {.exhibit_id = asked_,
            .purpose = kPurpose,
            .case_reference = kCase,
            .offence = "HOMICIDE",
            .subject_role = "",
            .partners = std::move(partners),
            .expire_unix_ms = clock_.UnixMillis() + days * kDayMs};
  }
  std::string Add(std::vector<std::string> partners) {
    const auto acted = standing().Add(kExaminer, Order(std::move(partners)));
    EXPECT_THAT(acted, IsOk());
    return acted->question.standing_id;
  }
  wire::StandingQuestion Show(const std::string& id) {
    const auto question = standing().Get(kExaminer, id);
    EXPECT_THAT(question, IsOk());
    return *question;
  }
  wire::PartnerResult LastAnswer(const std::string& id) {
    const auto search = south_.node().searches().Get(kExaminer, Show(id).partners[0].search_id);
    EXPECT_THAT(search, IsOk());
    EXPECT_EQ(search->standing_id, id);
    return search->partners[0];
  }

  // How many match questions go out in a round.
  std::size_t AskDue() {
    {
      const base::MutexLock lock(mutex_);
      sent_.clear();
    }
    EXPECT_THAT(standing().AskDue(), IsOk());
    const base::MutexLock lock(mutex_);
    return static_cast<std::size_t>(std::count_if(sent_.begin(), sent_.end(), [](const auto& sent) {
      return sent.first == wire::kMatchQuestionType;
    }));
  }

  std::int64_t UsedAtNorth() {
    const auto budgets = north_.node().Budgets();
    EXPECT_THAT(budgets, IsOk());
    for (const node::Node::PartnerBudget& budget : *budgets) {
      if (budget.agency == south_.domain()) return budget.here.used_30_days;
    }
    return -1;
  }
  static std::vector<std::string> Outcomes(node::Node& node, EntryKind kind) {
    std::vector<std::string> outcomes;
    for (const records::LedgerEntry& entry : EntriesOf(node.ledger(), kind)) {
      outcomes.push_back(entry.draft.outcome);
    }
    return outcomes;
  }

  StandingQuestions& standing() { return south_.node().standing_questions(); }

  FakeClock clock_;
  WireInTheMiddle wire_;
  Agency north_{"north", clock_, wire_};
  Agency south_{"south", clock_, wire_};
  Agency east_{"east", clock_, wire_};
  std::string held_;
  std::string asked_;
  base::Mutex mutex_;
  std::vector<std::pair<std::string, std::size_t>> sent_;
};

TEST_F(StandingQuestionsTest, IsAskedOnceAndAgainWhenTheCollectionChanges) {
  const std::string id = Add({north_.domain()});
  EXPECT_EQ(AskDue(), 1U);
  EXPECT_EQ(AskDue(), 0U);
  NextDay();
  EXPECT_EQ(AskDue(), 0U);  // Nothing came to north.

  north_.Submit(0, 3, "NORTH-2");
  EXPECT_EQ(AskDue(), 0U);  // Not before the day is over.
  NextDay();
  EXPECT_EQ(AskDue(), 1U);
  EXPECT_EQ(AskDue(), 0U);

  EXPECT_THAT(Outcomes(south_.node(), EntryKind::kDecision),
              ElementsAre("STANDING_ADDED", "STANDING_DUE", "STANDING_ASKED", "STANDING_DUE",
                          "STANDING_ASKED"));
  EXPECT_EQ(Show(id).partners[0].fault, "");
}

TEST_F(StandingQuestionsTest, MarksWhatTheSearchBeforeDidNotHave) {
  const std::string id = Add({north_.domain()});
  AskDue();
  const wire::PartnerResult first = LastAnswer(id);
  ASSERT_THAT(first.result->candidates, SizeIs(1));
  ASSERT_THAT(first.news, SizeIs(1));
  EXPECT_EQ(Show(id).partners[0].new_count, 1);

  north_.Submit(0, 3, "NORTH-2");
  NextDay();
  AskDue();

  const wire::PartnerResult second = LastAnswer(id);
  ASSERT_THAT(second.result->candidates, SizeIs(2));
  EXPECT_EQ(Show(id).partners[0].new_count, 1);
  ASSERT_THAT(second.news, SizeIs(1));
  EXPECT_EQ(second.news[0].count, 1);
}

TEST_F(StandingQuestionsTest, AChangeThatBringsNothingNewMarksNothing) {
  const std::string id = Add({north_.domain()});
  AskDue();
  north_.Submit(2, 1, "OF-ANOTHER-BARREL");
  NextDay();

  EXPECT_EQ(AskDue(), 1U);

  EXPECT_THAT(LastAnswer(id).result->candidates, SizeIs(1));
  EXPECT_THAT(LastAnswer(id).news, IsEmpty());
  EXPECT_EQ(Show(id).partners[0].new_count, 0);
}

TEST_F(StandingQuestionsTest, IsAskedAgainWhenThePartnerJudgesDifferently) {
  const std::string id = Add({north_.domain()});
  AskDue();
  forensics::Calibration cautious = forensics::BuiltInCalibration(forensics::MarkKind::kBullet);
  cautious.info.log10_cap = 0.5;  // Below the first level: it reports nothing.
  forensics::Finish(cautious);
  ASSERT_THAT(north_.node().calibrations().Install({crypto::StaffRole::kAdministrator, "admin-3"},
                                                   forensics::CalibrationText(cautious)),
              IsOk());
  NextDay();

  EXPECT_EQ(AskDue(), 1U);

  EXPECT_THAT(LastAnswer(id).result->candidates, IsEmpty());
  EXPECT_EQ(Show(id).partners[0].new_count, 0);
}

TEST_F(StandingQuestionsTest, WhatReplacesACandidateThatWasTakenBackIsNew) {
  const std::string id = Add({north_.domain()});
  AskDue();
  ASSERT_THAT(north_.node().exhibits().Withdraw(kLab, held_, "wrong item"), IsOk());
  north_.node().outbox().DeliverNow();
  north_.Submit(0, 3, "NORTH-2");
  NextDay();
  AskDue();

  EXPECT_THAT(LastAnswer(id).result->candidates, SizeIs(1));
  EXPECT_EQ(Show(id).partners[0].new_count, 1);
}

// Ten times in ten days: were they near duplicates, the tenth alone would cost more than all.
TEST_F(StandingQuestionsTest, EachTimeCostsOneUnit) {
  Add({north_.domain()});
  for (std::uint32_t round = 1; round <= 10; ++round) {
    EXPECT_EQ(AskDue(), 1U);
    EXPECT_EQ(UsedAtNorth(), round);
    north_.Submit(3, round, "other-" + std::to_string(round));
    NextDay();
  }
}

TEST_F(StandingQuestionsTest, WhatIsAskedBetweenTimesIsTooSmallForASignature) {
  Add({north_.domain()});
  AskDue();
  NextDay();
  AskDue();

  const base::MutexLock lock(mutex_);
  ASSERT_THAT(sent_, SizeIs(1));
  EXPECT_EQ(sent_[0].first, wire::kCollectionQuestionType);
  EXPECT_LT(sent_[0].second, 128U);
}

TEST_F(StandingQuestionsTest, TheVersionTellsBulletsFromCasesAndAskersNothingOfEachOther) {
  desks::CollectionDesk& desk = north_.node().collection_desk();
  const auto bullets = desk.VersionFor(south_.domain(), records::ItemKind::kBullet);
  const auto cases = desk.VersionFor(south_.domain(), records::ItemKind::kCartridgeCase);
  ASSERT_THAT(bullets, IsOk());
  EXPECT_EQ(bullets->size(), static_cast<std::size_t>(wire::kCollectionVersionBytes));
  EXPECT_NE(*bullets, *cases);
  EXPECT_NE(*bullets, *desk.VersionFor(east_.domain(), records::ItemKind::kBullet));

  north_.SubmitCase(0, 1, "CASE-1");
  north_.node().housekeeping().RunNow();
  EXPECT_EQ(*cases, *desk.VersionFor(south_.domain(), records::ItemKind::kCartridgeCase));
  NextDay();

  EXPECT_EQ(*bullets, *desk.VersionFor(south_.domain(), records::ItemKind::kBullet));
  EXPECT_NE(*cases, *desk.VersionFor(south_.domain(), records::ItemKind::kCartridgeCase));
  // A withdrawal is a change too, and what was before comes back with what was before.
  ASSERT_THAT(north_.node().exhibits().Withdraw(kLab, held_, "wrong item"), IsOk());
  NextDay();
  EXPECT_NE(*bullets, *desk.VersionFor(south_.domain(), records::ItemKind::kBullet));
}

TEST_F(StandingQuestionsTest, APartnerThatIsAwayIsAskedLaterAndHidesNobody) {
  const std::string id = Add({east_.domain(), north_.domain()});
  wire_.Disconnect(east_.node_id());
  EXPECT_EQ(AskDue(), 1U);
  EXPECT_EQ(Show(id).partners[1].agency, north_.domain());
  EXPECT_NE(Show(id).partners[1].search_id, "");
  EXPECT_EQ(Show(id).partners[0].search_id, "");
  EXPECT_THAT(Show(id).partners[0].fault, HasSubstr("unreachable"));

  wire_.Connect(east_.node());
  EXPECT_EQ(AskDue(), 0U);
  clock_.AdvanceMillis(kCollectionCheckMs);
  EXPECT_EQ(AskDue(), 1U);
  EXPECT_NE(Show(id).partners[0].search_id, "");
  EXPECT_EQ(Show(id).partners[0].fault, "");
}

TEST_F(StandingQuestionsTest, SurvivesACrashAndIsNotAskedAnew) {
  const std::string id = Add({north_.domain()});
  AskDue();
  const std::string search = Show(id).partners[0].search_id;
  south_.Crash();
  south_.Start();

  EXPECT_EQ(AskDue(), 0U);
  EXPECT_EQ(Show(id).partners[0].search_id, search);
}

TEST_F(StandingQuestionsTest, ExpiresWithAnAlarm) {
  const auto acted = standing().Add(kExaminer, Order({north_.domain()}, 1));
  ASSERT_THAT(acted, IsOk());
  AskDue();
  north_.Submit(0, 3, "NORTH-2");
  NextDay();

  EXPECT_EQ(AskDue(), 0U);

  EXPECT_EQ(Show(acted->question.standing_id).state, StandingState::kExpired);
  EXPECT_THAT(Outcomes(south_.node(), EntryKind::kAlarm), ElementsAre("STANDING_EXPIRED"));
  EXPECT_THAT(standing().Stop(kExaminer, acted->question.standing_id, "late"),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("expired")));
}

TEST_F(StandingQuestionsTest, StoppedItIsAskedNoMore) {
  const std::string id = Add({north_.domain()});
  EXPECT_THAT(standing().Stop(kExaminer, id, ""), StatusIs(StatusCode::kInvalidArgument));
  ASSERT_THAT(standing().Stop(kExaminer, id, "the case is closed"), IsOk());

  EXPECT_EQ(AskDue(), 0U);
  EXPECT_EQ(Show(id).stop_reasons, "the case is closed");
  EXPECT_THAT(standing().List(kExaminer, 0, "", /*active_only=*/true)->questions, IsEmpty());
  EXPECT_THAT(standing().List(kExaminer, 0, "", /*active_only=*/false)->questions, SizeIs(1));
}

TEST_F(StandingQuestionsTest, AWithdrawnExhibitIsNotAskedAboutAndItIsSaid) {
  const std::string id = Add({north_.domain()});
  ASSERT_THAT(south_.node().exhibits().Withdraw(kLab, asked_, "wrong item"), IsOk());

  EXPECT_EQ(AskDue(), 0U);

  EXPECT_THAT(Show(id).partners[0].fault, HasSubstr("withdrawn"));
  EXPECT_THAT(Outcomes(south_.node(), EntryKind::kDecision), Contains("STANDING_NOT_ASKED"));
}

TEST_F(StandingQuestionsTest, GoesWithItsCase) {
  const std::string id = Add({north_.domain()});
  const federation::Caller administrator{crypto::StaffRole::kAdministrator, "admin-2"};

  const auto erased =
      south_.node().erasures().EraseCase(administrator, kCase, "COURT_ORDER", false);

  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->standing, 1);
  EXPECT_THAT(standing().Get(kExaminer, id), StatusIs(StatusCode::kNotFound));
  EXPECT_EQ(AskDue(), 0U);
}

TEST_F(StandingQuestionsTest, RefusesWhatItCouldNotAsk) {
  const auto refused = [&](const std::function<void(wire::StandingOrder&)>& change) {
    wire::StandingOrder order = Order({north_.domain()});
    change(order);
    return standing().Add(kExaminer, order).status();
  };
  EXPECT_THAT(refused([](auto& o) { o.purpose = "CURIOSITY"; }),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("purpose")));
  EXPECT_THAT(refused([](auto& o) { o.partners = {"nobody.test"}; }),
              StatusIs(StatusCode::kNotFound, HasSubstr("nobody.test")));
  EXPECT_THAT(refused([&](auto& o) { o.expire_unix_ms = clock_.UnixMillis(); }),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("expire_time")));
  EXPECT_THAT(refused([&](auto& o) { o.expire_unix_ms = clock_.UnixMillis() + 366 * kDayMs; }),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("365 days")));
  EXPECT_THAT(refused([](auto& o) { o.exhibit_id = std::string(32, 'a'); }),
              StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace proofmark::journeys
