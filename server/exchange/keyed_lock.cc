// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/keyed_lock.h"

#include <utility>

namespace proofmark::exchange {

KeyedLock::Hold::Hold(KeyedLock& lock, std::string name) : lock_(lock), name_(std::move(name)) {
  base::MutexLock held(lock_.mutex_);
  while (lock_.held_.contains(name_)) lock_.released_.Wait(lock_.mutex_);
  lock_.held_.insert(name_);
}

KeyedLock::Hold::~Hold() {
  {
    base::MutexLock held(lock_.mutex_);
    lock_.held_.erase(name_);
  }
  lock_.released_.NotifyAll();
}

}  // namespace proofmark::exchange
