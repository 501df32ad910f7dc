// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/simulation.h"

#include "tests/sim/people.h"
#include "tests/sim/trouble.h"
#include "tests/sim/world.h"

namespace proofmark::sim {
namespace {

constexpr std::int64_t kSliceMs = 1'000;

}  // namespace

const Names& AllFaults() {
  static const auto* const all = new Names{
      "clock",    "clog", "crash",     "delay",      "duplicate", "enemy", "flip",      "full",
      "io-error", "loss", "partition", "revocation", "rollback",  "slow",  "truncation"};
  return *all;
}

const Names& AllBugs() {
  static const auto* const all =
      new Names{"answers-forgotten", "answers-garbled",   "budget-forgotten",
                "case-in-message",   "deaf-to-lists",     "fork-overlooked",
                "ledger-cut",        "letters-forgotten", "receipt-of-another-entry",
                "rollback-accepted", "sync-left-out",     "two-checkpoints",
                "unlogged-answer",   "witness-forgotten"};
  return *all;
}

Outcome Simulate(const Plan& plan) {
  World world(plan);
  People people(world, plan.acts);
  Trouble trouble(world, plan);
  world.StartAll();
  people.Begin();
  trouble.Begin();
  while (!people.done() && !world.over()) world.RunFor(kSliceMs);
  trouble.End();
  world.Rest();
  if (!world.over()) world.watch.LookAtTheEnd();
  Outcome outcome;
  outcome.trace_hash = world.scheduler.trace_hash();
  world.StopAll();
  outcome.violation = world.watch.violation();
  outcome.tally = world.tally;
  return outcome;
}

}  // namespace proofmark::sim
