// SPDX-License-Identifier: Apache-2.0
// What the ledger costs on the real disk, and that its cost does not grow with its length: durable
// appends a second from 1, 8 and 64 callers beside LevelDB's own synced batches of the same rows in
// the same groups; signing a checkpoint after 100 new entries; opening, memory and reading it all
// back beside bare SHA-256. Run by hand:
//   ledger_bench [entries at most, default 100000] [folder on the disk to measure, default /tmp]
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "crypto/secret/system_random.h"
#include "server/ledger/checkpoint_book.h"
#include "server/ledger/ledger.h"
#include "server/store/storage_env.h"
#include "server/store/store.h"
#include "tests/bench/measure.h"

namespace proofmark::bench {
namespace {

constexpr char kOrigin[] = "kripo.example/proofmark/a1/log";
constexpr char kNodeId[] = "spiffe://kripo.example/proofmark/node/a1";
constexpr double kSlice_s = 0.5;
constexpr int kSlices = 10;           // Of each of the two compared.
constexpr int kFillingCallers = 256;  // A full group.
constexpr int kCheckpoints = 21;
constexpr int kNewEntries = 100;  // Of each checkpoint.

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

std::string TypicalEntry() {
  return *records::FormatEntry(
      {.seq = 1'000'000, .unix_ms = 1'790'000'000'000, .node = kNodeId, .draft = TypicalDraft()});
}

// A store, ledger and checkpoint book in a folder; the keys are the same each time.
class Node {
 public:
  explicit Node(const std::string& folder) {
    const std::string master(32, 'm');
    const double start_s = WallS();
    store_ = *store::Store::Open(folder, store::PosixStorage(), random_,
                                 crypto::SecretBytes::CopyOf(base::AsBytes(master)), {});
    const double store_s = WallS();
    ledger_ = *ledger::Ledger::Open(*store_, base::SystemClock(),
                                    {.origin = kOrigin, .node_name = kNodeId});
    const double ledger_s = WallS();
    book_ = *ledger::CheckpointBook::Open(*store_, *ledger_, base::SystemClock(), log_key_);
    store_open_s = store_s - start_s;
    ledger_open_s = ledger_s - store_s;
    book_open_s = WallS() - ledger_s;
  }

  store::Store& store() { return *store_; }
  ledger::Ledger& ledger() { return *ledger_; }
  ledger::CheckpointBook& book() { return *book_; }

  // From as many callers at once as share a group.
  void FillTo(std::uint64_t size) {
    std::atomic<std::uint64_t> next = ledger_->Head().size;
    std::vector<std::thread> callers;
    for (int i = 0; i < kFillingCallers; ++i) {
      callers.emplace_back([&] {
        while (next++ < size) PM_CHECK(ledger_->Append(TypicalDraft()).ok());
      });
    }
    for (std::thread& caller : callers) caller.join();
  }

  double store_open_s = 0.0;
  double ledger_open_s = 0.0;
  double book_open_s = 0.0;

 private:
  // Every run of the program knows it again.
  class Same final : public base::Random {
    void Fill(std::span<std::byte> out) override { std::ranges::fill(out, std::byte{7}); }
  };

  Same same_;
  crypto::SystemRandom random_;
  const crypto::SigningKey log_key_ = crypto::SigningKey::Generate(same_);
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<ledger::CheckpointBook> book_;
};

// ---- Appending ----

// How often something was done, in all slices of the measurement.
struct Tally {
  std::uint64_t done = 0;
  double elapsed_s = 0.0;

  double per_second() const { return static_cast<double>(done) / elapsed_s; }
};

void AppendForASlice(ledger::Ledger& ledger, int callers, Tally& tally) {
  std::atomic<std::uint64_t> done = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  const double start_s = WallS();
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      for (; !stop; ++done) PM_CHECK(ledger.Append(TypicalDraft()).ok());
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(kSlice_s));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  tally.elapsed_s += WallS() - start_s;
  tally.done += done;
}

// Nothing is done but to write the rows of as many appends with one sync: entry and leaf hash of
// each, a frontier of 13 subtrees for the group.
void WriteForASlice(leveldb::DB& db, int group, Tally& tally) {
  const std::string entry = TypicalEntry();
  leveldb::WriteOptions synced;
  synced.sync = true;
  const double start_s = WallS();
  while (WallS() - start_s < kSlice_s) {
    leveldb::WriteBatch batch;
    for (int i = 0; i < group; ++i, ++tally.done) {
      std::string key = "e";
      base::AppendU64Be(key, tally.done);
      batch.Put(key, entry);
      key[0] = 'l';
      batch.Put(key, std::string(32, 'h'));
    }
    batch.Put("f", std::string(8 + 13 * 32, 'f'));
    PM_CHECK(db.Write(synced, &batch).ok());
  }
  tally.elapsed_s += WallS() - start_s;
}

// In turns, so that what else the disk has to do meets both alike.
void MeasureAppends(const std::filesystem::path& folder) {
  for (const int callers : {1, 8, 64}) {
    const std::string suffix = std::to_string(callers);
    Node node((folder / ("ledger" + suffix)).string());
    leveldb::Options options;
    options.create_if_missing = true;
    options.write_buffer_size = std::size_t{32} << 20;
    leveldb::DB* opened = nullptr;
    PM_CHECK(leveldb::DB::Open(options, (folder / ("leveldb" + suffix)).string(), &opened).ok());
    const std::unique_ptr<leveldb::DB> db(opened);
    Tally ledger, raw;
    double group = 1.0;
    for (int slice = 0; slice < kSlices; ++slice) {
      AppendForASlice(node.ledger(), callers, ledger);
      const store::StoreCounters counters = node.store().counters();
      group = static_cast<double>(counters.requests) / static_cast<double>(counters.groups);
      WriteForASlice(*db, std::max(1, static_cast<int>(group + 0.5)), raw);
    }
    PrintRow(absl::StrFormat("durable appends, %d callers, groups of %.1f", callers, group),
             absl::StrFormat("%.0f/s; LevelDB alone %.0f/s; ratio %.2f", ledger.per_second(),
                             raw.per_second(), ledger.per_second() / raw.per_second()));
  }
}

// ---- Signing ----

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void MeasureSigning(Node& node, std::uint64_t size) {
  std::vector<double> cpu_ms, wall_ms;
  PM_CHECK(node.book().SignHead().ok());
  for (int i = 0; i < kCheckpoints; ++i) {
    node.FillTo(node.ledger().Head().size + kNewEntries);
    const double cpu_s = ThreadCpuS();
    const double wall_s = WallS();
    const auto published = node.book().SignHead();
    PM_CHECK(published.ok() && *published);
    cpu_ms.push_back(1e3 * (ThreadCpuS() - cpu_s));
    wall_ms.push_back(1e3 * (WallS() - wall_s));
  }
  PrintRow(absl::StrFormat("checkpoint of %d entries, %d of them new", size, kNewEntries),
           absl::StrFormat("%.2f ms cpu, %.2f ms with its sync", Median(cpu_ms), Median(wall_ms)));
}

// ---- Opening, in a process that did nothing else ----

double ResidentMib() {
  long pages = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r"); f != nullptr) {
    PM_CHECK(std::fscanf(f, "%*s %ld", &pages) == 1);
    std::fclose(f);
  }
  return static_cast<double>(pages) * 4096.0 / 1048576.0;
}

int MeasureOpening(const std::string& folder) {
  const double before_mib = ResidentMib();
  Node node(folder);
  const std::uint64_t size = node.ledger().Head().size;
  PrintRow(
      absl::StrFormat("opening %d entries", size),
      absl::StrFormat("%.0f ms (database %.0f, ledger %.0f, checkpoints %.1f)",
                      1e3 * (node.store_open_s + node.ledger_open_s + node.book_open_s),
                      1e3 * node.store_open_s, 1e3 * node.ledger_open_s, 1e3 * node.book_open_s));
  PrintRow(absl::StrFormat("memory after opening %d entries", size),
           absl::StrFormat("%.0f MiB, %.0f before", ResidentMib(), before_mib));
  const double start_s = ThreadCpuS();
  PM_CHECK(node.ledger().VerifyAll().ok());
  const double verify = static_cast<double>(size) / (ThreadCpuS() - start_s);
  const std::string entry = TypicalEntry();
  const double sha_s = BestCpuS(3, [&] {
    for (int i = 0; i < 10'000; ++i) {
      volatile std::byte sink = crypto::LeafHash(entry).front();
      (void)sink;
    }
  });
  PrintRow(absl::StrFormat("reading %d entries back", size),
           absl::StrFormat("%.0f/s; SHA-256 alone %.0f/s; ratio %.2f", verify, 10'000 / sha_s,
                           verify * sha_s / 10'000));
  return 0;
}

int Run(std::uint64_t entries_max, const std::filesystem::path& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  MeasureAppends(folder);
  const std::string state = (folder / "grown").string();
  for (std::uint64_t size = 10'000; size <= entries_max; size *= 10) {
    {
      Node node(state);
      const double start_s = WallS();
      const std::uint64_t before = node.ledger().Head().size;
      node.FillTo(size);
      PrintRow(absl::StrFormat("filling to %d entries, %d callers", size, kFillingCallers),
               absl::StrFormat("%.0f/s", static_cast<double>(size - before) / (WallS() - start_s)));
      MeasureSigning(node, size);
    }
    std::fflush(stdout);
    const std::string command = absl::StrFormat(
        "'%s' --open '%s'", std::filesystem::read_symlink("/proc/self/exe").string(), state);
    PM_CHECK(std::system(command.c_str()) == 0);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace proofmark::bench

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "100000";
  if (first == "--open" && argc == 3) return proofmark::bench::MeasureOpening(argv[2]);
  const long long entries_max = std::atoll(std::string(first).c_str());
  if (entries_max < 10'000 || argc > 3) {
    std::fprintf(stderr, "usage: ledger_bench [entries at most, from 10000] [folder]\n");
    return 2;
  }
  const std::filesystem::path parent = argc > 2 ? argv[2] : "/tmp";
  return proofmark::bench::Run(static_cast<std::uint64_t>(entries_max),
                               parent / "proofmark_ledger_bench");
}
