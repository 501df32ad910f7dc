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
#include "server/store/high_water_file.h"
#include "server/store/record_key.h"
#include "server/store/write_request.h"

namespace proofmark::store {

class StorageEnv;

inline constexpr std::uint32_t kSchemaVersion = 1;
inline constexpr std::int64_t kGroupRequestsMax = 256;
inline constexpr std::size_t kGroupBytesMax = std::size_t{32} << 20;

// The ledger's part in every group commit. Called from the writer thread only.
class GroupObserver {
 public:
  virtual ~GroupObserver() = default;

  // After the last request's turn of a group: adds what the group as a whole must say, and returns
  // the mark the ledger reaches with it; none when it did not move.
  virtual std::optional<HighWaterMark> Seal(Mutations& mutations) = 0;

  // The group and its mark are durable; nobody has been told yet.
  virtual void Committed() = 0;
};

// An immutable view of the store at one moment. Must be destroyed before the store.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};

struct ScanOptions {
  std::string prefix;                  // Only keys that begin so.
  std::string start;                   // First key visited (last one, in reverse); empty: the end.
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
// Writes: callers hand in requests; one writer thread takes what is queued, up to
// kGroupRequestsMax, and commits it as one group in this order, each step durable before the next:
//   1. new keys appended to the key file,
//   2. one LevelDB batch with everything else,
//   3. the high-water mark,
//   4. erased keys removed from the key file,
//   5. the callers are told.
// Any failed write or sync is fatal: the group and everything after it is refused with kUnavailable
// and Options::on_failure is called once. After it only reading and closing make sense.
//
// Threads: every method may be called from any thread. Locks: `mutex_` guards the queue and is
// never held while a file is touched; the key file's own lock is taken without it.
class Store {
 public:
  struct Options {
    std::string master_key_path;  // 32 bytes, mode 0600; see LoadMasterKey.
    std::string key_path;         // Empty: <folder>/keys.
    std::string high_water_path;  // Empty: <folder>/high-water.
    std::size_t write_buffer_bytes = std::size_t{32} << 20;  // 64 KiB to 64 MiB.
    std::size_t block_cache_bytes = std::size_t{128} << 20;  // 1 MiB to 16 GiB.
    // The store has failed and refuses every write from now on; main ends the process. Called once,
    // from the thread that met the failure, without locks held. It must not call the store.
    std::function<void(const absl::Status&)> on_failure;
  };

  // Opens or creates the state in `folder`. `disk` and `random` must outlive the result.
  //   kInvalidArgument     an option out of range.
  //   kFailedPrecondition  another process has the folder open; a schema version not known here;
  //                        see also LoadMasterKey.
  //   kUnauthenticated     the master key is not this folder's.
  //   kDataLoss            damaged files, or rollback (IsRollbackDetected). Never repaired here.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& folder, StorageEnv& disk,
                                                     base::Random& random, Options options);
  // Finishes what is queued, then closes. Nobody may be inside a method.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Returns when `request` is durable, and then it is for good.
  //   kInvalidArgument     a key or value exceeds its maximum.
  //   kFailedPrecondition  a precondition does not hold.
  //   kAlreadyExists       a precondition asks for absence and the key is there.
  //   kUnavailable         the store has failed; nothing is known about this request until
  //   reopened. others               what request.at_turn returned.
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

  BlobStore& blobs();
  base::Random& random() { return random_; }

  // Set once, before the first Commit. `observer` must outlive the store's last commit.
  void SetGroupObserver(GroupObserver* observer);
  // The mark read at Open, before any commit of this process.
  const HighWaterMark& high_water_at_open() const;

  // OK while the store accepts writes, otherwise why not.
  absl::Status health() const;
  StoreCounters counters() const;

 private:
  class Impl;
  Store(std::unique_ptr<Impl> impl, base::Random& random);

  base::Random& random_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace proofmark::store
