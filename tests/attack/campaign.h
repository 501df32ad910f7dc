// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tests/attack/climber.h"

namespace proofmark::attack {

// What came of attacking one target.
struct Outcome {
  double start = 0.0;    // True score of the land it began with; 0 without.
  double reached = 0.0;  // Of the probe the attacker chose in the end.
  std::int64_t refusals = 0;
  std::int64_t alarms = 0;
};

// Attacks targets 0..targets-1, each on a node of its own, on as many threads as there are
// processors, at most two. The same arguments give the same outcomes.
std::vector<Outcome> Attack(std::int64_t targets, std::int64_t queries, bool with_start,
                            Defence defence, const BlindLands& lands);

// What blind search reaches on each of them.
std::vector<double> BlindReaches(std::int64_t targets, std::int64_t queries,
                                 const BlindLands& lands);

// Pairwise: outcome less blind reach, or less the start.
std::vector<double> AboveBlind(const std::vector<Outcome>& outcomes,
                               const std::vector<double>& blind);
std::vector<double> AboveStart(const std::vector<Outcome>& outcomes);

}  // namespace proofmark::attack
