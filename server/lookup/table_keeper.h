// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/hash/sha256.h"
#include "crypto/lookup/row.h"
#include "crypto/lookup/snapshot.h"
#include "server/federation/partner.h"
#include "server/ledger/ledger.h"
#include "server/lookup/canary_book.h"
#include "server/lookup/key_book.h"
#include "server/lookup/record_source.h"
#include "server/store/derived_files.h"
#include "server/store/store.h"

namespace proofmark::store {
class StorageEnv;
}  // namespace proofmark::store

namespace proofmark::lookup {

// A table is made anew when it is older: a record that is added or withdrawn is seen within a day.
inline constexpr std::int64_t kTableAgeMsMax = 24LL * 3600 * 1000;

// Code of the ledger's entry `lookup-snapshot`: peer, count (the epoch), object (SHA-256 of the
// table) and detail (SHA-256 of the public key) say which.
inline constexpr std::string_view kTablePublished = "PUBLISHED";

// The table made for one partner.
struct PublishedTable {
  crypto::SnapshotId id{};
  std::uint32_t epoch = 0;
  crypto::Sha256Digest hash{};
  std::uint64_t size_bytes = 0;
  std::int64_t created_unix_ms = 0;
  std::uint64_t table_entry = 0;  // Index of the entry that logged the hash,
  std::uint64_t key_entry = 0;    // and of that which logged the key.
  std::string public_key;         // crypto::kElementBytes.
  std::uint64_t record_count = 0;
  std::uint64_t left_out_count = 0;  // Inputs that too many records share.

  friend bool operator==(const PublishedTable&, const PublishedTable&) = default;
};

// The tables of the agency's shared firearms, one for each partner that may look up here: made,
// logged and handed out in pieces. A file that is lost is made anew, as another table. Thread-safe.
class TableKeeper {
 public:
  struct Rooms {
    store::Store& store;
    ledger::Ledger& ledger;
    KeyBook& keys;
    CanaryBook& canaries;
    const federation::Partners& partners;
    store::StorageEnv& disk;
    const base::Clock& clock;
  };

  // Reads what was published. `folder` holds the files; its parent exists. Without a `source` no
  // table is made. All references must outlive the result.
  //   kDataLoss  a row is damaged.
  static absl::StatusOr<std::unique_ptr<TableKeeper>> Open(const Rooms& rooms, std::string folder,
                                                           std::string own_node_id,
                                                           RecordSource source);

  // Makes, writes and logs the table of every partner that has none, one of an earlier epoch, or
  // one older than kTableAgeMsMax; removes those of who may not look up any more. Blocks.
  //   Cost  about 0.14 ms of one core for each record, form it fills, and partner.
  absl::Status MakeDue();
  // The same for everybody, whatever its age.
  absl::Status MakeAll();
  // Lets a making that is under way end soon, with kCancelled.
  void Stop() { stopping_ = true; }

  // The partner's table of the epoch that runs; nullopt while there is none.
  std::optional<PublishedTable> Find(std::string_view partner_node_id) const;

  // The piece of that partner's table from `offset` on, at most `bytes_max`.
  //   kNotFound         no such table for this partner, or not any more.
  //   kInvalidArgument  `offset` is not within it.
  absl::StatusOr<std::string> ReadPiece(std::string_view partner_node_id,
                                        const crypto::Sha256Digest& hash, std::uint64_t offset,
                                        std::size_t bytes_max) const;

  // The record that this partner knows by the handle, as it is now, canaries among them; nullopt
  // when there is none any more.
  //   Cost  one pass over the source.
  absl::StatusOr<std::optional<SharedFirearm>> Resolve(std::string_view partner_node_id,
                                                       const RecordHandle& handle) const;

 private:
  struct Held {
    PublishedTable table;
    store::MappedFile file;
  };

  TableKeeper(const Rooms& rooms, std::string own_node_id, RecordSource source)
      : rooms_(rooms), own_node_id_(std::move(own_node_id)), source_(std::move(source)) {}

  absl::Status LoadPublished();
  absl::Status ForEachRecord(const SharedVisitor& visit) const;
  bool IsDue(std::string_view partner_node_id) const;
  absl::Status MakeWhere(const std::function<bool(const federation::Partner&)>& wanted);
  absl::Status Make(const federation::Partner& partner);
  absl::Status Publish(const federation::Partner& partner, PublishedTable table,
                       const std::string& bytes);
  absl::Status RemoveOthers();

  // Constant after construction.
  const Rooms rooms_;
  const std::string own_node_id_;
  const RecordSource source_;
  // Constant after Open; does its own locking.
  std::unique_ptr<store::DerivedFiles> files_;
  std::atomic<bool> stopping_{false};

  base::Mutex making_;  // One making at a time; taken before mutex_.
  mutable base::Mutex mutex_;
  std::map<std::string, Held, std::less<>> held_ ABSL_GUARDED_BY(mutex_);  // By partner.
};

}  // namespace proofmark::lookup
