// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/envelope/envelope.h"
#include "proto/wire/match.h"
#include "records/ledger_entry.h"
#include "server/federation/agreement.h"
#include "server/federation/budget.h"
#include "server/federation/partner.h"
#include "server/store/write_request.h"

namespace proofmark::exchange {

// How long the caller waits. Polled during long work.
struct AnswerLimits {
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::function<bool()> cancelled;  // May be empty.
};

// A message of a partner whose envelope is believed: signed by that partner for this node.
struct Believed {
  const federation::Partner& partner;
  const crypto::VerifiedEnvelope& envelope;
};

// That a person of the sender, as `field` names one, can stand in the ledger: its alphabet is
// narrower than a message's, and what cannot be logged is not answered.
//   kInvalidArgument  otherwise; names the field.
absl::Status CheckPseudonym(const Believed& message, std::string_view field,
                            std::string_view pseudonym);

// The outcome of an entry about what was refused with `code`.
std::string OutcomeOfRefusal(std::string_view code);

// A budget as its partner is told of it: coarsened.
wire::BudgetStatement ToTell(const federation::BudgetStatement& statement);

// What answers a message. Everything in it becomes durable in one batch, and only then is the
// answer released.
struct Reply {
  std::string payload;  // Of the answer, serialised.
  // Kind, outcome and what the message says of purpose, case and actor; the reception adds peer,
  // exchange and the hashes of both envelopes.
  records::EntryDraft logged;
  store::WriteRequest changes;
  // What follows in memory once it is durable; may be empty.
  std::function<void()> afterwards;
};

// A message that was read: what it asks for, and how it is answered. Used once, by one thread; the
// Believed it was read from outlives it.
class Message {
 public:
  virtual ~Message() = default;

  // The reception adds when.
  virtual federation::AskedFor asked_for() const = 0;

  // Called when the agreement allows it.
  //   kCancelled  the caller did not wait: nothing is kept, the same message may come again.
  virtual absl::StatusOr<Reply> Answer(const AnswerLimits& limits) = 0;

  // The signed refusal for a message that is not allowed: a code of records::RefusalCodes() and one
  // sentence for people.
  virtual absl::StatusOr<Reply> Refuse(std::string_view code, std::string_view reason) = 0;
};

// One type of message that partners send.
struct MessageType {
  std::string_view message;  // Payload types of docs/formats/envelope.md.
  std::string_view answer;
  // How old a message may be that was not answered yet. What is asked is answered at once or never;
  // what is delivered may have waited for this node to come back.
  std::chrono::milliseconds age_max{crypto::kEnvelopeSkewMsMax};
};
inline constexpr std::chrono::hours kLetterAgeMax{30 * 24};

// Where one type of message is read and answered. Thread-safe.
class Desk {
 public:
  virtual ~Desk() = default;

  virtual MessageType type() const = 0;

  //   kInvalidArgument  the payload is no such message, or says what cannot be logged.
  virtual absl::StatusOr<std::unique_ptr<Message>> Read(const Believed& message) = 0;
};

}  // namespace proofmark::exchange
