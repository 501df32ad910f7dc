// SPDX-License-Identifier: Apache-2.0
#include "server/store/failure_latch.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace proofmark::store {

absl::Status FailureLatch::status() const {
  base::MutexLock lock(mutex_);
  return status_;
}

absl::Status FailureLatch::Arm(std::function<void(const absl::Status&)> on_failure) {
  base::MutexLock lock(mutex_);
  on_failure_ = std::move(on_failure);
  return status_;
}

absl::Status FailureLatch::Trip(const absl::Status& failure) {
  PM_CHECK(!failure.ok());
  absl::Status first;
  std::function<void(const absl::Status&)> tell;
  {
    base::MutexLock lock(mutex_);
    if (!status_.ok()) return status_;
    status_ = absl::UnavailableError(
        absl::StrFormat("the store has failed and takes no more writes: %s", failure.message()));
    first = status_;
    tell = std::move(on_failure_);
  }
  if (tell) tell(failure);
  return first;
}

}  // namespace proofmark::store
