// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/keyed_lock.h"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace proofmark::exchange {
namespace {

TEST(KeyedLockTest, OneAtATimeUnderOneName) {
  KeyedLock lock;
  int inside = 0;  // Guarded by "a": the thread sanitizer sees it when it is not.
  int most = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 100; ++j) {
          const KeyedLock::Hold hold(lock, "a");
          most = std::max(most, ++inside);
          --inside;
        }
      });
    }
  }
  EXPECT_EQ(most, 1);
}

TEST(KeyedLockTest, AnotherNameDoesNotWait) {
  KeyedLock lock;
  const KeyedLock::Hold hold(lock, "a");
  std::atomic<bool> passed{false};

  std::jthread([&] {
    const KeyedLock::Hold other(lock, "b");
    passed = true;
  }).join();

  EXPECT_TRUE(passed);
}

TEST(KeyedLockTest, ANameIsFreeAgainAfterItsHold) {
  KeyedLock lock;
  { const KeyedLock::Hold hold(lock, "a"); }
  { const KeyedLock::Hold hold(lock, "a"); }
}

}  // namespace
}  // namespace proofmark::exchange
