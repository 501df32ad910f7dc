// SPDX-License-Identifier: Apache-2.0
// The attack of hill_climber.cc, shrunk: fewer targets and queries.
#include "gtest/gtest.h"
#include "tests/attack/campaign.h"

namespace proofmark::attack {
namespace {

constexpr std::int64_t kTargets = 6;
constexpr std::int64_t kQueries = 600;

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

TEST(HillClimberTest, WhoHoldsABulletOfTheGunClimbsByLevelsAloneAndSoonIsRefusedByAHardenedNode) {
  const auto levels = Attack(kTargets, kQueries, true, kLevelsAlone, Lands());
  const auto hardened = Attack(kTargets, kQueries, true, kHardened, Lands());
  EXPECT_GT(PairedOf(AboveStart(levels)).low95, PairedOf(AboveStart(hardened)).high95);
  for (const Outcome& outcome : hardened) {
    EXPECT_GT(outcome.refusals, 0);
    EXPECT_GT(outcome.alarms, 0);
  }
}

}  // namespace
}  // namespace proofmark::attack
