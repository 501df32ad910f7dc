// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/answering.h"

#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/x509/spiffe_name.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "server/federation/agreement.h"
#include "server/federation/receipt.h"
#include "server/match/plausibility.h"
#include "server/match/results.h"
#include "server/registry/handle_book.h"

namespace proofmark::journeys {
namespace {

wire::MatchAnswer Refusal(std::string code, std::string_view reason) {
  wire::MatchRefusal refusal;
  refusal.code = std::move(code);
  refusal.reason =
      std::string(reason.substr(0, static_cast<std::size_t>(wire::kRefusalReasonBytesMax)));
  return refusal;
}

std::string Hex(const crypto::Sha256Digest& digest) { return base::ToHex(base::ByteSpan(digest)); }

// What the ledger calls an envelope that is not believed.
std::string_view DenialCode(const absl::Status& status) {
  if (absl::IsPermissionDenied(status)) return "WRONG_RECIPIENT";
  if (absl::IsInvalidArgument(status)) return "MALFORMED";
  return "UNAUTHENTICATED";
}

}  // namespace

absl::StatusOr<ReleasedAnswer> Answering::Answer(const AskingPeer& peer, crypto::Envelope question,
                                                 const AnswerLimits& limits) {
  const crypto::ExchangeId exchange = question.exchange_id;
  const federation::Partner* const partner = rooms_.partners.FindByNodeId(peer.node_id);
  if (partner == nullptr || partner->domain != peer.domain) {
    return Deny(peer, exchange, nullptr, "NOT_A_PARTNER",
                absl::UnauthenticatedError("this node has no agreement with the asking node"));
  }
  crypto::EnvelopeExpectations expected;
  expected.recipient = rooms_.identity.node_id();
  expected.type = std::string(wire::kMatchQuestionType);
  const absl::StatusOr<crypto::VerifiedEnvelope> envelope = crypto::OpenEnvelope(
      std::move(question), {.sender = peer.node_id, .keys = partner->exchange_keys}, expected);
  if (!envelope.ok()) {
    return Deny(peer, exchange, nullptr, DenialCode(envelope.status()), envelope.status());
  }

  // The same question asked twice at once is computed once.
  const KeyedLock::Hold hold(in_work_,
                             peer.node_id + std::string(base::AsText(base::ByteSpan(exchange))));
  PM_ASSIGN_OR_RETURN(std::optional<ReleasedAnswer> earlier, FindEarlier(peer, *envelope));
  if (earlier.has_value()) return *std::move(earlier);
  if (absl::Status skew = crypto::CheckClockSkew(*envelope, rooms_.clock.UnixMillis());
      !skew.ok()) {
    return Deny(peer, exchange, &*envelope, "CLOCK_SKEW", std::move(skew));
  }
  if (absl::Status withheld = rooms_.publishing.MayRelease(); !withheld.ok()) {
    return Deny(peer, exchange, &*envelope, "UNWITNESSED", std::move(withheld));
  }
  const absl::StatusOr<wire::MatchQuestion> parsed = wire::ParseMatchQuestion(envelope->payload());
  if (!parsed.ok()) return Deny(peer, exchange, &*envelope, "MALFORMED", parsed.status());

  // The ledger's alphabet is narrower than the message's: what cannot be logged is not answered.
  if (!crypto::SpiffeName::Staff(peer.domain, crypto::StaffRole::kExaminer, parsed->actor).ok()) {
    return Deny(peer, exchange, &*envelope, "MALFORMED",
                absl::InvalidArgumentError("actor is no pseudonym: one label as in a domain"));
  }

  const Asked asked{.peer = peer, .envelope = *envelope, .question = *parsed};
  absl::StatusOr<Reply> reply = Decide(asked, limits);
  if (!reply.ok()) {
    return Deny(peer, exchange, &*envelope,
                absl::IsCancelled(reply.status()) ? "CANCELLED" : "FAILED", reply.status());
  }
  return Release(asked, *std::move(reply));
}

absl::StatusOr<std::optional<ReleasedAnswer>> Answering::FindEarlier(
    const AskingPeer& peer, const crypto::VerifiedEnvelope& envelope) {
  const crypto::ExchangeId& exchange = envelope.envelope().exchange_id;
  PM_ASSIGN_OR_RETURN(std::optional<EarlierExchange> earlier,
                      exchanges_.Find(peer.node_id, exchange));
  if (!earlier.has_value()) return std::nullopt;
  if (earlier->request_hash != envelope.hash()) {
    return Deny(peer, exchange, &envelope, "EXCHANGE_REUSED",
                absl::AlreadyExistsError("the exchange id was used for another question"));
  }
  return ReleasedAnswer{.envelope = std::move(earlier->answer),
                        .receipt = federation::ToRecord(earlier->receipt)};
}

absl::StatusOr<Answering::Reply> Answering::Decide(const Asked& asked,
                                                   const AnswerLimits& limits) const {
  const federation::AgreementDecision decision = federation::DecideAnswering(
      rooms_.partners.FindByNodeId(asked.peer.node_id), asked.question.purpose);
  if (!decision.allowed) return Reply{Refusal(decision.refusal_code, decision.reason), {}};
  const forensics::BallisticSignature& signature = asked.question.signature;
  if (!forensics::IsOfCurrentMethod(signature)) {
    return Reply{
        Refusal("METHOD_VERSION", absl::StrFormat("Signatures here are of the method %s.",
                                                  forensics::CurrentExtractorVersions(signature))),
        {}};
  }
  if (const absl::Status plausible = match::CheckPlausible(signature); !plausible.ok()) {
    return Reply{Refusal("QUALITY", std::string(plausible.message())), {}};
  }
  return Search(asked, limits);
}

absl::StatusOr<Answering::Reply> Answering::Search(const Asked& asked,
                                                   const AnswerLimits& limits) const {
  const auto nobody_waits = [&] {
    return (limits.cancelled && limits.cancelled()) ||
           (limits.deadline.has_value() && rooms_.clock.Steady() >= *limits.deadline);
  };
  match::ExhibitQuery query{.signature = asked.question.signature,
                            .characteristics = asked.question.characteristics,
                            .rules_off = asked.question.rules_off,
                            .leave_out = std::nullopt,
                            .best_count = match::kBorderCandidatesConsidered,
                            .exhaustive = asked.question.exhaustive,
                            .full_circle = asked.question.full_circle,
                            .cancelled = nobody_waits,
                            .progress = nullptr};
  PM_ASSIGN_OR_RETURN(const match::FoundExhibits found, rooms_.collection.Search(query));
  // An answer that nobody waits for is not made durable: the same question may come again whole.
  if (nobody_waits() || !found.counts.complete) {
    return absl::CancelledError("the caller did not wait for the search to end");
  }
  match::BorderResult border =
      match::ToBorderResult(found, rooms_.answer_key, asked.peer.domain,
                            base::AsText(base::ByteSpan(asked.envelope.envelope().exchange_id)),
                            asked.question.candidates_max);
  return Reply{std::move(border.result), std::move(border.exhibit_ids)};
}

absl::StatusOr<ReleasedAnswer> Answering::Release(const Asked& asked, Reply reply) {
  const crypto::Envelope& question = asked.envelope.envelope();
  crypto::Envelope unsigned_answer;
  unsigned_answer.key_id = rooms_.identity.exchange_key_id();
  unsigned_answer.exchange_id = question.exchange_id;
  unsigned_answer.sender = rooms_.identity.node_id();
  unsigned_answer.recipient = asked.peer.node_id;
  unsigned_answer.unix_ms = rooms_.clock.UnixMillis();
  unsigned_answer.type = std::string(wire::kMatchAnswerType);
  unsigned_answer.request_hash = asked.envelope.hash();
  PM_ASSIGN_OR_RETURN(unsigned_answer.payload, wire::Serialise(reply.answer));
  PM_ASSIGN_OR_RETURN(crypto::Envelope answer, crypto::SignEnvelope(rooms_.identity.exchange_key(),
                                                                    std::move(unsigned_answer)));

  records::EntryDraft draft;
  draft.kind = records::EntryKind::kQueryIn;
  draft.peer = asked.peer.node_id;
  draft.exchange = base::ToHex(base::ByteSpan(question.exchange_id));
  draft.purpose = asked.question.purpose;
  draft.case_commitment = Hex(asked.question.case_commitment);
  draft.actor = asked.question.actor;
  draft.offence = asked.question.offence;
  draft.subject = asked.question.subject_role;
  draft.request_hash = Hex(asked.envelope.hash());
  draft.response_hash = Hex(crypto::EnvelopeHash(answer));
  store::WriteRequest request;
  if (const auto* refusal = std::get_if<wire::MatchRefusal>(&reply.answer)) {
    draft.outcome = "REFUSED:" + refusal->code;
  } else {
    const wire::MatchResult& result = std::get<wire::MatchResult>(reply.answer);
    draft.outcome = "ANSWERED";
    draft.count = result.candidates.size();
    for (std::size_t i = 0; i < result.candidates.size(); ++i) {
      registry::PutHandle(
          crypto::AsText(result.candidates[i].handle),
          {.exhibit_id = reply.exhibit_ids[i],
           .exchange_id = std::string(base::AsText(base::ByteSpan(question.exchange_id))),
           .asking_agency = asked.peer.domain},
          request.mutations);
    }
  }
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      exchanges_.Record(std::move(draft), asked.peer.node_id, asked.envelope.hash(),
                                        answer, std::move(request)));
  return ReleasedAnswer{.envelope = std::move(answer), .receipt = federation::ToRecord(receipt)};
}

absl::Status Answering::Deny(const AskingPeer& peer, const crypto::ExchangeId& exchange,
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

absl::Status Answering::ForgetOldAnswers() { return exchanges_.Forget(rooms_.clock.UnixMillis()); }

}  // namespace proofmark::journeys
