// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "client/audit/export_folder.h"
#include "crypto/tlog/policy.h"
#include "crypto/tlog/tile.h"
#include "server/ledger/checkpoint_book.h"
#include "server/ledger/ledger.h"

namespace proofmark::testing {

// A node's ledger as an export reads it, without a network between them.
class LedgerFiles final : public client::audit::LedgerSource {
 public:
  LedgerFiles(const ledger::Ledger& ledger, const ledger::CheckpointBook& book)
      : ledger_(ledger), book_(book) {}

  absl::StatusOr<std::string> LatestCheckpoint() override {
    const auto latest = book_.Latest();
    return latest ? crypto::FormatNote(latest->note) : std::string();
  }
  absl::StatusOr<std::vector<std::string>> CheckpointsAfter(std::uint64_t size) override {
    PM_ASSIGN_OR_RETURN(const auto found, book_.List(size, ledger::kCheckpointsListedMax));
    std::vector<std::string> notes;
    for (const ledger::Published& published : found) {
      notes.push_back(crypto::FormatNote(published.note));
    }
    return notes;
  }
  absl::StatusOr<std::string> TreeFile(const std::string& path) override {
    if (const auto tile = crypto::ParseTilePath(path); tile.ok()) {
      return crypto::EncodeTile(*tile, ledger_.SubtreeReader());
    }
    PM_ASSIGN_OR_RETURN(const crypto::BundleAddress bundle, crypto::ParseBundlePath(path));
    PM_ASSIGN_OR_RETURN(const auto stored,
                        ledger_.ReadRange(bundle.index * crypto::kTileWidth, bundle.width));
    std::vector<std::string> entries;
    for (const ledger::StoredEntry& entry : stored) entries.push_back(entry.bytes);
    return crypto::EncodeBundle(entries);
  }

 private:
  const ledger::Ledger& ledger_;
  const ledger::CheckpointBook& book_;
};

// Brings the copy in `folder` up to the ledger's latest checkpoint, as `proofmark audit export`
// would.
inline absl::Status CopyLedger(const ledger::Ledger& ledger, const ledger::CheckpointBook& book,
                               std::int64_t now_unix_s, const std::filesystem::path& folder) {
  const std::vector<crypto::NoteVerifierKey> logs = {book.verifier_key()};
  PM_ASSIGN_OR_RETURN(const std::string text, crypto::FormatPolicy(logs, {}, 0));
  PM_ASSIGN_OR_RETURN(const crypto::Policy policy, crypto::Policy::Parse(text));
  LedgerFiles source(ledger, book);
  client::audit::DiskWriter writer(folder);
  return client::audit::Export(source, policy, folder, writer, {.now_unix_s = now_unix_s}).status();
}

}  // namespace proofmark::testing
