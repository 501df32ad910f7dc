// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "crypto/secret/secret_bytes.h"
#include "server/store/blob_store.h"
#include "server/store/group_observer.h"
#include "server/store/high_water_file.h"
#include "server/store/record_key.h"
#include "server/store/write_request.h"

namespace leveldb {
class Cache;
class DB;
class FileLock;
class FilterPolicy;
class Logger;
}  // namespace leveldb

namespace proofmark::store {

class DurableEnv;
class FailureLatch;
class GroupWriter;
class KeyFile;
struct KeyFileState;
class StorageEnv;

inline constexpr std::uint32_t kSchemaVersion = 1;

// An immutable view of the store at one moment. Must be destroyed before the store.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};

struct ScanOptions {
  std::string prefix{};  // Only keys that begin so.
  // A key of the prefix to begin at or, if absent, next to; empty: the prefix's first key, in
  // reverse its last.
  std::string start{};
  bool reverse = false;                // Largest key first.
  const Snapshot* snapshot = nullptr;  // None: now.
};

struct StoreCounters {
  std::int64_t groups = 0;
  std::int64_t requests = 0;
  std::int64_t group_requests_max = 0;  // Largest group so far.
  std::int64_t level0_files = 0;        // At 8 LevelDB slows writers down, at 12 it stops them.
};

// All state of a node in one folder:
//   <folder>/db/        LevelDB           <folder>/keys        wrapped record keys
//   <folder>/blobs/     large values      <folder>/high-water  how far the ledger had come
// docs/formats/store.md.
//
// Writes go through one thread that commits many requests with one sync (group_writer.h).
// Any failed write or sync is fatal: the group and everything after it is refused with kUnavailable
// and Options::on_failure is called once. After it only reading and closing make sense.
//
// Threads: every method may be called from any thread. The locks below (the queue's, the key
// file's, the latch's) are leaves: none is taken while another is held.
class Store {
 public:
  struct Options {
    std::string key_file_path;                               // Empty: <folder>/keys.
    std::string high_water_path;                             // Empty: <folder>/high-water.
    std::size_t write_buffer_bytes = std::size_t{32} << 20;  // 64 KiB to 64 MiB.
    std::size_t block_cache_bytes = std::size_t{128} << 20;  // 1 MiB to 16 GiB.
    // The store has failed and refuses every write from now on; main ends the process. Called once,
    // from the thread that met the failure, possibly LevelDB's own. It must not call the store.
    std::function<void(const absl::Status&)> on_failure;
  };

  // Opens or creates the state in `folder`, whose parent must exist. `master_key` comes from
  // LoadMasterKey (key_file.h). `disk` and `random` must outlive the result.
  //   kInvalidArgument     an option out of range.
  //   kFailedPrecondition  another process has the folder open; a schema version not known here.
  //   kUnauthenticated     the master key is not this folder's.
  //   kDataLoss            damaged files, or rollback (IsRollbackDetected). Never repaired here.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& folder, StorageEnv& disk,
                                                     base::Random& random,
                                                     crypto::SecretBytes master_key,
                                                     Options options);
  // Finishes what is queued, then closes. Nobody may be inside a method.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Returns when `request` is durable, and then it is for good.
  //   kInvalidArgument     a key or value exceeds its maximum.
  //   kFailedPrecondition  a precondition does not hold.
  //   kAlreadyExists       a precondition asks for absence and the key is there.
  //   kUnavailable         the store has failed; what became of this request shows when reopened.
  //   others               what request.at_turn returned.
  absl::Status Commit(WriteRequest request);

  // The value, or none. Checksums are verified on every read.
  //   kDataLoss  the database is damaged.
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key,
                                                 const Snapshot* snapshot = nullptr) const;

  // Visits rows in key order until `visit` returns false.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  absl::Status Scan(const ScanOptions& options, const Visitor& visit) const;

  std::unique_ptr<Snapshot> TakeSnapshot() const;

  // A key that exists nowhere yet: seal with it, then commit it in WriteRequest::new_keys.
  RecordKey NewRecordKey() { return RecordKey::Create(random_); }

  // The key of a committed record.
  //   kNotFound  it was erased, and with it all it sealed.
  //   kDataLoss  the key file lacks a key that was not erased, or it does not unwrap.
  absl::StatusOr<crypto::Sealer> FindKey(const KeyId& id) const;

  BlobStore& blobs() { return *blobs_; }
  base::Random& random() { return random_; }

  // Set once, before the first Commit. `observer` must outlive the store's last commit.
  void SetGroupObserver(GroupObserver* observer);
  // The mark read at Open, before any commit of this process.
  const HighWaterMark& high_water_at_open() const { return high_water_at_open_; }

  // Refuses every write from now on, as after a failure of its own: whoever keeps state here has
  // found that it cannot be right.
  void Halt(const absl::Status& why);

  // OK while the store accepts writes, otherwise why not.
  absl::Status health() const;
  StoreCounters counters() const;
  // Requests waiting for the writer thread at this moment.
  std::int64_t queued() const;

 private:
  Store(std::string folder, StorageEnv& disk, base::Random& random);

  absl::Status Lock();
  absl::Status OpenDatabase(const Options& options);
  absl::Status OpenState(crypto::SecretBytes master_key, const Options& options);
  absl::Status Initialise(crypto::SecretBytes master_key, const std::string& key_path,
                          const std::string& high_water_path);
  absl::Status Load(crypto::SecretBytes master_key, const std::string& key_path,
                    const std::string& high_water_path);
  absl::Status RepeatErasure(const KeyFileState& expected);

  // Constant after construction.
  const std::string folder_;
  // Do their own locking.
  base::Random& random_;
  std::unique_ptr<FailureLatch> failure_;
  std::unique_ptr<DurableEnv> env_;

  // Constant after Open; in the order in which they depend on each other.
  leveldb::FileLock* lock_ = nullptr;
  std::unique_ptr<leveldb::Logger> logger_;
  std::unique_ptr<const leveldb::FilterPolicy> filter_;
  std::unique_ptr<leveldb::Cache> cache_;
  std::unique_ptr<leveldb::DB> db_;
  std::unique_ptr<KeyFile> keys_;
  std::unique_ptr<HighWaterFile> high_water_;
  HighWaterMark high_water_at_open_;
  std::unique_ptr<BlobStore> blobs_;
  std::unique_ptr<GroupWriter> writer_;
};

}  // namespace proofmark::store
