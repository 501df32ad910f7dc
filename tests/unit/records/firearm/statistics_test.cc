// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/statistics.h"

#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/records/firearm/samples.h"

namespace proofmark::firearm {
namespace {

using proofmark::testing::IsOk;
using proofmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ConformityFacts Facts(std::string entity, bool conforms, std::vector<std::string> defects = {}) {
  ConformityFacts facts;
  facts.standard = Standard::kEu2018;
  facts.firearm_class = FirearmClass::kRevolver;
  facts.year = "2019";
  facts.entity = std::move(entity);
  facts.country = "GB";
  facts.defects = std::move(defects);
  facts.conforms = conforms;
  return facts;
}

ConformityTally Tally(std::vector<Dimension> dimensions) {
  absl::StatusOr<ConformityTally> tally = ConformityTally::Create(std::move(dimensions));
  EXPECT_THAT(tally, IsOk());
  return *std::move(tally);
}

TEST(ConformityFactsTest, AFlawlessRecordConforms) {
  const ConformityFacts facts = FactsFor(SamplePistol(), SampleDeactivation(), {});
  EXPECT_EQ(facts.standard, Standard::kEu2018);
  EXPECT_EQ(facts.year, "2019");
  EXPECT_EQ(facts.entity, "GB-LPH");
  EXPECT_EQ(facts.country, "GB");
  EXPECT_THAT(facts.defects, IsEmpty());
  EXPECT_TRUE(facts.conforms);
}

TEST(ConformityFactsTest, AWarningIsADefectThatDoesNotSpoilConformity) {
  const std::vector<Finding> warning = {
      {.check = CheckId::kD20, .severity = Severity::kWarning, .evidence = "", .fields = {}}};
  const ConformityFacts facts = FactsFor(SamplePistol(), SampleDeactivation(), warning);
  EXPECT_THAT(facts.defects, ElementsAre("D20"));
  EXPECT_TRUE(facts.conforms);
}

TEST(ConformityFactsTest, ErrorsAlertsAndOperationsNotDoneSpoilIt) {
  for (const Severity severity : {Severity::kError, Severity::kAlert}) {
    const std::vector<Finding> findings = {
        {.check = CheckId::kD08, .severity = severity, .evidence = "", .fields = {}}};
    EXPECT_FALSE(FactsFor(SamplePistol(), SampleDeactivation(), findings).conforms);
  }
  DeactivationRecord record = SampleDeactivation();
  record.outcomes[0].outcome = Outcome::kNotDone;
  record.certificate.reset();
  const ConformityFacts facts = FactsFor(SamplePistol(), record, {});
  EXPECT_THAT(facts.defects, ElementsAre("EU-2018 1.1"));
  EXPECT_FALSE(facts.conforms);
  EXPECT_EQ(facts.year, "");
}

TEST(ConformityTallyTest, CountsByEachKeyAndInTotal) {
  ConformityTally tally = Tally({Dimension::kEntity, Dimension::kStandard});
  tally.Add(Facts("A", true));
  tally.Add(Facts("A", false));
  tally.Add(Facts("", true));
  EXPECT_THAT(tally.Counts(), ElementsAre(ConformityCount{{"A", "EU-2018"}, 2, 1},
                                          ConformityCount{{"UNKNOWN", "EU-2018"}, 1, 1}));
  EXPECT_EQ(tally.Total(), (ConformityCount{{}, 3, 2}));
}

TEST(ConformityTallyTest, CountsARecordOnceUnderEachDefectItHas) {
  ConformityTally tally = Tally({Dimension::kDefect});
  tally.Add(Facts("A", false, {"D04", "D05"}));
  tally.Add(Facts("A", false, {"D04"}));
  tally.Add(Facts("A", true));
  EXPECT_THAT(tally.Counts(),
              ElementsAre(ConformityCount{{"D04"}, 2, 0}, ConformityCount{{"D05"}, 1, 0}));
  EXPECT_EQ(tally.Total().records, 3);
}

TEST(ConformityTallyTest, RefusesNoManyOrDoubledDimensions) {
  using D = Dimension;
  EXPECT_THAT(ConformityTally::Create({}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ConformityTally::Create({D::kYear, D::kYear}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ConformityTally::Create({D::kYear, D::kEntity, D::kClass, D::kCountry}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  for (int i = 1; i <= 6; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    EXPECT_EQ(FindDimension(DimensionCode(dimension)), dimension);
    EXPECT_THAT(ConformityTally::Create({dimension}), IsOk());
  }
  EXPECT_FALSE(FindDimension("SERIAL").has_value());
}

ConformityTally TallyOf(const std::vector<std::pair<int, int>>& records_and_conforming) {
  ConformityTally tally = Tally({Dimension::kEntity});
  for (std::size_t i = 0; i < records_and_conforming.size(); ++i) {
    const auto& [records, conforming] = records_and_conforming[i];
    for (int n = 0; n < records; ++n) {
      tally.Add(Facts("E" + std::to_string(i), n < conforming));
    }
  }
  return tally;
}

TEST(SuppressionTest, ShowsWhatIsLargeEnough) {
  const absl::StatusOr<SharedCounts> shared =
      SuppressSmallCounts(TallyOf({{20, 10}, {30, 30}, {15, 0}}), 5);
  ASSERT_THAT(shared, IsOk());
  EXPECT_THAT(shared->counts, ElementsAre(SharedCount{{"E0"}, 20, 10}, SharedCount{{"E1"}, 30, 30},
                                          SharedCount{{"E2"}, 15, 0}));
  EXPECT_EQ(shared->total, (SharedCount{{}, 65, 40}));
}

TEST(SuppressionTest, HidesASecondRowSoThatTheTotalDoesNotTellTheFirst) {
  const absl::StatusOr<SharedCounts> shared =
      SuppressSmallCounts(TallyOf({{20, 20}, {2, 2}, {30, 30}}), 5);
  ASSERT_THAT(shared, IsOk());
  EXPECT_EQ(shared->counts[0].records, std::nullopt);
  EXPECT_EQ(shared->counts[1].records, std::nullopt);
  EXPECT_EQ(shared->counts[2].records, 30);
  EXPECT_EQ(shared->total.records, 52);
}

TEST(SuppressionTest, HidesASplitWhoseOneSideIsSmall) {
  const absl::StatusOr<SharedCounts> shared =
      SuppressSmallCounts(TallyOf({{20, 18}, {40, 20}, {60, 30}}), 5);
  ASSERT_THAT(shared, IsOk());
  EXPECT_EQ(shared->counts[0].records, 20);
  EXPECT_EQ(shared->counts[0].conforming, std::nullopt);
  EXPECT_EQ(shared->counts[1].conforming, std::nullopt);  // Else the total would tell the first.
  EXPECT_EQ(shared->counts[2].conforming, 30);
}

TEST(SuppressionTest, RefusesABoundOutOfItsOwn) {
  const ConformityTally tally = TallyOf({{9, 9}});
  EXPECT_THAT(SuppressSmallCounts(tally, 1), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(SuppressSmallCounts(tally, 1'001), StatusIs(absl::StatusCode::kInvalidArgument));
}

// Whatever the table, no count of 1 to 4 is shown, nor had from the total by subtraction.
TEST(SuppressionTest, NeverTellsASmallCount) {
  constexpr std::int64_t kSmallest = 5;
  const auto is_small = [](std::int64_t count) { return count > 0 && count < kSmallest; };
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::pair<int, int>> rows;
    const auto draw = [&random](int most) {
      return static_cast<int>(random() % static_cast<unsigned>(most + 1));
    };
    for (int i = draw(6) + 1; i > 0; --i) {
      const int records = 1 + draw(draw(1) == 0 ? 6 : 30);
      rows.emplace_back(records, draw(records));
    }
    const ConformityTally tally = TallyOf(rows);
    const absl::StatusOr<SharedCounts> shared = SuppressSmallCounts(tally, kSmallest);
    ASSERT_THAT(shared, IsOk());
    std::int64_t hidden = tally.Total().records;
    int hidden_rows = 0;
    for (const SharedCount& count : shared->counts) {
      if (!count.records) {
        ++hidden_rows;
        EXPECT_FALSE(count.conforming.has_value());
        continue;
      }
      EXPECT_FALSE(is_small(*count.records));
      hidden -= *count.records;
      if (!count.conforming) continue;
      EXPECT_FALSE(is_small(*count.conforming));
      EXPECT_FALSE(is_small(*count.records - *count.conforming));
    }
    if (!shared->total.records) continue;
    EXPECT_FALSE(is_small(hidden)) << round;
    EXPECT_NE(hidden_rows, shared->counts.size() > 1 ? 1 : -1) << round;
  }
}

}  // namespace
}  // namespace proofmark::firearm
