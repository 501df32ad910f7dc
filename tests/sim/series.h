// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/sim/simulation.h"

namespace proofmark::sim {

struct Failure {
  std::uint64_t seed = 0;
  Violation violation;
};

// What many runs came to.
struct Series {
  std::int64_t runs = 0;
  Tally tally;
  std::vector<Failure> failures;  // By seed.

  // One screen: runs, events, acts, faults by kind, checks by invariant, violations.
  std::string Table() const;
};

// `plan` with each of the seeds, on so many threads. `told` hears of each finished run, one at a
// time; it may be empty.
Series RunSeeds(const Plan& plan, const std::vector<std::uint64_t>& seeds, int threads,
                const std::function<void(std::uint64_t seed, const Outcome&)>& told = nullptr);

// {first, first + 1, ...}
std::vector<std::uint64_t> SeedsFrom(std::uint64_t first, std::int64_t count);

}  // namespace proofmark::sim
