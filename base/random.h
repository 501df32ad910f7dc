// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace proofmark::base {

// Where the program gets chance from: identifiers, keys, nonces. Thread-safe.
// crypto/secret/system_random.h has the one for production; tests/support/seeded_random.h repeats.
class Random {
 public:
  virtual ~Random() = default;

  // Overwrites all of `out`. Ends the process if the system has no randomness to give.
  virtual void Fill(std::span<std::byte> out) = 0;
};

}  // namespace proofmark::base
