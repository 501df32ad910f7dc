// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/federation/acceptance.h"
#include "records/receipt.h"
#include "server/federation/partner.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::federation {

inline constexpr std::size_t kNotesAtOnceMax = 16;
inline constexpr std::chrono::seconds kDescriptorGraceDefault{7 * 24 * 3600};
inline constexpr std::chrono::seconds kDescriptorGraceMax{90 * 24 * 3600};

// Who hands a descriptor over. Nothing is believed for it; it is recorded.
struct DescriptorSource {
  std::string actor;    // Pseudonym of our administrator, or empty:
  std::string partner;  // SPIFFE id of the partner's node that passed it on.
};

// A descriptor in force, and how it came to be.
struct DescriptorInForce {
  crypto::AcceptedDescriptor accepted;
  std::int64_t accept_unix_ms = 0;
  std::string source;  // "admin/<pseudonym>" or the SPIFFE id of a partner's node.
  std::uint64_t ledger_index = 0;
};

// The federation descriptors this node has accepted, all of them, kept in the store
// (docs/operations/federation.md). Each acceptance is an entry `config` in the same batch: its
// object is the SHA-256 of the signed text, its detail that of the whole note. Thread-safe.
class DescriptorBook {
 public:
  struct Options {
    std::chrono::seconds grace = kDescriptorGraceDefault;  // 0..kDescriptorGraceMax.
    // The first descriptor may come from a partner if its hash is this.
    std::optional<crypto::Sha256Digest> first_hash;
  };

  // Reads what was accepted and checks the whole chain of signatures again. The references must
  // outlive the result.
  //   kInvalidArgument  `grace` out of its bounds.
  //   kDataLoss         a damaged row, or a chain that does not hold.
  static absl::StatusOr<std::unique_ptr<DescriptorBook>> Open(store::Store& store,
                                                              ledger::Ledger& ledger,
                                                              const base::Clock& clock,
                                                              const Options& options);

  // nullptr: none was ever accepted.
  std::shared_ptr<const DescriptorInForce> in_force() const;

  // Accepts a note by the rules of crypto/federation/acceptance.h. Returns when it is durable.
  //   `pinned_hash`  For the first one; Options::first_hash if absent.
  //   kFailedPrecondition  none is in force and no hash is pinned; or as AcceptedDescriptor.
  //   others               as SignedDescriptor::Parse() and AcceptedDescriptor.
  absl::StatusOr<records::LedgerReceipt> Accept(
      std::string_view note, const std::optional<crypto::Sha256Digest>& pinned_hash,
      const DescriptorSource& source);

  // What a node may lack that has `version`: at most kNotesAtOnceMax notes of growing versions,
  // from that one on, so that two texts of one version come to light; the one in force alone for 0.
  absl::StatusOr<std::vector<std::string>> NotesFrom(std::uint64_t version) const;

  // Where the one in force is in its life; nullopt without one.
  std::optional<crypto::DescriptorStage> stage() const;
  std::chrono::seconds grace() const { return options_.grace; }

  // Writes an entry `alarm` for each mark of its life that the one in force has passed since the
  // last call ever: 50, 80 and 95 %, its end, and the end of its grace.
  absl::Status WatchLife();

  // While the descriptor is in force: remembers what is granted and returns `partners`. In grace:
  // `partners` within what was remembered, since nothing new is granted then. Later: nobody.
  absl::StatusOr<Partners> WithinLife(std::string_view own_domain, Partners partners);

 private:
  DescriptorBook(store::Store& store, ledger::Ledger& ledger, const base::Clock& clock,
                 const Options& options)
      : options_(options), store_(store), ledger_(ledger), clock_(clock) {}

  absl::Status Load();
  absl::StatusOr<crypto::AcceptedDescriptor> Judge(
      crypto::SignedDescriptor candidate,
      const std::optional<crypto::Sha256Digest>& pinned_hash) const;

  // Constant after construction.
  const Options options_;
  // Do their own locking.
  store::Store& store_;
  ledger::Ledger& ledger_;
  const base::Clock& clock_;

  // Held from the judgement to the change: two notes are judged one after the other. Taken before
  // mutex_.
  base::Mutex turn_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const DescriptorInForce> in_force_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::federation
