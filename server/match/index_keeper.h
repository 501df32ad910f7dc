// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "records/exhibit.h"
#include "server/match/bullet_collection.h"
#include "server/match/index_files.h"
#include "server/store/derived_files.h"
#include "server/store/storage_env.h"

namespace proofmark::match {

// Has the index of the bullets on disk when the node starts again: adopts its files at start, and
// saves from a thread of its own while the node works. Nothing that goes wrong with the files is
// more than a line in the log and a count: without them a start takes longer. Thread-safe.
//
//   1. Load, before anything else is inserted;
//   2. the owner inserts what the files did not have;
//   3. Start: saves at once, and from then on when enough has changed;
//   4. Stop: saves for the last time. Destroyed without it, it saves nothing: the next start finds
//      what was saved before and reads the rest from the store.
class IndexKeeper {
 public:
  struct Options {
    bool own_thread = true;  // Without one Stop() alone saves.
    // Changed records that are worth a save at once, >= 1: what a start after a crash has to read.
    std::int64_t changes_max = 5'000;
    // Fewer changes, or a save that failed, wait until the last one is so long ago. What was
    // withdrawn stays in a file until then.
    std::chrono::milliseconds pause{600'000};
    std::chrono::milliseconds pace{5'000};  // Between two looks.
  };
  struct Counters {
    std::int64_t adopted_records = 0;  // At start, from files.
    std::int64_t refused_files = 0;    // At start: damaged or of another form.
    std::int64_t saves = 0;            // Also those that found nothing to write.
    std::int64_t written_files = 0;
    std::int64_t failures = 0;  // Folder not usable, or a save that failed.
  };

  // The files stand in `folder`, made here; its parent must exist. All references must outlive the
  // keeper.
  IndexKeeper(store::StorageEnv& disk, const std::string& folder, BulletCollection& collection,
              const base::Clock& clock, Options options);
  ~IndexKeeper();
  IndexKeeper(const IndexKeeper&) = delete;
  IndexKeeper& operator=(const IndexKeeper&) = delete;

  // Adopts what the files have. `class_of` as in IndexFiles::Load.
  void Load(const std::function<std::optional<ClassData>(const records::ExhibitId&)>& class_of);

  // Begins to save, on a thread of its own if there is one. Once, after Load.
  void Start();

  // Ends the thread and saves what is not saved. Nobody may change the collection any more.
  void Stop();

  Counters counters() const;

 private:
  void Run();
  bool WaitUntilDue();
  bool IsDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndThread();
  void Save();
  void Fail(const char* what, const absl::Status& status);

  // Constant after construction.
  const Options options_;
  // Do their own locking.
  BulletCollection& collection_;
  const base::Clock& clock_;
  // Null when the folder cannot be used.
  std::unique_ptr<store::DerivedFiles> files_;
  std::unique_ptr<IndexFiles> index_files_;

  mutable base::Mutex mutex_;
  base::CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Counters counters_ ABSL_GUARDED_BY(mutex_);
  // The collection's changes() that the files have; none before the first save.
  std::optional<std::int64_t> saved_changes_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::chrono::steady_clock::time_point> last_try_ ABSL_GUARDED_BY(mutex_);
  bool last_try_failed_ ABSL_GUARDED_BY(mutex_) = false;

  std::jthread thread_;  // Touched by Start, Stop and the destructor alone.
};

}  // namespace proofmark::match
