// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/envelope/envelope.h"
#include "records/ledger_entry.h"
#include "server/exchange/desk.h"
#include "server/exchange/federation_keeper.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"
#include "server/federation/peer_client.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::exchange {

// A message that is delivered, however long the partner is away.
struct Letter {
  const federation::Partner& partner;
  crypto::ExchangeId exchange_id{};
  std::string_view type;  // MessageType::message.
  std::string payload;
};

// What a partner's signed answer to a letter changes here.
struct TakenAnswer {
  // Of the entry `answer-in`: "RECEIVED" or "REFUSED:<code>", as the partner logged it.
  std::string outcome;
  store::WriteRequest changes;
};

// Who sends letters of one type and takes their answers. Thread-safe.
class Correspondent {
 public:
  virtual ~Correspondent() = default;

  virtual MessageType type() const = 0;

  // `answer` was signed by `partner` for this letter. Called again after a crash between this and
  // its batch.
  //   kInvalidArgument  the payload is no such answer: the letter is sent again later.
  virtual absl::StatusOr<TakenAnswer> TakeAnswer(const federation::Partner& partner,
                                                 const crypto::ExchangeId& exchange_id,
                                                 std::string_view payload) = 0;

  // The letter was given up and is sent no more.
  virtual void GivenUp(const federation::Partner& /*partner*/,
                       const crypto::ExchangeId& /*exchange_id*/) {}

  // A letter of this type is done with, answered or given up, and what that changed is durable. May
  // send the next. Not called for letters that a crash left between the two.
  virtual void Closed() {}
};

// A letter that is still to be acknowledged.
struct WaitingLetter {
  std::string agency;  // Domain.
  std::string type;
  crypto::ExchangeId exchange_id{};
  std::int64_t since_unix_ms = 0;
  std::int64_t attempts = 0;  // Since the start.
  std::string fault;          // Of the last one; empty before it.
};

// Letters to partners: durable before they are sent, sent in order, the same bytes until a signed
// answer comes. They wait while the federation descriptor does not admit the partner. One that is
// not acknowledged within kLetterAgeMax is given up, with an alarm. Thread-safe.
class Outbox {
 public:
  struct Rooms {
    store::Store& store;
    ledger::Ledger& ledger;
    const federation::NodeIdentity& identity;
    const federation::Partners& partners;
    const FederationKeeper& federation;
    federation::PeerClient& peers;
    const base::Clock& clock;
  };
  struct Options {
    bool own_thread = true;  // Without one DeliverNow() alone sends.
    std::chrono::milliseconds retry_first{2'000};
    std::chrono::milliseconds retry_last{600'000};  // Waits double up to this.
  };

  // Reads what is still to be sent. All references must outlive it.
  //   kDataLoss  a row is damaged.
  static absl::StatusOr<std::unique_ptr<Outbox>> Open(const Rooms& rooms, Options options);
  ~Outbox();

  // One for each type, before Start() and the first Send(); must outlive it.
  void Register(Correspondent& correspondent);

  void Start();
  void Stop();

  // Signs `letter` and makes it durable together with the entry `act`, which says what is done by
  // sending it, and `changes`. The outbox adds peer, exchange, request hash and the outcome SENT.
  absl::StatusOr<ledger::Receipt> Send(Letter letter, records::EntryDraft act,
                                       store::WriteRequest changes);

  // Tries every partner's letters at once, in order, until each is answered or fails; blocks.
  void DeliverNow();

  // By partner, oldest first.
  std::vector<WaitingLetter> Waiting() const;

 private:
  // The letters to one partner.
  struct Queue {
    const federation::Partner* partner = nullptr;
    std::deque<std::uint64_t> indexes;  // Of the entries `act`, which name the rows.
    bool under_way = false;
    std::chrono::steady_clock::time_point next{};  // Not before.
    std::chrono::milliseconds pause{0};
    std::int64_t attempts = 0;  // Of the first letter.
    std::string fault;
  };
  // What came back for the first letter of a queue.
  struct Returned {
    std::string domain;
    std::uint64_t index = 0;
    absl::StatusOr<federation::PeerAnswer> answer;
  };
  // Shared with calls under way, so that a late answer finds a place.
  struct Mailbox;
  struct StoredLetter;

  Outbox(const Rooms& rooms, Options options);

  absl::Status LoadQueues();
  absl::StatusOr<StoredLetter> Load(const std::string& domain, std::uint64_t index) const;
  void Run();
  // Sends the first letter of every queue that is due; how many are under way then.
  std::size_t SendDue(bool now);
  std::chrono::milliseconds UntilNext() const;
  void Take(Returned returned);
  // The first letter of `queue` is sent again later.
  void Retry(const std::string& domain, const absl::Status& why, Queue& queue) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whose letter is done with; otherwise why it has to be sent again.
  absl::StatusOr<Correspondent*> Settle(const federation::Partner& partner, std::uint64_t index,
                                        absl::StatusOr<federation::PeerAnswer> answer);
  absl::Status Close(const federation::Partner& partner, const StoredLetter& letter,
                     std::uint64_t index, const std::string& response_hash,
                     std::optional<records::PeerEntry> peer_entry, TakenAnswer taken);

  // Constant after construction.
  const Rooms rooms_;
  const Options options_;
  const std::shared_ptr<Mailbox> mailbox_;
  // Constant after Start().
  std::map<std::string_view, Correspondent*> correspondents_;

  base::Mutex delivering_;  // One deliverer at a time; taken before mutex_.
  mutable base::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, Queue, std::less<>> queues_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace proofmark::exchange
