// SPDX-License-Identifier: Apache-2.0
#include "client/validation/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "client/validation/peer_counts.h"
#include "client/validation/report_html.h"
#include "client/validation/results.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::validation {
namespace {

using ::proofmark::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

struct Spec {
  std::string label, firearm, study;
};

// Items and the score of each pair; truth by firearm.
Comparisons Table(const std::vector<Spec>& specs,
                  const std::map<std::pair<int, int>, double>& scores, double other) {
  Comparisons table;
  table.name = "cases";
  table.title = "Things";
  table.score_name = "score";
  for (const Spec& spec : specs) {
    Item item;
    item.label = item.specimen = spec.label;
    item.firearm = spec.firearm;
    item.study = spec.study;
    item.kind = "thing";
    table.items.push_back(item);
    table.firearm_of.push_back(spec.firearm.back() - '0');
  }
  table.questioned = static_cast<std::int64_t>(specs.size());
  for (int i = 0; i < static_cast<int>(specs.size()); ++i) {
    for (int j = i + 1; j < static_cast<int>(specs.size()); ++j) {
      const auto found = scores.find({i, j});
      Pair pair{.a = i, .b = j};
      const auto at = [&](int k) { return specs[static_cast<std::size_t>(k)].firearm; };
      pair.truth = at(i) == at(j) ? Truth::kSame : Truth::kDifferent;
      pair.score = found == scores.end() ? other : found->second;
      table.pairs.push_back(pair);
    }
  }
  return table;
}

// Three firearms, two items each; the third firearm's pair scores low.
Comparisons Example() {
  return Table({{"a1", "f0", "S"},
                {"a2", "f0", "S"},
                {"b1", "f1", "S"},
                {"b2", "f1", "S"},
                {"c1", "f2", "T"},
                {"c2", "f2", "T"}},
               {{{0, 1}, 9.0}, {{2, 3}, 8.0}, {{4, 5}, 1.5}, {{0, 4}, 3.0}}, 1.0);
}

TEST(EvaluateTest, CountsPairsAndNamesThoseOutOfOrder) {
  const Evaluation evaluation = Evaluate(Example(), 50);

  ASSERT_FALSE(evaluation.subsets.empty());
  EXPECT_EQ(evaluation.subsets[0].same, 3);
  EXPECT_EQ(evaluation.subsets[0].different, 12);
  ASSERT_TRUE(evaluation.subsets[0].figures.has_value());
  EXPECT_NEAR(evaluation.subsets[0].figures->auc.value, 35.0 / 36.0, 1e-12);
  EXPECT_EQ(evaluation.same_below_different_count, 1);
  ASSERT_EQ(evaluation.same_below_different.size(), 1U);
  EXPECT_EQ(evaluation.same_below_different[0].a, "c1");
  EXPECT_EQ(evaluation.highest_different[0].score, 3.0);
}

TEST(EvaluateTest, RanksEveryItemThatHasAnotherOfItsSource) {
  const Retrieval retrieval = Evaluate(Example(), 50).retrieval;

  EXPECT_EQ(retrieval.queries, 6);
  EXPECT_EQ(retrieval.first, 5);  // c1 finds a1 before c2.
  EXPECT_THAT(retrieval.first_rank, ::testing::ElementsAre(1, 1, 1, 1, 1, 2));
  EXPECT_THAT(retrieval.missed, ::testing::ElementsAre("c1 (rank 2)"));
  EXPECT_NEAR(retrieval.mean_average_precision, 5.5 / 6.0, 1e-12);
}

TEST(EvaluateTest, SubsetsByStudyAddUpToAll) {
  const Evaluation evaluation = Evaluate(Example(), 50);

  std::int64_t same = 0, different = 0, rows = 0;
  for (const Subset& subset : evaluation.subsets) {
    if (subset.group != "study") continue;
    ++rows;
    same += subset.same;
    different += subset.different;
  }
  EXPECT_EQ(rows, 3);  // S, T, one with another.
  EXPECT_EQ(same, 3);
  EXPECT_EQ(different, 12);
}

TEST(EvaluateTest, RescansAndUndecidedPairsAreLeftOutAndCounted) {
  Comparisons table = Example();
  table.pairs[0].same_item = true;
  table.pairs[1].truth = Truth::kUndecided;

  const Evaluation evaluation = Evaluate(table, 50);

  EXPECT_EQ(evaluation.same_item, 1);
  EXPECT_EQ(evaluation.undecided, 1);
  EXPECT_EQ(evaluation.subsets[0].same, 2);
  EXPECT_EQ(evaluation.subsets[0].different, 11);
  EXPECT_EQ(evaluation.subsets[1].group, "scans");
  EXPECT_EQ(evaluation.subsets[1].same, 3);
}

TEST(EvaluateTest, OneClassAloneHasCountsAndNoFigures) {
  Comparisons table = Example();
  std::erase_if(table.pairs, [](const Pair& pair) { return pair.truth == Truth::kSame; });

  const Evaluation evaluation = Evaluate(table, 50);

  EXPECT_EQ(evaluation.subsets[0].different, 12);
  EXPECT_FALSE(evaluation.subsets[0].figures.has_value());
  EXPECT_TRUE(evaluation.roc.empty());
  EXPECT_EQ(evaluation.retrieval.queries, 0);
}

// Counts beside which to set one's own; a later test writes it anew.
std::filesystem::path PeerCounts(const std::string& lines) {
  const std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) / absl::StrFormat("peer_counts.%d.csv", getpid());
  std::ofstream(path) << "specimen1,specimen2,same_source,cells,cmc\n" << lines;
  return path;
}

TEST(PeerCountsTest, SharesOfTheCellsDoNotVaryWithHowManyThereAre) {
  Results results;
  results.tables.push_back(
      {.comparisons =
           Table({{"a1", "f0", "S"}, {"a2", "f0", "S"}, {"a3", "f0", "S"}, {"b1", "f1", "S"}},
                 {{{0, 1}, 30.0}, {{0, 2}, 15.0}, {{1, 2}, 20.0}}, 1.0)});
  Comparisons& cases = results.tables[0].comparisons;
  cases.columns = {kCongruentCellsColumn, kCellsEligibleColumn};
  for (Pair& pair : cases.pairs) {
    pair.extra = {pair.score, pair.truth == Truth::kSame ? pair.score : 10.0};
    pair.score = 0.5;  // Not what the counts are compared by.
  }
  cases.pairs[1].extra[1] = 20.0;  // a1 and a3: 15 of 20 cells.

  const auto lines = ComparePeerCounts(
      PeerCounts("a2,a1,1,40,20\na1,a3,1,30,12\na2,a3,1,30,15\nb1,a1,0,40,2\nb1,a2,0,40,0\n"
                 "x,y,0,10,0\n"),
      results);

  ASSERT_THAT(lines, IsOk());
  ASSERT_EQ(lines->size(), 1U);
  EXPECT_THAT((*lines)[0], HasSubstr("S: 3 same and 2 different pairs in common"));
  EXPECT_THAT((*lines)[0], HasSubstr("Ours: same at least 15, different at most 1, VR 3."));
  EXPECT_THAT((*lines)[0], HasSubstr("as shares of the cells compared 0.75, 0.10, VR 16."));
  EXPECT_THAT((*lines)[0], HasSubstr("Theirs: same at least 12, different at most 2, VR "));
  EXPECT_THAT((*lines)[0], HasSubstr("as shares of the cells compared 0.40, 0.05, VR 22."));
}

TEST(PeerCountsTest, MoreCongruentCellsThanCellsAreRefused) {
  const auto lines = ComparePeerCounts(PeerCounts("a1,a2,1,30,31\n"), Results());
  EXPECT_THAT(lines.status().message(), HasSubstr("line 2: cmc must be a count, at most cells"));
}

TEST(ScoresCsvTest, QuotesFieldsAndDefusesFormulas) {
  Comparisons table = Example();
  table.items[0].label = "=1+1";
  table.items[1].label = "a,\"b\"";

  const std::string csv = ScoresCsv(table);

  EXPECT_THAT(csv, HasSubstr("\n'=1+1,\"a,\"\"b\"\"\","));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 16);  // Heading and 15 pairs.
}

TEST(ReportTest, TextFromTheSetIsEscapedAndNothingIsFetched) {
  Results results;
  results.manifest = "<script>alert(1)</script>";
  results.not_processed = {{"x.x3p", "a & b < c"}};

  const absl::StatusOr<std::string> page = ReportHtml(results);

  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(*page, Not(HasSubstr("<script")));
  EXPECT_THAT(*page, HasSubstr("a &amp; b &lt; c"));
  EXPECT_THAT(*page, HasSubstr("default-src 'none'"));
}

}  // namespace
}  // namespace proofmark::client::validation
