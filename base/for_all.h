// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace proofmark::base {

// Runs body(0) .. body(count - 1), each once and in any order, on `threads` threads, by default as
// many as there are processors, and returns when all have returned. For programs that do nothing
// else meanwhile; a node's work goes through forensics/search/worker_pool.h.
template <typename Body>
void ForAll(std::int64_t count, const Body& body,
            unsigned threads = std::thread::hardware_concurrency()) {
  std::atomic<std::int64_t> next{0};
  std::vector<std::jthread> workers;
  for (unsigned w = 0; w < std::max(1U, threads); ++w) {
    workers.emplace_back([&] {
      for (std::int64_t i = next++; i < count; i = next++) body(i);
    });
  }
}

}  // namespace proofmark::base
