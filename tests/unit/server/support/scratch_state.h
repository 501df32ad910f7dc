// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "server/ledger/ledger.h"
#include "server/store/store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seeded_random.h"
#include "tests/support/sim_disk.h"

namespace proofmark::testing {

// An empty folder on the machine's disk, removed with everything in it.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // A file with 32 bytes that only its owner may read; made at the first call.
  std::string MasterKeyPath() const;

 private:
  std::filesystem::path path_;
};

inline constexpr char kTestNodeId[] = "spiffe://north.test/proofmark/node/n1";
inline constexpr char kTestOrigin[] = "north.test/proofmark/n1/log";

// Every byte of every file of the state, one file after another.
std::string AllBytes(const SimDisk& disk);

// A store and a ledger on a simulated disk, with a clock and chance of the test's own.
class ScratchState {
 public:
  ScratchState();

  store::Store& store() { return *store_; }
  ledger::Ledger& ledger() { return *ledger_; }
  FakeClock& clock() { return clock_; }
  SeededRandom& random() { return random_; }
  SimDisk& disk() { return disk_; }

  // Closes both, drops what was not synced, and opens them again.
  void Reopen();

 private:
  SimDisk disk_;
  FakeClock clock_;
  SeededRandom random_{7};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ledger::Ledger> ledger_;
};

// Every entry, in order; only those of one kind.
std::vector<records::LedgerEntry> EntriesOf(const ledger::Ledger& ledger);
std::vector<records::LedgerEntry> EntriesOf(const ledger::Ledger& ledger, records::EntryKind kind);

}  // namespace proofmark::testing
