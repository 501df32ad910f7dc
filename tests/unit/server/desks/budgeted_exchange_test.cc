// SPDX-License-Identifier: Apache-2.0
// What a partner's questions cost, where it counts: in what it is answered, in both ledgers, and
// after a crash.
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::desks {
namespace {

using ::proofmark::testing::Agency;
using ::proofmark::testing::AskAll;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kPurpose;
using ::proofmark::testing::WireInTheMiddle;
using records::EntryKind;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using wire::PartnerOutcome;

constexpr std::int64_t kDayLimit = 2;

// South may ask north two questions a day.
class BudgetedExchangeTest : public ::testing::Test {
 protected:
  BudgetedExchangeTest() {
    federation::Partner asker = south_.AsPartner({kPurpose}, {kPurpose});
    asker.budget.per_day = kDayLimit;
    north_.AddPartner(std::move(asker));
    south_.AddPartner(north_.AsPartner({kPurpose}, {kPurpose}));
    north_.Start();
    south_.Start();
    north_.Submit(0, 1, "held");
    for (std::uint32_t barrel = 0; barrel < 3; ++barrel) {
      asked_.push_back(south_.Submit(barrel, 2, "asked-" + std::to_string(barrel)));
    }
  }

  wire::PartnerResult Ask(const std::string& exhibit) {
    const auto search = south_.node().searches().Run(
        kExaminer, AskAll(exhibit), [](const journeys::SearchEvent&) {}, nullptr);
    EXPECT_THAT(search, IsOk());
    EXPECT_THAT(search->partners, SizeIs(1));
    return search->partners[0];
  }
  std::vector<std::string> Alarms() {
    std::vector<std::string> codes;
    for (const auto& entry : EntriesOf(north_.node().ledger(), EntryKind::kAlarm)) {
      codes.push_back(entry.draft.outcome);
    }
    return codes;
  }
  std::int64_t UsedAtNorth() { return (*north_.node().Budgets())[0].here.used_today; }

  FakeClock clock_;
  WireInTheMiddle wire_;
  Agency north_{"north", clock_, wire_};
  Agency south_{"south", clock_, wire_};
  std::vector<std::string> asked_;
};

TEST_F(BudgetedExchangeTest, WhatIsBeyondTheBudgetIsRefusedInWritingAndAlarmed) {
  EXPECT_EQ(Ask(asked_[0]).outcome, PartnerOutcome::kAnswered);
  EXPECT_EQ(Ask(asked_[1]).outcome, PartnerOutcome::kAnswered);

  const wire::PartnerResult third = Ask(asked_[2]);

  EXPECT_EQ(third.outcome, PartnerOutcome::kRefused);
  EXPECT_EQ(third.refusal_code, "CAPACITY");
  EXPECT_THAT(Alarms(), ElementsAre("BUDGET_EXHAUSTED"));
  const auto logged = EntriesOf(north_.node().ledger(), EntryKind::kQueryIn);
  ASSERT_THAT(logged, SizeIs(3));
  EXPECT_EQ(logged[2].draft.outcome, "REFUSED:CAPACITY");
  EXPECT_EQ(UsedAtNorth(), kDayLimit);  // What is refused costs nothing.
}

TEST_F(BudgetedExchangeTest, ACrashGivesNothingBackAndADayDoes) {
  Ask(asked_[0]);
  Ask(asked_[1]);
  north_.Crash();
  north_.Start();

  EXPECT_EQ(UsedAtNorth(), kDayLimit);
  EXPECT_EQ(Ask(asked_[2]).refusal_code, "CAPACITY");
  clock_.AdvanceMillis(federation::kDayMs + 1);
  EXPECT_EQ(Ask(asked_[2]).outcome, PartnerOutcome::kAnswered);
}

TEST_F(BudgetedExchangeTest, AskingTheSameAgainCostsOneUnitAndARepetitionOfTheMessageNone) {
  crypto::Envelope question;
  wire_.on_question = [&](crypto::Envelope& envelope) { question = envelope; };
  Ask(asked_[0]);
  const exchange::SendingPeer south{.domain = south_.domain(), .node_id = south_.node_id()};
  EXPECT_THAT(north_.node().reception().Receive(south, question, {}), IsOk());
  EXPECT_EQ(UsedAtNorth(), 1);

  Ask(asked_[0]);

  EXPECT_EQ(UsedAtNorth(), 2);
}

TEST_F(BudgetedExchangeTest, AnAnswerThatNobodyWaitedForCostsNothing) {
  wire_.on_question = [&](crypto::Envelope& envelope) {
    const exchange::SendingPeer south{.domain = south_.domain(), .node_id = south_.node_id()};
    EXPECT_FALSE(
        north_.node()
            .reception()
            .Receive(south, envelope, {.deadline = std::nullopt, .cancelled = [] { return true; }})
            .ok());
  };
  EXPECT_EQ(Ask(asked_[0]).outcome, PartnerOutcome::kAnswered);
  EXPECT_EQ(UsedAtNorth(), 1);
}

TEST_F(BudgetedExchangeTest, BothSidesSeeHowTheyStand) {
  EXPECT_FALSE((*south_.node().Budgets())[0].there.has_value());
  Ask(asked_[0]);
  Ask(asked_[1]);

  const auto seen = south_.node().Budgets();
  ASSERT_THAT(seen, IsOk());
  ASSERT_TRUE((*seen)[0].there.has_value());
  EXPECT_EQ((*seen)[0].there->agency, north_.domain());
  EXPECT_EQ((*seen)[0].there->statement.limits.per_day, kDayLimit);
  EXPECT_EQ((*seen)[0].there->statement.used_today, kDayLimit);
}

}  // namespace
}  // namespace proofmark::desks
