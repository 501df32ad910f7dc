// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/cell_rules.h"

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

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

// Places all over the search, the same in every run.
std::vector<std::optional<Found>> Anywhere(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto within = [&random](double reach) {
    return reach * (static_cast<double>(random() >> 8U) / 8'388'608.0 - 1.0);
  };
  std::vector<std::optional<Found>> found;
  for (std::size_t i = 0; i < count; ++i) {
    found.push_back(Found{
        .turn_degrees = within(30.0), .dx = within(15.0), .dy = within(15.0), .correlation = 0.45});
  }
  return found;
}

constexpr CongruenceLimits kLimits = {.distance = 5.0};
constexpr double kPlaces = 31.0, kTurns = 63.0;

TEST(FindConsensusTest, AFewCellsThatAgreeAreEnoughWhereTheMediansFindNone) {
  const std::vector<Cell> cells = Row(32);
  std::vector<std::optional<Found>> found = Anywhere(32, 5);
  const double chance = FindConsensus(cells, found, kPlaces, kTurns, kLimits).support;
  const Found common{.turn_degrees = 24.0, .dx = 13.0, .dy = -13.0, .correlation = 0.6};
  // Seven of 32, the turn of each misjudged by up to three degrees.
  for (std::size_t i = 3; i < 10; ++i) {
    found[i] = AtTurn(cells[i], common, 21.0 + static_cast<double>(i - 3));
  }

  const CellConsensus out = FindConsensus(cells, found, kPlaces, kTurns, kLimits);

  EXPECT_EQ(OriginalRule(cells, found, kLimits).count, 0);
  EXPECT_GT(out.support, chance + 20.0);
  EXPECT_GE(out.count, 7);
  EXPECT_LE(out.count, 9);
  for (std::size_t i = 3; i < 10; ++i) EXPECT_TRUE(out.agrees[i]) << i;
  EXPECT_NEAR(out.reference.turn_degrees, 24.0, 3.0);
}

TEST(FindConsensusTest, ChanceIsWorthLessTheMoreCellsItIsSeenOn) {
  double before = 1.0;
  for (const std::size_t count : {std::size_t{6}, std::size_t{24}, std::size_t{96}}) {
    double mean = 0.0;
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
      mean += 0.05 * FindConsensus(Row(static_cast<std::int64_t>(count)), Anywhere(count, seed),
                                   kPlaces, kTurns, kLimits)
                         .support;
    }
    EXPECT_LT(mean, before);
    before = mean;
  }
}

TEST(FindConsensusTest, HigherCorrelationsSayMore) {
  const std::vector<Cell> cells = Row(8);
  double before = -1e9;
  for (const double correlation : {0.2, 0.4, 0.6, 0.8}) {
    const std::vector<std::optional<Found>> found(8, Found{.correlation = correlation});
    const double support = FindConsensus(cells, found, kPlaces, kTurns, kLimits).support;
    EXPECT_GT(support, before);
    before = support;
  }
}

TEST(FindConsensusTest, OneCellAloneSaysNothing) {
  std::vector<std::optional<Found>> found(4);
  EXPECT_EQ(FindConsensus(Row(4), found, kPlaces, kTurns, kLimits).support, 0.0);
  found[2] = Found{.correlation = 0.9};
  const CellConsensus out = FindConsensus(Row(4), found, kPlaces, kTurns, kLimits);
  EXPECT_EQ(out.support, 0.0);
  EXPECT_EQ(out.count, 0);
  EXPECT_EQ(out.agrees, std::vector<bool>(4, false));
}

TEST(FindConsensusTest, AThousandCellsThatAgreeDoNotOverflow) {
  const std::vector<std::optional<Found>> found(1'000, Found{.correlation = 1.0});
  const CellConsensus out = FindConsensus(Row(1'000), found, kPlaces, kTurns, kLimits);
  // Each of 999 adds ln(0.7 + 0.3 * 206 * e^4.4).
  EXPECT_NEAR(out.support, 999.0 * 8.52, 20.0);
  EXPECT_EQ(out.count, 1'000);
}

TEST(BestSupportAtOneTurnTest, TheTurnAtWhichCellsAgreeCounts) {
  std::vector<std::vector<std::optional<Found>>> places(12);
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i] = Anywhere(5, static_cast<std::uint32_t>(100 + i));
    places[i][4].reset();
  }
  const double chance = BestSupportAtOneTurn(places, 5, kPlaces, kLimits);
  for (std::size_t i = 0; i < 8; ++i) {
    places[i][3] = Found{.turn_degrees = 3.0, .dx = 4.0, .dy = 1.0, .correlation = 0.4};
  }
  EXPECT_GT(BestSupportAtOneTurn(places, 5, kPlaces, kLimits), chance + 8.0);
  EXPECT_EQ(BestSupportAtOneTurn({}, 5, kPlaces, kLimits), 0.0);
}

}  // namespace
}  // namespace proofmark::forensics
