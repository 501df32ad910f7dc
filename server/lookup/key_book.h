// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/secret/secret_bytes.h"
#include "crypto/voprf/voprf.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::lookup {

// Epochs are numbered from 1970 on and the same for all agencies.
inline constexpr std::int64_t kEpochMs = 30LL * 24 * 3600 * 1000;
inline std::uint32_t EpochAt(std::int64_t unix_ms) {
  return static_cast<std::uint32_t>(unix_ms / kEpochMs);
}

// Codes of the ledger's entries `key`: peer, count (the epoch) and object (SHA-256 of the public
// key) say which.
inline constexpr std::string_view kKeyMade = "LOOKUP_KEY";
inline constexpr std::string_view kKeyErased = "LOOKUP_KEY_ERASED";

struct EpochKey {
  std::uint32_t epoch = 0;
  crypto::VoprfKey key;
  std::uint64_t entry_index = 0;  // Of the entry that logged the public key.
};

using RecordHandle = std::array<std::byte, 16>;

// The keys of private look-ups: one for each partner and epoch, from a seed of its own that lies
// sealed under its own record key. The public key is in the ledger in the batch that makes the seed
// durable, so before any use; when the epoch has ended the record key is erased, and with it the
// seed in every copy of the store (docs/adr/0019-lookup-keys.md). Thread-safe.
class KeyBook {
 public:
  // All must outlive the result.
  //   kDataLoss  a row is damaged.
  static absl::StatusOr<std::unique_ptr<KeyBook>> Open(store::Store& store, ledger::Ledger& ledger,
                                                       const base::Clock& clock,
                                                       std::string own_node_id);

  // The partner's key for the epoch that runs; makes and logs it at its first use.
  absl::StatusOr<std::shared_ptr<const EpochKey>> Current(std::string_view partner_node_id);

  // Erases the keys of epochs that have ended; an entry `key` for each.
  absl::Status EraseEnded();

  // What this partner knows a record by: the same in every epoch, another for every partner.
  RecordHandle HandleOf(std::string_view partner_node_id, std::string_view record_id) const;

 private:
  KeyBook(store::Store& store, ledger::Ledger& ledger, const base::Clock& clock,
          std::string own_node_id, crypto::SecretBytes handle_key)
      : own_node_id_(std::move(own_node_id)),
        handle_key_(std::move(handle_key)),
        store_(store),
        ledger_(ledger),
        clock_(clock) {}

  absl::StatusOr<std::shared_ptr<const EpochKey>> Load(std::string_view partner_node_id,
                                                       std::uint32_t epoch,
                                                       const std::string& row) const;
  absl::StatusOr<std::shared_ptr<const EpochKey>> Make(std::string_view partner_node_id,
                                                       std::uint32_t epoch);

  // Constant after construction.
  const std::string own_node_id_;
  const crypto::SecretBytes handle_key_;
  // Do their own locking.
  store::Store& store_;
  ledger::Ledger& ledger_;
  const base::Clock& clock_;

  base::Mutex mutex_;  // Held while a key is made.
  std::map<std::string, std::shared_ptr<const EpochKey>, std::less<>> current_
      ABSL_GUARDED_BY(mutex_);  // By partner.
};

}  // namespace proofmark::lookup
