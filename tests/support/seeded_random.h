// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "base/mutex.h"
#include "base/random.h"

namespace proofmark::testing {

// The same bytes for the same seed. Thread-safe.
class SeededRandom final : public base::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}

  void Fill(std::span<std::byte> out) override {
    base::MutexLock lock(mutex_);
    for (std::byte& b : out) b = static_cast<std::byte>(engine_() & 0xFF);
  }

 private:
  base::Mutex mutex_;
  std::mt19937_64 engine_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::testing
