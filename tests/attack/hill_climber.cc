// SPDX-License-Identifier: Apache-2.0
// Attacks records through what a node answers, with the hardening and without, and says how far it
// came: docs/design/oracle-hardening.md. Run by hand:
//   hill_climber [queries a target, default 5000] [targets, default 20] [nothing | bullet]
// The third: what the attacker begins with, default nothing.
// From nothing it ends with 1 unless hardened answers keep the attacker below blind search and raw
// scores do not.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/attack/campaign.h"
#include "tests/bench/measure.h"

namespace proofmark::attack {
namespace {

struct Sums {
  double start = 0.0;
  double reached = 0.0;
  double most = 0.0;
  std::int64_t refusals = 0;
  std::int64_t alarms = 0;
};

Sums SumsOf(const std::vector<Outcome>& outcomes) {
  Sums sums;
  const auto n = static_cast<double>(outcomes.size());
  for (const Outcome& outcome : outcomes) {
    sums.start += outcome.start / n;
    sums.reached += outcome.reached / n;
    sums.most = std::max(sums.most, outcome.reached);
    sums.refusals += outcome.refusals;
    sums.alarms += outcome.alarms;
  }
  return sums;
}

void Print(const char* what, const std::vector<Outcome>& outcomes, const Paired& above,
           double began_s) {
  const Sums sums = SumsOf(outcomes);
  std::printf("%-44s %6.3f %7.3f %6.3f  %+.3f [%+.3f, %+.3f] %8lld %7lld %6.0f s\n", what,
              sums.start, sums.reached, sums.most, above.mean, above.low95, above.high95,
              static_cast<long long>(sums.refusals), static_cast<long long>(sums.alarms),
              bench::WallS() - began_s);
  std::fflush(stdout);
}

void PrintHeader(const char* part, std::int64_t targets, std::int64_t queries) {
  std::printf("%s, %lld targets, %lld queries each; true scores of the probes chosen\n", part,
              static_cast<long long>(targets), static_cast<long long>(queries));
  std::printf("%-44s %6s %7s %6s  %-24s %8s %7s %8s\n", "", "start", "reached", "most",
              "above it, one-sided 95 %", "refusals", "alarms", "wall");
}

// Whether the criterion is met.
bool FromNothing(std::int64_t targets, std::int64_t queries, const BlindLands& lands) {
  PrintHeader("from nothing, against blind search", targets, queries);
  const double began_s = bench::WallS();
  const std::vector<double> blind = BlindReaches(targets, queries, lands);
  double mean = 0.0;
  double most = 0.0;
  for (const double reach : blind) {
    mean += reach / static_cast<double>(blind.size());
    most = std::max(most, reach);
  }
  std::printf("%-44s %6s %7.3f %6.3f  %24s %8s %7s %6.0f s\n", "  blind search, best of all", "-",
              mean, most, "", "", "", bench::WallS() - began_s);
  const auto attack = [&](const char* what, Defence defence) {
    const double attack_began_s = bench::WallS();
    const auto outcomes = Attack(targets, queries, false, defence, lands);
    const Paired above = PairedOf(AboveBlind(outcomes, blind));
    Print(what, outcomes, above, attack_began_s);
    return above;
  };
  const Paired hardened = attack("  hardened", Defence::kHardened);
  const Paired raw = attack("  raw scores", Defence::kRawScores);
  const bool held = hardened.high95 <= 0.0 && raw.low95 > 0.0;
  std::printf("criterion: %s\n", held ? "held" : "NOT HELD");
  return held;
}

void FromABullet(std::int64_t targets, std::int64_t queries, const BlindLands& lands) {
  PrintHeader("from a land of another bullet of the gun, against that land", targets, queries);
  const auto attack = [&](const char* what, Defence defence) {
    const double began_s = bench::WallS();
    const auto outcomes = Attack(targets, queries, true, defence, lands);
    Print(what, outcomes, PairedOf(AboveStart(outcomes)), began_s);
  };
  attack("  levels alone", Defence::kLevelsAlone);
  attack("  hardened", Defence::kHardened);
  attack("  raw scores", Defence::kRawScores);
}

int Main(int argc, char** argv) {
  const std::int64_t queries = argc > 1 ? std::atoll(argv[1]) : 5'000;
  const std::int64_t targets = argc > 2 ? std::atoll(argv[2]) : 20;
  const std::string_view part = argc > 3 ? argv[3] : "nothing";
  const BlindLands lands(99, queries);
  if (part == "bullet") {
    FromABullet(targets, queries, lands);
    return 0;
  }
  return FromNothing(targets, queries, lands) ? 0 : 1;
}

}  // namespace
}  // namespace proofmark::attack

int main(int argc, char** argv) { return proofmark::attack::Main(argc, argv); }
