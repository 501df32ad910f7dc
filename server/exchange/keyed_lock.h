// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace proofmark::exchange {

// Lets one thread at a time work under a name, and threads under different names beside each
// other. Thread-safe.
class KeyedLock {
 public:
  // Holds a name for a scope.
  class Hold {
   public:
    // Waits while another thread holds `name`. `lock` must outlive this.
    Hold(KeyedLock& lock, std::string name);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    KeyedLock& lock_;
    const std::string name_;
  };

 private:
  base::Mutex mutex_;
  base::CondVar released_;
  std::set<std::string> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::exchange
