// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/tlog/policy.h"
#include "server/federation/partner.h"
#include "server/federation/peer_client.h"
#include "server/federation/witness_link.h"
#include "server/ledger/checkpoint_book.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::exchange {

struct PublishingOptions {
  // How often the ledger is looked at; 0 starts no thread: PublishNow() alone publishes.
  std::chrono::milliseconds interval{0};
  // How long a checkpoint waits for cosignatures before it is published without them.
  std::chrono::milliseconds wait{2'000};
  // Cosignatures are collected anew at least so often, so that their age shows.
  std::chrono::milliseconds refresh{60'000};
  // Witnesses that must cosign; absent: two, or as many as there are.
  std::optional<int> quorum;
  // Strict mode: MayRelease() refuses when unwitnessed for longer; 0 never.
  std::chrono::milliseconds strict_after{0};
};

// How far the ledger is signed and witnessed.
struct Standing {
  // The largest checkpoint that is shown to anybody: it has waited for its witnesses.
  std::optional<ledger::Published> latest;
  crypto::WitnessVerdict verdict;                         // Of `latest`, by policy_text().
  std::optional<std::int64_t> unwitnessed_since_unix_ms;  // Absent while the quorum is met.
};

// Publishes the ledger: signs its state, has its witnesses cosign it (partners, and others beside
// them), keeps collecting from those that did not answer in time. A witness that shows a checkpoint
// which this log's key signed and which the ledger does not contain proves that the node's state
// was rolled back or forked: the store takes no more writes. A witness's word alone stops nothing.
// Thread-safe.
class Publishing {
 public:
  // All references must outlive it. No thread runs before Start().
  // `others` are asked beside the partners that have a witness key.
  //   kInvalidArgument  a quorum above the number of witnesses, or a key that two of them share.
  static absl::StatusOr<std::unique_ptr<Publishing>> Create(
      store::Store& store, ledger::Ledger& ledger, ledger::CheckpointBook& book,
      const federation::Partners& partners, federation::PeerClient& peers, const base::Clock& clock,
      PublishingOptions options,
      const std::vector<std::shared_ptr<federation::WitnessLink>>& others = {});
  ~Publishing();

  // Asks every witness, at once, what it last cosigned for us, and waits for at most `wait`.
  // Witnesses that do not answer are not held against the node.
  //   kDataLoss  store::IsRollbackDetected: one has seen entries that are not here.
  absl::Status CheckWitnesses(std::chrono::milliseconds wait);

  void Start();
  // Ends the thread. The latest entries may be unsigned; the next start signs them.
  void Stop();

  // Signs what is new and collects cosignatures once.
  absl::Status PublishNow();

  // A `.tlog-proof` of the entry (crypto/tlog/tlog_proof.h): under the smallest checkpoint that
  // covers it and is witnessed, else under the latest.
  //   kNotFound            no such entry.
  //   kFailedPrecondition  it is not signed yet; it will be within a second or so.
  absl::StatusOr<std::string> ProveEntry(std::uint64_t index) const;

  Standing standing() const;
  // The policy by which a checkpoint of this log counts as witnessed.
  const std::string& policy_text() const { return policy_text_; }
  const crypto::Policy& policy() const { return policy_; }

  // OK unless strict mode withholds answers.
  //   kFailedPrecondition  says since when the ledger is unwitnessed.
  absl::Status MayRelease() const;

 private:
  struct Witness {
    std::shared_ptr<federation::WitnessLink> link;
    std::uint64_t cosigned_size = 0;  // As far as we know.
    std::string told;                 // The fault that was last logged; empty while all is well.
  };
  // Shared with calls under way, so that a late answer finds a place.
  struct Mailbox;

  Publishing(store::Store& store, ledger::Ledger& ledger, ledger::CheckpointBook& book,
             const base::Clock& clock, PublishingOptions options, std::string policy_text,
             crypto::Policy policy);

  void Run();
  absl::Status Collect(const ledger::Published& published)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(publishing_);
  absl::Status Ask(const ledger::Published& published, std::size_t number)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(publishing_);
  enum class Next { kDone, kAskAgain, kAskWhatItSaw };
  absl::StatusOr<Next> TakeAnswer(const ledger::Published& published, std::size_t number,
                                  absl::StatusOr<federation::WitnessAnswer> answer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(publishing_);
  absl::Status TakeCosignature(const ledger::Published& published, Witness& witness,
                               std::string_view lines);
  absl::Status CheckWhatTheySaw(const std::vector<std::size_t>& numbers,
                                std::chrono::milliseconds wait)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(publishing_);
  absl::Status CheckSeen(Witness& witness, const std::string& note);
  static void Tell(Witness& witness, std::string fault);
  void Judge();

  // Constant after construction.
  const PublishingOptions options_;
  const std::string policy_text_;
  const crypto::Policy policy_;
  // Do their own locking.
  store::Store& store_;
  ledger::Ledger& ledger_;
  ledger::CheckpointBook& book_;
  const base::Clock& clock_;
  const std::shared_ptr<Mailbox> mailbox_;

  base::Mutex publishing_;          // One round at a time; taken before all others.
  std::vector<Witness> witnesses_;  // Only with publishing_ held.

  mutable base::Mutex mutex_;
  base::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<ledger::Published> published_ ABSL_GUARDED_BY(mutex_);
  crypto::WitnessVerdict verdict_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::int64_t> unwitnessed_since_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace proofmark::exchange
