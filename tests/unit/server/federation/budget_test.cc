// SPDX-License-Identifier: Apache-2.0
#include "server/federation/budget.h"

#include <memory>
#include <string>
#include <utility>

#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::federation {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::OpenStore;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kSouth[] = "south.test";
constexpr char kWest[] = "west.test";
constexpr std::int64_t kStart = 1'800'000'000'000;

// A sketch is one letter here: equal ones are alike, those of one case of letters kin.
Likeness LikenessOf(char a, char b) {
  if (a == b) return Likeness::kAlike;
  const bool both_lower = a >= 'a' && b >= 'a';
  return both_lower ? Likeness::kKin : Likeness::kApart;
}

class BudgetTest : public ::testing::Test {
 protected:
  BudgetTest() { Reopen(); }

  void Reopen() {
    book_.reset();
    store_.reset();
    auto store = OpenStore(disk_, random_);
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);
    auto book = BudgetBook::Open(*store_, now_);
    ASSERT_THAT(book, IsOk());
    book_ = *std::move(book);
  }

  // Every question has its own bytes unless `payload` says otherwise.
  Charge Take(char sketch, const std::string& payload = "", const std::string& of_case = "",
              const char* agency = kSouth) {
    const std::string number = std::to_string(++asked_);
    exchange_ = std::string(16 - number.size(), '0') + number;
    sketch_ = std::string(1, sketch);
    return book_->Take(
        {.agency = agency,
         .exchange_id = exchange_,
         .unix_ms = now_,
         .payload_hash = crypto::Sha256(payload.empty() ? number : payload),
         .case_commitment = crypto::Sha256(of_case.empty() ? number : of_case),
         .sketch = sketch_,
         .likeness = [sketch](std::string_view earlier) { return LikenessOf(sketch, earlier[0]); }},
        limits_);
  }
  absl::Status Commit(Charge& charge) {
    store::WriteRequest request;
    charge.AddTo(request);
    absl::Status status = store_->Commit(std::move(request));
    if (status.ok()) charge.Keep();
    return status;
  }
  // Takes and keeps; what it cost.
  std::int64_t Ask(char sketch, const std::string& payload = "", const std::string& of_case = "") {
    Charge charge = Take(sketch, payload, of_case);
    EXPECT_TRUE(charge.granted());
    EXPECT_THAT(Commit(charge), IsOk());
    return charge.units();
  }
  std::int64_t Used(const char* agency = kSouth) {
    return book_->StatementOf(agency, limits_, now_).used_30_days;
  }

  SimDisk disk_;
  SeededRandom random_{1};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<BudgetBook> book_;
  BudgetLimits limits_{.per_day = 1'000, .per_30_days = 2'000};
  std::int64_t now_ = kStart;
  int asked_ = 0;
  std::string exchange_;
  std::string sketch_;
};

TEST_F(BudgetTest, AFreshQuestionCostsOneUnit) {
  EXPECT_EQ(Ask('A'), 1);
  EXPECT_EQ(Ask('B'), 1);
  EXPECT_EQ(Used(), 2);
}

TEST_F(BudgetTest, TheSameBytesAgainCostOneUnitHoweverOften) {
  for (int i = 0; i < 6; ++i) {
    Charge charge = Take('A', "the same");
    EXPECT_EQ(charge.units(), 1);
    EXPECT_THAT(charge.alarms(), IsEmpty());
    ASSERT_THAT(Commit(charge), IsOk());
  }
  EXPECT_EQ(Used(), 6);
}

TEST_F(BudgetTest, EveryNearDuplicateCostsTwiceTheOneBeforeAndTheThirdRaisesAnAlarm) {
  EXPECT_EQ(Ask('A'), 1);
  EXPECT_EQ(Ask('A'), 2);
  EXPECT_EQ(Ask('A'), 4);
  Charge third = Take('A');
  EXPECT_EQ(third.units(), 8);
  EXPECT_EQ(third.near_duplicates(), 3);
  EXPECT_THAT(third.alarms(), ElementsAre(kAlarmNearDuplicates));
}

TEST_F(BudgetTest, NearDuplicatesAreForgottenAfterThirtyDays) {
  EXPECT_EQ(Ask('A'), 1);
  now_ += kBudgetWindowMs;
  EXPECT_EQ(Ask('A'), 1);
}

TEST_F(BudgetTest, TwentyExhibitsOfOneGunInOneCaseCostOneEachAndRaiseNoAlarm) {
  for (int i = 0; i < 20; ++i) {
    Charge charge = Take(static_cast<char>('a' + i), "", "one case");
    EXPECT_EQ(charge.units(), 1);
    EXPECT_THAT(charge.alarms(), IsEmpty());
    ASSERT_THAT(Commit(charge), IsOk());
  }
}

TEST_F(BudgetTest, BeyondWhatOneGunMayNeedEachKinCostsTwiceTheOneBefore) {
  for (int i = 0; i <= kKinFree; ++i) EXPECT_EQ(Ask(static_cast<char>('a' + i)), 1);
  now_ += kBudgetWindowMs;  // A month does not help.
  Charge next = Take('~');
  EXPECT_EQ(next.units(), 2);
  EXPECT_THAT(next.alarms(), ElementsAre(kAlarmOneSource));
  ASSERT_THAT(Commit(next), IsOk());
  EXPECT_EQ(Ask('}'), 4);
}

TEST_F(BudgetTest, ManyQuestionsOfOneCaseAreAnAlarmOnceAndNoRefusal) {
  limits_ = {.per_day = 1'000, .per_30_days = 1'000};
  int alarms = 0;
  for (int i = 0; i < 2 * kCaseQuestionsToAlarm; ++i) {
    Charge charge = Take('A', "the same", "one case");
    ASSERT_TRUE(charge.granted());
    alarms += static_cast<int>(charge.alarms().size());
    if (!charge.alarms().empty()) {
      EXPECT_EQ(charge.alarms()[0], kAlarmOneCase);
    }
    ASSERT_THAT(Commit(charge), IsOk());
  }
  EXPECT_EQ(alarms, 1);
}

TEST_F(BudgetTest, TheDayIsAHardLimitThatRollsOn) {
  limits_ = {.per_day = 3, .per_30_days = 100};
  for (const char sketch : {'A', 'B', 'C'}) EXPECT_EQ(Ask(sketch), 1);
  Charge fourth = Take('D');
  EXPECT_FALSE(fourth.granted());
  EXPECT_THAT(fourth.alarms(), ElementsAre(kAlarmExhausted));
  EXPECT_EQ(fourth.statement().left_today(), 0);
  EXPECT_THAT(Take('D').alarms(), IsEmpty());  // Once a day.

  now_ += kDayMs - 1;
  EXPECT_FALSE(Take('D').granted());
  now_ += 1;
  EXPECT_TRUE(Take('D').granted());
}

TEST_F(BudgetTest, ThirtyDaysAreAHardLimitThatRollsOn) {
  limits_ = {.per_day = 2, .per_30_days = 3};
  EXPECT_EQ(Ask('A') + Ask('B'), 2);
  now_ += kDayMs;
  EXPECT_EQ(Ask('C'), 1);
  EXPECT_FALSE(Take('D').granted());
  now_ += kBudgetWindowMs - kDayMs;
  EXPECT_TRUE(Take('D').granted());
}

TEST_F(BudgetTest, ACostAboveWhatIsLeftIsNotPaidInPart) {
  limits_ = {.per_day = 3, .per_30_days = 3};
  EXPECT_EQ(Ask('A'), 1);
  EXPECT_EQ(Ask('A'), 2);
  limits_ = {.per_day = 5, .per_30_days = 5};
  EXPECT_FALSE(Take('A').granted());  // Four, and two are left.
  EXPECT_TRUE(Take('B').granted());
}

TEST_F(BudgetTest, AQuestionThatFailedIsGivenBack) {
  { const Charge charge = Take('A'); }
  EXPECT_EQ(Used(), 0);
  EXPECT_EQ(Ask('A'), 1);
}

TEST_F(BudgetTest, AQuestionUnderWayCountsForTheNext) {
  limits_ = {.per_day = 1, .per_30_days = 1};
  const Charge first = Take('A');
  EXPECT_TRUE(first.granted());
  EXPECT_FALSE(Take('B').granted());
}

TEST_F(BudgetTest, AgenciesAreCountedApart) {
  EXPECT_EQ(Ask('A'), 1);
  Charge west = Take('A', "", "", kWest);
  EXPECT_EQ(west.units(), 1);
  ASSERT_THAT(Commit(west), IsOk());
  EXPECT_EQ(Used(kSouth), 1);
  EXPECT_EQ(Used(kWest), 1);
}

TEST_F(BudgetTest, ARestartForgetsNothing) {
  EXPECT_EQ(Ask('A'), 1);
  EXPECT_EQ(Ask('A'), 2);
  Reopen();
  EXPECT_EQ(Used(), 3);
  EXPECT_EQ(Ask('A'), 4);
  EXPECT_EQ(Ask('A', "1"), 1);  // The bytes of the first question.
}

TEST_F(BudgetTest, WhatIsTooOldIsRemovedAtTheStart) {
  EXPECT_EQ(Ask('A'), 1);
  now_ += kKinWindowMs + 1;
  Reopen();
  int rows = 0;
  ASSERT_THAT(store_->Scan({.prefix = "\x20"},
                           [&](std::string_view, std::string_view) { return ++rows > 0; }),
              IsOk());
  EXPECT_EQ(rows, 0);
}

TEST_F(BudgetTest, ADamagedRowIsNoStart) {
  store::WriteRequest request;
  request.mutations.Put(std::string("\x20") + "x", "y");
  ASSERT_THAT(store_->Commit(std::move(request)), IsOk());
  EXPECT_THAT(BudgetBook::Open(*store_, now_), StatusIs(StatusCode::kDataLoss));
}

// Whatever the moment of a power cut, what was acknowledged is still charged.
TEST_F(BudgetTest, AfterAKillAtAnyMomentNoLessIsChargedThanWasAcknowledged) {
  std::int64_t faults = 0;
  for (std::int64_t point = 1;; ++point) {
    SCOPED_TRACE(point);
    now_ += kKinWindowMs + 1;  // A clean page.
    Reopen();
    disk_.FailAt(point, SimDisk::Fault::kCrash);
    std::int64_t acknowledged = 0;
    for (const char sketch : {'A', 'A', 'B', 'A', 'C'}) {
      Charge charge = Take(sketch);
      if (Commit(charge).ok()) acknowledged += charge.units();
    }
    const bool faulted = disk_.faulted();
    faults += faulted ? 1 : 0;
    book_.reset();
    store_.reset();
    disk_.RebootKeepingSome(static_cast<std::uint64_t>(point));
    Reopen();
    EXPECT_GE(Used(), acknowledged);
    EXPECT_LE(Used(), 1 + 2 + 1 + 4 + 1);
    if (!faulted) break;
  }
  EXPECT_GT(faults, 5);
}

TEST_F(BudgetTest, WhatPartnersToldIsKeptByAgency) {
  store::WriteRequest request;
  const ToldBudget told{
      .agency = "north.test",
      .unix_ms = kStart,
      .statement = {
          .limits = {.per_day = 10, .per_30_days = 100}, .used_today = 4, .used_30_days = 40}};
  const BudgetOf kinds[] = {BudgetOf::kMatches, BudgetOf::kFirearmChecks, BudgetOf::kLookups};
  for (const BudgetOf of : kinds) {
    ToldBudget other = told;
    other.statement.used_today += static_cast<std::int64_t>(of);
    PutToldBudget(other, request.mutations, of);
  }
  ASSERT_THAT(store_->Commit(std::move(request)), IsOk());
  for (const BudgetOf of : kinds) {
    const auto list = ListToldBudgets(*store_, of);
    ASSERT_THAT(list, IsOk());
    ASSERT_EQ(list->size(), 1U);
    EXPECT_EQ((*list)[0].agency, told.agency);
    EXPECT_EQ((*list)[0].unix_ms, told.unix_ms);
    EXPECT_EQ((*list)[0].statement.used_today, 4 + static_cast<std::int64_t>(of));
    EXPECT_EQ((*list)[0].statement.used_30_days, 40);
  }
}

TEST(CoarsenedTest, RoundsWhatWasUsedUpToTwentiethsOfTheLimit) {
  const BudgetStatement told = Coarsened(
      {.limits = {.per_day = 200, .per_30_days = 1'000}, .used_today = 1, .used_30_days = 50});
  EXPECT_EQ(told.used_today, 10);
  EXPECT_EQ(told.used_30_days, 50);
  EXPECT_EQ(Coarsened({.limits = {.per_day = 5, .per_30_days = 5}, .used_today = 3}).used_today, 3);
}

}  // namespace
}  // namespace proofmark::federation
