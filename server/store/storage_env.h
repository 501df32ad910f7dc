// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leveldb/env.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace proofmark::store {

class FailureLatch;

// The disk as LevelDB sees it, and the one thing LevelDB's interface lacks: making a folder's
// entries (creations, renames, removals) durable. Implementations: PosixStorageEnv for production,
// tests/support/sim_disk.h for the simulator. Thread-safe.
class StorageEnv : public leveldb::EnvWrapper {
 public:
  using EnvWrapper::EnvWrapper;

  virtual leveldb::Status SyncDirectory(const std::string& directory) = 0;
};

// The machine's file system. Folders are made for the owner only (0700). Lives for the process.
StorageEnv& PosixStorage();

// What every byte of ours passes through; Store::Open puts it over the disk it is given.
//   * A file remembers its first failed write or sync and answers with it from then on. LevelDB
//     takes a failed log append for passing: later synced writes would report success and be gone.
//   * The first sync of a created file also syncs its folder, and so does every rename (the
//     target's folder). LevelDB does neither for its logs, its tables and CURRENT.
//   * Every failed creation, write, sync and rename trips the latch at once, also those LevelDB
//     meets in its background thread and reports with a later write, or never.
// `disk` and `failure` must outlive it. Thread-safe; a file is used by one thread at a time.
class DurableEnv final : public StorageEnv {
 public:
  DurableEnv(StorageEnv& disk, FailureLatch& failure)
      : StorageEnv(&disk), disk_(disk), failure_(failure) {}

  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;

  // Like NewWritableFile, for a file that is renamed once it is whole: until then its folder entry
  // need not last, so its sync does not sync the folder.
  leveldb::Status NewTemporaryFile(const std::string& path, leveldb::WritableFile** file);

  leveldb::Status SyncDirectory(const std::string& directory) override;

 private:
  leveldb::Status Wrap(const std::string& path, leveldb::Status opened, bool entry_is_durable,
                       leveldb::WritableFile** file);

  leveldb::Status Note(leveldb::Status status);

  StorageEnv& disk_;
  FailureLatch& failure_;
};

// The folder part of a path; "." when there is none.
std::string DirectoryOf(const std::string& path);

// Makes `directory` unless it is there, durably either way.
absl::Status MakeDirectory(DurableEnv& env, const std::string& directory);

// Whole file of our own, checked against a bound before reading.
//   kNotFound  no such file.
//   kDataLoss  larger than bytes_max: we never wrote such a one.
absl::StatusOr<std::string> ReadWholeFile(leveldb::Env& env, const std::string& path,
                                          std::uint64_t bytes_max);

// Replaces `path` in one step: temporary file beside it, sync, rename, folder sync. After a crash
// the file holds either the old or the new bytes. Returns it open for appending.
absl::StatusOr<std::unique_ptr<leveldb::WritableFile>> ReplaceFile(DurableEnv& env,
                                                                   const std::string& path,
                                                                   std::string_view bytes);

}  // namespace proofmark::store
