// SPDX-License-Identifier: Apache-2.0
#include "server/store/store.h"

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "server/store/failure_latch.h"
#include "server/store/group_writer.h"
#include "server/store/key_file.h"
#include "server/store/leveldb_status.h"
#include "server/store/meta_rows.h"
#include "server/store/storage_env.h"

namespace proofmark::store {
namespace {

constexpr std::size_t kWriteBufferBytesMin = std::size_t{64} << 10;
constexpr std::size_t kWriteBufferBytesMax = std::size_t{64} << 20;
constexpr std::size_t kBlockCacheBytesMin = std::size_t{1} << 20;
constexpr std::size_t kBlockCacheBytesMax = std::size_t{16} << 30;
constexpr std::size_t kTableBytes = std::size_t{64} << 20;
constexpr int kBloomBitsPerKey = 10;

// LevelDB's chatter goes where ours goes, for debugging only, instead of into a file of its own.
class LogBridge final : public leveldb::Logger {
 public:
  void Logv(const char* format, std::va_list arguments) override {
    std::array<char, 512> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    base::Log(base::LogSeverity::kDebug, absl::StrFormat("leveldb: %s", line.data()));
  }
};

class LevelDbSnapshot final : public Snapshot {
 public:
  explicit LevelDbSnapshot(leveldb::DB& db) : db_(db), snapshot_(db.GetSnapshot()) {}
  ~LevelDbSnapshot() override { db_.ReleaseSnapshot(snapshot_); }

  const leveldb::Snapshot* snapshot() const { return snapshot_; }

 private:
  leveldb::DB& db_;
  const leveldb::Snapshot* const snapshot_;
};

leveldb::ReadOptions ReadOptionsFor(const Snapshot* snapshot) {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  if (snapshot != nullptr) {
    options.snapshot = static_cast<const LevelDbSnapshot*>(snapshot)->snapshot();
  }
  return options;
}

std::string_view ViewOf(const leveldb::Slice& slice) { return {slice.data(), slice.size()}; }
leveldb::Slice SliceOf(std::string_view view) { return {view.data(), view.size()}; }

// The smallest key above all that begin with `prefix`; empty when there is none.
std::string EndOfPrefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
  if (!prefix.empty()) {
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  }
  return prefix;
}

// To the last key of the prefix that is not above `start` (if given).
void SeekForReverse(leveldb::Iterator& rows, const ScanOptions& options) {
  if (!options.start.empty()) {
    rows.Seek(options.start);
    if (rows.Valid() && ViewOf(rows.key()) == options.start) return;
  } else if (const std::string end = EndOfPrefix(options.prefix); !end.empty()) {
    rows.Seek(end);
  } else {
    rows.SeekToLast();
    return;
  }
  if (rows.Valid()) {
    rows.Prev();
  } else {
    rows.SeekToLast();
  }
}

absl::Status CheckRange(const char* what, std::size_t value, std::size_t min, std::size_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("store: %s is %d, not within %d to %d", what, value, min, max));
}

}  // namespace

Store::Store(std::string folder, StorageEnv& disk, base::Random& random)
    : folder_(std::move(folder)),
      random_(random),
      failure_(std::make_unique<FailureLatch>()),
      env_(std::make_unique<DurableEnv>(disk, *failure_)) {}

Store::~Store() {
  writer_.reset();
  blobs_.reset();
  high_water_.reset();
  keys_.reset();
  db_.reset();
  if (lock_ != nullptr) env_->UnlockFile(lock_);
}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& folder, StorageEnv& disk,
                                                   base::Random& random,
                                                   crypto::SecretBytes master_key,
                                                   Options options) {
  PM_RETURN_IF_ERROR(CheckRange("write_buffer_bytes", options.write_buffer_bytes,
                                kWriteBufferBytesMin, kWriteBufferBytesMax));
  PM_RETURN_IF_ERROR(CheckRange("block_cache_bytes", options.block_cache_bytes, kBlockCacheBytesMin,
                                kBlockCacheBytesMax));
  PM_RETURN_IF_ERROR(CheckRange("master key bytes", master_key.size(), crypto::kSealKeyBytes,
                                crypto::kSealKeyBytes));
  std::unique_ptr<Store> store(new Store(folder, disk, random));
  PM_RETURN_IF_ERROR(store->Lock());
  PM_RETURN_IF_ERROR(store->OpenDatabase(options));
  PM_RETURN_IF_ERROR(store->OpenState(std::move(master_key), options));
  PM_ASSIGN_OR_RETURN(store->blobs_,
                      BlobStore::Open(*store->env_, folder + "/blobs", *store->failure_));
  PM_RETURN_IF_ERROR(store->failure_->Arm(std::move(options.on_failure)));
  store->writer_ = std::make_unique<GroupWriter>(*store->db_, *store->keys_, *store->high_water_,
                                                 *store->failure_, random);
  return store;
}

absl::Status Store::Lock() {
  PM_RETURN_IF_ERROR(MakeDirectory(*env_, folder_));
  // Before anything is read: the key file and the high-water file have no lock of their own.
  const leveldb::Status locked = env_->LockFile(folder_ + "/lock", &lock_);
  if (locked.ok()) return absl::OkStatus();
  lock_ = nullptr;
  return absl::FailedPreconditionError(absl::StrFormat(
      "state folder %s is in use by another process (%s)", folder_, locked.ToString()));
}

absl::Status Store::OpenDatabase(const Options& options) {
  const std::string path = folder_ + "/db";
  PM_RETURN_IF_ERROR(MakeDirectory(*env_, path));
  logger_ = std::make_unique<LogBridge>();
  filter_.reset(leveldb::NewBloomFilterPolicy(kBloomBitsPerKey));
  cache_.reset(leveldb::NewLRUCache(options.block_cache_bytes));

  leveldb::Options settings;
  settings.create_if_missing = true;
  // Otherwise a flipped byte in the log makes records vanish without a word.
  settings.paranoid_checks = true;
  settings.env = env_.get();
  settings.info_log = logger_.get();
  settings.filter_policy = filter_.get();
  settings.block_cache = cache_.get();
  settings.write_buffer_size = options.write_buffer_bytes;
  settings.max_file_size = kTableBytes;
  leveldb::DB* opened = nullptr;
  // Never RepairDB: it salvages what it can and may drop or revive rows.
  PM_RETURN_IF_ERROR(FromLevelDb(leveldb::DB::Open(settings, path, &opened), path));
  db_.reset(opened);
  return absl::OkStatus();
}

absl::Status Store::OpenState(crypto::SecretBytes master_key, const Options& options) {
  const std::string key_path =
      options.key_file_path.empty() ? folder_ + "/keys" : options.key_file_path;
  const std::string high_water_path =
      options.high_water_path.empty() ? folder_ + "/high-water" : options.high_water_path;
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> schema, Get(SchemaRow()));
  if (!schema) {
    PM_RETURN_IF_ERROR(Initialise(std::move(master_key), key_path, high_water_path));
  } else {
    PM_ASSIGN_OR_RETURN(const std::uint32_t version, ParseSchema(*schema));
    if (version != kSchemaVersion) {
      return absl::FailedPreconditionError(
          absl::StrFormat("state folder %s has schema version %d; this program knows %d", folder_,
                          version, kSchemaVersion));
    }
    PM_RETURN_IF_ERROR(Load(std::move(master_key), key_path, high_water_path));
  }
  high_water_at_open_ = high_water_->mark();
  return absl::OkStatus();
}

// The schema row comes last: once it is there, so are both files, and their absence means loss.
absl::Status Store::Initialise(crypto::SecretBytes master_key, const std::string& key_path,
                               const std::string& high_water_path) {
  bool empty = true;
  PM_RETURN_IF_ERROR(Scan({}, [&](std::string_view, std::string_view) { return empty = false; }));
  if (!empty) {
    return absl::DataLossError(
        absl::StrFormat("state folder %s: the database has rows but no schema version", folder_));
  }
  const absl::StatusOr<std::unique_ptr<HighWaterFile>> present =
      HighWaterFile::Open(*env_, high_water_path);
  if (!present.ok() && !absl::IsNotFound(present.status())) return present.status();
  if (present.ok() && (*present)->mark().size > 0) {
    return RollbackDetected(absl::StrFormat("the database is empty, but %s says %d entries",
                                            high_water_path, (*present)->mark().size));
  }
  PM_ASSIGN_OR_RETURN(
      high_water_, HighWaterFile::Create(*env_, high_water_path,
                                         {.size = 0, .root = crypto::Sha256(std::string_view())}));
  PM_ASSIGN_OR_RETURN(keys_, KeyFile::Create(*env_, key_path, std::move(master_key), random_));

  leveldb::WriteBatch batch;
  batch.Put(SchemaRow(), FormatSchema(kSchemaVersion));
  batch.Put(KeyFileStateRow(), FormatKeyFileState(keys_->state()));
  leveldb::WriteOptions options;
  options.sync = true;
  return FromLevelDb(db_->Write(options, &batch), folder_);
}

absl::Status Store::Load(crypto::SecretBytes master_key, const std::string& key_path,
                         const std::string& high_water_path) {
  absl::StatusOr<std::unique_ptr<HighWaterFile>> high_water =
      HighWaterFile::Open(*env_, high_water_path);
  if (absl::IsNotFound(high_water.status())) {
    return RollbackDetected(absl::StrFormat("%s is missing", high_water_path));
  }
  PM_ASSIGN_OR_RETURN(high_water_, std::move(high_water));

  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, Get(KeyFileStateRow()));
  if (!row) {
    return absl::DataLossError(
        absl::StrFormat("state folder %s: the database lacks the key file's state", folder_));
  }
  PM_ASSIGN_OR_RETURN(const KeyFileState expected, ParseKeyFileState(*row));
  absl::StatusOr<std::unique_ptr<KeyFile>> keys =
      KeyFile::Open(*env_, key_path, std::move(master_key), expected);
  if (absl::IsNotFound(keys.status())) {
    return absl::DataLossError(absl::StrFormat("key file %s is missing", key_path));
  }
  PM_ASSIGN_OR_RETURN(keys_, std::move(keys));
  return keys_->state() == expected ? absl::OkStatus() : RepeatErasure(expected);
}

// A crash came between the batch that announces an erasure and the rewriting of the key file.
absl::Status Store::RepeatErasure(const KeyFileState& expected) {
  std::vector<KeyId> erased;
  absl::Status parsed;
  PM_RETURN_IF_ERROR(
      Scan({.prefix = ErasedKeyRowPrefix()}, [&](std::string_view key, std::string_view) {
        const absl::StatusOr<KeyId> id = ParseErasedKeyRow(key);
        parsed = id.status();
        if (id.ok()) erased.push_back(*id);
        return id.ok();
      }));
  PM_RETURN_IF_ERROR(parsed);
  if (keys_->CountWithout(erased) != expected.count) {
    return absl::DataLossError(absl::StrFormat(
        "key file: %d keys would remain after the erasure, but the database says %d",
        keys_->CountWithout(erased), expected.count));
  }
  return keys_->Erase(erased, expected.generation);
}

absl::Status Store::Commit(WriteRequest request) { return writer_->Commit(std::move(request)); }

absl::StatusOr<std::optional<std::string>> Store::Get(std::string_view key,
                                                      const Snapshot* snapshot) const {
  std::string value;
  const leveldb::Status status = db_->Get(ReadOptionsFor(snapshot), SliceOf(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  PM_RETURN_IF_ERROR(FromLevelDb(status, "store: get"));
  return std::optional<std::string>(std::move(value));
}

absl::Status Store::Scan(const ScanOptions& options, const Visitor& visit) const {
  leveldb::ReadOptions read = ReadOptionsFor(options.snapshot);
  read.fill_cache = false;  // A scan would push out what single reads need.
  const std::unique_ptr<leveldb::Iterator> rows(db_->NewIterator(read));
  if (options.reverse) {
    SeekForReverse(*rows, options);
  } else {
    rows->Seek(std::max(options.start, options.prefix));
  }
  while (rows->Valid() && ViewOf(rows->key()).starts_with(options.prefix) &&
         visit(ViewOf(rows->key()), ViewOf(rows->value()))) {
    if (options.reverse) {
      rows->Prev();
    } else {
      rows->Next();
    }
  }
  return FromLevelDb(rows->status(), "store: scan");
}

std::unique_ptr<Snapshot> Store::TakeSnapshot() const {
  return std::make_unique<LevelDbSnapshot>(*db_);
}

absl::StatusOr<crypto::Sealer> Store::FindKey(const KeyId& id) const {
  PM_ASSIGN_OR_RETURN(std::optional<crypto::Sealer> sealer, keys_->Find(id));
  if (sealer) return *std::move(sealer);
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> erased, Get(ErasedKeyRow(id)));
  if (erased) return absl::NotFoundError(absl::StrFormat("record key %s was erased", id.Hex()));
  return absl::DataLossError(absl::StrFormat("the key file lacks record key %s", id.Hex()));
}

void Store::SetGroupObserver(GroupObserver* observer) { writer_->SetObserver(observer); }

void Store::Halt(const absl::Status& why) { failure_->Trip(why).IgnoreError(); }

absl::Status Store::health() const { return failure_->status(); }

StoreCounters Store::counters() const {
  const GroupWriter::Counters writer = writer_->counters();
  StoreCounters counters{.groups = writer.groups,
                         .requests = writer.requests,
                         .group_requests_max = writer.group_requests_max};
  std::string level0_files;
  if (db_->GetProperty("leveldb.num-files-at-level0", &level0_files)) {
    counters.level0_files = std::strtoll(level0_files.c_str(), nullptr, 10);
  }
  return counters;
}

std::int64_t Store::queued() const { return writer_->queued(); }

}  // namespace proofmark::store
