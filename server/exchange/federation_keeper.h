// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "records/receipt.h"
#include "server/federation/caller.h"
#include "server/federation/descriptor_book.h"
#include "server/federation/membership.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"
#include "server/federation/peer_client.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::exchange {

struct FederationOptions {
  federation::DescriptorBook::Options book;
  // How often partners are asked for newer descriptors; 0 starts no thread: FetchNow() alone does.
  std::chrono::milliseconds fetch_interval{0};
};

// How the node stands to its federation.
struct FederationStanding {
  std::shared_ptr<const federation::DescriptorInForce> in_force;  // nullptr: no descriptor.
  crypto::DescriptorStage stage = crypto::DescriptorStage::kInForce;
  std::vector<federation::Membership> partners;  // Every configured one, by domain.
  std::string own_fault;                         // Empty: our own entry fits.
  bool restart_needed = false;                   // In force since after the start.
};

// Keeps the node within its federation: decides at each call whether a partner may be dealt with,
// fetches newer descriptors from partners, and raises alarms about the life of the one in force and
// about partners that it does not admit. What a new descriptor takes away is gone when it is
// accepted; what it grants beyond the one before takes effect at the next start. Thread-safe.
class FederationKeeper {
 public:
  // The references must outlive it. No thread runs before Start().
  //   Errors  as federation::DescriptorBook::Open().
  static absl::StatusOr<std::unique_ptr<FederationKeeper>> Create(
      const FederationOptions& options, store::Store& store, ledger::Ledger& ledger,
      const federation::NodeIdentity& identity, const federation::Partners& configured,
      federation::PeerClient& peers, const base::Clock& clock);
  ~FederationKeeper();

  // The partners that may be dealt with after this start, with what both sides grant. Call once, at
  // the start.
  absl::StatusOr<federation::Partners> AdmitAtStart();

  // An entry `alarm` for each partner that the descriptor in force does not admit, and for an own
  // entry that does not fit. At the start; after each acceptance the keeper does it itself.
  absl::Status RaiseAlarms();

  // Asks every partner for newer descriptors once, now and then by the interval; watches the life.
  void Start();
  void Stop();

  // OK if messages may pass to and from that agency now.
  //   kPermissionDenied    the descriptor in force does not admit it.
  //   kFailedPrecondition  the descriptor and its grace have ended.
  absl::Status MayDeal(std::string_view domain) const;

  // OK if that agency may fetch descriptors: also one whose entry differs, or after the end, so
  // that it can catch up and pass on. Not one that is no member.
  //   kPermissionDenied
  absl::Status MayFetch(std::string_view domain) const;

  // Puts a descriptor in force, as an administrator asks.
  //   Errors  as federation::DescriptorBook::Accept().
  absl::StatusOr<records::LedgerReceipt> Apply(
      const federation::Caller& caller, std::string_view note,
      const std::optional<crypto::Sha256Digest>& pinned_hash);

  // Asks every configured partner, at once, for newer descriptors, and accepts what holds; a
  // partner that shows another text of the version in force, signed as it must be, is an alarm.
  // Waits for at most `wait`.
  absl::Status FetchNow(std::chrono::milliseconds wait);

  // Alarms that are due; entries of the ledger.
  absl::Status WatchLife() { return book_->WatchLife(); }

  FederationStanding standing() const;
  const federation::DescriptorBook& book() const { return *book_; }

 private:
  struct Mailbox;

  FederationKeeper(const FederationOptions& options, ledger::Ledger& ledger,
                   const federation::NodeIdentity& identity, const federation::Partners& configured,
                   federation::PeerClient& peers, const base::Clock& clock,
                   std::unique_ptr<federation::DescriptorBook> book);

  void Refresh();
  absl::Status TakeNote(const federation::Partner& from, std::string_view note);
  absl::Status AlarmOfConflict(const federation::Partner& from, std::string_view note);
  void Run();

  // Constant after construction.
  const FederationOptions options_;
  // Do their own locking.
  ledger::Ledger& ledger_;
  const federation::NodeIdentity& identity_;
  const federation::Partners& configured_;
  federation::PeerClient& peers_;
  const base::Clock& clock_;
  const std::unique_ptr<federation::DescriptorBook> book_;

  mutable base::Mutex mutex_;
  base::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t version_at_start_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<federation::Membership> partners_ ABSL_GUARDED_BY(mutex_);  // Empty: no descriptor.
  std::string own_fault_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace proofmark::exchange
