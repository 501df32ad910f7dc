// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/grpc_status.h"

namespace proofmark::rpc {

// One stream of events to a caller: a thread adds, gRPC sends one at a time. Made with `new`;
// deletes itself when gRPC is done with it, which may be before Finish() returns: that is called
// last and without the lock. Thread-safe.
template <class Event>
class EventStream final : public grpc::ServerWriteReactor<Event> {
 public:
  // Whether `next` says all that `last`, which was not sent yet, would have said.
  using Supersedes = bool (*)(const Event& last, const Event& next);

  static constexpr std::chrono::seconds kPatience{60};

  explicit EventStream(Supersedes supersedes = nullptr) : supersedes_(supersedes) {}

  void Send(Event event) {
    const base::MutexLock lock(mutex_);
    if (gone_) return;
    const bool last_waits = queue_.size() > (writing_ ? 1U : 0U);
    if (supersedes_ != nullptr && last_waits && supersedes_(queue_.back(), event)) {
      queue_.back() = std::move(event);
    } else {
      queue_.push_back(std::move(event));
    }
    WriteNext();
  }

  // Send(), once no more than `waiting_max` wait to be sent. False when the caller is gone, or took
  // nothing for kPatience: it must not hold a thread for ever.
  bool SendInTurn(Event event, std::size_t waiting_max) {
    {
      const base::MutexLock lock(mutex_);
      const auto until = std::chrono::steady_clock::now() + kPatience;
      while (!gone_ && queue_.size() > waiting_max) {
        if (!sent_.WaitUntil(mutex_, until)) return false;
      }
      if (gone_) return false;
    }
    Send(std::move(event));
    return true;
  }

  // After this nothing is added. The status goes out when everything before it did.
  void End(const absl::Status& status) {
    {
      const base::MutexLock lock(mutex_);
      if (writing_) {
        end_ = ToGrpc(status);
        return;
      }
    }
    this->Finish(ToGrpc(status));
  }

  void OnWriteDone(bool ok) override {
    std::optional<grpc::Status> end;
    {
      const base::MutexLock lock(mutex_);
      writing_ = false;
      queue_.pop_front();
      if (!ok) {
        queue_.clear();
        gone_ = true;
      }
      WriteNext();
      if (!writing_) end.swap(end_);
      sent_.NotifyAll();
    }
    if (end) this->Finish(*std::move(end));
  }

  void OnDone() override { delete this; }

 private:
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || queue_.empty()) return;
    writing_ = true;
    this->StartWrite(&queue_.front());
  }

  const Supersedes supersedes_;
  base::Mutex mutex_;
  base::CondVar sent_;
  // The front is being written while `writing_`; a deque keeps its address.
  std::deque<Event> queue_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);  // What waits for the queue.
};

}  // namespace proofmark::rpc
