// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <vector>

namespace proofmark::client::validation {

inline constexpr int kThreadsMax = 64;

// Runs body(0) .. body(count - 1), `threads` at once; results go where the index says, so that they
// do not depend on how many there were. Ends early once a stop is requested.
template <typename Body>
void ForEach(std::int64_t count, int threads, const std::stop_token& stop, const Body& body) {
  std::atomic<std::int64_t> next{0};
  const auto work = [&] {
    for (std::int64_t i = next++; i < count && !stop.stop_requested(); i = next++) body(i);
  };
  std::vector<std::jthread> helpers;
  for (int i = 1; i < std::clamp(threads, 1, kThreadsMax); ++i) helpers.emplace_back(work);
  work();
}

}  // namespace proofmark::client::validation
