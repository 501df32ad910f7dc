// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/machine_disk.h"

#include <chrono>
#include <cstring>
#include <deque>
#include <thread>
#include <utility>

#include "base/mutex.h"

namespace proofmark::sim {
namespace {

// Work that nobody's operation has set going by then: its database is being closed, and closing
// waits for it. It finds that out and does nothing. Longer than a search that touches no disk lasts
// on a machine with much else to do: begun sooner, the work would miss faults that come in between.
constexpr std::chrono::milliseconds kNobodyComes{30'000};

}  // namespace

// LevelDB schedules work while it holds its lock, which the work needs: it begins at the next
// operation of another thread, which waits for its end.
class MachineDisk::Background {
 public:
  Background() : thread_([this] { Run(); }) {}
  ~Background() {
    {
      base::MutexLock lock(mutex_);
      closing_ = true;
      changed_.NotifyAll();
    }
    thread_.join();
  }

  void Add(std::function<void()> work) {
    base::MutexLock lock(mutex_);
    waiting_.push_back(std::move(work));
    changed_.NotifyAll();
  }

  void Settle() {
    base::MutexLock lock(mutex_);
    if (std::this_thread::get_id() == thread_.get_id()) return;
    while (!waiting_.empty() || works_) {
      wanted_ = true;
      changed_.NotifyAll();
      changed_.Wait(mutex_);
    }
    wanted_ = false;
  }

 private:
  void Run() {
    mutex_.Lock();
    for (;;) {
      while (waiting_.empty() && !closing_) changed_.Wait(mutex_);
      if (waiting_.empty()) break;
      const auto until = std::chrono::steady_clock::now() + kNobodyComes;
      while (!wanted_ && !closing_ && changed_.WaitUntil(mutex_, until)) {
      }
      const std::function<void()> work = std::move(waiting_.front());
      waiting_.pop_front();
      works_ = true;
      mutex_.Unlock();
      work();
      mutex_.Lock();
      works_ = false;
      changed_.NotifyAll();
    }
    mutex_.Unlock();
  }

  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool works_ ABSL_GUARDED_BY(mutex_) = false;
  bool wanted_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // Last: it uses all of the above.
};

class MachineDisk::Writer final : public leveldb::WritableFile {
 public:
  Writer(MachineDisk& disk, std::string path, leveldb::WritableFile* file)
      : disk_(disk), path_(std::move(path)), file_(file) {}

  leveldb::Status Append(const leveldb::Slice& data) override {
    const leveldb::Status may = disk_.MayWrite(path_);
    return may.ok() ? file_->Append(data) : may;
  }
  leveldb::Status Sync() override {
    const leveldb::Status may = disk_.MayWrite(path_);
    return may.ok() ? file_->Sync() : may;
  }
  leveldb::Status Flush() override { return file_->Flush(); }
  leveldb::Status Close() override { return file_->Close(); }

 private:
  MachineDisk& disk_;
  const std::string path_;
  const std::unique_ptr<leveldb::WritableFile> file_;
};

class MachineDisk::Reader final : public leveldb::SequentialFile, public leveldb::RandomAccessFile {
 public:
  Reader(MachineDisk& disk, leveldb::SequentialFile* file) : disk_(disk), sequential_(file) {}
  Reader(MachineDisk& disk, leveldb::RandomAccessFile* file) : disk_(disk), random_(file) {}

  leveldb::Status Read(std::uint64_t offset, std::size_t size, leveldb::Slice* result,
                       char* scratch) const override {
    disk_.Settle();
    const leveldb::Status status = random_->Read(offset, size, result, scratch);
    if (status.ok()) disk_.Touch(result, scratch);
    return status;
  }
  leveldb::Status Read(std::size_t size, leveldb::Slice* result, char* scratch) override {
    disk_.Settle();
    const leveldb::Status status = sequential_->Read(size, result, scratch);
    if (status.ok()) disk_.Touch(result, scratch);
    return status;
  }
  leveldb::Status Skip(std::uint64_t count) override { return sequential_->Skip(count); }

 private:
  MachineDisk& disk_;
  const std::unique_ptr<leveldb::SequentialFile> sequential_;
  const std::unique_ptr<leveldb::RandomAccessFile> random_;
};

MachineDisk::MachineDisk(std::uint64_t seed)
    : StorageEnv(&disk_), random_(seed), background_(std::make_unique<Background>()) {}

MachineDisk::~MachineDisk() = default;

void MachineDisk::FlipBitsOfReads(std::int64_t every) {
  base::MutexLock lock(mutex_);
  flip_every_ = every;
}

void MachineDisk::PauseFlips() {
  base::MutexLock lock(mutex_);
  ++flips_paused_;
}

void MachineDisk::ResumeFlips() {
  base::MutexLock lock(mutex_);
  --flips_paused_;
}

bool MachineDisk::IsFaulty() const {
  base::MutexLock lock(mutex_);
  return flip_every_ > 0 || full_ || disk_.faulted();
}

void MachineDisk::Fill() {
  base::MutexLock lock(mutex_);
  full_ = true;
}

void MachineDisk::Reboot(std::uint64_t seed) {
  Settle();
  disk_.RebootKeepingSome(seed);
  base::MutexLock lock(mutex_);
  full_ = false;
  flip_every_ = 0;
}

std::int64_t MachineDisk::flipped_bits() const {
  base::MutexLock lock(mutex_);
  return flipped_bits_;
}

void MachineDisk::Settle() { background_->Settle(); }

leveldb::Status MachineDisk::MayWrite(const std::string& path) const {
  background_->Settle();
  base::MutexLock lock(mutex_);
  return full_ ? leveldb::Status::IOError(path, "no space left on device") : leveldb::Status::OK();
}

void MachineDisk::Touch(leveldb::Slice* read, char* scratch) {
  base::MutexLock lock(mutex_);
  if (flip_every_ == 0 || flips_paused_ > 0 || read->empty() ||
      random_() % static_cast<std::uint64_t>(flip_every_) != 0) {
    return;
  }
  if (read->data() != scratch) std::memmove(scratch, read->data(), read->size());
  const std::uint64_t bit = random_() % (read->size() * 8);
  scratch[bit / 8] = static_cast<char>(scratch[bit / 8] ^ (1 << (bit % 8)));
  *read = leveldb::Slice(scratch, read->size());
  ++flipped_bits_;
}

leveldb::Status MachineDisk::SyncDirectory(const std::string& directory) {
  const leveldb::Status may = MayWrite(directory);
  return may.ok() ? disk_.SyncDirectory(directory) : may;
}

leveldb::Status MachineDisk::NewSequentialFile(const std::string& path,
                                               leveldb::SequentialFile** file) {
  Settle();
  const leveldb::Status status = disk_.NewSequentialFile(path, file);
  if (status.ok()) *file = new Reader(*this, *file);
  return status;
}

leveldb::Status MachineDisk::NewRandomAccessFile(const std::string& path,
                                                 leveldb::RandomAccessFile** file) {
  Settle();
  const leveldb::Status status = disk_.NewRandomAccessFile(path, file);
  if (status.ok()) *file = new Reader(*this, *file);
  return status;
}

leveldb::Status MachineDisk::NewWritableFile(const std::string& path,
                                             leveldb::WritableFile** file) {
  *file = nullptr;
  leveldb::Status status = MayWrite(path);
  if (status.ok()) status = disk_.NewWritableFile(path, file);
  if (status.ok()) *file = new Writer(*this, path, *file);
  return status;
}

leveldb::Status MachineDisk::NewAppendableFile(const std::string& path,
                                               leveldb::WritableFile** file) {
  *file = nullptr;
  leveldb::Status status = MayWrite(path);
  if (status.ok()) status = disk_.NewAppendableFile(path, file);
  if (status.ok()) *file = new Writer(*this, path, *file);
  return status;
}

bool MachineDisk::FileExists(const std::string& path) {
  Settle();
  return disk_.FileExists(path);
}

leveldb::Status MachineDisk::GetChildren(const std::string& directory,
                                         std::vector<std::string>* children) {
  Settle();
  return disk_.GetChildren(directory, children);
}

leveldb::Status MachineDisk::RemoveFile(const std::string& path) {
  Settle();
  return disk_.RemoveFile(path);
}

leveldb::Status MachineDisk::CreateDir(const std::string& directory) {
  const leveldb::Status may = MayWrite(directory);
  return may.ok() ? disk_.CreateDir(directory) : may;
}

leveldb::Status MachineDisk::RemoveDir(const std::string& directory) {
  Settle();
  return disk_.RemoveDir(directory);
}

leveldb::Status MachineDisk::GetFileSize(const std::string& path, std::uint64_t* bytes) {
  Settle();
  return disk_.GetFileSize(path, bytes);
}

leveldb::Status MachineDisk::RenameFile(const std::string& from, const std::string& to) {
  const leveldb::Status may = MayWrite(to);
  return may.ok() ? disk_.RenameFile(from, to) : may;
}

void MachineDisk::Schedule(void (*work)(void*), void* argument) {
  background_->Add([work, argument] { work(argument); });
}

void MachineDisk::SleepForMicroseconds(int /*micros*/) {}

}  // namespace proofmark::sim
