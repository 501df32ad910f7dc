// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/series.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "tests/sim/founding.h"

namespace proofmark::sim {
namespace {

std::string Rows(std::string_view title, const Tally::Counts& counts) {
  std::string rows = absl::StrFormat("%s\n", std::string(title));
  for (const auto& [kind, count] : counts) rows += absl::StrFormat("  %-28s %10d\n", kind, count);
  return rows;
}

}  // namespace

std::string Series::Table() const {
  std::string table = absl::StrFormat("runs %d, events %d, ledger entries %d, violations %d\n",
                                      runs, tally.events, tally.entries, failures.size());
  table += Rows("acts", tally.acts);
  table += Rows("faults injected", tally.faults);
  table += Rows("invariants checked", tally.checks);
  for (const Failure& failure : failures) {
    table += absl::StrFormat("seed %d after %d ms: %s: %s\n", failure.seed, failure.violation.at_ms,
                             failure.violation.invariant, failure.violation.words);
  }
  return table;
}

Series RunSeeds(const Plan& plan, const std::vector<std::uint64_t>& seeds, int threads,
                const std::function<void(std::uint64_t seed, const Outcome&)>& told) {
  Founders();
  Secrets();
  Series series;
  base::Mutex mutex;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < seeds.size(); i = next++) {
      Plan own = plan;
      own.seed = seeds[i];
      const Outcome outcome = Simulate(own);
      base::MutexLock lock(mutex);
      ++series.runs;
      series.tally.Add(outcome.tally);
      if (outcome.violation) series.failures.push_back({seeds[i], *outcome.violation});
      if (told) told(seeds[i], outcome);
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i) workers.emplace_back(work);
  }
  std::ranges::sort(series.failures, {}, &Failure::seed);
  return series;
}

std::vector<std::uint64_t> SeedsFrom(std::uint64_t first, std::int64_t count) {
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

}  // namespace proofmark::sim
