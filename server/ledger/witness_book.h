// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/sign/ed25519.h"
#include "crypto/tlog/witness.h"
#include "server/ledger/ledger.h"
#include "server/store/derived_files.h"
#include "server/store/store.h"

namespace proofmark::ledger {

// A ledger of a partner that this node witnesses.
struct WitnessedOrigin {
  crypto::NoteVerifierKey log_key;  // Its name is the origin.
  std::string peer;                 // SPIFFE id of the partner's node.
};

// Two checkpoints that one log key signed and that cannot both be true: evidence for anybody.
// Where this node was told of them, the second stands in a request that nobody made, without proof.
struct ForkEvidence {
  std::string origin;
  std::int64_t unix_ms = 0;
  std::string cosigned_note;  // What this node cosigned before.
  std::string request;        // The add-checkpoint body that contradicts it.
};

inline constexpr std::size_t kForksKeptMax = 64;  // Of one origin.

// A fork that this node can prove, for one partner that has not been told yet.
struct ForkReport {
  std::string row;      // Names the report.
  std::string partner;  // Domain.
  std::string first_note;
  std::string second_note;
};
inline constexpr std::size_t kForkReportsListedMax = 4096;

// This node as a witness: what it last cosigned of each partner's ledger, and what speaks against
// one. Comparing with the stored size and storing the new one is one step under a lock and durable
// before the answer goes out, so that no two requests can ever be cosigned side by side. What was
// cosigned lies in a file as well: the database may lose its newest log without a word, and a
// witness that forgets could cosign a fork (docs/formats/store.md). Thread-safe.
class WitnessBook {
 public:
  struct Options {
    std::string name;                      // Of the witness key.
    std::vector<WitnessedOrigin> origins;  // Each once.
    std::vector<std::string> told{};       // Domains of the partners that are told of a fork.
  };

  // All references must outlive the result. `copies` is a folder of the witness alone.
  //   kInvalidArgument  an origin twice, or a name that is no key name.
  static absl::StatusOr<std::unique_ptr<WitnessBook>> Create(store::Store& store, Ledger& ledger,
                                                             store::DerivedFiles& copies,
                                                             const base::Clock& clock,
                                                             const crypto::SigningKey& witness_key,
                                                             Options options);

  // Makes database and copies agree; once, before anything else of this class, and after the ledger
  // is known to be whole: what the database had lost is an entry `alarm`.
  //   kDataLoss  a copy is damaged: which of the two is right cannot be told.
  absl::Status Recover();

  struct Answer {
    crypto::AddCheckpointStatus status = crypto::AddCheckpointStatus::kBadRequest;
    std::string body;
  };

  // An add-checkpoint request's answer (crypto/tlog/witness.h). The first checkpoint of an origin
  // is an entry `witness`; one that contradicts what was cosigned is kept and an entry `alarm`. A
  // contradiction that anybody can check waits to be told to every partner: ReportsWaiting().
  //   kUnavailable  the state could not be stored: nothing was cosigned, and the store has failed.
  absl::StatusOr<Answer> AddCheckpoint(std::string_view body);

  // The latest checkpoint cosigned for `origin`, with the log's and this witness's signature; none
  // if there is none.
  absl::StatusOr<std::optional<std::string>> Cosigned(std::string_view origin) const;

  // What somebody says to be proof of a fork. Judged by nothing but the two notes and the log key
  // that this node knows; what it had not seen yet is kept, is an entry `alarm`, and is told on.
  //   kNotFound         of no ledger that this node witnesses.
  //   kInvalidArgument  no proof: not two notes that this log's key signed, or they do not
  //                     contradict each other.
  //   others            store::Store::Commit.
  absl::Status TakeReport(std::string_view first_note, std::string_view second_note);

  // Reports that have not been delivered, at most kForkReportsListedMax; and one that has been.
  absl::StatusOr<std::vector<ForkReport>> ReportsWaiting() const;
  absl::Status ForgetReport(const ForkReport& report);

  // Every evidence of a fork, oldest first.
  absl::StatusOr<std::vector<ForkEvidence>> Forks() const;

  // Whether anybody can check that a ledger of this node signed what cannot both be true. A
  // suspicion, which rests on a proof that did not come, is none.
  absl::StatusOr<bool> IsForked(std::string_view node_id) const;

  // The ledgers witnessed here.
  std::vector<std::string> origins() const;
  const crypto::NoteVerifierKey& verifier_key() const { return verifier_key_; }

 private:
  using EvidenceVisitor = std::function<bool(ForkEvidence evidence)>;
  absl::Status ForEachEvidence(std::string_view origin, const EvidenceVisitor& visit) const;

  WitnessBook(store::Store& store, Ledger& ledger, store::DerivedFiles& copies,
              const base::Clock& clock, const crypto::SigningKey& witness_key,
              crypto::NoteVerifierKey verifier_key,
              std::map<std::string, WitnessedOrigin, std::less<>> origins,
              std::vector<std::string> told);

  absl::Status RecoverOne(const WitnessedOrigin& origin) ABSL_EXCLUSIVE_LOCKS_REQUIRED(deciding_);
  absl::Status KeepEvidence(const WitnessedOrigin& origin, std::string_view cosigned,
                            std::string_view body, std::string_view outcome)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(deciding_);

  // Constant after construction.
  const crypto::SigningKey& witness_key_;
  const crypto::NoteVerifierKey verifier_key_;
  const std::map<std::string, WitnessedOrigin, std::less<>> origins_;
  const std::vector<std::string> told_;
  // Do their own locking.
  store::Store& store_;
  Ledger& ledger_;
  store::DerivedFiles& copies_;
  const base::Clock& clock_;

  base::Mutex deciding_;  // From reading an origin's state until the new one is durable.
};

}  // namespace proofmark::ledger
