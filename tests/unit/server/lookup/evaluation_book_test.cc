// SPDX-License-Identifier: Apache-2.0
#include "server/lookup/evaluation_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::lookup {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
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
                        const federation::BudgetLimits& limits = kLimits,
                        std::string_view purpose = "P", std::int64_t burst = 1'000'000) {
    exchange_[0] = static_cast<char>(++number_);
    exchange_[1] = static_cast<char>(number_ / 100);
    return book_->Take({.partner = kSouth,
                        .exchange_id = exchange_,
                        .unix_ms = state_.clock().UnixMillis(),
                        .epoch = epoch,
                        .case_commitment = {},
                        .purpose = purpose,
                        .count = count},
                       limits, burst);
  }

  // Charged and durable.
  bool Use(std::int64_t count, std::uint32_t epoch = 7,
           const federation::BudgetLimits& limits = kLimits, std::string_view purpose = "P",
           std::int64_t burst = 1'000'000) {
    EvaluationCharge charge = Take(count, epoch, limits, purpose, burst);
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

// What is shown of a bucket is what it grants.
TEST_F(EvaluationBookTest, WhatIsLeftAtOnceIsWhatIsGranted) {
  constexpr std::int64_t kBurst = 40;
  const auto left = [&](std::string_view purpose) {
    return book_->LeftAtOnce(kSouth, purpose, kLimits, kBurst, state_.clock().UnixMillis());
  };
  EXPECT_EQ(left("P"), 40);
  EXPECT_TRUE(Use(30, 7, kLimits, "P", kBurst));
  EXPECT_EQ(left("P"), 10);
  EXPECT_EQ(left("Q"), 40);
  EXPECT_EQ(book_->LeftAtOnce(kEast, "P", kLimits, kBurst, state_.clock().UnixMillis()), 40);
  EXPECT_FALSE(Use(11, 7, kLimits, "P", kBurst));
  EXPECT_TRUE(Use(10, 7, kLimits, "P", kBurst));
  EXPECT_EQ(left("P"), 0);
  // A hundred a day come back evenly: one in 864 seconds.
  state_.clock().AdvanceMillis(863'999);
  EXPECT_EQ(left("P"), 0);
  state_.clock().AdvanceMillis(1);
  EXPECT_EQ(left("P"), 1);
  Open();
  EXPECT_EQ(left("P"), 1);
  state_.clock().AdvanceMillis(federation::kDayMs);
  EXPECT_EQ(left("P"), 40);
  // A bound that was lowered since.
  EXPECT_TRUE(Use(30, 7, kLimits, "P", kBurst));
  EXPECT_EQ(book_->LeftAtOnce(kSouth, "P", kLimits, 4, state_.clock().UnixMillis()), 0);
}

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

// 2 400 a day are 100 in an hour.
TEST_F(EvaluationBookTest, ABucketOfEachPurposeIsSpentAtOnceAndFillsWithTheDay) {
  constexpr federation::BudgetLimits kWide{.per_day = 2'400, .per_30_days = 20'000};
  constexpr std::int64_t kHourMs = 3'600'000;
  const auto use = [this, &kWide](std::int64_t count, std::string_view purpose = "P") {
    return Use(count, 7, kWide, purpose, 64);
  };
  EXPECT_TRUE(use(60));
  EXPECT_TRUE(use(4));
  EXPECT_FALSE(use(4));
  EXPECT_TRUE(use(64, "Q"));  // Of another purpose there is one of its own.
  {
    const EvaluationCharge refused = Take(12, 7, kWide, "P", 64);
    EXPECT_THAT(refused.refusal(), HasSubstr("At most 64 evaluations at once"));
    // 12 of 100 in an hour, and the second that is begun.
    EXPECT_THAT(refused.refusal(),
                HasSubstr(base::UtcText(state_.clock().UnixMillis() + 12 * kHourMs / 100 + 999)));
  }
  state_.clock().AdvanceMillis(12 * kHourMs / 100 - 1);
  EXPECT_FALSE(use(12));
  state_.clock().AdvanceMillis(1);
  // Whatever happened in between: it is counted from what was charged.
  book_.reset();
  state_.Reopen();
  Open();
  EXPECT_TRUE(use(12));
  EXPECT_FALSE(use(4));
  state_.clock().AdvanceMillis(10 * kHourMs);  // It holds no more than 64.
  EXPECT_TRUE(use(64));
  EXPECT_FALSE(use(4));
  EXPECT_THAT(Take(68, 7, kWide, "P", 64).refusal(), HasSubstr("this asks for 68"));
}

TEST_F(EvaluationBookTest, ARefusalNamesItsBoundAndWhenToAskAgain) {
  ASSERT_TRUE(Use(60));
  const std::int64_t first = state_.clock().UnixMillis();
  state_.clock().AdvanceMillis(1'000);
  ASSERT_TRUE(Use(40));
  EXPECT_THAT(Take(20).refusal(),
              AllOf(HasSubstr("At most 100 evaluations in 24 hours"),
                    HasSubstr("after " + base::UtcText(first + federation::kDayMs))));
  EXPECT_THAT(Take(101).refusal(), HasSubstr("this asks for 101"));
  EXPECT_THAT(Take(4).granted(), false);
  state_.clock().AdvanceMillis(federation::kDayMs);
  ASSERT_TRUE(Use(100));
  state_.clock().AdvanceMillis(federation::kDayMs + 1);
  ASSERT_TRUE(Use(50));
  EXPECT_THAT(Take(4).refusal(), HasSubstr("At most 250 evaluations in 30 days"));
}

}  // namespace
}  // namespace proofmark::lookup
