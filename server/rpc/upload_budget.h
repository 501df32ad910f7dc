// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace proofmark::rpc {

// How many bytes all uploads under way may hold together. Thread-safe.
class UploadBudget {
 public:
  // Bytes held; given back on destruction.
  class Hold {
   public:
    Hold(UploadBudget& budget, std::int64_t bytes) : budget_(&budget), bytes_(bytes) {}
    Hold(Hold&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (budget_ != nullptr) budget_->Release(bytes_);
    }

   private:
    UploadBudget* budget_;
    std::int64_t bytes_;
  };

  explicit UploadBudget(std::int64_t bytes_max) : free_bytes_(bytes_max) {}

  // nullopt when that much is not free now.
  std::optional<Hold> TryHold(std::int64_t bytes) {
    base::MutexLock lock(mutex_);
    if (bytes > free_bytes_) return std::nullopt;
    free_bytes_ -= bytes;
    return std::optional<Hold>(std::in_place, *this, bytes);
  }

 private:
  void Release(std::int64_t bytes) {
    base::MutexLock lock(mutex_);
    free_bytes_ += bytes;
  }

  base::Mutex mutex_;
  std::int64_t free_bytes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::rpc
