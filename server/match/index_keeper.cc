// SPDX-License-Identifier: Apache-2.0
#include "server/match/index_keeper.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/log.h"

namespace proofmark::match {

IndexKeeper::IndexKeeper(store::StorageEnv& disk, const std::string& folder,
                         BulletCollection& collection, const base::Clock& clock, Options options)
    : options_(options), collection_(collection), clock_(clock) {
  PM_CHECK(options_.changes_max >= 1);
  absl::StatusOr<std::unique_ptr<store::DerivedFiles>> files =
      store::DerivedFiles::Open(disk, folder);
  if (!files.ok()) {
    Fail("cannot be kept on disk", files.status());
    return;
  }
  files_ = *std::move(files);
  index_files_ = std::make_unique<IndexFiles>(*files_);
}

IndexKeeper::~IndexKeeper() { EndThread(); }

void IndexKeeper::Fail(const char* what, const absl::Status& status) {
  base::Log(base::LogSeverity::kWarning,
            absl::StrFormat("the search index %s, so the next start takes longer: %s", what,
                            status.message()));
  base::MutexLock lock(mutex_);
  ++counters_.failures;
}

void IndexKeeper::Load(
    const std::function<std::optional<ClassData>(const records::ExhibitId&)>& class_of) {
  if (index_files_ == nullptr) return;
  const absl::StatusOr<IndexFiles::Loaded> loaded = index_files_->Load(collection_, class_of);
  if (!loaded.ok()) return Fail("cannot be read from disk", loaded.status());
  base::MutexLock lock(mutex_);
  counters_.adopted_records = loaded->records;
  counters_.refused_files = loaded->refused_files;
}

void IndexKeeper::Start() {
  PM_CHECK(!thread_.joinable());
  if (index_files_ != nullptr && options_.own_thread) thread_ = std::jthread([this] { Run(); });
}

void IndexKeeper::Stop() {
  EndThread();
  if (index_files_ != nullptr) Save();
}

void IndexKeeper::EndThread() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void IndexKeeper::Run() {
  while (WaitUntilDue()) Save();
}

// False when it is time to end.
bool IndexKeeper::WaitUntilDue() {
  base::MutexLock lock(mutex_);
  while (!stopping_ && !IsDue()) wake_.WaitFor(mutex_, options_.pace);
  return !stopping_;
}

bool IndexKeeper::IsDue() const {
  if (!last_try_.has_value()) return true;
  const std::int64_t changes = collection_.changes();
  if (saved_changes_ == changes) return false;
  if (clock_.Steady() - *last_try_ >= options_.pause) return true;
  // A disk that failed is not asked again at every look.
  return !last_try_failed_ && changes - saved_changes_.value_or(0) >= options_.changes_max;
}

void IndexKeeper::Save() {
  // Read before: what changes during the save may be in it or not.
  const std::int64_t changes = collection_.changes();
  const absl::StatusOr<std::int64_t> written = index_files_->Save(collection_);
  if (!written.ok()) Fail("is not saved", written.status());
  base::MutexLock lock(mutex_);
  last_try_ = clock_.Steady();
  last_try_failed_ = !written.ok();
  if (!written.ok()) return;
  saved_changes_ = changes;
  ++counters_.saves;
  counters_.written_files += *written;
}

IndexKeeper::Counters IndexKeeper::counters() const {
  base::MutexLock lock(mutex_);
  return counters_;
}

}  // namespace proofmark::match
