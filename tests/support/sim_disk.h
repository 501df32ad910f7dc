// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "server/store/storage_env.h"

namespace proofmark::testing {

// A disk in memory that knows what would survive a power cut.
//   * A file's bytes last once the file was synced; its name lasts once its folder was synced.
//     Creations, renames and removals are changes of folders.
//   * Every append, sync, creation, rename, removal and folder sync is a write point, counted from
//     1; one of them can be made to fail, or to be the moment the machine goes down.
//   * Reboot() brings back what had to last, and with a seed also some of what might have.
// LevelDB's background work runs on the process's usual background thread. Thread-safe.
class SimDisk final : public store::StorageEnv {
 public:
  enum class Fault {
    kError,       // The operation fails and does nothing; later ones work again.
    kShortWrite,  // An append fails after half its bytes; anything else as kError.
    kCrash,       // As kShortWrite, and nothing is written after it until Reboot.
  };
  enum class SyncKind { kFile, kDirectory };
  using PathMatch = std::function<bool(std::string_view path)>;

  SimDisk();

  // The `point`th write point from now on, counted from 1.
  void FailAt(std::int64_t point, Fault fault);

  // Lets syncs of such paths report success and do nothing, as if the call had been left out: all
  // of them, or the `nth` alone, counted from 1.
  void IgnoreSyncOf(SyncKind kind, PathMatch match, std::optional<std::int64_t> nth = std::nullopt);

  // Power off and on again: what was not synced is gone. Nothing may be open. Faults are over.
  void Reboot();
  // The same, but each unsynced change of a folder lasted or not, and of each file's unsynced bytes
  // some first part did.
  void RebootKeepingSome(std::uint64_t seed);

  // What lasts, as a backup would hold it: the bytes of files, none for folders. Restoring puts
  // back that and nothing else; nothing may be open.
  using Image = std::map<std::string, std::optional<std::string>>;
  Image Backup() const;
  void Restore(const Image& image);

  std::int64_t write_points() const;   // Since construction.
  std::int64_t ignored_syncs() const;  // How often IgnoreSyncOf had an effect.
  bool faulted() const;                // Whether the fault of FailAt has happened.

  // The live bytes of a file, for a test to look at or to damage. Damage is durable.
  std::string Contents(const std::string& path) const;
  void Damage(const std::string& path, const std::function<void(std::string& bytes)>& damage);
  void Destroy(const std::string& path);  // Removes the file durably.
  std::vector<std::string> FilesUnder(const std::string& directory) const;
  // The live bytes of all files under `directory` as they stood at one moment, so that files which
  // the background renames or removes meanwhile are in it once.
  std::string BytesUnder(const std::string& directory) const;

  leveldb::Status SyncDirectory(const std::string& directory) override;
  leveldb::Status NewSequentialFile(const std::string& path,
                                    leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(const std::string& path,
                                      leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override;
  bool FileExists(const std::string& path) override;
  leveldb::Status GetChildren(const std::string& directory,
                              std::vector<std::string>* children) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status CreateDir(const std::string& directory) override;
  leveldb::Status RemoveDir(const std::string& directory) override;
  leveldb::Status GetFileSize(const std::string& path, std::uint64_t* bytes) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& path, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  leveldb::Status NewLogger(const std::string& path, leveldb::Logger** logger) override;

 private:
  struct File {
    std::string bytes;
    std::size_t durable_bytes = 0;  // How many of the first bytes last.
  };
  using FilePtr = std::shared_ptr<File>;
  // What stands under each path: a file, or null for a folder.
  using Tree = std::map<std::string, FilePtr>;

  struct IgnoreRule {
    SyncKind kind;
    PathMatch match;
    std::optional<std::int64_t> nth;
    std::int64_t met = 0;
  };

  class Writer;
  class Reader;
  class Lock;

  leveldb::Status WritePoint(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Ignored(SyncKind kind, const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  leveldb::Status Open(const std::string& path, bool truncate, leveldb::WritableFile** file);
  leveldb::Status Append(File& file, const std::string& path, std::string_view bytes);
  leveldb::Status SyncFile(File& file, const std::string& path);
  std::vector<Tree::value_type> Under(const std::string& directory) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  FilePtr Find(const std::string& path) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RebootWith(std::mt19937_64* random);

  mutable base::Mutex mutex_;
  Tree live_ ABSL_GUARDED_BY(mutex_);
  Tree durable_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> locks_ ABSL_GUARDED_BY(mutex_);
  std::vector<IgnoreRule> ignored_ ABSL_GUARDED_BY(mutex_);
  std::int64_t write_points_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t ignored_syncs_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t fault_point_ ABSL_GUARDED_BY(mutex_) = 0;
  Fault fault_ ABSL_GUARDED_BY(mutex_) = Fault::kError;
  bool faulted_ ABSL_GUARDED_BY(mutex_) = false;
  bool down_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace proofmark::testing
