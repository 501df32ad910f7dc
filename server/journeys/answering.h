// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "crypto/envelope/envelope.h"
#include "proto/wire/match.h"
#include "records/receipt.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"
#include "server/journeys/exchange_book.h"
#include "server/journeys/keyed_lock.h"
#include "server/journeys/publishing.h"
#include "server/ledger/ledger.h"
#include "server/match/answer_key.h"
#include "server/match/exhibit_collection.h"
#include "server/store/store.h"

namespace proofmark::journeys {

// The node at the other end of a connection on the partner port, as its verified certificate
// names it.
struct AskingPeer {
  std::string domain;
  std::string node_id;  // SPIFFE id.
};

// How long the caller waits. Polled during the search.
struct AnswerLimits {
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::function<bool()> cancelled;  // May be empty.
};

// A signed answer, durable together with its entry before it is released.
struct ReleasedAnswer {
  crypto::Envelope envelope;
  records::LedgerReceipt receipt;  // Of the entry `query-in`.
};

// What answering works with. All must outlive it.
struct AnsweringRooms {
  store::Store& store;
  ledger::Ledger& ledger;
  match::ExhibitCollection& collection;
  const match::AnswerKey& answer_key;
  const federation::NodeIdentity& identity;
  const federation::Partners& partners;
  const Publishing& publishing;
  const base::Clock& clock;
};

// How a partner's question is answered, in this order (docs/design/journeys.md):
//   1. envelope: its sender is the peer, its recipient is us, signed by that partner's exchange
//   key;
//   2. exchange id known: same question, the stored answer again; another, refused;
//   3. clock skew, then the payload is parsed;
//   4. agreement, method version, plausibility: what fails is answered with a signed refusal;
//   5. class filter, exhaustive search, levels, bands, handles;
//   6. one batch: entry `query-in`, the sealed answer, the handles; then it is released.
// What fails before 4 gets no answer but an error, and one entry `deny`. Thread-safe; the work runs
// on the caller's thread.
class Answering {
 public:
  explicit Answering(const AnsweringRooms& rooms)
      : rooms_(rooms), exchanges_(rooms.store, rooms.ledger) {}

  //   Errors  kUnauthenticated     not signed by the peer, or the peer is no partner.
  //           kPermissionDenied    signed, but not for us or of another type.
  //           kAlreadyExists       the exchange id belongs to another question.
  //           kFailedPrecondition  the clocks differ too much, or strict mode withholds answers.
  //           kInvalidArgument     the payload is no question.
  //           kCancelled           the caller went away before the answer was durable; nothing was
  //                                released and the same question may be asked again.
  //           kUnavailable         the store has failed.
  absl::StatusOr<ReleasedAnswer> Answer(const AskingPeer& peer, crypto::Envelope question,
                                        const AnswerLimits& limits);

  // Forgets answers older than kAnswersKeptMs: their keys are erased, so a repetition then is
  // refused by its clock skew. Ledger entries and handles stay. At start.
  absl::Status ForgetOldAnswers();

 private:
  // A question whose envelope is believed.
  struct Asked {
    const AskingPeer& peer;
    const crypto::VerifiedEnvelope& envelope;
    const wire::MatchQuestion& question;
  };
  // What is said to it, and what its handles name.
  struct Reply {
    wire::MatchAnswer answer;
    std::vector<records::ExhibitId> exhibit_ids;  // In the order of the candidates.
  };

  absl::StatusOr<std::optional<ReleasedAnswer>> FindEarlier(
      const AskingPeer& peer, const crypto::VerifiedEnvelope& envelope);
  absl::StatusOr<Reply> Decide(const Asked& asked, const AnswerLimits& limits) const;
  absl::StatusOr<Reply> Search(const Asked& asked, const AnswerLimits& limits) const;
  absl::StatusOr<ReleasedAnswer> Release(const Asked& asked, Reply reply);

  // Logs a question that gets no answer and returns `why`.
  absl::Status Deny(const AskingPeer& peer, const crypto::ExchangeId& exchange,
                    const crypto::VerifiedEnvelope* envelope, std::string_view outcome,
                    absl::Status why);

  // Constant after construction.
  const AnsweringRooms rooms_;
  // Do their own locking.
  ExchangeBook exchanges_;
  KeyedLock in_work_;  // By peer and exchange id.
};

}  // namespace proofmark::journeys
