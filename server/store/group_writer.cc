// SPDX-License-Identifier: Apache-2.0
#include "server/store/group_writer.h"

#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "server/store/failure_latch.h"
#include "server/store/high_water_file.h"
#include "server/store/key_file.h"
#include "server/store/leveldb_status.h"
#include "server/store/meta_rows.h"

namespace proofmark::store {
namespace {

absl::Status CheckSizes(const std::vector<Mutation>& mutations, std::size_t& total_bytes) {
  for (const Mutation& mutation : mutations) {
    if (mutation.key.empty() || mutation.key.size() > kStoreKeyBytesMax) {
      return absl::InvalidArgumentError(absl::StrFormat("store: a key has %d bytes, not 1 to %d",
                                                        mutation.key.size(), kStoreKeyBytesMax));
    }
    const std::size_t value_bytes = mutation.value ? mutation.value->size() : 0;
    if (value_bytes > kStoreValueBytesMax) {
      return absl::InvalidArgumentError(absl::StrFormat("store: a value has %d bytes, more than %d",
                                                        value_bytes, kStoreValueBytesMax));
    }
    total_bytes += mutation.key.size() + value_bytes;
  }
  if (total_bytes > kRequestBytesMax) {
    return absl::InvalidArgumentError(absl::StrFormat("store: a request has %d bytes, more than %d",
                                                      total_bytes, kRequestBytesMax));
  }
  return absl::OkStatus();
}

void AddTo(leveldb::WriteBatch& batch, const Mutation& mutation) {
  if (mutation.value) {
    batch.Put(mutation.key, *mutation.value);
  } else {
    batch.Delete(mutation.key);
  }
}

}  // namespace

// What the admitted requests of one group amount to.
struct GroupWriter::Group {
  leveldb::WriteBatch batch;
  // Latest value of each key the group touches; views into the waiters' requests and `added`.
  std::unordered_map<std::string_view, const std::optional<std::string>*> touched;
  std::deque<Mutations> added;  // What requests said at their turn. Never moves its elements.
  std::vector<const RecordKey*> new_keys;
  std::set<KeyId> new_ids;
  std::vector<KeyId> erased_keys;
  std::optional<HighWaterMark> mark;

  // `mutations` must outlive the group.
  void Apply(const Mutations& mutations) {
    for (const Mutation& mutation : mutations.list()) {
      AddTo(batch, mutation);
      touched[mutation.key] = &mutation.value;
    }
  }
};

GroupWriter::GroupWriter(leveldb::DB& db, KeyFile& keys, HighWaterFile& high_water,
                         FailureLatch& failure, base::Random& random)
    : db_(db),
      keys_(keys),
      high_water_(high_water),
      failure_(failure),
      random_(random),
      thread_([this] { Run(); }) {}

GroupWriter::~GroupWriter() {
  {
    base::MutexLock lock(mutex_);
    closing_ = true;
  }
  work_.NotifyOne();
  thread_.join();
}

void GroupWriter::SetObserver(GroupObserver* observer) {
  base::MutexLock lock(mutex_);
  PM_CHECK(observer_ == nullptr || observer == nullptr);
  observer_ = observer;
}

GroupWriter::Counters GroupWriter::counters() const {
  base::MutexLock lock(mutex_);
  return counters_;
}

std::int64_t GroupWriter::queued() const {
  base::MutexLock lock(mutex_);
  return static_cast<std::int64_t>(queue_.size());
}

absl::Status GroupWriter::Commit(WriteRequest request) {
  Waiter waiter;
  waiter.request = std::move(request);
  PM_RETURN_IF_ERROR(CheckSizes(waiter.request.mutations.list(), waiter.bytes));
  base::MutexLock lock(mutex_);
  PM_CHECK(!closing_);
  queue_.push_back(&waiter);
  work_.NotifyOne();
  while (!waiter.done) waiter.told.Wait(mutex_);
  return waiter.status;
}

void GroupWriter::Run() {
  while (true) {
    const std::vector<Waiter*> waiters = TakeGroup();
    if (waiters.empty()) return;
    CommitGroup(waiters);
    base::MutexLock lock(mutex_);
    for (Waiter* waiter : waiters) {
      waiter->done = true;
      // Under the lock: the waiter is gone as soon as it sees `done`.
      waiter->told.NotifyOne();
    }
  }
}

std::vector<GroupWriter::Waiter*> GroupWriter::TakeGroup() {
  base::MutexLock lock(mutex_);
  while (queue_.empty() && !closing_) work_.Wait(mutex_);
  std::vector<Waiter*> group;
  std::size_t bytes = 0;
  while (!queue_.empty() && group.size() < kGroupRequestsMax &&
         (group.empty() || bytes + queue_.front()->bytes <= kGroupBytesMax)) {
    bytes += queue_.front()->bytes;
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  if (!group.empty()) {
    ++counters_.groups;
    counters_.requests += static_cast<std::int64_t>(group.size());
    counters_.group_requests_max =
        std::max(counters_.group_requests_max, static_cast<std::int64_t>(group.size()));
  }
  return group;
}

void GroupWriter::CommitGroup(const std::vector<Waiter*>& waiters) {
  GroupObserver* observer = nullptr;
  {
    base::MutexLock lock(mutex_);
    observer = observer_;
  }
  Group group;
  std::vector<Waiter*> admitted;
  for (Waiter* waiter : waiters) {
    waiter->status = failure_.status();
    if (waiter->status.ok()) waiter->status = Admit(waiter->request, group);
    if (waiter->status.ok()) admitted.push_back(waiter);
  }
  if (admitted.empty()) return;

  if (observer != nullptr) {
    Mutations sealing;
    group.mark = observer->Seal(sealing);
    for (const Mutation& mutation : sealing.list()) AddTo(group.batch, mutation);
  }
  if (absl::Status status = MakeDurable(group); !status.ok()) {
    status = failure_.Trip(status);
    for (Waiter* waiter : admitted) waiter->status = status;
    return;
  }
  if (observer != nullptr) observer->Committed();
}

absl::Status GroupWriter::Admit(WriteRequest& request, Group& group) const {
  for (const Precondition& precondition : request.preconditions) {
    PM_RETURN_IF_ERROR(Check(precondition, group));
  }
  std::set<KeyId> new_ids;
  for (const RecordKey& key : request.new_keys) {
    if (keys_.Contains(key.id) || group.new_ids.contains(key.id) ||
        !new_ids.insert(key.id).second) {
      return absl::InvalidArgumentError(
          absl::StrFormat("store: record key %s exists already", key.id.Hex()));
    }
  }
  Mutations at_turn;
  if (request.at_turn) PM_RETURN_IF_ERROR(request.at_turn(at_turn));
  std::size_t bytes = 0;
  PM_RETURN_IF_ERROR(CheckSizes(at_turn.list(), bytes));

  // Nothing below refuses.
  if (request.admitted) request.admitted();
  group.added.push_back(std::move(at_turn));
  group.Apply(request.mutations);
  group.Apply(group.added.back());
  for (const RecordKey& key : request.new_keys) group.new_keys.push_back(&key);
  group.new_ids.merge(new_ids);
  group.erased_keys.insert(group.erased_keys.end(), request.erased_keys.begin(),
                           request.erased_keys.end());
  return absl::OkStatus();
}

absl::Status GroupWriter::Check(const Precondition& precondition, const Group& group) const {
  std::optional<std::string> present;
  if (const auto touched = group.touched.find(precondition.key); touched != group.touched.end()) {
    present = *touched->second;
  } else {
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    std::string value;
    const leveldb::Status status = db_.Get(options, precondition.key, &value);
    if (!status.ok() && !status.IsNotFound()) return FromLevelDb(status, "store: precondition");
    if (status.ok()) present = std::move(value);
  }
  if (present == precondition.value) return absl::OkStatus();
  if (!precondition.value) return absl::AlreadyExistsError("store: the key is taken");
  return absl::FailedPreconditionError("store: the value has changed meanwhile");
}

absl::Status GroupWriter::MakeDurable(Group& group) {
  if (!group.new_keys.empty()) PM_RETURN_IF_ERROR(keys_.Append(group.new_keys, random_));

  KeyFileState keys = keys_.state();
  if (!group.erased_keys.empty()) {
    keys = {.generation = keys.generation + 1, .count = keys_.CountWithout(group.erased_keys)};
    for (const KeyId& id : group.erased_keys) group.batch.Put(ErasedKeyRow(id), "");
  }
  if (!group.new_keys.empty() || !group.erased_keys.empty()) {
    group.batch.Put(KeyFileStateRow(), FormatKeyFileState(keys));
  }
  leveldb::WriteOptions options;
  options.sync = true;
  PM_RETURN_IF_ERROR(FromLevelDb(db_.Write(options, &group.batch), "store: commit"));

  if (group.mark) PM_RETURN_IF_ERROR(high_water_.Raise(*group.mark));
  if (!group.erased_keys.empty()) {
    PM_RETURN_IF_ERROR(keys_.Erase(group.erased_keys, keys.generation));
  }
  return absl::OkStatus();
}

}  // namespace proofmark::store
