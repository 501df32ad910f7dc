// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/support/scratch_state.h"

#include <stdlib.h>

#include <fstream>
#include <system_error>

#include "base/check.h"
#include "base/log.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::testing {

ScratchFolder::ScratchFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "proofmark-test-XXXXXX";
  PM_CHECK(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::MasterKeyPath() const {
  const std::filesystem::path path = path_ / "master-key";
  if (!std::filesystem::exists(path)) {
    std::ofstream(path, std::ios::binary) << std::string(32, 'm');
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  }
  return path;
}

std::string AllBytes(const SimDisk& disk) { return disk.BytesUnder(kStateFolder); }

ScratchState::ScratchState() { Reopen(); }

void ScratchState::Reopen() {
  ledger_.reset();
  store_.reset();
  disk_.Reboot();
  auto opened = OpenStore(disk_, random_);
  if (!opened.ok()) base::Log(base::LogSeverity::kError, opened.status().ToString());
  PM_CHECK(opened.ok());
  store_ = *std::move(opened);
  auto ledger =
      ledger::Ledger::Open(*store_, clock_, {.origin = kTestOrigin, .node_name = kTestNodeId});
  PM_CHECK(ledger.ok());
  ledger_ = *std::move(ledger);
}

std::vector<records::LedgerEntry> EntriesOf(const ledger::Ledger& ledger) {
  std::vector<records::LedgerEntry> entries;
  for (std::uint64_t index = 0; index < ledger.Head().size; ++index) {
    absl::StatusOr<ledger::StoredEntry> stored = ledger.Read(index);
    PM_CHECK(stored.ok());
    entries.push_back(std::move(stored->entry));
  }
  return entries;
}

std::vector<records::LedgerEntry> EntriesOf(const ledger::Ledger& ledger, records::EntryKind kind) {
  std::vector<records::LedgerEntry> entries = EntriesOf(ledger);
  std::erase_if(entries,
                [&](const records::LedgerEntry& entry) { return entry.draft.kind != kind; });
  return entries;
}

}  // namespace proofmark::testing
