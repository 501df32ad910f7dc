// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "base/mutex.h"

namespace proofmark::store {

// Remembers the store's first failure for good: after a failed write or sync nobody can say what is
// on the disk, so nothing may be acknowledged until it is read again from the start. Thread-safe.
class FailureLatch {
 public:
  // From now on a failure is also told to `on_failure` (may be empty), once, by whoever trips the
  // latch. Returns the failure there has been before, for whoever opens the store to return.
  absl::Status Arm(std::function<void(const absl::Status&)> on_failure);

  // OK, or kUnavailable with the first failure.
  absl::Status status() const;

  // Returns status() as it is from now on. `failure` must not be OK; only the first one counts.
  absl::Status Trip(const absl::Status& failure);

 private:
  mutable base::Mutex mutex_;
  std::function<void(const absl::Status&)> on_failure_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::store
