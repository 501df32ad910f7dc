// SPDX-License-Identifier: Apache-2.0
#include "tests/attack/campaign.h"

#include <atomic>
#include <functional>
#include <thread>

#include "forensics/synthetic/generator.h"

namespace proofmark::attack {
namespace {

constexpr std::uint64_t kTargetSeed = 4'711;
constexpr int kThreads = 2;

forensics::SyntheticBarrel BarrelOf(std::int64_t target) {
  return {.seed = kTargetSeed,
          .barrel = static_cast<std::uint32_t>(target),
          .profile = forensics::SyntheticProfile::kClean};
}

void ForEachTarget(std::int64_t targets, const std::function<void(std::int64_t)>& body) {
  std::atomic<std::int64_t> next = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (std::int64_t target = next++; target < targets; target = next++) body(target);
    });
  }
}

}  // namespace

forensics::BulletSignature TargetOf(std::int64_t target) {
  return forensics::GenerateBulletSignature(BarrelOf(target), 0);
}

forensics::BulletSignature BestLandOfAnotherShot(std::int64_t target) {
  const AttackedNode node(TargetOf(target), kLevelsAlone, 1);
  const forensics::BulletSignature bullet = forensics::GenerateBulletSignature(BarrelOf(target), 1);
  forensics::BulletSignature best;
  double best_score = -1.0;
  for (const auto& land : bullet.lands) {
    forensics::BulletSignature single{bullet.extractor_version, {land}};
    const double score = node.TrueScore(single);
    if (score <= best_score) continue;
    best_score = score;
    best = std::move(single);
  }
  return best;
}

std::vector<Outcome> Attack(std::int64_t targets, std::int64_t queries, bool with_start,
                            const Defence& defence, const BlindLands& lands) {
  std::vector<Outcome> outcomes(static_cast<std::size_t>(targets));
  ForEachTarget(targets, [&](std::int64_t target) {
    const auto seed = static_cast<std::uint64_t>(target) + 1;
    AttackedNode node(TargetOf(target), defence, seed);
    Means means{.queries = queries};
    if (with_start) means.start = BestLandOfAnotherShot(target);
    Outcome& outcome = outcomes[static_cast<std::size_t>(target)];
    if (with_start) outcome.start = node.TrueScore(*means.start);
    outcome.reached = node.TrueScore(Climb(node, means, defence, lands, seed));
    outcome.refusals = node.refusals();
    outcome.alarms = node.alarms();
  });
  return outcomes;
}

std::vector<double> BlindReaches(std::int64_t targets, std::int64_t queries,
                                 const BlindLands& lands) {
  std::vector<double> reaches(static_cast<std::size_t>(targets));
  ForEachTarget(targets, [&](std::int64_t target) {
    const AttackedNode node(TargetOf(target), kLevelsAlone, 1);
    reaches[static_cast<std::size_t>(target)] = BlindReach(node, queries, lands);
  });
  return reaches;
}

std::vector<double> AboveBlind(const std::vector<Outcome>& outcomes,
                               const std::vector<double>& blind) {
  std::vector<double> above;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    above.push_back(outcomes[i].reached - blind[i]);
  }
  return above;
}

std::vector<double> AboveStart(const std::vector<Outcome>& outcomes) {
  std::vector<double> above;
  for (const Outcome& outcome : outcomes) above.push_back(outcome.reached - outcome.start);
  return above;
}

}  // namespace proofmark::attack
