// SPDX-License-Identifier: Apache-2.0
// What was acknowledged survives a power cut at any moment, whole; what was not is absent, whole.
// And each sync is needed: without it the same test finds a loss.
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "gtest/gtest.h"
#include "server/ledger/ledger.h"
#include "server/store/keys.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::ledger {
namespace {

using ::proofmark::testing::FakeClock;
using ::proofmark::testing::kStateFolder;
using ::proofmark::testing::OpenStore;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SimDisk;
using ::testing::IsEmpty;

constexpr store::Table kRecords{0x30};
constexpr std::uint64_t kSubmissions = 6;
constexpr std::uint64_t kReopenedBefore = 4;
constexpr std::uint64_t kErased = 1;

std::string RowOf(std::uint64_t number) { return store::StoreKey(kRecords).U64(number).Build(); }
std::string NameOf(std::uint64_t number) { return "exhibit/" + std::to_string(number); }
// Spans several of the log's 32 KiB blocks when put together.
std::string ScanOf(std::uint64_t number) {
  return std::string(3000, static_cast<char>('a' + number));
}
std::string LabelOf(std::uint64_t number) {
  return std::string(9000, static_cast<char>('A' + number));
}

// A record's row: key id (16 bytes), blob name (32), index of its ledger entry (8), sealed label.
struct Record {
  store::KeyId key;
  crypto::Sha256Digest blob{};
  std::uint64_t entry = 0;
  std::string sealed_label{};
};

std::string FormatRecord(const Record& record) {
  std::string row(record.key.AsText());
  row.append(crypto::AsText(record.blob));
  base::AppendU64Be(row, record.entry);
  return row + record.sealed_label;
}

std::optional<Record> ParseRecord(std::string_view row) {
  if (row.size() < 56) return std::nullopt;
  Record record{.key = *store::KeyId::Parse(row.substr(0, 16)),
                .entry = base::ParseU64Be(row.substr(48, 8)),
                .sealed_label = std::string(row.substr(56))};
  std::ranges::copy(base::AsBytes(row.substr(16, 32)), record.blob.begin());
  return record;
}

// What callers were told.
struct Told {
  std::map<std::uint64_t, Receipt> submitted;
  std::optional<store::KeyId> erased;
  bool late = false;  // Something was acknowledged although the store had failed before.
  std::uint64_t entries() const { return submitted.size() + (erased ? 1 : 0); }
};

// A node's state as long as one process holds it.
class Node {
 public:
  static absl::StatusOr<std::unique_ptr<Node>> Open(SimDisk& disk, std::uint64_t seed) {
    auto node = std::make_unique<Node>(seed);
    PM_ASSIGN_OR_RETURN(node->store_, OpenStore(disk, node->random_));
    PM_ASSIGN_OR_RETURN(
        node->ledger_,
        Ledger::Open(*node->store_, node->clock_,
                     {.origin = "o", .node_name = "spiffe://kripo.example/proofmark/node/a1"}));
    return node;
  }

  explicit Node(std::uint64_t seed) : random_(seed) {}

  store::Store& store() { return *store_; }
  Ledger& ledger() { return *ledger_; }

  // Blob, key, row and ledger entry.
  void Submit(std::uint64_t number, Told& told) {
    const bool failed_before = !store_->health().ok();
    const absl::StatusOr<Receipt> receipt = TrySubmit(number);
    if (!receipt.ok()) return;
    told.submitted.emplace(number, *receipt);
    told.late = told.late || failed_before;
  }

  void Erase(std::uint64_t number, Told& told) {
    const absl::StatusOr<std::optional<std::string>> row = store_->Get(RowOf(number));
    if (!row.ok() || !*row) return;
    const bool failed_before = !store_->health().ok();
    store::WriteRequest request;
    const store::KeyId key = ParseRecord(**row)->key;
    request.erased_keys.push_back(key);
    records::EntryDraft draft;
    draft.kind = records::EntryKind::kErase;
    draft.outcome = "ok";
    if (!ledger_->Append(draft, std::move(request)).ok()) return;
    told.erased = key;
    told.late = told.late || failed_before;
  }

 private:
  absl::StatusOr<Receipt> TrySubmit(std::uint64_t number) {
    store::RecordKey key = store_->NewRecordKey();
    Record record{.key = key.id};
    PM_ASSIGN_OR_RETURN(
        const std::string sealed_scan,
        key.sealer.Seal({.record = NameOf(number), .field = "scan"}, ScanOf(number), random_));
    PM_ASSIGN_OR_RETURN(
        record.sealed_label,
        key.sealer.Seal({.record = NameOf(number), .field = "label"}, LabelOf(number), random_));
    PM_ASSIGN_OR_RETURN(record.blob, store_->blobs().Put(sealed_scan));
    store::WriteRequest request;
    request.new_keys.push_back(std::move(key));
    records::EntryDraft draft;
    draft.kind = records::EntryKind::kSubmit;
    draft.outcome = "ok";
    draft.count = number;
    return ledger_->Append(draft, std::move(request),
                           [&](const Receipt& receipt, store::Mutations& mutations) {
                             record.entry = receipt.index;
                             mutations.Put(RowOf(number), FormatRecord(record));
                             return absl::OkStatus();
                           });
  }

  SeededRandom random_;
  FakeClock clock_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Ledger> ledger_;
};

// Submissions, an erasure, a restart, more submissions; each tried whatever became of the others.
Told RunWorkload(SimDisk& disk) {
  Told told;
  for (const auto& [first, end] : {std::pair<std::uint64_t, std::uint64_t>{0, kReopenedBefore},
                                   {kReopenedBefore, kSubmissions}}) {
    const absl::StatusOr<std::unique_ptr<Node>> node = Node::Open(disk, first);
    if (!node.ok()) return told;
    for (std::uint64_t number = first; number < end; ++number) (*node)->Submit(number, told);
    if (first == 0) (*node)->Erase(kErased, told);
  }
  return told;
}

// Everything that is wrong with the state after a reboot, in words.
class Inspection {
 public:
  // `unused`: the number of a record that was never submitted.
  static std::vector<std::string> Of(SimDisk& disk, const Told& told,
                                     std::uint64_t unused = kSubmissions) {
    Inspection inspection(told, unused);
    inspection.InspectDisk(disk);
    const absl::StatusOr<std::unique_ptr<Node>> node = Node::Open(disk, /*seed=*/99);
    if (!node.ok()) {
      inspection.Report("does not open: " + node.status().ToString());
    } else {
      inspection.Inspect(**node);
    }
    return inspection.losses_;
  }

 private:
  Inspection(const Told& told, std::uint64_t unused) : told_(told), unused_(unused) {}

  void Report(std::string loss) { losses_.push_back(std::move(loss)); }
  void Want(bool holds, std::string loss) {
    if (!holds) Report(std::move(loss));
  }

  // Before anything is opened: opening would repeat an erasure that was cut short.
  void InspectDisk(SimDisk& disk) {
    if (!told_.erased) return;
    for (const std::string& path : disk.FilesUnder(kStateFolder)) {
      const bool in_database = path.find("/db/") != std::string::npos;
      Want(in_database || disk.Contents(path).find(told_.erased->AsText()) == std::string::npos,
           "an acknowledged erasure left the key in " + path);
    }
  }

  void Inspect(Node& node) {
    if (told_.late) Report("something was acknowledged after the first failure");
    Want(node.store().high_water_at_open().size >= told_.entries(),
         "the high-water mark is below what was acknowledged");
    const absl::StatusOr<TreeHead> head = node.ledger().VerifyAll();
    Want(head.ok(), "the ledger does not verify: " + head.status().ToString());
    InspectRows(node);
    for (const auto& [number, receipt] : told_.submitted) {
      Want(rows_.contains(number), absl::StrFormat("acknowledged record %d is gone", number));
      const absl::StatusOr<StoredEntry> entry = node.ledger().Read(receipt.index);
      Want(entry.ok() && entry->leaf_hash == receipt.leaf_hash,
           absl::StrFormat("the entry of record %d is not the one of its receipt", number));
    }
    InspectEntries(node);
    Told more;
    node.Submit(unused_, more);
    Want(more.submitted.size() == 1, "takes no more submissions");
  }

  // Each row there is must be whole, acknowledged or not.
  void InspectRows(Node& node) {
    const absl::Status status =
        node.store().Scan({.prefix = store::StoreKey(kRecords).Build()},
                          [&](std::string_view key, std::string_view value) {
                            const std::optional<Record> record = ParseRecord(value);
                            if (record) rows_[base::ParseU64Be(key.substr(1))] = *record;
                            return record.has_value();
                          });
    Want(status.ok(), "rows cannot be read: " + status.ToString());
    for (const auto& [number, record] : rows_) {
      const absl::StatusOr<StoredEntry> entry = node.ledger().Read(record.entry);
      Want(entry.ok() && entry->entry.draft.count == number,
           absl::StrFormat("record %d has no ledger entry", number));
      const absl::StatusOr<std::string> blob = node.store().blobs().Get(record.blob);
      Want(blob.ok(), absl::StrFormat("record %d has no blob", number));
      const absl::StatusOr<crypto::Sealer> key = node.store().FindKey(record.key);
      if (absl::IsNotFound(key.status())) {
        erased_rows_.push_back(number);
        continue;
      }
      Want(key.ok() && blob.ok() && Opens(*key, number, record, *blob),
           absl::StrFormat("record %d cannot be opened", number));
    }
  }

  static bool Opens(const crypto::Sealer& key, std::uint64_t number, const Record& record,
                    const std::string& blob) {
    const auto label = key.Open({.record = NameOf(number), .field = "label"}, record.sealed_label);
    const auto scan = key.Open({.record = NameOf(number), .field = "scan"}, blob);
    return label.ok() && *label == LabelOf(number) && scan.ok() && *scan == ScanOf(number);
  }

  // As many entries of each kind as there are traces of what they tell.
  void InspectEntries(Node& node) {
    const auto count = [&](records::EntryKind kind) {
      const auto entries = node.ledger().ReadNewestFirst({.kind = kind}, kReadEntriesMax);
      return entries.ok() ? entries->size() : ~std::size_t{0};
    };
    Want(count(records::EntryKind::kSubmit) == rows_.size(),
         "records and submit entries differ in number");
    Want(count(records::EntryKind::kErase) == erased_rows_.size(), "an erasure is half done");
    Want(!told_.erased || erased_rows_ == std::vector{kErased},
         "an acknowledged erasure was undone");
  }

  const Told& told_;
  const std::uint64_t unused_;
  std::map<std::uint64_t, Record> rows_;
  std::vector<std::uint64_t> erased_rows_;
  std::vector<std::string> losses_;
};

struct FaultRun {
  Told told;
  bool untouched = false;
  std::vector<std::string> losses;
};

enum class Survives { kOnlyWhatWasSynced, kSomeOfTheRest };

// The workload with a fault at one write point, a power cut, and what is found then.
FaultRun RunWithFault(std::int64_t point, SimDisk::Fault fault, Survives survives,
                      const std::function<void(SimDisk&)>& prepare = nullptr) {
  SimDisk disk;
  if (prepare) prepare(disk);
  disk.FailAt(point, fault);
  FaultRun run;
  run.told = RunWorkload(disk);
  run.untouched = !disk.faulted();
  if (survives == Survives::kSomeOfTheRest) {
    disk.RebootKeepingSome(static_cast<std::uint64_t>(point));
  } else {
    disk.Reboot();
  }
  run.losses = Inspection::Of(disk, run.told);
  return run;
}

// Walks the fault through every write point until the workload completes untouched.
void ExpectNoLossAtAnyPoint(SimDisk::Fault fault, Survives survives) {
  std::int64_t point = 1;
  for (;; ++point) {
    const FaultRun run = RunWithFault(point, fault, survives);
    ASSERT_THAT(run.losses, IsEmpty()) << "at write point " << point;
    if (!run.untouched) continue;
    EXPECT_EQ(run.told.submitted.size(), kSubmissions);
    EXPECT_TRUE(run.told.erased.has_value());
    break;
  }
  // 256 folders for blobs, and some ten points for each submission.
  EXPECT_GT(point, 256 + 10 * static_cast<std::int64_t>(kSubmissions));
}

TEST(CrashTest, LosesNothingAcknowledgedWhereverThePowerFails) {
  ExpectNoLossAtAnyPoint(SimDisk::Fault::kCrash, Survives::kOnlyWhatWasSynced);
}

TEST(CrashTest, LosesNothingAcknowledgedWhenSomeUnsyncedBytesSurvive) {
  ExpectNoLossAtAnyPoint(SimDisk::Fault::kCrash, Survives::kSomeOfTheRest);
}

TEST(CrashTest, AcknowledgesNothingAfterAFailedWrite) {
  ExpectNoLossAtAnyPoint(SimDisk::Fault::kError, Survives::kOnlyWhatWasSynced);
}

TEST(CrashTest, AcknowledgesNothingAfterAShortWrite) {
  ExpectNoLossAtAnyPoint(SimDisk::Fault::kShortWrite, Survives::kSomeOfTheRest);
}

// Groups of several requests live or die whole, too.
TEST(CrashTest, LosesNothingAcknowledgedToManyCallersAtOnce) {
  constexpr std::uint64_t kCallers = 12;
  std::int64_t groups_shared = 0;
  for (std::int64_t point = 1;; ++point) {
    SimDisk disk;
    std::vector<Told> each(kCallers);
    {
      const std::unique_ptr<Node> node = *Node::Open(disk, /*seed=*/1);
      disk.FailAt(point, SimDisk::Fault::kCrash);
      // Holds the writer thread until each caller waits for it or has given up before.
      std::atomic<std::uint64_t> finished = 0;
      std::vector<std::thread> threads;
      threads.emplace_back([&] {
        store::WriteRequest gate;
        gate.at_turn = [&](store::Mutations&) {
          while (static_cast<std::uint64_t>(node->store().queued()) + finished < kCallers) {
            std::this_thread::yield();
          }
          return absl::OkStatus();
        };
        node->store().Commit(std::move(gate)).IgnoreError();
      });
      while (node->store().counters().requests < 1) std::this_thread::yield();
      for (std::uint64_t caller = 0; caller < kCallers; ++caller) {
        threads.emplace_back([&, caller] {
          node->Submit(caller, each[caller]);
          ++finished;
        });
      }
      for (std::thread& thread : threads) thread.join();
      groups_shared += node->store().counters().group_requests_max > 1 ? 1 : 0;
    }
    const bool untouched = !disk.faulted();
    Told told;
    for (const Told& one : each) told.submitted.insert(one.submitted.begin(), one.submitted.end());
    disk.Reboot();
    ASSERT_THAT(Inspection::Of(disk, told, kCallers), IsEmpty()) << "at write point " << point;
    if (untouched) break;
  }
  EXPECT_GT(groups_shared, 0);
}

// ---- Each sync is needed ----

struct LeftOutSync {
  const char* name;
  SimDisk::SyncKind kind;
  bool (*match)(std::string_view path);
  std::optional<std::int64_t> nth;  // Which of the workload's syncs of such paths; none: all.
  const char* loss;                 // What the crash test must find without it.
};

void PrintTo(const LeftOutSync& sync, std::ostream* out) { *out << sync.name; }

class LeftOutSyncTest : public ::testing::TestWithParam<LeftOutSync> {};

TEST_P(LeftOutSyncTest, MakesTheCrashTestFindThatLoss) {
  const LeftOutSync& sync = GetParam();
  const auto leave_out = [&](SimDisk& disk) { disk.IgnoreSyncOf(sync.kind, sync.match, sync.nth); };
  std::set<std::string> found;
  for (std::int64_t point = 1;; ++point) {
    const FaultRun run =
        RunWithFault(point, SimDisk::Fault::kCrash, Survives::kOnlyWhatWasSynced, leave_out);
    for (const std::string& loss : run.losses) {
      if (loss.find(sync.loss) != std::string::npos) return;
      found.insert(loss);
    }
    ASSERT_FALSE(run.untouched) << "not found at any of " << point << " write points; found were "
                                << ::testing::PrintToString(found);
  }
}

bool IsBlob(std::string_view path) { return path.find("/blobs/") != std::string_view::npos; }
bool IsBlobFolder(std::string_view path) { return path.ends_with("/blobs"); }
bool IsKeyFile(std::string_view path) { return path.find("/keys") != std::string_view::npos; }
bool IsMark(std::string_view path) { return path.find("/high-water") != std::string_view::npos; }
bool IsLog(std::string_view path) { return path.ends_with(".log"); }
bool IsTable(std::string_view path) { return path.ends_with(".ldb"); }
bool IsManifest(std::string_view path) { return path.find("/MANIFEST") != std::string_view::npos; }
bool IsCurrent(std::string_view path) { return path.ends_with(".dbtmp"); }
bool IsDatabase(std::string_view path) { return path.ends_with("/db"); }
bool IsStateFolder(std::string_view path) { return path == kStateFolder; }
bool IsTop(std::string_view path) { return path == "/"; }

constexpr SimDisk::SyncKind kFile = SimDisk::SyncKind::kFile;
constexpr SimDisk::SyncKind kFolder = SimDisk::SyncKind::kDirectory;

INSTANTIATE_TEST_SUITE_P(
    Every, LeftOutSyncTest,
    ::testing::Values(
        // A submission, in the order of its steps.
        LeftOutSync{"BlobBytes", kFile, IsBlob, 1, "record 0 has no blob"},
        LeftOutSync{"BlobName", kFolder, IsBlob, 1, "record 0 has no blob"},
        LeftOutSync{"KeyFileAppend", kFile, IsKeyFile, 2, "0 keys, but 1 were acknowledged"},
        LeftOutSync{"WriteAheadLog", kFile, IsLog, 2, "holds 0 ledger entries, but 1 were"},
        LeftOutSync{"HighWaterMark", kFile, IsMark, 2, "mark is below what was acknowledged"},
        // The erasure, after four submissions: the file is written anew and renamed.
        LeftOutSync{"ErasureBytes", kFile, IsKeyFile, 6, "the header is damaged"},
        LeftOutSync{"ErasureName", kFolder, IsStateFolder, 5, "erasure left the key"},
        // Creation.
        LeftOutSync{"KeyFileCreation", kFile, IsKeyFile, 1, "the header is damaged"},
        LeftOutSync{"HighWaterCreation", kFile, IsMark, 1, "damaged header"},
        LeftOutSync{"BlobFolders", kFolder, IsBlobFolder, 1, "record 0 has no blob"},
        LeftOutSync{"FolderOfTheStateFolder", kFolder, IsTop, 1, "acknowledged record 0 is gone"},
        // LevelDB's own. Its syncs of one folder cover for each other, so they go together.
        LeftOutSync{"NamesInTheDatabase", kFolder, IsDatabase, std::nullopt, "rollback detected"},
        LeftOutSync{"NamesInTheStateFolder", kFolder, IsStateFolder, std::nullopt,
                    "acknowledged record 0 is gone"},
        LeftOutSync{"Tables", kFile, IsTable, std::nullopt, "does not open"},
        LeftOutSync{"Manifest", kFile, IsManifest, std::nullopt, "does not open"},
        LeftOutSync{"Current", kFile, IsCurrent, std::nullopt, "does not open"}),
    [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace proofmark::ledger
