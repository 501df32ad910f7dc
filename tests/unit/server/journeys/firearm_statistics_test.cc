// SPDX-License-Identifier: Apache-2.0
// Counts of deactivated firearms that partners tell each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "server/journeys/firearm_questions.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using firearm::Dimension;
using ::proofmark::testing::Agency;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::kPurpose;
using ::proofmark::testing::WireInTheMiddle;
using records::EntryKind;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using wire::PartnerOutcome;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;

wire::NewFirearm Deactivated(const std::string& serial, int year) {
  wire::NewFirearm asked;
  asked.firearm.serials = {{.component = firearm::Component::kFrame, .raw = serial}};
  asked.firearm.firearm_class = firearm::FirearmClass::kPistolSemi;
  asked.firearm.make_raw = "Glock";
  asked.firearm.category = firearm::Category::kC6;
  asked.firearm.category_before = firearm::Category::kB1;
  asked.state = firearm::State::kDeactivated;
  asked.authority = "Register office";
  firearm::DeactivationRecord& record = asked.deactivation.emplace();
  record.standard = firearm::Standard::kEu2018;
  record.checklist_type = 1;
  record.certificate.emplace().number = serial;
  record.certificate->verifying_entity = "LPH";
  record.certificate->country = "GB";
  record.certificate->certified_on = records::PartialDate{.year = year, .month = 3, .day = 1};
  record.components = {{.component = firearm::Component::kFrame,
                        .modified = true,
                        .mark = firearm::DeactivationMark{"GB", "LPH", year},
                        .mark_image = ""}};
  asked.accepted = {firearm::CheckId::kD02, firearm::CheckId::kD03};
  return asked;
}

// North asks south, which agreed to tell it counts by year and by standard and year, and its other
// partner west counts by standard.
class FirearmStatisticsTest : public ::testing::Test {
 protected:
  FirearmStatisticsTest() {
    north_.AddPartner(south_.AsPartner({kPurpose}, {kPurpose}));
    west_.AddPartner(south_.AsPartner({kPurpose}, {kPurpose}));
    AddTo(north_, {"YEAR", "STANDARD,YEAR"});
    AddTo(west_, {"STANDARD"});
    north_.Start();
    west_.Start();
    south_.Start();
  }

  void AddTo(const Agency& asker, federation::Words statistics) {
    federation::Partner partner = asker.AsPartner({kPurpose}, {kPurpose});
    partner.firearm_check_budget = federation::BudgetLimits{.per_day = 5, .per_30_days = 100};
    partner.statistics = std::move(statistics);
    south_.AddPartner(std::move(partner));
  }

  void Hold(int count, int year) {
    for (int i = 0; i < count; ++i) {
      ASSERT_THAT(
          south_.node().firearms().Add(kLab, Deactivated(absl::StrFormat("QX%06d", ++held_), year)),
          IsOk());
    }
  }
  void After(std::int64_t ms) {
    clock_.AdvanceMillis(ms);
    south_.node().housekeeping().RunNow();
  }

  static wire::FirearmCheckResult Ask(Agency& asker, firearm::Breakdown by) {
    wire::FirearmCheckRequest request;
    request.check = wire::StatisticsCheck{.by = std::move(by)};
    request.purpose = kPurpose;
    request.case_reference = "STUDY-1/26";
    auto checked = asker.node().firearm_questions().Ask(kExaminer, request);
    EXPECT_THAT(checked, IsOk());
    if (!checked.ok() || checked->partners.size() != 1) return {};
    return std::move(checked->partners[0]);
  }
  wire::FirearmStatistics Told(firearm::Breakdown by) {
    const wire::FirearmCheckResult result = Ask(north_, std::move(by));
    EXPECT_EQ(result.outcome, PartnerOutcome::kAnswered) << result.detail;
    if (!result.verdict) return {};
    return std::get<wire::FirearmStatistics>(*result.verdict);
  }
  static std::optional<std::int64_t> RecordsOf(const wire::FirearmStatistics& told,
                                               const std::string& last_key) {
    for (const firearm::SharedCount& count : told.shared.counts) {
      if (count.key.back() == last_key) return count.records;
    }
    ADD_FAILURE() << "no row of " << last_key;
    return std::nullopt;
  }

  FakeClock clock_;
  WireInTheMiddle wire_;
  Agency north_{"north", clock_, wire_};
  Agency west_{"west", clock_, wire_};
  Agency south_{"south", clock_, wire_};
  int held_ = 0;
};

const firearm::Breakdown kByYear = {Dimension::kYear};

TEST_F(FirearmStatisticsTest, CountsAreToldAndNoneThatIsSmall) {
  Hold(3, 2019);
  Hold(12, 2020);
  Hold(20, 2021);
  After(kDayMs);

  const wire::FirearmStatistics told = Told(kByYear);

  EXPECT_EQ(told.as_of_unix_ms, clock_.UnixMillis());
  EXPECT_EQ(told.smallest, 10);
  EXPECT_EQ(told.by, kByYear);
  ASSERT_THAT(told.shared.counts, SizeIs(3));
  EXPECT_EQ(RecordsOf(told, "2019"), std::nullopt);
  EXPECT_EQ(RecordsOf(told, "2020"), std::nullopt);  // Else the total told the year before.
  EXPECT_EQ(RecordsOf(told, "2021"), 20);
  EXPECT_EQ(told.shared.total.records, 35);
  EXPECT_THAT(wire_.CrossedBytes(), Not(HasSubstr("QX0000")));
  const auto asked = EntriesOf(south_.node().ledger(), EntryKind::kQueryIn);
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].draft.outcome, "ANSWERED");
  EXPECT_EQ(asked[0].draft.count, 3U);
  EXPECT_EQ((*south_.node().Budgets())[0].firearm_checks_here->used_today, 1);
}

// What may be told from then on is an act of the node, written with it.
TEST_F(FirearmStatisticsTest, EachPublicationIsOneEntryOfWhatWasPublished) {
  const auto published = [&] { return EntriesOf(south_.node().ledger(), EntryKind::kDecision); };
  Hold(20, 2021);
  After(23 * kHourMs);
  EXPECT_THAT(published(), IsEmpty());
  After(kHourMs);
  Told(kByYear);
  After(kDayMs);
  south_.Crash();
  south_.Start();
  const auto first = published();
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].draft.outcome, "STATISTICS_PUBLISHED");
  EXPECT_EQ(first[0].draft.count, 3U);  // Breakdowns.
  EXPECT_EQ(first[0].draft.peer, "");
  EXPECT_THAT(first[0].draft.detail, SizeIs(64));

  Hold(1, 2021);
  After(30 * kDayMs);

  const auto both = published();
  ASSERT_THAT(both, SizeIs(2));
  EXPECT_NE(both[1].draft.detail, both[0].draft.detail);
}

// Whoever asks before and after a firearm is added learns nothing of it.
TEST_F(FirearmStatisticsTest, AnAnswerStaysTheSameForItsPeriodThoughRecordsAreAddedAndItCrashes) {
  Hold(20, 2021);
  After(kDayMs);
  const wire::FirearmStatistics first = Told(kByYear);
  Hold(1, 2021);
  After(29 * kDayMs);
  EXPECT_EQ(Told(kByYear), first);
  south_.Crash();
  south_.Start();
  EXPECT_EQ(Told(kByYear), first);

  After(kDayMs);

  const wire::FirearmStatistics second = Told(kByYear);
  EXPECT_EQ(second.as_of_unix_ms, first.as_of_unix_ms + 30 * kDayMs);
  EXPECT_EQ(RecordsOf(second, "2021"), 21);
}

// What hides in one breakdown is not told by another, though two partners put them together.
TEST_F(FirearmStatisticsTest, NeitherAnotherBreakdownNorAnotherPartnerUndoesWhatIsHidden) {
  Hold(3, 2019);
  Hold(12, 2020);
  Hold(20, 2021);
  After(kDayMs);

  const wire::FirearmStatistics by_year = Told(kByYear);
  const wire::FirearmStatistics by_both = Told({Dimension::kStandard, Dimension::kYear});
  const wire::FirearmCheckResult west = Ask(west_, {Dimension::kStandard});

  ASSERT_TRUE(west.verdict.has_value());
  const auto& by_standard = std::get<wire::FirearmStatistics>(*west.verdict);
  EXPECT_EQ(by_standard.as_of_unix_ms, by_year.as_of_unix_ms);
  for (const char* year : {"2019", "2020"}) {
    EXPECT_EQ(RecordsOf(by_year, year), std::nullopt);
    EXPECT_EQ(RecordsOf(by_both, year), std::nullopt);
  }
  EXPECT_EQ(RecordsOf(by_standard, "EU-2018"), 35);
}

TEST_F(FirearmStatisticsTest, ByWhatIsNotAgreedIsRefusedInWritingAndCostsNothing) {
  Hold(20, 2021);
  After(kDayMs);

  for (const firearm::Breakdown& by : std::vector<firearm::Breakdown>{
           {Dimension::kStandard}, {Dimension::kCountry}, {Dimension::kYear, Dimension::kClass}}) {
    const wire::FirearmCheckResult result = Ask(north_, by);
    EXPECT_EQ(result.outcome, PartnerOutcome::kRefused);
    EXPECT_EQ(result.refusal_code, "POLICY");
  }
  EXPECT_EQ((*south_.node().Budgets())[0].firearm_checks_here->used_today, 0);
  EXPECT_EQ(EntriesOf(south_.node().ledger(), EntryKind::kQueryIn)[2].draft.outcome,
            "REFUSED:POLICY");
}

TEST_F(FirearmStatisticsTest, BeforeTheFirstAreCountedItSaysWhenTheyAre) {
  Hold(20, 2021);
  After(23 * kHourMs);

  const wire::FirearmCheckResult result = Ask(north_, kByYear);

  EXPECT_EQ(result.refusal_code, "NOT_READY");
  EXPECT_THAT(result.detail, HasSubstr("UTC"));
  EXPECT_EQ((*south_.node().Budgets())[0].firearm_checks_here->used_today, 0);
  After(kHourMs);
  EXPECT_EQ(RecordsOf(Told(kByYear), "2021"), 20);
}

// A breakdown agreed later waits for the next count: made alone it would be of other records.
TEST_F(FirearmStatisticsTest, ABreakdownAgreedLaterWaitsForTheNextCount) {
  Hold(20, 2021);
  After(kDayMs);
  Agency east("east", clock_, wire_);
  east.AddPartner(south_.AsPartner({kPurpose}, {kPurpose}));
  east.Start();
  south_.Crash();
  AddTo(east, {"COUNTRY"});
  south_.Start();
  After(kDayMs);
  EXPECT_EQ(Ask(east, {Dimension::kCountry}).refusal_code, "NOT_READY");

  After(29 * kDayMs);

  EXPECT_EQ(Ask(east, {Dimension::kCountry}).outcome, PartnerOutcome::kAnswered);
}

TEST_F(FirearmStatisticsTest, BeyondTheBudgetItEndsWithAnAlarm) {
  Hold(20, 2021);
  After(kDayMs);
  for (int i = 0; i < 5; ++i) Told(kByYear);

  EXPECT_EQ(Ask(north_, kByYear).refusal_code, "CAPACITY");

  const auto alarms = EntriesOf(south_.node().ledger(), EntryKind::kAlarm);
  ASSERT_THAT(alarms, SizeIs(1));
  EXPECT_EQ(alarms[0].draft.outcome, "CHECKS_EXHAUSTED");
}

TEST_F(FirearmStatisticsTest, AnAgencyWithoutFirearmsTellsAnEmptyTable) {
  After(kDayMs);

  const wire::FirearmStatistics told = Told(kByYear);

  EXPECT_THAT(told.shared.counts, IsEmpty());
  EXPECT_EQ(told.shared.total.records, 0);
}

}  // namespace
}  // namespace proofmark::journeys
