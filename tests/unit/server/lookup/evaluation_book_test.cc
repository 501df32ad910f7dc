// SPDX-License-Identifier: Apache-2.0
#include "server/lookup/evaluation_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::lookup {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kSouth[] = "spiffe://south.test/proofmark/node/n1";
constexpr char kEast[] = "spiffe://east.test/proofmark/node/n1";
constexpr federation::BudgetLimits kLimits{.per_day = 100, .per_30_days = 250};

class EvaluationBookTest : public ::testing::Test {
 protected:
  EvaluationBookTest() { Open(); }

  void Open() {
    auto book = EvaluationBook::Open(state_.store(), state_.clock().UnixMillis());
    ASSERT_THAT(book, IsOk());
    book_ = *std::move(book);
  }

  EvaluationCharge Take(std::int64_t count, std::uint32_t epoch = 7,
                        const federation::BudgetLimits& limits = kLimits) {
    exchange_[0] = static_cast<char>(++number_);
    exchange_[1] = static_cast<char>(number_ / 100);
    return book_->Take({.partner = kSouth,
                        .exchange_id = exchange_,
                        .unix_ms = state_.clock().UnixMillis(),
                        .epoch = epoch,
                        .case_commitment = {},
                        .count = count},
                       limits);
  }

  // Charged and durable.
  bool Use(std::int64_t count, std::uint32_t epoch = 7,
           const federation::BudgetLimits& limits = kLimits) {
    EvaluationCharge charge = Take(count, epoch, limits);
    store::WriteRequest request;
    charge.AddTo(request);
    EXPECT_THAT(state_.store().Commit(std::move(request)), IsOk());
    charge.Keep();
    return charge.granted();
  }

  std::int64_t UsedToday() {
    return book_->StatementOf(kSouth, kLimits, state_.clock().UnixMillis()).used_today;
  }

  ScratchState state_;
  std::unique_ptr<EvaluationBook> book_;
  std::string exchange_ = std::string(16, 'x');
  int number_ = 0;
};

TEST_F(EvaluationBookTest, GrantsUpToTheDayAndNoneBeyond) {
  EXPECT_TRUE(Use(64));
  EXPECT_TRUE(Use(36));
  EXPECT_FALSE(Use(4));
  EXPECT_EQ(UsedToday(), 100);
  EXPECT_EQ(book_->StatementOf(kEast, kLimits, state_.clock().UnixMillis()).used_today, 0);

  state_.clock().AdvanceMillis(federation::kDayMs + 1);
  EXPECT_TRUE(Use(100));
  state_.clock().AdvanceMillis(federation::kDayMs + 1);
  EXPECT_TRUE(Use(48));
  EXPECT_FALSE(Use(4));  // 250 in 30 days.
}

TEST_F(EvaluationBookTest, WhatIsNotKeptIsGivenBackAndWhatIsKeptOutlastsACrash) {
  { const EvaluationCharge lost = Take(64); }
  EXPECT_EQ(UsedToday(), 0);
  EXPECT_TRUE(Use(64));

  book_.reset();
  state_.Reopen();
  Open();

  EXPECT_EQ(UsedToday(), 64);
}

TEST_F(EvaluationBookTest, TheKeyHasALimitOfItsOwn) {
  const federation::BudgetLimits wide{.per_day = federation::kBudgetMax,
                                      .per_30_days = 4 * federation::kBudgetMax};
  EXPECT_TRUE(Use(900'000, 7, wide));
  state_.clock().AdvanceMillis(federation::kDayMs + 1);
  EXPECT_FALSE(Use(200'000, 7, wide));
  EXPECT_TRUE(Use(kEvaluationsPerKeyMax - 900'000, 7, wide));
  EXPECT_TRUE(Use(4, 8, wide));
}

TEST_F(EvaluationBookTest, AlarmsOnceADayWhenExhaustedAndWhenOneCaseAsksMuch) {
  const federation::BudgetLimits limits{.per_day = 300, .per_30_days = 3'000};
  for (int i = 0; i < 4; ++i) EXPECT_THAT(Use(64, 7, limits), true);
  {
    EvaluationCharge charge = Take(4, 7, limits);
    EXPECT_THAT(charge.alarms(), ElementsAre(kAlarmLookupsOneCase));
    EXPECT_TRUE(charge.granted());
  }
  EXPECT_THAT(Take(4, 7, limits).alarms(), IsEmpty());
  EXPECT_THAT(Take(64, 7, limits).alarms(), ElementsAre(kAlarmLookupsExhausted));
  EXPECT_THAT(Take(64, 7, limits).alarms(), IsEmpty());
}

TEST_F(EvaluationBookTest, RemembersWhatAPartnerTold) {
  const federation::ToldBudget told{
      .agency = "south.test", .unix_ms = 5, .statement = {.limits = kLimits, .used_today = 40}};
  store::WriteRequest request;
  PutToldLookups(told, request.mutations);
  ASSERT_THAT(state_.store().Commit(std::move(request)), IsOk());

  const auto all = ListToldLookups(state_.store());

  ASSERT_THAT(all, IsOk());
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ((*all)[0].agency, "south.test");
  EXPECT_EQ((*all)[0].statement, told.statement);
}

}  // namespace
}  // namespace proofmark::lookup
