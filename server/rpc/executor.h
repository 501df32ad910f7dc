// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace proofmark::rpc {

// Where the work of handlers runs, so that gRPC's own threads never wait: a fixed number of
// threads and a queue of bounded length. Thread-safe.
class Executor {
 public:
  Executor(int threads, std::size_t queued_max);
  // Finishes what was taken, then joins.
  ~Executor();

  // False when the queue is full or the executor is shutting down; `work` is then dropped.
  [[nodiscard]] bool TrySchedule(std::function<void()> work);

 private:
  void Run();

  // Constant after construction.
  const std::size_t queued_max_;

  base::Mutex mutex_;
  base::CondVar wake_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::vector<std::jthread> threads_;  // Last: they use everything above.
};

}  // namespace proofmark::rpc
