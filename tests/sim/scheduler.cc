// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scheduler.h"

#include <algorithm>
#include <semaphore>
#include <string>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace proofmark::sim {

class Scheduler::Task {
 public:
  std::binary_semaphore go{0};     // The task may move.
  std::binary_semaphore stand{0};  // It waits or has ended: the scheduler may.
  int rung = 0;
  bool waits = false;
  bool ended = false;
  std::jthread thread;  // Last: it uses what stands above.
};

Scheduler::~Scheduler() { PM_CHECK(tasks_ == 0); }

void Scheduler::At(std::int64_t ms, Action action) {
  events_.emplace(std::pair(std::max(ms, now_ms_), made_++), std::move(action));
}

bool Scheduler::Step(std::int64_t until_ms) {
  PM_CHECK(current_ == nullptr);
  if (events_.empty() || events_.begin()->first.first > until_ms) {
    now_ms_ = std::max(now_ms_, until_ms);
    return false;
  }
  auto next = events_.extract(events_.begin());
  now_ms_ = next.key().first;
  next.mapped()();
  return true;
}

void Scheduler::Begin(Action work) {
  const auto task = std::make_shared<Task>();
  ++tasks_;
  task->thread = std::jthread([raw = task.get(), work = std::move(work)] {
    raw->go.acquire();
    work();
    raw->ended = true;
    raw->stand.release();
  });
  Resume(task);
}

void Scheduler::Resume(std::shared_ptr<Task> task) {
  PM_CHECK(current_ == nullptr);
  current_ = task;
  task->waits = false;
  task->go.release();
  task->stand.acquire();
  current_ = nullptr;
  if (!task->ended) return;
  --tasks_;
  task->thread.join();
}

void Scheduler::Hear() {
  PM_CHECK(current_ != nullptr);
  Task& task = *current_;
  while (task.rung == 0) {
    task.waits = true;
    task.stand.release();
    task.go.acquire();
  }
  --task.rung;
}

void Scheduler::Ring(const std::shared_ptr<Task>& task) {
  ++task->rung;
  if (task->waits && !task->ended) Resume(task);
}

void Scheduler::Trace(std::string_view line) {
  const std::string text = absl::StrFormat("%9d ", now_ms_) + std::string(line);
  trace_hash_ = crypto::Sha256(std::string(crypto::AsText(trace_hash_)) + text);
  if (teller_) teller_(text);
}

}  // namespace proofmark::sim
