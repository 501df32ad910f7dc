// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "proto/wire/search.h"
#include "server/federation/peer_client.h"
#include "server/match/exhibit_collection.h"

namespace proofmark::journeys {

// What one partner's question came to.
struct PeerReport {
  std::size_t question = 0;  // Which of the search's questions.
  absl::StatusOr<federation::PeerAnswer> answer;
  std::chrono::steady_clock::time_point came;
  std::int64_t came_unix_ms = 0;
};

// What the local search came to.
struct LocalReport {
  absl::StatusOr<match::FoundExhibits> found;
};

using Report = std::variant<wire::SearchProgress, LocalReport, PeerReport>;

// Where the threads beside a search's own leave what they have. Shared with them, so that a report
// that comes after the search ended finds a place and is forgotten. Thread-safe.
class Inbox {
 public:
  void Put(Report report);

  // The next report, progress after everything else; nullopt when none came within `wait`.
  std::optional<Report> Take(std::chrono::milliseconds wait);

 private:
  base::Mutex mutex_;
  base::CondVar came_;
  std::deque<Report> reports_ ABSL_GUARDED_BY(mutex_);
  // Only the newest: who is slow to listen does not make it pile up.
  std::optional<wire::SearchProgress> progress_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::journeys
