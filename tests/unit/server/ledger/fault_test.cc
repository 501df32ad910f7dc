// SPDX-License-Identifier: Apache-2.0
// Damage to what is stored, many times over: it is detected, or it did no harm. Never is an
// acknowledged entry lost without a word, and never is anything signed that is not so. Where a
// rollback is found, a copy of the ledger brings the entries back.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/file.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/merkle.h"
#include "gtest/gtest.h"
#include "server/ledger/checkpoint_book.h"
#include "server/ledger/ledger.h"
#include "server/ledger/restoring.h"
#include "server/ledger/tables.h"
#include "server/store/high_water_file.h"
#include "server/store/keys.h"
#include "tests/support/fake_clock.h"
#include "tests/support/ledger_copy.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::ledger {
namespace {

using ::proofmark::testing::FakeClock;
using ::proofmark::testing::kStateFolder;
using ::proofmark::testing::OpenStore;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SimDisk;

using Chance = std::mt19937_64;

constexpr char kOrigin[] = "north.test/proofmark/n1/log";
constexpr char kNodeId[] = "spiffe://north.test/proofmark/node/n1";
constexpr char kWitnessName[] = "south.test/proofmark/n1/witness";
constexpr std::int64_t kStart_unix_ms = 1'790'000'000'000;
constexpr int kLedgers = 6;  // Written differently.

// How often each fault is tried on each ledger. More by hand: PROOFMARK_FAULT_ROUNDS=40.
int RoundsOfALedger() {
  const char* const wanted = std::getenv("PROOFMARK_FAULT_ROUNDS");
  return wanted == nullptr ? 10 : std::max(1, std::atoi(wanted));
}

struct Keys {
  SeededRandom random{11};
  crypto::SigningKey log = crypto::SigningKey::Generate(random);
  crypto::SigningKey witness = crypto::SigningKey::Generate(random);
  // What a reader knows.
  std::vector<crypto::NoteVerifierKey> known = {
      *crypto::MakeVerifierKey(kOrigin, crypto::NoteKeyType::kNote, log.verifying_key()),
      *crypto::MakeVerifierKey(kWitnessName, crypto::NoteKeyType::kCosignature,
                               witness.verifying_key())};
};

const Keys& TheKeys() {
  static const Keys keys;
  return keys;
}

// What somebody was told, and may rely on.
struct Acknowledged {
  struct Checkpoint {
    crypto::Checkpoint tree;
    bool cosigned = false;
  };
  std::vector<crypto::Sha256Digest> leaves;
  std::map<std::uint64_t, Checkpoint> checkpoints;
};

// A ledger that signs, as long as one process holds it.
class Node {
 public:
  static absl::StatusOr<std::unique_ptr<Node>> Open(SimDisk& disk, std::uint64_t seed) {
    auto node = std::make_unique<Node>(seed);
    PM_ASSIGN_OR_RETURN(node->store_, OpenStore(disk, node->random_));
    PM_ASSIGN_OR_RETURN(node->ledger_, Ledger::Open(*node->store_, node->clock_,
                                                    {.origin = kOrigin, .node_name = kNodeId}));
    PM_ASSIGN_OR_RETURN(node->book_, CheckpointBook::Open(*node->store_, *node->ledger_,
                                                          node->clock_, TheKeys().log));
    return node;
  }

  explicit Node(std::uint64_t seed) : random_(seed) {}

  store::Store& store() { return *store_; }
  Ledger& ledger() { return *ledger_; }
  CheckpointBook& book() { return *book_; }

  absl::Status Append(std::uint64_t number, Acknowledged& told) {
    PM_ASSIGN_OR_RETURN(
        const Receipt receipt,
        ledger_->Append({.kind = records::EntryKind::kSubmit, .outcome = "OK", .count = number}));
    told.leaves.push_back(receipt.leaf_hash);
    return absl::OkStatus();
  }

  // Signs, and has the witness cosign.
  absl::Status Sign(Acknowledged& told) {
    PM_ASSIGN_OR_RETURN(const std::optional<Published> published, book_->SignHead());
    if (!published) return absl::OkStatus();
    Acknowledged::Checkpoint& kept = told.checkpoints[published->checkpoint.size];
    kept.tree = published->checkpoint;
    PM_ASSIGN_OR_RETURN(const crypto::NoteSignature line,
                        crypto::CosignNoteText(published->note.text, kWitnessName,
                                               TheKeys().witness, clock_.UnixMillis() / 1000));
    PM_RETURN_IF_ERROR(
        book_->AddCosignatures(published->checkpoint.size, std::span(&line, std::size_t{1})));
    kept.cosigned = true;
    return absl::OkStatus();
  }

 private:
  SeededRandom random_;
  FakeClock clock_{kStart_unix_ms};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<CheckpointBook> book_;
};

// A disk as a node left it, and what it had said by then: part of it in LevelDB's tables, part in
// its write-ahead log; part of it signed, part not yet.
struct Written {
  SimDisk::Image disk;
  SimDisk::Image older;  // The same disk, some hundred entries before.
  Acknowledged told;
  std::filesystem::path copy;  // An export of all of it.
};

// The ledger of `disk` signed in full and exported: somebody asked for a copy before the fault.
std::filesystem::path MakeCopy(const SimDisk::Image& image, std::uint64_t seed) {
  static const auto copies = client::TemporaryFolder::Create();
  EXPECT_THAT(copies, testing::IsOk());
  const std::filesystem::path folder = copies->path() / std::to_string(seed);
  SimDisk disk;
  disk.Restore(image);
  const auto node = Node::Open(disk, seed);
  EXPECT_THAT(node, testing::IsOk());
  EXPECT_THAT((*node)->book().SignHead(), testing::IsOk());
  EXPECT_THAT(
      testing::CopyLedger((*node)->ledger(), (*node)->book(), kStart_unix_ms / 1000, folder),
      testing::IsOk());
  return folder;
}

Written WriteLedger(std::uint64_t seed) {
  Chance chance(seed);
  Written written;
  SimDisk disk;
  for (const std::uint64_t entries : {260 + chance() % 400, 1 + chance() % 120}) {
    written.older = disk.Backup();
    const auto node = Node::Open(disk, chance());
    EXPECT_THAT(node, testing::IsOk());
    for (std::uint64_t i = 0; i < entries; ++i) {
      EXPECT_THAT((*node)->Append(chance() % 1000, written.told), testing::IsOk());
      if (chance() % 40 != 0 && i != 0) continue;
      EXPECT_THAT((*node)->Sign(written.told), testing::IsOk());
    }
  }
  written.disk = disk.Backup();
  written.copy = MakeCopy(written.disk, seed);
  return written;
}

const std::vector<Written>& Ledgers() {
  static const std::vector<Written> ledgers = [] {
    std::vector<Written> made;
    for (int i = 0; i < kLedgers; ++i) made.push_back(WriteLedger(static_cast<std::uint64_t>(i)));
    return made;
  }();
  return ledgers;
}

// ---- What became of it ----

enum class Verdict { kHarmless, kAtOpen, kBeforeSigning, kWhenRead, kUndetected };

struct Finding {
  Verdict verdict = Verdict::kHarmless;
  std::string words;
  bool rollback = false;  // The node said that it is one: exit code 8.
};

// A verified signature of the log under every published checkpoint, and of the witness where it
// had cosigned; what is not there any more is contained in the ledger all the same. `leaves`: of
// the whole ledger.
Finding ReadCheckpoints(Node& node, const Acknowledged& told,
                        const std::vector<crypto::Sha256Digest>& leaves) {
  const auto listed = node.book().List(0, kCheckpointsListedMax);
  if (!listed.ok()) return {Verdict::kWhenRead, listed.status().ToString()};
  std::vector<crypto::Sha256Digest> roots = {crypto::EmptyRoot()};
  crypto::Frontier tree;
  for (const crypto::Sha256Digest& leaf : leaves) {
    tree.Append(leaf);
    roots.push_back(tree.Root());
  }
  const auto contains = [&](const crypto::Checkpoint& checkpoint) {
    return checkpoint.size < roots.size() && roots[checkpoint.size] == checkpoint.root;
  };
  std::map<std::uint64_t, bool> cosigned;
  for (const Published& published : *listed) {
    const auto opened = crypto::OpenCheckpoint(crypto::FormatNote(published.note), TheKeys().known,
                                               kStart_unix_ms / 1000);
    if (!opened.ok()) return {Verdict::kWhenRead, opened.status().ToString()};
    cosigned[opened->checkpoint.size] = !opened->cosigners.empty();
    if (!contains(opened->checkpoint)) {
      return {Verdict::kUndetected, "a published checkpoint is not of this ledger"};
    }
  }
  for (const auto& [size, checkpoint] : told.checkpoints) {
    if (!contains(checkpoint.tree)) {
      return {Verdict::kUndetected, "the ledger does not extend what was signed"};
    }
    const auto found = cosigned.find(size);
    if (found != cosigned.end() && checkpoint.cosigned && !found->second) {
      return {Verdict::kWhenRead, "reads as unwitnessed"};
    }
  }
  return {};
}

// Uses a node that opened: it appends and signs, then everything is read.
Finding Use(Node& node, const Acknowledged& told) {
  Acknowledged more;
  if (absl::Status status = node.Append(7, more); !status.ok()) {
    return {Verdict::kBeforeSigning, status.ToString()};
  }
  if (absl::Status status = node.Sign(more); !status.ok()) {
    const bool halted = !node.store().health().ok();
    return {halted ? Verdict::kBeforeSigning : Verdict::kUndetected, status.ToString()};
  }
  // What was signed just now must be what was acknowledged, and more.
  const std::uint64_t size = node.ledger().Head().size;
  const auto leaves = node.ledger().LeafHashes(0, size);
  std::vector<crypto::Sha256Digest> expected = told.leaves;
  if (leaves.ok() && size > expected.size()) {
    expected.insert(expected.end(), leaves->begin() + static_cast<std::ptrdiff_t>(expected.size()),
                    leaves->end());
  }
  const auto root = crypto::RootFrom(size, crypto::ReadLeaves(expected));
  if (size <= told.leaves.size() || !root.ok() || node.book().Latest()->checkpoint.root != *root) {
    return {Verdict::kUndetected, "signed what was not acknowledged"};
  }
  if (const auto all = node.ledger().VerifyAll(); !all.ok()) {
    return {Verdict::kWhenRead, all.status().ToString()};
  }
  if (!std::equal(told.leaves.begin(), told.leaves.end(), leaves->begin())) {
    return {Verdict::kUndetected, "another entry in the place of an acknowledged one"};
  }
  return ReadCheckpoints(node, told, *leaves);
}

Finding OpenAndUse(SimDisk& disk, const Acknowledged& told) {
  const auto node = Node::Open(disk, /*seed=*/99);
  if (!node.ok()) {
    return {Verdict::kAtOpen, node.status().ToString(), store::IsRollbackDetected(node.status())};
  }
  return Use(**node, told);
}

// Whether the copy brings everything back that was acknowledged, and the node goes on.
Finding RestoreAndUse(SimDisk& disk, const Written& written) {
  {
    SeededRandom random(17);
    const auto store = OpenStore(disk, random);
    if (!store.ok()) return {Verdict::kAtOpen, store.status().ToString()};
    FakeClock clock{kStart_unix_ms};
    const auto restored = RestoreFrom(written.copy, **store, clock,
                                      {.origin = kOrigin,
                                       .node_name = kNodeId,
                                       .log_key = TheKeys().known[0],
                                       .witness_keys = {TheKeys().known[1]}});
    if (!restored.ok()) return {Verdict::kAtOpen, restored.status().ToString()};
  }
  return OpenAndUse(disk, written.told);
}

// Acknowledged entries that cannot be read from the rows as they stand.
std::uint64_t Lost(SimDisk& disk, const Acknowledged& told) {
  SeededRandom random(5);
  const auto store = OpenStore(disk, random);
  if (!store.ok()) return told.leaves.size();
  std::uint64_t lost = 0;
  for (std::size_t i = 0; i < told.leaves.size(); ++i) {
    const auto bytes = (*store)->Get(store::StoreKey(kEntryTable).U64(i).Build());
    const bool whole = bytes.ok() && *bytes && crypto::LeafHash(**bytes) == told.leaves[i];
    lost += whole ? 0 : 1;
  }
  return lost;
}

// ---- The table ----

struct Counts {
  std::int64_t injected = 0;
  std::map<Verdict, std::int64_t> found;
  std::int64_t lost_silently = 0;
  std::int64_t lost_and_reported = 0;
  std::int64_t restored = 0;  // Of these, from a copy.
  std::string example;        // Of what went undetected.

  std::int64_t operator[](Verdict verdict) const {
    const auto at = found.find(verdict);
    return at == found.end() ? 0 : at->second;
  }
  std::int64_t detected() const {
    return (*this)[Verdict::kAtOpen] + (*this)[Verdict::kBeforeSigning] +
           (*this)[Verdict::kWhenRead];
  }
};

void Record(Counts& counts, const Finding& finding, std::uint64_t lost) {
  ++counts.injected;
  ++counts.found[finding.verdict];
  const bool silent =
      finding.verdict == Verdict::kHarmless || finding.verdict == Verdict::kUndetected;
  (silent ? counts.lost_silently : counts.lost_and_reported) += static_cast<std::int64_t>(lost);
  if (finding.verdict == Verdict::kUndetected) counts.example = finding.words;
}

void ExpectNothingSilent(const std::string& fault, const Counts& counts) {
  static bool headed = false;
  if (!std::exchange(headed, true)) {
    std::printf("%-34s %8s %8s (%7s %8s %9s) %8s %10s %13s %14s %20s\n", "fault", "injected",
                "detected", "at open", "signing", "when read", "harmless", "undetected",
                "lost silently", "lost, reported", "restored from a copy");
  }
  std::printf(
      "%-34s %8lld %8lld (%7lld %8lld %9lld) %8lld %10lld %13lld %14lld %20lld\n", fault.c_str(),
      static_cast<long long>(counts.injected), static_cast<long long>(counts.detected()),
      static_cast<long long>(counts[Verdict::kAtOpen]),
      static_cast<long long>(counts[Verdict::kBeforeSigning]),
      static_cast<long long>(counts[Verdict::kWhenRead]),
      static_cast<long long>(counts[Verdict::kHarmless]),
      static_cast<long long>(counts[Verdict::kUndetected]),
      static_cast<long long>(counts.lost_silently),
      static_cast<long long>(counts.lost_and_reported), static_cast<long long>(counts.restored));
  EXPECT_GT(counts.injected, 0);
  EXPECT_EQ(counts[Verdict::kUndetected], 0) << counts.example;
  EXPECT_EQ(counts.lost_silently, 0);
}

using Rounds = std::function<void(SimDisk& disk, const Written& written, Chance& chance)>;

void ForEachRound(const Rounds& rounds) {
  for (std::size_t i = 0; i < Ledgers().size(); ++i) {
    for (int round = 0; round < RoundsOfALedger(); ++round) {
      Chance chance(i * 1000 + static_cast<std::uint64_t>(round));
      SimDisk disk;
      disk.Restore(Ledgers()[i].disk);
      rounds(disk, Ledgers()[i], chance);
    }
  }
}

// ---- Files ----

// Damage of files while nothing has them open. What is detected must be so at each start, and
// what is found to be a rollback is restored from a copy. Returns what was counted.
Counts ExpectDamageShows(const std::string& fault, const Rounds& damage) {
  Counts counts;
  ForEachRound([&](SimDisk& disk, const Written& written, Chance& chance) {
    damage(disk, written, chance);
    const SimDisk::Image damaged = disk.Backup();
    Finding finding = OpenAndUse(disk, written.told);
    if (finding.verdict == Verdict::kAtOpen &&
        OpenAndUse(disk, written.told).verdict == Verdict::kHarmless) {
      finding = {Verdict::kUndetected, "healed without a word: " + finding.words};
    }
    disk.Restore(damaged);
    const std::uint64_t lost = Lost(disk, written.told);
    Record(counts, finding, lost);
    if (finding.verdict != Verdict::kAtOpen || !finding.rollback) return;
    disk.Restore(damaged);
    const Finding after = RestoreAndUse(disk, written);
    EXPECT_EQ(after.verdict, Verdict::kHarmless) << fault << ": " << after.words;
    counts.restored += static_cast<std::int64_t>(lost - Lost(disk, written.told));
  });
  ExpectNothingSilent(fault, counts);
  EXPECT_GT(counts.detected(), 0);
  return counts;
}

std::string NewestLog(const SimDisk& disk) {
  std::string newest;  // File numbers have the same number of digits here.
  for (const std::string& path : disk.FilesUnder(std::string(kStateFolder) + "/db")) {
    if (path.ends_with(".log")) newest = std::max(newest, path);
  }
  EXPECT_FALSE(newest.empty());
  return newest;
}

void FlipBit(std::string& bytes, Chance& chance) {
  if (!bytes.empty()) bytes[chance() % bytes.size()] ^= static_cast<char>(1 << (chance() % 8));
}

TEST(FaultTest, ATruncatedWriteAheadLog) {
  const Counts counts = ExpectDamageShows(
      "write-ahead log truncated", [](SimDisk& disk, const Written&, Chance& chance) {
        disk.Damage(NewestLog(disk),
                    [&](std::string& bytes) { bytes.resize(chance() % bytes.size()); });
      });
  EXPECT_GT(counts.restored, 0);
  EXPECT_EQ(counts.restored, counts.lost_and_reported);
}

TEST(FaultTest, ADeletedWriteAheadLog) {
  const Counts counts = ExpectDamageShows(
      "write-ahead log deleted",
      [](SimDisk& disk, const Written&, Chance&) { disk.Destroy(NewestLog(disk)); });
  EXPECT_GT(counts.restored, 0);
  EXPECT_EQ(counts.restored, counts.lost_and_reported);
}

TEST(FaultTest, AnOlderDatabasePutBack) {
  const Counts counts = ExpectDamageShows(
      "older database put back", [](SimDisk& disk, const Written& written, Chance&) {
        const std::string path = std::string(kStateFolder) + "/high-water";
        const std::string high_water = disk.Contents(path);
        disk.Restore(written.older);
        disk.Damage(path, [&](std::string& bytes) { bytes = high_water; });
      });
  EXPECT_GT(counts.restored, 0);
  EXPECT_EQ(counts.restored, counts.lost_and_reported);
}

TEST(FaultTest, AFlippedBitOfTheWriteAheadLog) {
  ExpectDamageShows(
      "bit of the write-ahead log", [](SimDisk& disk, const Written&, Chance& chance) {
        disk.Damage(NewestLog(disk), [&](std::string& bytes) { FlipBit(bytes, chance); });
      });
}

TEST(FaultTest, AFlippedBitOfAnyDatabaseFile) {
  ExpectDamageShows("bit of any database file", [](SimDisk& disk, const Written&, Chance& chance) {
    std::vector<std::string> files;
    for (const std::string& path : disk.FilesUnder(std::string(kStateFolder) + "/db")) {
      if (!disk.Contents(path).empty()) files.push_back(path);
    }
    disk.Damage(files[chance() % files.size()],
                [&](std::string& bytes) { FlipBit(bytes, chance); });
  });
}

TEST(FaultTest, AFlippedBitOfTheHighWaterFile) {
  ExpectDamageShows("bit of the high-water file",
                    [](SimDisk& disk, const Written&, Chance& chance) {
                      disk.Damage(std::string(kStateFolder) + "/high-water",
                                  [&](std::string& bytes) { FlipBit(bytes, chance); });
                    });
}

// What nothing in the state folder can show, because all of it went back together, is found by the
// witnesses alone (server/journeys/publishing.h). Here it shows that this test would notice.
TEST(FaultTest, AWholeStatePutBackIsWhatOnlyWitnessesCanFind) {
  constexpr std::size_t kHeaderAndOneRecordBytes = 8 + 48;
  for (const Written& written : Ledgers()) {
    SimDisk disk;
    disk.Restore(written.disk);
    disk.Destroy(NewestLog(disk));
    disk.Damage(std::string(kStateFolder) + "/high-water",
                [](std::string& bytes) { bytes.resize(kHeaderAndOneRecordBytes); });
    EXPECT_GT(Lost(disk, written.told), 0U);
    const SimDisk::Image put_back = disk.Backup();
    EXPECT_EQ(OpenAndUse(disk, written.told).verdict, Verdict::kUndetected);
    // Found by a witness before anything was written, it is restored like the others.
    disk.Restore(put_back);
    EXPECT_EQ(RestoreAndUse(disk, written).verdict, Verdict::kHarmless);
  }
}

// ---- Rows ----

void FlipBitOfRow(store::Store& store, const std::string& key, Chance& chance) {
  const auto value = store.Get(key);
  ASSERT_TRUE(value.ok() && *value) << value.status();
  std::string damaged = **value;
  FlipBit(damaged, chance);
  store::WriteRequest request;
  request.mutations.Put(key, std::move(damaged));
  ASSERT_THAT(store.Commit(std::move(request)), testing::IsOk());
}

// Damage of a row that LevelDB's own checksums do not see. Each other round it happens while the
// node runs, which is used then, and started again.
void ExpectFlippedRowShows(
    const std::string& fault,
    const std::function<std::string(const Acknowledged&, Chance&)>& choose_row) {
  Counts counts;
  ForEachRound([&](SimDisk& disk, const Written& written, Chance& chance) {
    const std::string row = choose_row(written.told, chance);
    const SimDisk::Image before = disk.Backup();
    const auto damage_at_rest = [&](Chance with) {
      SeededRandom random(3);
      const auto store = OpenStore(disk, random);
      ASSERT_THAT(store, testing::IsOk());
      FlipBitOfRow(**store, row, with);
    };
    Finding finding;
    if (chance() % 2 == 0) {
      const auto node = Node::Open(disk, /*seed=*/1);
      ASSERT_THAT(node, testing::IsOk());
      Chance with = chance;
      FlipBitOfRow((*node)->store(), row, with);
      finding = Use(**node, written.told);
    } else {
      damage_at_rest(chance);
    }
    if (finding.verdict == Verdict::kHarmless) finding = OpenAndUse(disk, written.told);
    disk.Restore(before);
    damage_at_rest(chance);
    Record(counts, finding, Lost(disk, written.told));
  });
  ExpectNothingSilent(fault, counts);
  EXPECT_GT(counts.detected(), 0);
}

TEST(FaultTest, AFlippedBitOfAnEntry) {
  ExpectFlippedRowShows("bit of an entry", [](const Acknowledged& told, Chance& chance) {
    return store::StoreKey(kEntryTable).U64(chance() % told.leaves.size()).Build();
  });
}

TEST(FaultTest, AFlippedBitOfALeafHash) {
  ExpectFlippedRowShows("bit of a leaf hash", [](const Acknowledged& told, Chance& chance) {
    return store::StoreKey(kLeafTable).U64(chance() % told.leaves.size()).Build();
  });
}

TEST(FaultTest, AFlippedBitOfAHashOverATile) {
  ExpectFlippedRowShows("bit of a hash over a tile", [](const Acknowledged& told, Chance& chance) {
    return store::StoreKey(kSubtreeTable).U64(1).U64(chance() % (told.leaves.size() / 256)).Build();
  });
}

TEST(FaultTest, AFlippedBitOfTheFrontier) {
  ExpectFlippedRowShows("bit of the frontier", [](const Acknowledged&, Chance&) {
    return store::StoreKey(kFrontierTable).Build();
  });
}

TEST(FaultTest, AFlippedBitOfAPublishedCheckpoint) {
  ExpectFlippedRowShows("bit of a published checkpoint", [](const Acknowledged& told,
                                                            Chance& chance) {
    const auto chosen = std::next(told.checkpoints.begin(),
                                  static_cast<std::ptrdiff_t>(chance() % told.checkpoints.size()));
    return store::StoreKey(kCheckpointTable).U64(chosen->first).Build();
  });
}

// ---- Failing disks ----

// The fault at each write point of opening, appending and signing. What was said before it and
// after it holds when the machine is up again, and a plain failure raises no false alarm.
void ExpectNoLossAtAnyPoint(const std::string& name, SimDisk::Fault fault, bool keep_some) {
  Counts counts;
  const std::size_t ledgers = RoundsOfALedger() < 40 ? 1 : Ledgers().size();
  for (std::size_t i = 0; i < ledgers; ++i) {
    bool untouched = false;
    for (std::int64_t point = 1; !untouched; ++point) {
      SimDisk disk;
      disk.Restore(Ledgers()[i].disk);
      Acknowledged told = Ledgers()[i].told;
      disk.FailAt(point, fault);
      absl::Status refused;
      {
        const auto node = Node::Open(disk, static_cast<std::uint64_t>(point));
        refused.Update(node.status());
        for (int step = 0; node.ok() && step < 6; ++step) {
          refused.Update((*node)->Append(static_cast<std::uint64_t>(step), told));
          if (step % 2 == 1) refused.Update((*node)->Sign(told));
        }
      }
      untouched = !disk.faulted();
      if (keep_some) {
        disk.RebootKeepingSome(static_cast<std::uint64_t>(point));
      } else {
        disk.Reboot();
      }
      const SimDisk::Image before = disk.Backup();
      Finding after = OpenAndUse(disk, told);
      disk.Restore(before);
      ASSERT_EQ(after.verdict, Verdict::kHarmless)
          << name << ", ledger " << i << ", write point " << point << ": " << after.words;
      if (untouched) {
        ASSERT_THAT(refused, testing::IsOk());
        continue;
      }
      // Refusing what could not be written is how the failure is told.
      if (!refused.ok()) after.verdict = Verdict::kBeforeSigning;
      Record(counts, after, Lost(disk, told));
    }
  }
  EXPECT_EQ(counts.lost_and_reported, 0);
  ExpectNothingSilent(name, counts);
}

TEST(FaultTest, ADiskThatIsFull) {
  ExpectNoLossAtAnyPoint("disk full", SimDisk::Fault::kError, /*keep_some=*/false);
}

TEST(FaultTest, ADiskThatIsFullInTheMiddleOfAWrite) {
  ExpectNoLossAtAnyPoint("disk full, short write", SimDisk::Fault::kShortWrite, /*keep_some=*/true);
}

TEST(FaultTest, APowerCut) {
  ExpectNoLossAtAnyPoint("crash", SimDisk::Fault::kCrash, /*keep_some=*/false);
}

TEST(FaultTest, APowerCutThatSparesSomeUnsyncedBytes) {
  ExpectNoLossAtAnyPoint("crash, unsynced bytes kept", SimDisk::Fault::kCrash, /*keep_some=*/true);
}

}  // namespace
}  // namespace proofmark::ledger
