// SPDX-License-Identifier: Apache-2.0
// Durable ledger appends a second from 1, 8 and 64 callers, beside LevelDB's own synced batches of
// the same rows in the same run. For sizing; only the ratio means something on a busy machine.
//
//   store_bench [<folder on the disk to measure>] [<seconds for each measurement>]
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "crypto/secret/system_random.h"
#include "server/ledger/ledger.h"
#include "server/store/storage_env.h"
#include "server/store/store.h"

namespace proofmark {
namespace {

struct Rate {
  double per_second = 0.0;
  double group = 0.0;  // Appends that shared a sync, on average; 0 where nobody counts.
};

records::EntryDraft TypicalDraft() {
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kQueryIn;
  draft.peer = "spiffe://police.example/proofmark/node/b2";
  draft.exchange = "00112233445566778899aabbccddeeff";
  draft.purpose = "homicide";
  draft.case_commitment = std::string(64, '1');
  draft.request_hash = std::string(64, '3');
  draft.response_hash = std::string(64, '4');
  draft.outcome = "answered";
  return draft;
}

// How often `once` completes in a second when `callers` threads call it again and again.
double Measure(int callers, double seconds, const std::function<void(std::uint64_t)>& once) {
  std::atomic<std::uint64_t> done = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      while (!stop) once(done++);
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(done.load()) / elapsed.count();
}

Rate MeasureLedger(const std::string& folder, int callers, double seconds) {
  crypto::SystemRandom random;
  crypto::SecretBytes master = crypto::SecretBytes::Random(32, random);
  const std::unique_ptr<store::Store> opened =
      *store::Store::Open(folder, store::PosixStorage(), random, std::move(master), {});
  const std::unique_ptr<ledger::Ledger> ledger = *ledger::Ledger::Open(
      *opened, base::SystemClock(),
      {.origin = "bench", .node_name = "spiffe://kripo.example/proofmark/node/a1"});
  const double per_second = Measure(
      callers, seconds, [&](std::uint64_t) { PM_CHECK(ledger->Append(TypicalDraft()).ok()); });
  const store::StoreCounters counters = opened->counters();
  return {per_second,
          static_cast<double>(counters.requests) / static_cast<double>(counters.groups)};
}

// The rows of one append: entry, leaf hash, and a frontier of 13 subtrees.
Rate MeasureLevelDb(const std::string& folder, int callers, double seconds) {
  const std::string entry =
      *records::FormatEntry({.seq = 1'000'000,
                             .unix_ms = 1'790'000'000'000,
                             .node = "spiffe://kripo.example/proofmark/node/a1",
                             .draft = TypicalDraft()});
  leveldb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = std::size_t{32} << 20;
  leveldb::DB* opened = nullptr;
  PM_CHECK(leveldb::DB::Open(options, folder, &opened).ok());
  const std::unique_ptr<leveldb::DB> db(opened);
  leveldb::WriteOptions synced;
  synced.sync = true;
  const double per_second = Measure(callers, seconds, [&](std::uint64_t number) {
    std::string key = "e";
    base::AppendU64Be(key, number);
    leveldb::WriteBatch batch;
    batch.Put(key, entry);
    key[0] = 'l';
    batch.Put(key, std::string(32, 'h'));
    batch.Put("f", std::string(8 + 13 * 32, 'f'));
    PM_CHECK(db->Write(synced, &batch).ok());
  });
  return {per_second, 0.0};
}

int Run(const std::filesystem::path& folder, double seconds) {
  std::filesystem::create_directories(folder);
  std::printf("%8s %16s %10s %16s %8s\n", "callers", "ledger [1/s]", "per group", "LevelDB [1/s]",
              "ratio");
  for (const int callers : {1, 8, 64}) {
    const std::string suffix = std::to_string(callers);
    const Rate ledger = MeasureLedger((folder / ("ledger" + suffix)).string(), callers, seconds);
    const Rate raw = MeasureLevelDb((folder / ("leveldb" + suffix)).string(), callers, seconds);
    std::printf("%8d %16.0f %10.1f %16.0f %8.2f\n", callers, ledger.per_second, ledger.group,
                raw.per_second, ledger.per_second / raw.per_second);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace proofmark

int main(int argc, char** argv) {
  const std::filesystem::path parent =
      argc > 1 ? std::filesystem::path(argv[1]) : std::filesystem::temp_directory_path();
  return proofmark::Run(parent / "proofmark_store_bench", argc > 2 ? std::atof(argv[2]) : 2.0);
}
