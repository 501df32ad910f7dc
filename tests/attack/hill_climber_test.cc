// SPDX-License-Identifier: Apache-2.0
// The attack of hill_climber.cc, shrunk: fewer targets and queries.
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

TEST(HillClimberTest, RawScoresWouldLetItClimb) {
  const auto outcomes = Attack(kTargets, kQueries, false, kRawScores, Lands());
  const Paired above = PairedOf(AboveBlind(outcomes, BlindReaches(kTargets, kQueries, Lands())));
  EXPECT_GT(above.low95, 0.0);
}

TEST(HillClimberTest, AHardenedNodeKeepsItBelowWhatBlindSearchReaches) {
  const auto outcomes = Attack(kTargets, kQueries, false, kHardened, Lands());
  const Paired above = PairedOf(AboveBlind(outcomes, BlindReaches(kTargets, kQueries, Lands())));
  EXPECT_LT(above.high95, 0.0);
}

// It has a hit from the first question on: what keeps it is the price of what is like it.
TEST(HillClimberTest, WhoHoldsABulletOfTheGunIsSoonRefusedAndSeenAndComesNoNearer) {
  const auto hardened = Attack(kTargets, kQueries, true, kHardened, Lands());
  EXPECT_LT(PairedOf(AboveStart(hardened)).low95, 0.0);
  for (const Outcome& outcome : hardened) {
    EXPECT_GT(outcome.refusals, kQueries / 2);
    EXPECT_GT(outcome.alarms, 0);
  }
}

}  // namespace
}  // namespace proofmark::attack
