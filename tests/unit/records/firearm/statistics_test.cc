// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/statistics.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/status.h"
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

absl::StatusOr<SharedCounts> Suppressed(const ConformityTally& tally, std::int64_t smallest) {
  PM_ASSIGN_OR_RETURN(std::vector<SharedCounts> all, SuppressSmallCounts({&tally, 1}, smallest));
  return std::move(all.front());
}

TEST(SuppressionTest, ShowsWhatIsLargeEnough) {
  const absl::StatusOr<SharedCounts> shared = Suppressed(TallyOf({{20, 10}, {30, 30}, {15, 0}}), 5);
  ASSERT_THAT(shared, IsOk());
  EXPECT_THAT(shared->counts, ElementsAre(SharedCount{{"E0"}, 20, 10}, SharedCount{{"E1"}, 30, 30},
                                          SharedCount{{"E2"}, 15, 0}));
  EXPECT_EQ(shared->total, (SharedCount{{}, 65, 40}));
}

TEST(SuppressionTest, HidesASecondRowSoThatTheTotalDoesNotTellTheFirst) {
  const absl::StatusOr<SharedCounts> shared = Suppressed(TallyOf({{20, 20}, {2, 2}, {30, 30}}), 5);
  ASSERT_THAT(shared, IsOk());
  EXPECT_EQ(shared->counts[0].records, std::nullopt);
  EXPECT_EQ(shared->counts[1].records, std::nullopt);
  EXPECT_EQ(shared->counts[2].records, 30);
  EXPECT_EQ(shared->total.records, 52);
}

TEST(SuppressionTest, HidesASplitWhoseOneSideIsSmall) {
  const absl::StatusOr<SharedCounts> shared =
      Suppressed(TallyOf({{20, 18}, {40, 20}, {60, 30}}), 5);
  ASSERT_THAT(shared, IsOk());
  EXPECT_EQ(shared->counts[0].records, 20);
  EXPECT_EQ(shared->counts[0].conforming, std::nullopt);
  EXPECT_EQ(shared->counts[1].conforming, std::nullopt);  // Else the total would tell the first.
  EXPECT_EQ(shared->counts[2].conforming, 30);
}

TEST(SuppressionTest, RefusesABoundOutOfItsOwn) {
  const ConformityTally tally = TallyOf({{9, 9}});
  EXPECT_THAT(Suppressed(tally, 1), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Suppressed(tally, 1'001), StatusIs(absl::StatusCode::kInvalidArgument));
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
    const absl::StatusOr<SharedCounts> shared = Suppressed(tally, kSmallest);
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

// A row that is hidden lest the total tell another must not come back from a finer table.
TEST(SuppressionTest, AFinerTableDoesNotUndoWhatACoarserOneHides) {
  std::vector<ConformityTally> tallies = {Tally({Dimension::kStandard}),
                                          Tally({Dimension::kStandard, Dimension::kYear})};
  const auto add = [&tallies](Standard standard, std::string year, int records) {
    ConformityFacts facts = Facts("A", true);
    facts.standard = standard;
    facts.year = std::move(year);
    for (int i = 0; i < records; ++i) {
      for (ConformityTally& tally : tallies) tally.Add(facts);
    }
  };
  add(Standard::kEu2015, "2016", 3);
  add(Standard::kEu2018, "2019", 12);
  add(Standard::kEu2018, "2020", 13);
  add(Standard::kUk2010, "2012", 40);

  const auto shared = SuppressSmallCounts(tallies, 10);

  ASSERT_THAT(shared, IsOk());
  EXPECT_EQ((*shared)[0].counts[1].key, (std::vector<std::string>{"EU-2018"}));
  EXPECT_EQ((*shared)[0].counts[1].records, std::nullopt);  // Else the total told EU-2015.
  // Nor do its years tell it.
  EXPECT_EQ((*shared)[1].counts[1].records, std::nullopt);
  EXPECT_EQ((*shared)[1].counts[2].records, std::nullopt);
  EXPECT_EQ((*shared)[0].counts[2].records, 40);
  EXPECT_EQ((*shared)[0].total.records, 68);
}

// A figure that the rest of a sum gives away.
std::optional<std::int64_t> LeftOver(std::optional<std::int64_t> sum,
                                     const std::vector<std::optional<std::int64_t>>& parts) {
  std::size_t hidden = 0;
  for (const auto& part : parts) {
    if (!part) ++hidden;
    if (sum && part) *sum -= *part;
  }
  if (!sum || hidden == 0) return std::nullopt;
  return sum;
}

// Random tables of two dimensions together with those of one and the total: no sum of rows against
// a figure shown leaves one row, or a small count; and none that is hidden is the sum of what is
// shown.
TEST(SuppressionTest, NoSumOfOneTableTellsWhatItOrAnotherHides) {
  constexpr std::int64_t kSmallest = 10;
  std::mt19937 random(11);
  for (int round = 0; round < 100; ++round) {
    std::vector<ConformityTally> tallies = {Tally({Dimension::kStandard}),
                                            Tally({Dimension::kYear}),
                                            Tally({Dimension::kStandard, Dimension::kYear})};
    for (int cell = 0; cell < 12; ++cell) {
      ConformityFacts facts = Facts("A", true);
      facts.standard = static_cast<Standard>(1 + cell % 3);
      facts.year = std::to_string(2010 + cell / 3);
      const auto records = random() % 3 == 0 ? random() % 8 : random() % 60;
      for (std::size_t i = 0; i < records; ++i) {
        facts.conforms = random() % 5 != 0;
        for (ConformityTally& tally : tallies) tally.Add(facts);
      }
    }
    const auto shared = SuppressSmallCounts(tallies, kSmallest);
    ASSERT_THAT(shared, IsOk());
    for (const auto figure : {&SharedCount::records, &SharedCount::conforming}) {
      const auto examine = [&](std::optional<std::int64_t> sum, const auto& is_part,
                               std::size_t table) {
        std::vector<std::optional<std::int64_t>> parts;
        for (const SharedCount& count : (*shared)[table].counts) {
          if (is_part(count)) parts.push_back(count.*figure);
        }
        const auto hidden = std::count(parts.begin(), parts.end(), std::nullopt);
        if (!sum) {
          EXPECT_NE(hidden, 0) << round;
          return;
        }
        EXPECT_NE(hidden, 1) << round;
        const std::optional<std::int64_t> left = LeftOver(sum, parts);
        EXPECT_TRUE(!left || *left == 0 || *left >= kSmallest) << round << ": " << *left;
      };
      const auto all = [](const SharedCount&) { return true; };
      for (std::size_t table = 0; table < 3; ++table) {
        examine((*shared)[table].total.*figure, all, table);
      }
      for (const std::size_t dimension : {0U, 1U}) {
        for (const SharedCount& row : (*shared)[dimension].counts) {
          examine(
              row.*figure,
              [&](const SharedCount& count) { return count.key[dimension] == row.key[0]; }, 2);
        }
      }
    }
  }
}

TEST(BreakdownTest, IsInOneOrderAndHasNoEntities) {
  const auto read = ParseBreakdown("year, standard");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(BreakdownText(*read), "STANDARD,YEAR");
  for (const char* bad : {"", "ENTITY", "YEAR,ENTITY", "YEAR,YEAR", "SERIAL", "YEAR,",
                          "STANDARD,YEAR,CLASS,COUNTRY"}) {
    EXPECT_THAT(ParseBreakdown(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

}  // namespace
}  // namespace proofmark::firearm
