// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/tlog/policy.h"

namespace proofmark::client::audit {

// Where a ledger's published files come from. Nothing it gives is believed unverified.
class LedgerSource {
 public:
  virtual ~LedgerSource() = default;

  // The latest checkpoint's note; empty before the first.
  virtual absl::StatusOr<std::string> LatestCheckpoint() = 0;
  // Published checkpoints of trees larger than `size`, by size; a page of them, empty after the
  // last.
  virtual absl::StatusOr<std::vector<std::string>> CheckpointsAfter(std::uint64_t size) = 0;
  // `tile/...`, of any published checkpoint's tree.
  virtual absl::StatusOr<std::string> TreeFile(const std::string& path) = 0;
};

// How an export changes the folder; tests stand in for the disk. Paths are relative.
class FolderWriter {
 public:
  virtual ~FolderWriter() = default;
  // The file is there in full, or as it was.
  virtual absl::Status Write(std::string_view path, std::string_view bytes) = 0;
  virtual absl::Status Remove(std::string_view path) = 0;
  // All that was written is durable, names included, when this returns.
  virtual absl::Status Sync() = 0;
};

// Writes beside, synced, renamed; Sync() syncs the folders that were touched.
class DiskWriter final : public FolderWriter {
 public:
  explicit DiskWriter(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // kCannotWrite (fault), each.
  absl::Status Write(std::string_view path, std::string_view bytes) override;
  absl::Status Remove(std::string_view path) override;
  absl::Status Sync() override;

 private:
  const std::filesystem::path folder_;
  std::vector<std::filesystem::path> touched_;  // Folders, each once.
};

struct ExportOptions {
  std::int64_t now_unix_s = 0;
  // The node's own policy; kept in the file `policy` unless empty.
  std::string node_policy{};
  // Called after each bundle.
  std::function<void(std::uint64_t entries_done, std::uint64_t entries_total)> progress{};
};

struct ExportResult {
  std::uint64_t old_size = 0;  // What the folder held before.
  std::uint64_t size = 0;
  std::uint64_t files_written = 0;
  std::uint64_t files_kept = 0;  // Of an export that was interrupted: there already, and right.
  std::uint64_t files_removed = 0;
  std::uint64_t bytes_written = 0;
  std::string standing;  // What `policy` says of the checkpoint's witnesses.
};

// Brings the copy in `folder` up to the source's latest checkpoint. Incremental: fetches what the
// folder's own checkpoint does not cover.
//   Steps    1. Opens both checkpoints by the log keys of `policy`; shows from the source's tiles
//               that the new tree extends the old one.
//            2. Writes tiles and bundles, each shown to lead to the new root before it is written.
//            3. Writes the checkpoints published since, each shown to be of this tree; `policy`.
//            4. Syncs; writes `checkpoint`; syncs; removes partial tiles that have become full.
//   Crash    at any point leaves a folder that verifies as the older or as the newer tree, and that
//            the next export completes.
//   Errors   kLedgerForked    (fault) two signed checkpoints contradict each other: both notes are
//   in
//                             evidence/, nothing else was changed.
//            kLedgerMismatch  (fault) the source is behind the folder, its log key is not of the
//                             policy, or what it gave does not lead to what it signed.
//            kDamaged         (fault) the folder's own checkpoint cannot be opened: verify it.
//            others           of the source and of the writer.
absl::StatusOr<ExportResult> Export(LedgerSource& source, const crypto::Policy& policy,
                                    const std::filesystem::path& folder, FolderWriter& writer,
                                    const ExportOptions& options);

}  // namespace proofmark::client::audit
