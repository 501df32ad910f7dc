// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/cell_rules.h"

#include "gtest/gtest.h"

namespace proofmark::forensics {
namespace {

std::vector<Cell> Row(std::int64_t count) {
  std::vector<Cell> cells(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    cells[static_cast<std::size_t>(i)].x = 17 * (i - count / 2) - 8;
    cells[static_cast<std::size_t>(i)].y = -8;
  }
  return cells;
}

TEST(TurnBetweenTest, IsTheShorterWayRound) {
  EXPECT_EQ(TurnBetween(179.0, -179.0), -2.0);
  EXPECT_EQ(TurnBetween(-179.0, 179.0), 2.0);
  EXPECT_EQ(TurnBetween(180.0, 0.0), 180.0);
  EXPECT_EQ(TurnBetween(-180.0, 0.0), 180.0);
}

TEST(OriginalRuleTest, CountsCellsWithinAllThreeThresholds) {
  const std::vector<Cell> cells = Row(8);
  std::vector<std::optional<Found>> found(8, Found{.dx = 2, .dy = 3, .correlation = 0.8});
  found[0]->dx = 13;            // Eleven beside the others: ten are allowed.
  found[1]->correlation = 0.4;  // Too weak.
  found[2].reset();             // Not found at all.
  found[3]->dy = 12;            // Nine beside: within.

  const CongruentCells out = OriginalRule(cells, found, {});

  EXPECT_EQ(out.count, 5);
  EXPECT_EQ(out.congruent, (std::vector<bool>{false, false, false, true, true, true, true, true}));
  EXPECT_EQ(out.reference.dx, 2.0);
}

TEST(OriginalRuleTest, ACellFarOutIsJudgedWhereItWouldLieAtTheCommonTurn) {
  const std::vector<Cell> cells = Row(9);
  std::vector<std::optional<Found>> found;
  const Found common{.turn_degrees = 4.0, .dx = 1.0, .dy = -2.0, .correlation = 0.9};
  // The same posture, each cell's turn misjudged by up to four degrees.
  for (std::size_t i = 0; i < cells.size(); ++i) {
    found.push_back(AtTurn(cells[i], common, static_cast<double>(i)));
  }

  const CongruentCells out = OriginalRule(cells, found, {.distance = 0.5});

  EXPECT_EQ(out.count, 9);
  EXPECT_EQ(out.reference.turn_degrees, 4.0);
  EXPECT_NEAR(out.reference.dx, 1.0, 1e-9);
}

TEST(HighRuleTest, HoldsOnlyWhenTheBestTurnsLieTogether) {
  const std::vector<Cell> cells = Row(6);
  const std::vector<double> turns = {-30, -3, 0, 3, 30};
  std::vector<std::vector<std::optional<Found>>> places(6);
  for (std::size_t i = 0; i < 6; ++i) {
    for (const double turn : turns) {
      const bool good = turn == 0.0 || turn == 3.0;
      places[i].push_back(Found{.turn_degrees = turn, .correlation = good ? 0.9 : 0.1});
    }
  }
  const TurnCounts together = CountByTurn(cells, places, turns, {});
  for (std::size_t i = 0; i < 6; ++i) places[i][4]->correlation = 0.9;
  const TurnCounts apart = CountByTurn(cells, places, turns, {});

  const std::optional<HighMode> mode = HighRule(together, turns, {});

  ASSERT_TRUE(mode);
  EXPECT_EQ(mode->count, 6);
  EXPECT_EQ(mode->turn_degrees, 1.5);
  EXPECT_FALSE(HighRule(apart, turns, {}));
}

TEST(HighRuleTest, SeesTurnsAcrossTheHalfCircleAsNeighbours) {
  const std::vector<Cell> cells = Row(6);
  const std::vector<double> turns = {-180, 0, 177};
  std::vector<std::vector<std::optional<Found>>> places(6);
  for (auto& of_cell : places) {
    for (const double turn : turns) {
      of_cell.push_back(Found{.turn_degrees = turn, .correlation = turn == 0.0 ? 0.1 : 0.9});
    }
  }

  const std::optional<HighMode> mode = HighRule(CountByTurn(cells, places, turns, {}), turns, {});

  ASSERT_TRUE(mode);
  EXPECT_EQ(TurnBetween(mode->turn_degrees, 178.5), 0.0);
}

}  // namespace
}  // namespace proofmark::forensics
