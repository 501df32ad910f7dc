// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/housekeeping.h"

#include "absl/strings/str_format.h"
#include "base/log.h"

namespace proofmark::journeys {

void Housekeeping::Start() {
  if (interval_.count() > 0) thread_ = std::thread([this] { Run(); });
}

void Housekeeping::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
    stop_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void Housekeeping::Run() {
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!stopping_) stop_.WaitFor(mutex_, interval_);
      if (stopping_) return;
    }
    RunNow();
  }
}

void Housekeeping::RunNow() {
  base::MutexLock working(working_);
  for (const Chore& chore : chores_) {
    if (const absl::Status done = chore.run(); !done.ok()) {
      base::Log(base::LogSeverity::kError,
                absl::StrFormat("%s: %s; tried again later", chore.name, done.message()));
    }
  }
}

}  // namespace proofmark::journeys
