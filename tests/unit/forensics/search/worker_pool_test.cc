// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/worker_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace proofmark::forensics {
namespace {

TEST(WorkerPoolTest, RunsEveryTaskOnceForAnyNumberOfThreads) {
  for (const int threads : {1, 2, 7}) {
    WorkerPool pool(threads);
    for (const std::int64_t count : {0, 1, 2, 100}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));

      const std::int64_t ran =
          pool.Run(count, [&](std::int64_t i) { ++runs[static_cast<std::size_t>(i)]; }, {});

      EXPECT_EQ(ran, count);
      for (const auto& each : runs) EXPECT_EQ(each, 1);
    }
  }
}

TEST(WorkerPoolTest, WhatIsCutShortRanTheFirstTasksAndNoOthers) {
  WorkerPool pool(3);
  std::vector<std::atomic<int>> runs(1'000);
  std::atomic<std::int64_t> begun{0};

  const std::int64_t ran = pool.Run(1'000,
                                    [&](std::int64_t i) {
                                      ++runs[static_cast<std::size_t>(i)];
                                      ++begun;
                                      std::this_thread::yield();
                                    },
                                    {.cancelled = [&] { return begun > 20; }});

  EXPECT_EQ(ran, begun);
  for (std::int64_t i = 0; i < 1'000; ++i) {
    EXPECT_EQ(runs[static_cast<std::size_t>(i)], i < ran ? 1 : 0) << i;
  }
}

TEST(WorkerPoolTest, APassedDeadlineOrAnEarlierCancellationRunsNothing) {
  WorkerPool pool(2);
  const auto fail = [](std::int64_t) { FAIL(); };

  EXPECT_EQ(pool.Run(5, fail, {.deadline = std::chrono::steady_clock::now()}), 0);
  EXPECT_EQ(pool.Run(5, fail, {.cancelled = [] { return true; }}), 0);
}

TEST(WorkerPoolTest, ProgressIsOnTheCallersThreadAndRisesToTheWhole) {
  WorkerPool pool(2);
  std::vector<std::int64_t> seen;
  const std::thread::id caller = std::this_thread::get_id();

  pool.Run(50, [](std::int64_t) {}, {.progress = [&](std::int64_t done) {
             EXPECT_EQ(std::this_thread::get_id(), caller);
             seen.push_back(done);
           }});

  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back(), 50);
}

// A long call does not make a short one wait to its end: with one thread the short call's only task
// runs after at most one more of the long one's.
TEST(WorkerPoolTest, CallsTakeTurns) {
  WorkerPool pool(1);
  std::atomic<std::int64_t> long_done{0};
  std::atomic<bool> short_asked{false};
  std::atomic<std::int64_t> long_done_when_short_ran{-1};
  std::thread long_call([&] {
    pool.Run(10'000,
             [&](std::int64_t) {
               ++long_done;
               if (!short_asked) std::this_thread::sleep_for(std::chrono::microseconds(100));
             },
             {.cancelled = [&] { return long_done_when_short_ran >= 0; }});
  });
  while (long_done == 0) std::this_thread::yield();

  pool.Run(1,
           [&](std::int64_t) {
             short_asked = true;
             long_done_when_short_ran = long_done.load();
           },
           {});
  long_call.join();

  EXPECT_LT(long_done_when_short_ran, 10'000);
}

TEST(WorkerPoolTest, ManyCallersAtOnceAllFinish) {
  WorkerPool pool(2);
  std::atomic<std::int64_t> total{0};
  {
    std::vector<std::jthread> callers;
    for (int c = 0; c < 8; ++c) {
      callers.emplace_back([&] {
        for (int round = 0; round < 20; ++round) {
          EXPECT_EQ(pool.Run(10, [&](std::int64_t) { ++total; }, {}), 10);
        }
      });
    }
  }
  EXPECT_EQ(total, 8 * 20 * 10);
}

}  // namespace
}  // namespace proofmark::forensics
