// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "crypto/hash/sha256.h"

namespace proofmark::sim {

// Decides what happens next: events in order of their time, then of their making. Time passes
// between events only.
//
// Work that waits in the middle (a search, a round of letters) is a task. It has a thread, but runs
// only while the scheduler's own thread stands still, so that exactly one of them all moves.
// Everything here is for the scheduler's thread or the task that runs.
class Scheduler {
 public:
  using Action = std::function<void()>;
  class Task;

  Scheduler() = default;
  // Every task must have ended.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  std::int64_t now_ms() const { return now_ms_; }

  void At(std::int64_t ms, Action action);
  void After(std::int64_t ms, Action action) { At(now_ms_ + ms, std::move(action)); }

  // Runs the next event; false when there is none up to `until_ms`, and then it is that time.
  bool Step(std::int64_t until_ms);

  // Begins a task from an event; returns when it first waits or has ended.
  void Begin(Action work);
  // The task that runs; null between tasks.
  const std::shared_ptr<Task>& current() const { return current_; }
  // The running task waits until it was rung once more than it has heard.
  void Hear();
  // From an event the task goes on at once, until it waits again or ends.
  void Ring(const std::shared_ptr<Task>& task);
  int tasks() const { return tasks_; }  // That have not ended.

  // What happens, in order; two runs of one seed have the same hash.
  void Trace(std::string_view line);
  void SetTeller(std::function<void(std::string_view line)> teller) { teller_ = std::move(teller); }
  const crypto::Sha256Digest& trace_hash() const { return trace_hash_; }

 private:
  void Resume(std::shared_ptr<Task> task);

  std::int64_t now_ms_ = 0;
  std::uint64_t made_ = 0;
  int tasks_ = 0;
  std::map<std::pair<std::int64_t, std::uint64_t>, Action> events_;
  std::shared_ptr<Task> current_;
  crypto::Sha256Digest trace_hash_{};
  std::function<void(std::string_view)> teller_;
};

}  // namespace proofmark::sim
