// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace proofmark::exchange {

// What a call to a partner comes to. Shared with the call, which may outlast who waits for it.
// Thread-safe.
template <typename T>
class Awaited {
 public:
  void Put(absl::StatusOr<T> value) {
    const base::MutexLock lock(mutex_);
    value_ = std::move(value);
    came_.NotifyAll();
  }

  // Once, by one thread. `stopped` is polled and may be empty.
  //   kDeadlineExceeded  nothing came by `deadline`.
  //   kCancelled         `stopped` said so.
  absl::StatusOr<T> Take(const base::Clock& clock, std::chrono::steady_clock::time_point deadline,
                         const std::function<bool()>& stopped = nullptr) {
    base::MutexLock lock(mutex_);
    while (!value_.has_value()) {
      if (stopped && stopped()) return absl::CancelledError("nobody waits any more");
      if (clock.Steady() >= deadline) {
        return absl::DeadlineExceededError("nothing came in time");
      }
      came_.WaitFor(mutex_, kLookSlice);
    }
    return *std::move(value_);
  }

 private:
  // How long it sleeps at most before it looks at the clock again.
  static constexpr std::chrono::milliseconds kLookSlice{50};

  base::Mutex mutex_;
  base::CondVar came_;
  std::optional<absl::StatusOr<T>> value_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::exchange
