// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "crypto/envelope/envelope.h"
#include "records/receipt.h"
#include "server/exchange/desk.h"
#include "server/exchange/exchange_book.h"
#include "server/exchange/federation_keeper.h"
#include "server/exchange/keyed_lock.h"
#include "server/exchange/publishing.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"
#include "server/federation/question_count.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::exchange {

// The node at the other end of a connection on the partner port, as its verified certificate
// names it.
struct SendingPeer {
  std::string domain;
  std::string node_id;  // SPIFFE id.
};

// A signed answer, durable together with its entry before it is released.
struct ReleasedAnswer {
  crypto::Envelope envelope;
  records::LedgerReceipt receipt;
};

// What the reception works with. All must outlive it.
struct ReceptionRooms {
  store::Store& store;
  ledger::Ledger& ledger;
  const federation::NodeIdentity& identity;
  const federation::Partners& partners;
  const FederationKeeper& federation;
  const Publishing& publishing;
  const base::Clock& clock;
  federation::QuestionCount& counts;
};

// Where every message of a partner comes in, whatever its type, in this order
// (docs/design/journeys.md):
//   1. envelope: its type has a desk, its sender is the peer, its recipient is us, signed by that
//      partner's exchange key;
//   2. federation: the descriptor in force admits the peer, and has not ended;
//      strict mode: nothing is released while the ledger has been unwitnessed for too long;
//   3. exchange id known: same message, the stored answer again; another, refused;
//   4. age, then the desk reads the payload;
//   5. agreement, and what the descriptor in force grants and limits now: what they do not cover is
//      answered with a signed refusal; the desk answers the rest;
//   6. one batch: entry, sealed answer, what the desk changes; then the answer is released.
// What fails before 5 gets no answer but an error, and one entry `deny`. Thread-safe; the work runs
// on the caller's thread.
class Reception {
 public:
  // `desks`: one for each type; they must outlive the result.
  Reception(const ReceptionRooms& rooms, const std::vector<Desk*>& desks);

  //   Errors  kUnauthenticated     not signed by the peer, or the peer is no partner.
  //           kPermissionDenied    signed, but not for us or of a type without a desk.
  //           kAlreadyExists       the exchange id belongs to another message.
  //           kFailedPrecondition  too old or from the future, or strict mode withholds answers.
  //           kInvalidArgument     the payload is no such message.
  //           kCancelled           the caller went away before the answer was durable; nothing was
  //                                released and the same message may come again.
  //           kUnavailable         the store has failed.
  absl::StatusOr<ReleasedAnswer> Receive(const SendingPeer& peer, crypto::Envelope message,
                                         const AnswerLimits& limits);

  // What is taken here: every type of message that a partner may send.
  std::vector<std::string_view> MessageTypes() const;

  // Forgets answers whose messages would be refused for their age now: their keys are erased.
  // Ledger entries stay. At start.
  absl::Status ForgetOldAnswers();

 private:
  // The one decision about every message. `changes` must be committed with what it leads to.
  federation::AgreementDecision Decide(const Believed& believed, const federation::AskedFor& asked,
                                       store::WriteRequest& changes) const;
  absl::StatusOr<std::optional<ReleasedAnswer>> FindEarlier(
      const SendingPeer& peer, const crypto::VerifiedEnvelope& envelope);
  absl::StatusOr<ReleasedAnswer> AnswerNew(const SendingPeer& peer, Desk& desk,
                                           const Believed& believed, const AnswerLimits& limits);
  absl::StatusOr<ReleasedAnswer> Release(const MessageType& type, const Believed& believed,
                                         Reply reply);

  // Logs a message that gets no answer and returns `why`.
  absl::Status Deny(const SendingPeer& peer, const crypto::ExchangeId& exchange,
                    const crypto::VerifiedEnvelope* envelope, std::string_view outcome,
                    absl::Status why);

  // Constant after construction.
  const ReceptionRooms rooms_;
  std::map<std::string_view, Desk*> desks_;  // By MessageType::message.
  // Do their own locking.
  ExchangeBook exchanges_;
  KeyedLock in_work_;  // By peer and exchange id.
};

}  // namespace proofmark::exchange
