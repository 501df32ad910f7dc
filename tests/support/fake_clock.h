// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace proofmark::testing {

// A clock that moves only when told to. Thread-safe.
class FakeClock final : public base::Clock {
 public:
  explicit FakeClock(std::int64_t unix_ms = 1'790'000'000'000) : unix_ms_(unix_ms) {}

  std::int64_t UnixMillis() const override { return unix_ms_; }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(unix_ms_));
  }
  void AdvanceMillis(std::int64_t ms) { unix_ms_ += ms; }

 private:
  std::atomic<std::int64_t> unix_ms_;
};

}  // namespace proofmark::testing
