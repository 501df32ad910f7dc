// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"

namespace proofmark::journeys {

// What has to be done now and then, whoever asks what: each chore in turn, on one thread. A chore
// that fails is logged and done again the next time. Thread-safe.
class Housekeeping {
 public:
  struct Chore {
    std::string_view name;  // For the log.
    std::function<absl::Status()> run;
  };

  // `interval` is between rounds; 0 starts no thread: RunNow() alone works. What the chores use
  // must outlive it.
  Housekeeping(std::vector<Chore> chores, std::chrono::milliseconds interval)
      : chores_(std::move(chores)), interval_(interval) {}
  ~Housekeeping() { Stop(); }

  void Start();
  void Stop();

  // All chores, once; blocks.
  void RunNow();

 private:
  void Run();

  // Constant after construction.
  const std::vector<Chore> chores_;
  const std::chrono::milliseconds interval_;

  base::Mutex working_;  // One round at a time.
  base::Mutex mutex_;
  base::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace proofmark::journeys
