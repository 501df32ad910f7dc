// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace proofmark::forensics {

// A fixed number of threads that all searches of a node share, so that many queries at once slow
// each other down evenly and never start more threads than the machine has processors. Thread-safe.
class WorkerPool {
 public:
  static constexpr int kThreadsMax = 256;

  // What a caller watches while its work is done. Called on the calling thread only.
  struct Watch {
    std::optional<std::chrono::steady_clock::time_point> deadline;
    std::function<bool()> cancelled;             // Polled; may be empty.
    std::function<void(std::int64_t)> progress;  // Tasks done; may be empty.
  };

  explicit WorkerPool(int threads);  // 1..kThreadsMax.
  // Nobody may be inside Run.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int threads() const { return static_cast<int>(threads_.size()); }

  // Runs task(0) .. task(count - 1), each once, on the pool's threads, and returns when they have
  // returned. Calls in progress take turns, task by task. Tasks must be independent and must not
  // call the pool.
  //   Result  how many ran: fewer than `count` when the deadline passed or the caller cancelled,
  //           and then those with the smallest numbers.
  std::int64_t Run(std::int64_t count, const std::function<void(std::int64_t)>& task,
                   const Watch& watch);

 private:
  struct Job;

  void Work();

  base::Mutex mutex_;
  base::CondVar work_came_;
  base::CondVar task_ended_;
  std::deque<Job*> jobs_ ABSL_GUARDED_BY(mutex_);  // With tasks not yet begun; first in turn first.
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace proofmark::forensics
