// SPDX-License-Identifier: Apache-2.0
#include "server/store/storage_env.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "server/store/failure_latch.h"
#include "server/store/leveldb_status.h"

namespace proofmark::store {
namespace {

leveldb::Status Errno(const std::string& path, int error) {
  if (error == ENOENT) return leveldb::Status::NotFound(path, std::strerror(error));
  return leveldb::Status::IOError(path, std::strerror(error));
}

class PosixStorageEnv final : public StorageEnv {
 public:
  PosixStorageEnv() : StorageEnv(leveldb::Env::Default()) {}

  // LevelDB's own gives everyone on the machine the right to look inside.
  leveldb::Status CreateDir(const std::string& directory) override {
    if (::mkdir(directory.c_str(), S_IRWXU) != 0) return Errno(directory, errno);
    return leveldb::Status::OK();
  }

  leveldb::Status SyncDirectory(const std::string& directory) override {
    const int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return Errno(directory, errno);
    const int error = ::fsync(folder) == 0 ? 0 : errno;
    ::close(folder);
    return error == 0 ? leveldb::Status::OK() : Errno(directory, error);
  }
};

// Remembers the first failure, and makes the file's folder entry durable with the first sync.
class DurableFile final : public leveldb::WritableFile {
 public:
  DurableFile(StorageEnv& disk, FailureLatch& failure, std::string path,
              std::unique_ptr<leveldb::WritableFile> file, bool entry_is_durable)
      : disk_(disk),
        failure_(failure),
        path_(std::move(path)),
        file_(std::move(file)),
        entry_is_durable_(entry_is_durable) {}

  leveldb::Status Append(const leveldb::Slice& data) override {
    return Try([&] { return file_->Append(data); });
  }
  leveldb::Status Flush() override {
    return Try([&] { return file_->Flush(); });
  }
  leveldb::Status Close() override {
    return Try([&] { return file_->Close(); });
  }
  leveldb::Status Sync() override {
    const leveldb::Status status = Try([&] { return file_->Sync(); });
    if (!status.ok() || entry_is_durable_) return status;
    return Try([&] {
      const leveldb::Status synced = disk_.SyncDirectory(DirectoryOf(path_));
      entry_is_durable_ = synced.ok();
      return synced;
    });
  }

 private:
  template <typename Operation>
  leveldb::Status Try(const Operation& operation) {
    if (!first_failure_.ok()) return first_failure_;
    first_failure_ = operation();
    if (!first_failure_.ok()) failure_.Trip(FromLevelDb(first_failure_, path_)).IgnoreError();
    return first_failure_;
  }

  StorageEnv& disk_;
  FailureLatch& failure_;
  const std::string path_;
  const std::unique_ptr<leveldb::WritableFile> file_;
  bool entry_is_durable_;
  leveldb::Status first_failure_;
};

}  // namespace

StorageEnv& PosixStorage() {
  // Never destroyed: LevelDB's background thread may outlive static destruction.
  static PosixStorageEnv* const env = new PosixStorageEnv;
  return *env;
}

leveldb::Status DurableEnv::NewWritableFile(const std::string& path, leveldb::WritableFile** file) {
  return Wrap(path, disk_.NewWritableFile(path, file), /*entry_is_durable=*/false, file);
}

leveldb::Status DurableEnv::NewAppendableFile(const std::string& path,
                                              leveldb::WritableFile** file) {
  // The file may be new, or its entry visible but not yet durable: sync the folder once either way.
  return Wrap(path, disk_.NewAppendableFile(path, file), /*entry_is_durable=*/false, file);
}

leveldb::Status DurableEnv::NewTemporaryFile(const std::string& path,
                                             leveldb::WritableFile** file) {
  return Wrap(path, disk_.NewWritableFile(path, file), /*entry_is_durable=*/true, file);
}

leveldb::Status DurableEnv::Wrap(const std::string& path, leveldb::Status opened,
                                 bool entry_is_durable, leveldb::WritableFile** file) {
  if (!opened.ok()) {
    *file = nullptr;
    return Note(opened);
  }
  *file = new DurableFile(disk_, failure_, path, std::unique_ptr<leveldb::WritableFile>(*file),
                          entry_is_durable);
  return opened;
}

leveldb::Status DurableEnv::RenameFile(const std::string& from, const std::string& to) {
  const leveldb::Status status = Note(disk_.RenameFile(from, to));
  return status.ok() ? SyncDirectory(DirectoryOf(to)) : status;
}

leveldb::Status DurableEnv::SyncDirectory(const std::string& directory) {
  return Note(disk_.SyncDirectory(directory));
}

leveldb::Status DurableEnv::Note(leveldb::Status status) {
  if (!status.ok()) failure_.Trip(FromLevelDb(status, "disk")).IgnoreError();
  return status;
}

std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status MakeDirectory(DurableEnv& env, const std::string& directory) {
  if (!env.FileExists(directory)) {
    PM_RETURN_IF_ERROR(FromLevelDb(env.CreateDir(directory), directory));
  }
  // What is visible after a crash of the process alone is not durable yet.
  return FromLevelDb(env.SyncDirectory(DirectoryOf(directory)), directory);
}

absl::StatusOr<std::string> ReadWholeFile(leveldb::Env& env, const std::string& path,
                                          std::uint64_t bytes_max) {
  std::uint64_t size = 0;
  if (!env.FileExists(path)) return absl::NotFoundError(absl::StrFormat("%s: no such file", path));
  PM_RETURN_IF_ERROR(FromLevelDb(env.GetFileSize(path, &size), path));
  if (size > bytes_max) {
    return absl::DataLossError(
        absl::StrFormat("%s: %d bytes, more than %d", path, size, bytes_max));
  }
  std::string bytes;
  PM_RETURN_IF_ERROR(FromLevelDb(leveldb::ReadFileToString(&env, path, &bytes), path));
  return bytes;
}

absl::StatusOr<std::unique_ptr<leveldb::WritableFile>> ReplaceFile(DurableEnv& env,
                                                                   const std::string& path,
                                                                   std::string_view bytes) {
  const std::string temporary = path + ".new";
  leveldb::WritableFile* opened = nullptr;
  PM_RETURN_IF_ERROR(FromLevelDb(env.NewTemporaryFile(temporary, &opened), temporary));
  std::unique_ptr<leveldb::WritableFile> file(opened);
  leveldb::Status status = file->Append(leveldb::Slice(bytes.data(), bytes.size()));
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = env.RenameFile(temporary, path);
  PM_RETURN_IF_ERROR(FromLevelDb(status, path));
  return file;
}

}  // namespace proofmark::store
