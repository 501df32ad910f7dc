// SPDX-License-Identifier: Apache-2.0
#include "tests/support/sim_disk.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace proofmark::testing {
namespace {

leveldb::Status Missing(const std::string& path) {
  return leveldb::Status::NotFound(path, "no such file");
}

bool IsChildOf(const std::string& path, const std::string& directory) {
  return path != directory && store::DirectoryOf(path) == directory;
}

}  // namespace

class SimDisk::Writer final : public leveldb::WritableFile {
 public:
  Writer(SimDisk& disk, std::string path, FilePtr file)
      : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}

  leveldb::Status Append(const leveldb::Slice& data) override {
    return disk_.Append(*file_, path_, {data.data(), data.size()});
  }
  leveldb::Status Sync() override { return disk_.SyncFile(*file_, path_); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Close() override { return leveldb::Status::OK(); }

 private:
  SimDisk& disk_;
  const std::string path_;
  const FilePtr file_;
};

class SimDisk::Reader final : public leveldb::SequentialFile, public leveldb::RandomAccessFile {
 public:
  Reader(SimDisk& disk, FilePtr file) : disk_(disk), file_(std::move(file)) {}

  leveldb::Status Read(std::uint64_t offset, std::size_t size, leveldb::Slice* result,
                       char* scratch) const override {
    base::MutexLock lock(disk_.mutex_);
    const std::string& bytes = file_->bytes;
    const std::size_t from = std::min<std::size_t>(offset, bytes.size());
    const std::size_t count = std::min(size, bytes.size() - from);
    std::memcpy(scratch, bytes.data() + from, count);
    *result = leveldb::Slice(scratch, count);
    return leveldb::Status::OK();
  }
  leveldb::Status Read(std::size_t size, leveldb::Slice* result, char* scratch) override {
    const leveldb::Status status = Read(position_, size, result, scratch);
    position_ += result->size();
    return status;
  }
  leveldb::Status Skip(std::uint64_t count) override {
    position_ += count;
    return leveldb::Status::OK();
  }

 private:
  SimDisk& disk_;
  const FilePtr file_;
  std::uint64_t position_ = 0;
};

class SimDisk::Lock final : public leveldb::FileLock {
 public:
  explicit Lock(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

SimDisk::SimDisk() : StorageEnv(leveldb::Env::Default()) {
  live_["/"] = nullptr;
  durable_ = live_;
}

void SimDisk::FailAt(std::int64_t point, Fault fault) {
  base::MutexLock lock(mutex_);
  PM_CHECK(point >= 1);
  fault_point_ = write_points_ + point;
  fault_ = fault;
  faulted_ = false;
}

void SimDisk::IgnoreSyncOf(SyncKind kind, PathMatch match, std::optional<std::int64_t> nth) {
  base::MutexLock lock(mutex_);
  ignored_.push_back({.kind = kind, .match = std::move(match), .nth = nth});
}

SimDisk::Image SimDisk::Backup() const {
  base::MutexLock lock(mutex_);
  Image image;
  for (const auto& [path, file] : durable_) {
    if (file == nullptr) {
      image[path] = std::nullopt;
    } else {
      image[path] = file->bytes.substr(0, file->durable_bytes);
    }
  }
  return image;
}

void SimDisk::Restore(const Image& image) {
  base::MutexLock lock(mutex_);
  durable_.clear();
  for (const auto& [path, bytes] : image) {
    durable_[path] = bytes ? std::make_shared<File>(File{*bytes, bytes->size()}) : nullptr;
  }
  live_ = durable_;
  locks_.clear();
}

void SimDisk::Reboot() { RebootWith(nullptr); }

void SimDisk::RebootKeepingSome(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  RebootWith(&random);
}

void SimDisk::RebootWith(std::mt19937_64* random) {
  base::MutexLock lock(mutex_);
  PM_CHECK(locks_.empty());
  const auto kept = [random](std::size_t most) {
    return random == nullptr ? 0 : static_cast<std::size_t>((*random)() % (most + 1));
  };
  // Each name either as it was when its folder was last synced, or as it is now.
  std::set<std::string> names;
  for (const auto& [path, file] : live_) names.insert(path);
  for (const auto& [path, file] : durable_) names.insert(path);
  Tree after;
  for (const std::string& path : names) {
    const Tree& chosen = kept(1) == 1 ? live_ : durable_;
    const auto entry = chosen.find(path);
    if (entry == chosen.end()) continue;
    // Names come in order, so a folder stands before what is in it.
    const bool reachable = path == "/" || after.contains(store::DirectoryOf(path));
    if (reachable) after.insert(*entry);
  }
  for (const auto& [path, file] : after) {
    if (file == nullptr || file->durable_bytes == file->bytes.size()) continue;
    file->durable_bytes += kept(file->bytes.size() - file->durable_bytes);
    file->bytes.resize(file->durable_bytes);
  }
  live_ = durable_ = std::move(after);
  fault_point_ = 0;
  faulted_ = false;
  down_ = false;
}

std::int64_t SimDisk::write_points() const {
  base::MutexLock lock(mutex_);
  return write_points_;
}

std::int64_t SimDisk::ignored_syncs() const {
  base::MutexLock lock(mutex_);
  return ignored_syncs_;
}

bool SimDisk::faulted() const {
  base::MutexLock lock(mutex_);
  return faulted_;
}

std::string SimDisk::Contents(const std::string& path) const {
  base::MutexLock lock(mutex_);
  const FilePtr file = Find(path);
  PM_CHECK(file != nullptr);
  return file->bytes;
}

void SimDisk::Damage(const std::string& path,
                     const std::function<void(std::string& bytes)>& damage) {
  base::MutexLock lock(mutex_);
  const FilePtr file = Find(path);
  PM_CHECK(file != nullptr);
  damage(file->bytes);
  file->durable_bytes = file->bytes.size();
}

void SimDisk::Destroy(const std::string& path) {
  base::MutexLock lock(mutex_);
  PM_CHECK(live_.erase(path) == 1);
  durable_.erase(path);
}

std::vector<std::string> SimDisk::FilesUnder(const std::string& directory) const {
  base::MutexLock lock(mutex_);
  std::vector<std::string> found;
  for (const auto& [path, file] : Under(directory)) found.push_back(path);
  return found;
}

std::string SimDisk::BytesUnder(const std::string& directory) const {
  base::MutexLock lock(mutex_);
  std::string bytes;
  for (const auto& [path, file] : Under(directory)) bytes += file->bytes;
  return bytes;
}

// The files, without the folders.
std::vector<SimDisk::Tree::value_type> SimDisk::Under(const std::string& directory) const {
  const std::string prefix = directory == "/" ? directory : directory + "/";
  std::vector<Tree::value_type> found;
  for (const auto& [path, file] : live_) {
    if (file != nullptr && path.starts_with(prefix)) found.emplace_back(path, file);
  }
  return found;
}

leveldb::Status SimDisk::WritePoint(const std::string& path) {
  ++write_points_;
  if (down_) return leveldb::Status::IOError(path, "the machine is down");
  if (write_points_ != fault_point_) return leveldb::Status::OK();
  faulted_ = true;
  down_ = fault_ == Fault::kCrash;
  return leveldb::Status::IOError(path, "injected fault");
}

bool SimDisk::Ignored(SyncKind kind, const std::string& path) {
  bool ignored = false;
  for (IgnoreRule& rule : ignored_) {
    if (rule.kind != kind || !rule.match(path)) continue;
    ++rule.met;
    ignored = ignored || !rule.nth || rule.met == *rule.nth;
  }
  if (ignored) ++ignored_syncs_;
  return ignored;
}

SimDisk::FilePtr SimDisk::Find(const std::string& path) const {
  const auto entry = live_.find(path);
  return entry == live_.end() ? nullptr : entry->second;
}

leveldb::Status SimDisk::Append(File& file, const std::string& path, std::string_view bytes) {
  base::MutexLock lock(mutex_);
  const bool was_down = down_;
  const leveldb::Status status = WritePoint(path);
  if (status.ok()) {
    file.bytes.append(bytes);
  } else if (!was_down && fault_ != Fault::kError) {
    file.bytes.append(bytes.substr(0, bytes.size() / 2));
  }
  return status;
}

leveldb::Status SimDisk::SyncFile(File& file, const std::string& path) {
  base::MutexLock lock(mutex_);
  const leveldb::Status status = WritePoint(path);
  if (status.ok() && !Ignored(SyncKind::kFile, path)) file.durable_bytes = file.bytes.size();
  return status;
}

leveldb::Status SimDisk::SyncDirectory(const std::string& directory) {
  base::MutexLock lock(mutex_);
  const leveldb::Status status = WritePoint(directory);
  if (!status.ok()) return status;
  const auto folder = live_.find(directory);
  if (folder == live_.end() || folder->second != nullptr) return Missing(directory);
  if (Ignored(SyncKind::kDirectory, directory)) return status;
  std::erase_if(durable_, [&](const auto& entry) { return IsChildOf(entry.first, directory); });
  for (const auto& [path, file] : live_) {
    if (IsChildOf(path, directory)) durable_[path] = file;
  }
  return status;
}

leveldb::Status SimDisk::NewSequentialFile(const std::string& path,
                                           leveldb::SequentialFile** file) {
  base::MutexLock lock(mutex_);
  const FilePtr found = Find(path);
  *file = found == nullptr ? nullptr : new Reader(*this, found);
  return found == nullptr ? Missing(path) : leveldb::Status::OK();
}

leveldb::Status SimDisk::NewRandomAccessFile(const std::string& path,
                                             leveldb::RandomAccessFile** file) {
  base::MutexLock lock(mutex_);
  const FilePtr found = Find(path);
  *file = found == nullptr ? nullptr : new Reader(*this, found);
  return found == nullptr ? Missing(path) : leveldb::Status::OK();
}

leveldb::Status SimDisk::NewWritableFile(const std::string& path, leveldb::WritableFile** file) {
  return Open(path, /*truncate=*/true, file);
}

leveldb::Status SimDisk::NewAppendableFile(const std::string& path, leveldb::WritableFile** file) {
  return Open(path, /*truncate=*/false, file);
}

leveldb::Status SimDisk::Open(const std::string& path, bool truncate,
                              leveldb::WritableFile** file) {
  *file = nullptr;
  base::MutexLock lock(mutex_);
  const leveldb::Status status = WritePoint(path);
  if (!status.ok()) return status;
  if (!live_.contains(store::DirectoryOf(path))) return Missing(path);
  FilePtr found = Find(path);
  if (found == nullptr) {
    found = std::make_shared<File>();
    live_[path] = found;
  } else if (truncate) {
    // Whether the old bytes are still there is anybody's guess: assume the worst.
    *found = File{};
  }
  *file = new Writer(*this, path, std::move(found));
  return status;
}

bool SimDisk::FileExists(const std::string& path) {
  base::MutexLock lock(mutex_);
  return live_.contains(path);
}

leveldb::Status SimDisk::GetChildren(const std::string& directory,
                                     std::vector<std::string>* children) {
  base::MutexLock lock(mutex_);
  children->clear();
  if (!live_.contains(directory)) return Missing(directory);
  for (const auto& [path, file] : live_) {
    if (IsChildOf(path, directory)) children->push_back(path.substr(path.rfind('/') + 1));
  }
  return leveldb::Status::OK();
}

leveldb::Status SimDisk::RemoveFile(const std::string& path) {
  base::MutexLock lock(mutex_);
  const leveldb::Status status = WritePoint(path);
  if (!status.ok()) return status;
  return live_.erase(path) == 1 ? status : Missing(path);
}

leveldb::Status SimDisk::CreateDir(const std::string& directory) {
  base::MutexLock lock(mutex_);
  if (live_.contains(directory)) return leveldb::Status::IOError(directory, "exists");
  const leveldb::Status status = WritePoint(directory);
  if (!status.ok()) return status;
  if (!live_.contains(store::DirectoryOf(directory))) return Missing(directory);
  live_[directory] = nullptr;
  return status;
}

leveldb::Status SimDisk::RemoveDir(const std::string& directory) { return RemoveFile(directory); }

leveldb::Status SimDisk::GetFileSize(const std::string& path, std::uint64_t* bytes) {
  base::MutexLock lock(mutex_);
  const FilePtr file = Find(path);
  *bytes = file == nullptr ? 0 : file->bytes.size();
  return file == nullptr ? Missing(path) : leveldb::Status::OK();
}

leveldb::Status SimDisk::RenameFile(const std::string& from, const std::string& to) {
  base::MutexLock lock(mutex_);
  const leveldb::Status status = WritePoint(to);
  if (!status.ok()) return status;
  const auto entry = live_.find(from);
  if (entry == live_.end() || !live_.contains(store::DirectoryOf(to))) return Missing(from);
  live_[to] = entry->second;
  live_.erase(entry);
  return status;
}

leveldb::Status SimDisk::LockFile(const std::string& path, leveldb::FileLock** lock) {
  base::MutexLock held(mutex_);
  *lock = nullptr;
  if (!locks_.insert(path).second) return leveldb::Status::IOError(path, "already held");
  *lock = new Lock(path);
  return leveldb::Status::OK();
}

leveldb::Status SimDisk::UnlockFile(leveldb::FileLock* lock) {
  const std::unique_ptr<Lock> owned(static_cast<Lock*>(lock));
  base::MutexLock held(mutex_);
  PM_CHECK(locks_.erase(owned->path()) == 1);
  return leveldb::Status::OK();
}

leveldb::Status SimDisk::NewLogger(const std::string& path, leveldb::Logger** logger) {
  *logger = nullptr;
  return leveldb::Status::NotSupported(path, "no log files here");
}

}  // namespace proofmark::testing
