// SPDX-License-Identifier: Apache-2.0
// What the simulator is worth: each defect that is planted breaks an invariant, and soon.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "tests/sim/simulation.h"

namespace proofmark::sim {
namespace {

constexpr std::uint64_t kSeedsMax = 40;

struct Planted {
  std::string bug;
  std::string_view invariant;  // That it breaks first.
  Names faults;                // Without which it does no harm.
  std::uint64_t seed;          // Where it was found first; another finds it when draws change.
};

std::ostream& operator<<(std::ostream& out, const Planted& planted) { return out << planted.bug; }

const Planted kPlanted[] = {
    {"unlogged-answer", kLogged, {}, 1},
    {"sync-left-out", kStarts, {"crash"}, 1},
    {"ledger-cut", kAppendOnly, {"rollback"}, 6},
    {"two-checkpoints", kOneRoot, {}, 1},
    {"witness-forgotten", kWitnessForward, {"crash"}, 1},
    {"budget-forgotten", kBudget, {"crash"}, 1},
    {"answers-forgotten", kRepeated, {"crash", "enemy"}, 5},
    {"receipt-of-another-entry", kReconciled, {}, 1},
    {"deaf-to-lists", kRevoked, {"revocation"}, 5},
    {"rollback-accepted", kRollback, {"rollback"}, 6},
    {"case-in-message", kSecrets, {}, 1},
    {"fork-overlooked", kForks, {"crash", "enemy"}, 4},
    {"letters-forgotten", kLinks, {"clog", "crash", "partition"}, 4},
    {"answers-garbled", kDelivered, {}, 1},
};

class PlantedBugTest : public ::testing::TestWithParam<Planted> {
 protected:
  static void SetUpTestSuite() { base::SetLogThreshold(base::LogSeverity::kError); }
};

TEST_P(PlantedBugTest, IsFound) {
  Plan plan{.seed = GetParam().seed, .faults = GetParam().faults, .bug = GetParam().bug};
  std::optional<Violation> found = Simulate(plan).violation;
  for (std::uint64_t seed = 1; seed <= kSeedsMax && !found; ++seed) {
    plan.seed = seed;
    found = Simulate(plan).violation;
  }
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->invariant, GetParam().invariant) << found->words;
  absl::PrintF("%s: seed %d: %s: %s\n", GetParam().bug, plan.seed, found->invariant, found->words);
}

INSTANTIATE_TEST_SUITE_P(Sim, PlantedBugTest, ::testing::ValuesIn(kPlanted),
                         [](const auto& planted) {
                           std::string name = planted.param.bug;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

TEST(PlantedBugsTest, EveryDefectIsHereAndEveryInvariant) {
  Names bugs;
  Names broken;
  for (const Planted& planted : kPlanted) {
    bugs.insert(planted.bug);
    broken.emplace(planted.invariant);
  }
  EXPECT_EQ(bugs, AllBugs());
  EXPECT_EQ(broken, Names(kInvariants.begin(), kInvariants.end()));
}

}  // namespace
}  // namespace proofmark::sim
