// SPDX-License-Identifier: Apache-2.0
// The attack of hill_climber.cc, shrunk: fewer targets and queries.
#include <vector>

#include "gtest/gtest.h"
#include "tests/attack/campaign.h"

namespace proofmark::attack {
namespace {

constexpr std::int64_t kTargets = 5;
constexpr std::int64_t kQueries = 400;

const BlindLands& Lands() {
  static const BlindLands* const kLands = new BlindLands(99, kQueries);
  return *kLands;
}

const std::vector<double>& Blind() {
  static const auto* const kBlind =
      new std::vector<double>(BlindReaches(kTargets, kQueries, Lands()));
  return *kBlind;
}

TEST(HillClimberTest, RawScoresWouldLetItClimb) {
  const auto outcomes = Attack(kTargets, kQueries, false, Defence::kRawScores, Lands());
  const Paired above = PairedOf(AboveBlind(outcomes, Blind()));
  EXPECT_GT(above.low95, 0.0);
}

TEST(HillClimberTest, AHardenedNodeKeepsItBelowWhatBlindSearchReaches) {
  const auto outcomes = Attack(kTargets, kQueries, false, Defence::kHardened, Lands());
  const Paired above = PairedOf(AboveBlind(outcomes, Blind()));
  EXPECT_LT(above.high95, 0.0);
}

// Its probes are like each other: most are refused, and people are told.
TEST(HillClimberTest, WhoHoldsABulletOfTheGunIsSoonRefusedAndSeenAndComesNoNearer) {
  const auto hardened = Attack(kTargets, kQueries, true, Defence::kHardened, Lands());
  EXPECT_LE(PairedOf(AboveStart(hardened)).low95, 0.0);
  for (const Outcome& outcome : hardened) {
    EXPECT_GT(outcome.refusals, kQueries / 2);
    EXPECT_GT(outcome.alarms, 0);
  }
}

}  // namespace
}  // namespace proofmark::attack
