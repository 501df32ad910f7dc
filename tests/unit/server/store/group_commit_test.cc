// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "server/store/keys.h"
#include "server/store/store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::store {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::OpenStore;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SimDisk;

constexpr Table kTable{0x30};
constexpr int kThreads = 64;

std::string KeyOf(std::uint64_t number) { return StoreKey(kTable).U64(number).Build(); }

void RunThreads(const std::function<void(int thread)>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

// Holds the writer thread inside one request's turn until `release`, so that the others queue up.
class Gate {
 public:
  explicit Gate(Store& store)
      : holder_([this, &store] {
          WriteRequest request;
          request.at_turn = [this](Mutations&) {
            base::MutexLock lock(mutex_);
            entered_ = true;
            changed_.NotifyAll();
            while (!released_) changed_.Wait(mutex_);
            return absl::OkStatus();
          };
          EXPECT_THAT(store.Commit(std::move(request)), IsOk());
        }) {
    base::MutexLock lock(mutex_);
    while (!entered_) changed_.Wait(mutex_);
  }
  ~Gate() { holder_.join(); }

  void Release() {
    base::MutexLock lock(mutex_);
    released_ = true;
    changed_.NotifyAll();
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  bool entered_ ABSL_GUARDED_BY(mutex_) = false;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread holder_;
};

TEST(GroupCommitTest, ManyCallersShareGroups) {
  SimDisk disk;
  SeededRandom random(1);
  const std::unique_ptr<Store> store = *OpenStore(disk, random);
  constexpr int kRounds = 20;

  RunThreads([&](int thread) {
    for (int round = 0; round < kRounds; ++round) {
      WriteRequest request;
      request.mutations.Put(KeyOf(static_cast<std::uint64_t>(thread * kRounds + round)), "v");
      EXPECT_THAT(store->Commit(std::move(request)), IsOk());
    }
  });

  int rows = 0;
  ASSERT_THAT(store->Scan({.prefix = StoreKey(kTable).Build()},
                          [&](std::string_view, std::string_view) { return ++rows > 0; }),
              IsOk());
  EXPECT_EQ(rows, kThreads * kRounds);
  EXPECT_EQ(store->counters().requests, kThreads * kRounds);
}

// While one group is being written the others queue; the next group takes them all.
TEST(GroupCommitTest, TakesAllThatQueuedMeanwhile) {
  SimDisk disk;
  SeededRandom random(1);
  const std::unique_ptr<Store> store = *OpenStore(disk, random);
  std::vector<std::thread> threads;
  {
    Gate gate(*store);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        WriteRequest request;
        request.mutations.Put(KeyOf(static_cast<std::uint64_t>(i)), "v");
        EXPECT_THAT(store->Commit(std::move(request)), IsOk());
      });
    }
    while (store->queued() < kThreads) std::this_thread::yield();
    gate.Release();
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(store->counters().groups, 2);
  EXPECT_EQ(store->counters().group_requests_max, kThreads);
}

// Of many who want the same absent key exactly one gets it, also within one group.
TEST(GroupCommitTest, PreconditionsSeeEarlierRequestsOfTheSameGroup) {
  SimDisk disk;
  SeededRandom random(1);
  const std::unique_ptr<Store> store = *OpenStore(disk, random);
  std::atomic<int> won = 0;
  std::atomic<int> refused = 0;

  RunThreads([&](int thread) {
    WriteRequest request;
    request.preconditions.push_back({.key = KeyOf(0), .value = std::nullopt});
    request.mutations.Put(KeyOf(0), std::to_string(thread));
    const absl::Status status = store->Commit(std::move(request));
    if (status.ok()) ++won;
    if (absl::IsAlreadyExists(status)) ++refused;
  });

  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, kThreads - 1);
}

// Compare-and-set from many threads loses no update.
TEST(GroupCommitTest, CountsWithoutLosingAnUpdate) {
  SimDisk disk;
  SeededRandom random(1);
  const std::unique_ptr<Store> store = *OpenStore(disk, random);
  WriteRequest start;
  start.mutations.Put(KeyOf(0), "0");
  ASSERT_THAT(store->Commit(std::move(start)), IsOk());

  RunThreads([&](int) {
    while (true) {
      const std::string value = **store->Get(KeyOf(0));
      WriteRequest request;
      request.preconditions.push_back({.key = KeyOf(0), .value = value});
      request.mutations.Put(KeyOf(0), std::to_string(std::stoi(value) + 1));
      const absl::Status status = store->Commit(std::move(request));
      if (status.ok()) return;
      ASSERT_TRUE(absl::IsFailedPrecondition(status)) << status;
    }
  });

  EXPECT_EQ(**store->Get(KeyOf(0)), std::to_string(kThreads));
}

TEST(GroupCommitTest, AFailureRefusesEveryCallerOnceAndForAll) {
  SimDisk disk;
  SeededRandom random(1);
  std::atomic<int> told = 0;
  Store::Options options;
  options.on_failure = [&](const absl::Status&) { ++told; };
  const std::unique_ptr<Store> store = *OpenStore(disk, random, std::move(options));
  disk.FailAt(20, SimDisk::Fault::kError);
  std::atomic<int> acknowledged_late = 0;

  RunThreads([&](int thread) {
    for (int round = 0; round < 20; ++round) {
      const bool failed_before = !store->health().ok();
      WriteRequest request;
      request.mutations.Put(KeyOf(static_cast<std::uint64_t>(thread * 20 + round)), "v");
      if (store->Commit(std::move(request)).ok() && failed_before) ++acknowledged_late;
    }
  });

  EXPECT_TRUE(disk.faulted());
  EXPECT_EQ(told, 1);
  EXPECT_EQ(acknowledged_late, 0);
  EXPECT_FALSE(store->health().ok());
}

}  // namespace
}  // namespace proofmark::store
