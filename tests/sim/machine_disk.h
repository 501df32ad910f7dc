// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "server/store/storage_env.h"
#include "tests/support/sim_disk.h"

namespace proofmark::sim {

// The disk of one simulated machine: a SimDisk under faults of its own. LevelDB's background work
// runs on a helper thread while whoever next touches the disk waits for it, so that the order of
// all operations is the same in every run.
class MachineDisk final : public store::StorageEnv {
 public:
  explicit MachineDisk(std::uint64_t seed);
  ~MachineDisk() override;

  testing::SimDisk& platters() { return disk_; }
  const testing::SimDisk& platters() const { return disk_; }

  // From now on one read in `every` has one bit turned; 0: none.
  void FlipBitsOfReads(std::int64_t every);
  // Between the two no read lies; they nest.
  void PauseFlips();
  void ResumeFlips();
  // Everything that would be written fails until Reboot, as on a full disk.
  void Fill();
  // Power off and on: what was not synced is gone, or some of it. Faults are over.
  void Reboot(std::uint64_t seed);

  // Reads may lie, or a fault has struck since the last Reboot.
  bool IsFaulty() const;
  std::int64_t flipped_bits() const;

  // Runs the background work that was left over.
  void Settle();

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
  void Schedule(void (*work)(void*), void* argument) override;
  void SleepForMicroseconds(int micros) override;

 private:
  class Background;
  class Writer;
  class Reader;

  leveldb::Status MayWrite(const std::string& path) const;
  void Touch(leveldb::Slice* read, char* scratch);

  testing::SimDisk disk_;
  mutable base::Mutex mutex_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  int flips_paused_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t flip_every_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t flipped_bits_ ABSL_GUARDED_BY(mutex_) = 0;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Background> background_;  // Last: it uses all of the above.
};

}  // namespace proofmark::sim
