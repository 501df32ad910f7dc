// SPDX-License-Identifier: Apache-2.0
#include "tests/attack/campaign.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
namespace proofmark::attack {
namespace {

constexpr int kThreads = 2;

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

std::vector<Outcome> Attack(std::int64_t targets, std::int64_t queries, bool with_start,
                            Defence defence, const BlindLands& lands) {
  std::vector<Outcome> outcomes(static_cast<std::size_t>(targets));
  ForEachTarget(targets, [&](std::int64_t target) {
    const AttackedRecord record(static_cast<std::uint32_t>(target));
    const std::unique_ptr<AttackedNode> node = AttackedNode::Create(record, defence);
    Means means{.queries = queries};
    if (with_start) means.start = record.BestLandOfAnotherShot();
    Outcome& outcome = outcomes[static_cast<std::size_t>(target)];
    if (with_start) outcome.start = record.TrueScore(*means.start);
    const auto seed = static_cast<std::uint64_t>(target) + 1;
    outcome.reached = record.TrueScore(Climb(*node, means, defence, lands, seed));
    outcome.refusals = node->refusals();
    outcome.alarms = node->alarms();
  });
  return outcomes;
}

std::vector<double> BlindReaches(std::int64_t targets, std::int64_t queries,
                                 const BlindLands& lands) {
  std::vector<double> reaches(static_cast<std::size_t>(targets));
  ForEachTarget(targets, [&](std::int64_t target) {
    const AttackedRecord record(static_cast<std::uint32_t>(target));
    reaches[static_cast<std::size_t>(target)] = BlindReach(record, queries, lands);
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
