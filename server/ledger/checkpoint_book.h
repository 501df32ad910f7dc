// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/sign/ed25519.h"
#include "crypto/tlog/checkpoint.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::ledger {

// A checkpoint as it was published, with the cosignatures that have come in.
struct Published {
  crypto::Checkpoint checkpoint;
  crypto::SignedNote note;
};

inline constexpr std::int64_t kCheckpointsListedMax = 256;

// Signs the ledger's state and keeps every checkpoint that was ever signed. What is signed cannot
// be taken back, so everything is read again from storage and shown to extend what was signed
// before; where anything differs nothing is signed, an entry `alarm` is written and the store takes
// no more writes: a bit flip that is caught is an incident, one that is signed ruins the log.
// Thread-safe.
class CheckpointBook {
 public:
  // `log_key` signs under the name of the ledger's origin. All references must outlive the result.
  //   kFailedPrecondition  the latest checkpoint was not signed by this key.
  //   kDataLoss            it cannot be read, or store::IsRollbackDetected: the ledger does not
  //                        contain what was signed.
  static absl::StatusOr<std::unique_ptr<CheckpointBook>> Open(store::Store& store, Ledger& ledger,
                                                              const base::Clock& clock,
                                                              const crypto::SigningKey& log_key);

  // Signs the ledger as it stands and returns when the checkpoint is durable; none when the latest
  // one already says so, or the ledger is empty.
  //   Cost       the entries since the latest checkpoint, and O(log size) rows.
  //   kDataLoss  the check failed: the store was halted.
  //   others     store::Store::Commit, or the key did not sign: crypto::SigningKey::Sign.
  absl::StatusOr<std::optional<Published>> SignHead();

  // Adds signature lines of known witnesses, verified by the caller, to the checkpoint of `size`;
  // a later one replaces an earlier one of the same key. Durable when it returns.
  //   kNotFound  no such checkpoint.
  //   kDataLoss  it is not as it was signed.
  absl::Status AddCosignatures(std::uint64_t size, std::span<const crypto::NoteSignature> lines);

  // The largest; none before the first.
  std::optional<Published> Latest() const;

  // Those of trees larger than `after`, by size, at most `limit` (1..kCheckpointsListedMax).
  //   kDataLoss  one of them is not as it was signed.
  absl::StatusOr<std::vector<Published>> List(std::uint64_t after, std::int64_t limit) const;

  // The log's own verifier key.
  const crypto::NoteVerifierKey& verifier_key() const { return verifier_key_; }

 private:
  CheckpointBook(store::Store& store, Ledger& ledger, const base::Clock& clock,
                 const crypto::SigningKey& log_key, crypto::NoteVerifierKey verifier_key);

  absl::Status Load();
  absl::Status CheckBeforeSigning(const TreeHead& head, const crypto::Checkpoint& last) const;
  absl::StatusOr<crypto::OpenedCheckpoint> OpenNote(std::string_view note) const;
  absl::StatusOr<Published> Read(std::string_view note) const;

  // Constant after construction.
  const crypto::SigningKey& log_key_;
  const crypto::NoteVerifierKey verifier_key_;
  // Do their own locking.
  store::Store& store_;
  Ledger& ledger_;
  const base::Clock& clock_;

  base::Mutex signing_;  // One at a time signs or adds; never taken while `mutex_` is held.
  mutable base::Mutex mutex_;
  std::optional<Published> latest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::ledger
