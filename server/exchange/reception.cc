// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/reception.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "server/federation/agreement.h"
#include "server/federation/descriptor_rule.h"
#include "server/federation/receipt.h"

namespace proofmark::exchange {
namespace {

std::string Hex(const crypto::Sha256Digest& digest) { return base::ToHex(base::ByteSpan(digest)); }

// What the ledger calls an envelope that is not believed.
std::string_view DenialCode(const absl::Status& status) {
  if (absl::IsPermissionDenied(status)) return "WRONG_RECIPIENT";
  if (absl::IsInvalidArgument(status)) return "MALFORMED";
  return "UNAUTHENTICATED";
}

}  // namespace

Reception::Reception(const ReceptionRooms& rooms, const std::vector<Desk*>& desks)
    : rooms_(rooms), exchanges_(rooms.store, rooms.ledger) {
  for (Desk* const desk : desks) PM_CHECK(desks_.emplace(desk->type().message, desk).second);
}

absl::StatusOr<ReleasedAnswer> Reception::Receive(const SendingPeer& peer, crypto::Envelope message,
                                                  const AnswerLimits& limits) {
  const crypto::ExchangeId exchange = message.exchange_id;
  const federation::Partner* const partner = rooms_.partners.FindByNodeId(peer.node_id);
  if (partner == nullptr || partner->domain != peer.domain) {
    return Deny(peer, exchange, nullptr, "NOT_A_PARTNER",
                absl::UnauthenticatedError("this node has no agreement with the asking node"));
  }
  if (absl::Status admitted = rooms_.federation.MayDeal(peer.domain); !admitted.ok()) {
    return Deny(peer, exchange, nullptr, "FEDERATION", std::move(admitted));
  }
  const auto desk = desks_.find(message.type);
  if (desk == desks_.end()) {
    return Deny(peer, exchange, nullptr, "UNKNOWN_TYPE",
                absl::PermissionDeniedError("this node takes no messages of that type"));
  }
  crypto::EnvelopeExpectations expected;
  expected.recipient = rooms_.identity.node_id();
  expected.type = message.type;
  const absl::StatusOr<crypto::VerifiedEnvelope> envelope = crypto::OpenEnvelope(
      std::move(message), {.sender = peer.node_id, .keys = partner->exchange_keys}, expected);
  if (!envelope.ok()) {
    return Deny(peer, exchange, nullptr, DenialCode(envelope.status()), envelope.status());
  }
  if (absl::Status withheld = rooms_.publishing.MayRelease(); !withheld.ok()) {
    return Deny(peer, exchange, &*envelope, "UNWITNESSED", std::move(withheld));
  }

  // The same message sent twice at once is answered once.
  const KeyedLock::Hold hold(in_work_,
                             peer.node_id + std::string(base::AsText(base::ByteSpan(exchange))));
  PM_ASSIGN_OR_RETURN(std::optional<ReleasedAnswer> earlier, FindEarlier(peer, *envelope));
  if (earlier.has_value()) return *std::move(earlier);
  return AnswerNew(peer, *desk->second, {.partner = *partner, .envelope = *envelope}, limits);
}

absl::StatusOr<std::optional<ReleasedAnswer>> Reception::FindEarlier(
    const SendingPeer& peer, const crypto::VerifiedEnvelope& envelope) {
  const crypto::ExchangeId& exchange = envelope.envelope().exchange_id;
  PM_ASSIGN_OR_RETURN(std::optional<EarlierExchange> earlier,
                      exchanges_.Find(peer.node_id, exchange));
  if (!earlier.has_value()) return std::nullopt;
  if (earlier->request_hash != envelope.hash()) {
    return Deny(peer, exchange, &envelope, "EXCHANGE_REUSED",
                absl::AlreadyExistsError("the exchange id was used for another message"));
  }
  return ReleasedAnswer{.envelope = std::move(earlier->answer),
                        .receipt = federation::ToRecord(earlier->receipt)};
}

absl::StatusOr<ReleasedAnswer> Reception::AnswerNew(const SendingPeer& peer, Desk& desk,
                                                    const Believed& believed,
                                                    const AnswerLimits& limits) {
  const crypto::ExchangeId& exchange = believed.envelope.envelope().exchange_id;
  const auto deny = [&](std::string_view outcome, absl::Status why) {
    return Deny(peer, exchange, &believed.envelope, outcome, std::move(why));
  };
  if (absl::Status aged = crypto::CheckAge(believed.envelope, rooms_.clock.UnixMillis(),
                                           desk.type().age_max.count());
      !aged.ok()) {
    return deny("CLOCK_SKEW", std::move(aged));
  }
  const absl::StatusOr<std::unique_ptr<Message>> message = desk.Read(believed);
  if (!message.ok()) return deny("MALFORMED", message.status());

  federation::AskedFor asked = (*message)->asked_for();
  asked.unix_ms = rooms_.clock.UnixMillis();
  store::WriteRequest counted;
  const federation::AgreementDecision decision = Decide(believed, asked, counted);
  absl::StatusOr<Reply> reply = decision.allowed
                                    ? (*message)->Answer(limits)
                                    : (*message)->Refuse(decision.refusal_code, decision.reason);
  if (!reply.ok()) {
    return deny(absl::IsCancelled(reply.status()) ? "CANCELLED" : "FAILED", reply.status());
  }
  for (const store::Mutation& mutation : counted.mutations.list()) {
    if (mutation.value.has_value()) {
      reply->changes.mutations.Put(mutation.key, *mutation.value);
    } else {
      reply->changes.mutations.Delete(mutation.key);
    }
  }
  const std::function<void()> afterwards = std::move(reply->afterwards);
  absl::StatusOr<ReleasedAnswer> released = Release(desk.type(), believed, *std::move(reply));
  if (released.ok() && afterwards) afterwards();
  return released;
}

federation::AgreementDecision Reception::Decide(const Believed& believed,
                                                const federation::AskedFor& asked,
                                                store::WriteRequest& changes) const {
  const federation::Partner& partner = believed.partner;
  federation::AgreementDecision decision = federation::DecideAnswering(&partner, asked);
  const auto in_force = rooms_.federation.book().in_force();
  if (!decision.allowed || in_force == nullptr) return decision;
  const crypto::FederationDescriptor& descriptor = in_force->accepted.descriptor();
  decision = federation::DecideWithin(descriptor, partner.domain, asked);
  if (!decision.allowed) return decision;
  const std::optional<std::uint64_t> limit =
      federation::LimitOf(descriptor, partner.domain, asked.service);
  const crypto::Envelope& envelope = believed.envelope.envelope();
  if (limit && !rooms_.counts.Take({.agency = partner.domain,
                                    .type = envelope.type,
                                    .exchange_id = envelope.exchange_id,
                                    .unix_ms = asked.unix_ms},
                                   *limit, changes)) {
    return {.allowed = false,
            .refusal_code = "CAPACITY",
            .reason = absl::StrFormat(
                "The federation descriptor allows %d such questions in 24 hours.", *limit)};
  }
  return decision;
}

absl::StatusOr<ReleasedAnswer> Reception::Release(const MessageType& type, const Believed& believed,
                                                  Reply reply) {
  const crypto::Envelope& message = believed.envelope.envelope();
  crypto::Envelope unsigned_answer;
  unsigned_answer.key_id = rooms_.identity.exchange_key_id();
  unsigned_answer.exchange_id = message.exchange_id;
  unsigned_answer.sender = rooms_.identity.node_id();
  unsigned_answer.recipient = believed.partner.node_id;
  unsigned_answer.unix_ms = rooms_.clock.UnixMillis();
  unsigned_answer.type = std::string(type.answer);
  unsigned_answer.request_hash = believed.envelope.hash();
  unsigned_answer.payload = std::move(reply.payload);
  PM_ASSIGN_OR_RETURN(crypto::Envelope answer, crypto::SignEnvelope(rooms_.identity.exchange_key(),
                                                                    std::move(unsigned_answer)));
  reply.logged.peer = believed.partner.node_id;
  reply.logged.exchange = base::ToHex(base::ByteSpan(message.exchange_id));
  reply.logged.request_hash = Hex(believed.envelope.hash());
  reply.logged.response_hash = Hex(crypto::EnvelopeHash(answer));
  const std::int64_t kept_until =
      answer.unix_ms + std::max<std::int64_t>(kAnswersKeptMs, type.age_max.count() * 2);
  const absl::StatusOr<ledger::Receipt> receipt =
      exchanges_.Record(std::move(reply.logged), believed.partner.node_id,
                        {.request_hash = believed.envelope.hash(),
                         .answer = answer,
                         .kept_until_unix_ms = kept_until},
                        std::move(reply.changes));
  if (absl::IsFailedPrecondition(receipt.status())) {
    return absl::UnavailableError("what the answer rests on changed meanwhile: ask again");
  }
  PM_RETURN_IF_ERROR(receipt.status());
  return ReleasedAnswer{.envelope = std::move(answer), .receipt = federation::ToRecord(*receipt)};
}

absl::Status Reception::Deny(const SendingPeer& peer, const crypto::ExchangeId& exchange,
                             const crypto::VerifiedEnvelope* envelope, std::string_view outcome,
                             absl::Status why) {
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kDeny;
  draft.peer = peer.node_id;
  draft.exchange = base::ToHex(base::ByteSpan(exchange));
  if (envelope != nullptr) draft.request_hash = Hex(envelope->hash());
  draft.outcome = std::string(outcome);
  PM_RETURN_IF_ERROR(rooms_.ledger.Append(std::move(draft)).status());
  return why;
}

std::vector<std::string_view> Reception::MessageTypes() const {
  std::vector<std::string_view> types;
  for (const auto& entry : desks_) types.push_back(entry.first);
  return types;
}

absl::Status Reception::ForgetOldAnswers() { return exchanges_.Forget(rooms_.clock.UnixMillis()); }

}  // namespace proofmark::exchange
