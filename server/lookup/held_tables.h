// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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
#include "crypto/lookup/snapshot.h"
#include "proto/wire/lookup.h"
#include "server/federation/partner.h"
#include "server/store/derived_files.h"
#include "server/store/store.h"

namespace proofmark::store {
class StorageEnv;
}  // namespace proofmark::store

namespace proofmark::lookup {

// A table that a partner made for us, verified: its bytes are those that the partner logged, its
// key is the one that the partner logged for the epoch. Immutable.
class HeldTable {
 public:
  // `bytes` are as `offered` says; checks them and their header.
  //   kUnauthenticated  other bytes, or a header that says otherwise than the offer.
  //   kInvalidArgument  no table.
  static absl::StatusOr<std::shared_ptr<const HeldTable>> Create(const wire::LookupTable& offered,
                                                                 const crypto::LookupTerms& terms,
                                                                 store::MappedFile bytes);

  const crypto::LookupSnapshot& snapshot() const { return snapshot_; }
  const crypto::Sha256Digest& hash() const { return hash_; }

 private:
  HeldTable(store::MappedFile file, crypto::LookupSnapshot snapshot,
            const crypto::Sha256Digest& hash)
      : file_(std::move(file)), snapshot_(std::move(snapshot)), hash_(hash) {}

  const store::MappedFile file_;
  const crypto::LookupSnapshot snapshot_;  // A view of file_.
  const crypto::Sha256Digest hash_;
};

// How a partner showed another key or table than it logged: codes of the ledger's entry `alarm`.
inline constexpr std::string_view kAlarmLookupKey = "LOOKUP_KEY";      // Two keys in one epoch.
inline constexpr std::string_view kAlarmLookupTable = "LOOKUP_TABLE";  // Not the logged bytes.
inline constexpr std::string_view kAlarmLookupProof = "LOOKUP_PROOF";  // Not the logged key.

// Whether the partner's ledger says what it offers: both entries are in a ledger that the partner's
// log key signed, speak of us, of that epoch, that key and that table.
//   kFailedPrecondition  no log key of the partner is configured.
//   kUnauthenticated     anything else.
//   Threads  Pure.
absl::Status CheckOffer(const federation::Partner& partner, std::string_view own_node_id,
                        const wire::LookupTable& offered, std::int64_t now_unix_ms);

// The partners' tables here: one for each, in a file, and the first key that each showed for an
// epoch. Thread-safe.
class HeldTables {
 public:
  // All must outlive the result.
  static absl::StatusOr<std::unique_ptr<HeldTables>> Open(store::Store& store,
                                                          store::StorageEnv& disk,
                                                          std::string folder,
                                                          std::string own_node_id,
                                                          const base::Clock& clock);

  struct Held {
    std::shared_ptr<const HeldTable> table;
    std::int64_t checked_unix_ms = 0;  // When the partner last said that it is the newest.
  };
  // The partner's table of the epoch that runs; nullopt when there is none.
  std::optional<Held> Find(const federation::Partner& partner) const;

  // The key of the epoch, the same as ever: the first is kept.
  //   kUnauthenticated  another key was shown for this epoch before: kAlarmLookupKey.
  absl::Status PinKey(const federation::Partner& partner, const wire::LookupTable& offered);

  // The offered table if it is what the file of an earlier fetch holds, which needs no other then.
  std::shared_ptr<const HeldTable> Adopt(const federation::Partner& partner,
                                         const wire::LookupTable& offered);

  // Keeps what was fetched, in place of an earlier one.
  //   As HeldTable::Create.
  absl::StatusOr<std::shared_ptr<const HeldTable>> Keep(const federation::Partner& partner,
                                                        const wire::LookupTable& offered,
                                                        const std::string& bytes);

 private:
  HeldTables(store::Store& store, std::string own_node_id, const base::Clock& clock)
      : own_node_id_(std::move(own_node_id)), store_(store), clock_(clock) {}

  absl::StatusOr<std::shared_ptr<const HeldTable>> Load(const federation::Partner& partner,
                                                        const wire::LookupTable& offered);

  // Constant after construction.
  const std::string own_node_id_;
  // Do their own locking.
  store::Store& store_;
  const base::Clock& clock_;
  std::unique_ptr<store::DerivedFiles> files_;

  mutable base::Mutex mutex_;
  std::map<std::string, Held, std::less<>> held_ ABSL_GUARDED_BY(mutex_);  // By domain.
};

}  // namespace proofmark::lookup
