// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/executor.h"

#include <utility>

#include "base/check.h"

namespace proofmark::rpc {

Executor::Executor(int threads, std::size_t queued_max) : queued_max_(queued_max) {
  PM_CHECK(threads > 0 && queued_max > 0);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

Executor::~Executor() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  threads_.clear();
}

bool Executor::TrySchedule(std::function<void()> work) {
  {
    base::MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= queued_max_) return false;
    queue_.push_back(std::move(work));
  }
  wake_.NotifyOne();
  return true;
}

void Executor::Run() {
  for (;;) {
    std::function<void()> work;
    {
      base::MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) wake_.Wait(mutex_);
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace proofmark::rpc
