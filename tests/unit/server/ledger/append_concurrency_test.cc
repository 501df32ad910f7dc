// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "gtest/gtest.h"
#include "server/ledger/ledger.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::ledger {
namespace {

using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::OpenStore;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SimDisk;

TEST(LedgerConcurrencyTest, SixtyFourThreadsGetDistinctContiguousReceipts) {
  constexpr int kThreads = 64;
  constexpr int kRounds = 16;
  SimDisk disk;
  SeededRandom random(1);
  FakeClock clock;
  const std::unique_ptr<store::Store> opened = *OpenStore(disk, random);
  const std::unique_ptr<Ledger> ledger = *Ledger::Open(
      *opened, clock, {.origin = "o", .node_name = "spiffe://kripo.example/proofmark/node/a1"});
  base::Mutex mutex;
  std::vector<Receipt> receipts;
  // Holds the writer thread until every caller has queued once, so that groups must be shared.
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    store::WriteRequest gate;
    gate.at_turn = [&](store::Mutations&) {
      while (opened->queued() < kThreads) std::this_thread::yield();
      return absl::OkStatus();
    };
    EXPECT_THAT(opened->Commit(std::move(gate)), IsOk());
  });
  while (opened->counters().requests < 1) std::this_thread::yield();

  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < kRounds; ++round) {
        records::EntryDraft draft;
        draft.kind = records::EntryKind::kSubmit;
        draft.outcome = "ok";
        draft.count = static_cast<std::uint64_t>(thread * kRounds + round);
        const absl::StatusOr<Receipt> receipt = ledger->Append(draft);
        ASSERT_THAT(receipt, IsOk());
        // What was acknowledged can be read at once, by anybody.
        const absl::StatusOr<StoredEntry> read = ledger->Read(receipt->index);
        ASSERT_THAT(read, IsOk());
        EXPECT_EQ(read->leaf_hash, receipt->leaf_hash);
        EXPECT_EQ(read->entry.draft.count, draft.count);
        base::MutexLock lock(mutex);
        receipts.push_back(*receipt);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::set<std::uint64_t> indices;
  for (const Receipt& receipt : receipts) indices.insert(receipt.index);
  ASSERT_EQ(indices.size(), static_cast<std::size_t>(kThreads * kRounds));
  EXPECT_EQ(*indices.begin(), 0u);
  EXPECT_EQ(*indices.rbegin(), static_cast<std::uint64_t>(kThreads * kRounds - 1));
  EXPECT_EQ(ledger->VerifyAll()->size, static_cast<std::uint64_t>(kThreads * kRounds));
  EXPECT_GE(opened->counters().group_requests_max, kThreads);
  EXPECT_LT(opened->counters().groups, opened->counters().requests);
}

}  // namespace
}  // namespace proofmark::ledger
