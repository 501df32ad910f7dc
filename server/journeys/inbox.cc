// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/inbox.h"

#include <utility>

namespace proofmark::journeys {

void Inbox::Put(Report report) {
  {
    base::MutexLock lock(mutex_);
    if (const auto* progress = std::get_if<wire::SearchProgress>(&report)) {
      progress_ = *progress;
    } else {
      reports_.push_back(std::move(report));
    }
  }
  came_.NotifyOne();
}

std::optional<Report> Inbox::Take(std::chrono::milliseconds wait) {
  base::MutexLock lock(mutex_);
  if (reports_.empty() && !progress_.has_value()) came_.WaitFor(mutex_, wait);
  if (!reports_.empty()) {
    Report report = std::move(reports_.front());
    reports_.pop_front();
    return report;
  }
  if (progress_.has_value()) return *std::exchange(progress_, std::nullopt);
  return std::nullopt;
}

}  // namespace proofmark::journeys
