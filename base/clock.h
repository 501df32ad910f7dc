// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace proofmark::base {

// Where the program learns the time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // UTC, milliseconds since 1970.
  virtual std::int64_t UnixMillis() const = 0;

  // For durations and deadlines only; unrelated to the calendar.
  virtual std::chrono::steady_clock::time_point Steady() const = 0;
};

// "2026-11-22 15:35:48 UTC".
std::string UtcText(std::int64_t unix_ms);

// The machine's clocks. Lives for the whole process.
const Clock& SystemClock();

}  // namespace proofmark::base
