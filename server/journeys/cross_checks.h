// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "records/exhibit.h"
#include "server/store/store.h"

namespace proofmark::journeys {

// Exhibits of which something was said that firearms must hear of: a link was made or taken back,
// a partner released a date. That lies in the batch of what was said; what follows comes right
// after, or after the next start. Thread-safe.
class CrossChecks {
 public:
  // `store` must outlive it.
  explicit CrossChecks(store::Store& store) : store_(store) {}

  // What `request` must carry. Run() comes after.
  void AddDue(const records::ExhibitId& exhibit_id, store::WriteRequest& request) const;

  // What is done for each exhibit. Set once, before the node serves anybody.
  void Serve(std::function<absl::Status(const records::ExhibitId&)> check) {
    check_ = std::move(check);
  }

  // Everything that is due. What fails stays due.
  absl::Status RunDue();
  // The same for callers who have done what they were asked: a failure is logged.
  void Run();

 private:
  // Constant once the node serves.
  store::Store& store_;
  std::function<absl::Status(const records::ExhibitId&)> check_;

  base::Mutex running_;  // One at a time.
};

}  // namespace proofmark::journeys
