// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "crypto/hash/sha256.h"
#include "tests/sim/plan.h"
#include "tests/sim/tally.h"
#include "tests/sim/watch.h"

namespace proofmark::sim {

struct Outcome {
  Tally tally;
  std::optional<Violation> violation;
  crypto::Sha256Digest trace_hash{};  // The same for the same plan.
};

// One run: agencies begin, work under faults, the faults end, everything is delivered, and all of
// it is watched; it ends at the first violation. Several may run at once, each on its own thread.
Outcome Simulate(const Plan& plan);

}  // namespace proofmark::sim
