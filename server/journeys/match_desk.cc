// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/match_desk.h"

#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/x509/spiffe_name.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "proto/wire/match.h"
#include "server/match/plausibility.h"
#include "server/match/results.h"
#include "server/registry/handle_book.h"

namespace proofmark::journeys {

class MatchDesk::Question final : public Message {
 public:
  Question(const MatchDesk& desk, const Believed& believed, wire::MatchQuestion question)
      : desk_(desk), believed_(believed), question_(std::move(question)) {}

  federation::AskedFor asked_for() const override {
    return {.service = federation::Service::kMatch, .purpose = question_.purpose};
  }

  absl::StatusOr<Reply> Answer(const AnswerLimits& limits) override {
    const forensics::BallisticSignature& signature = question_.signature;
    if (!forensics::IsOfCurrentMethod(signature)) {
      return Refuse("METHOD_VERSION",
                    absl::StrFormat("Signatures here are of the method %s.",
                                    forensics::CurrentExtractorVersions(signature)));
    }
    if (const absl::Status plausible = match::CheckPlausible(signature); !plausible.ok()) {
      return Refuse("QUALITY", std::string(plausible.message()));
    }
    return Search(limits);
  }

  absl::StatusOr<Reply> Refuse(std::string_view code, std::string_view reason) override {
    Reply reply;
    reply.logged = Draft();
    reply.logged.outcome = absl::StrFormat("REFUSED:%s", code);
    PM_ASSIGN_OR_RETURN(reply.payload,
                        wire::Serialise(wire::MatchAnswer(wire::MakeRefusal(code, reason))));
    return reply;
  }

 private:
  absl::StatusOr<Reply> Search(const AnswerLimits& limits);
  records::EntryDraft Draft() const;

  const MatchDesk& desk_;
  const Believed& believed_;
  const wire::MatchQuestion question_;
};

absl::StatusOr<Reply> MatchDesk::Question::Search(const AnswerLimits& limits) {
  const auto nobody_waits = [&] {
    return (limits.cancelled && limits.cancelled()) ||
           (limits.deadline.has_value() && desk_.clock_.Steady() >= *limits.deadline);
  };
  match::ExhibitQuery query{.signature = question_.signature,
                            .characteristics = question_.characteristics,
                            .rules_off = question_.rules_off,
                            .leave_out = std::nullopt,
                            .best_count = match::kBorderCandidatesConsidered,
                            .exhaustive = question_.exhaustive,
                            .full_circle = question_.full_circle,
                            .cancelled = nobody_waits,
                            .progress = nullptr};
  PM_ASSIGN_OR_RETURN(const match::FoundExhibits found, desk_.collection_.Search(query));
  // An answer that nobody waits for is not made durable: the same question may come again whole.
  if (nobody_waits() || !found.counts.complete) {
    return absl::CancelledError("the caller did not wait for the search to end");
  }
  const std::string exchange(
      base::AsText(base::ByteSpan(believed_.envelope.envelope().exchange_id)));
  match::BorderResult border = match::ToBorderResult(
      found, desk_.answer_key_, believed_.partner.domain, exchange, question_.candidates_max);
  Reply reply;
  reply.logged = Draft();
  reply.logged.outcome = "ANSWERED";
  reply.logged.count = border.result.candidates.size();
  for (std::size_t i = 0; i < border.result.candidates.size(); ++i) {
    registry::PutHandle(crypto::AsText(border.result.candidates[i].handle),
                        {.exhibit_id = border.exhibit_ids[i],
                         .exchange_id = exchange,
                         .asking_agency = believed_.partner.domain},
                        reply.changes.mutations);
  }
  PM_ASSIGN_OR_RETURN(reply.payload, wire::Serialise(wire::MatchAnswer(std::move(border.result))));
  return reply;
}

records::EntryDraft MatchDesk::Question::Draft() const {
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kQueryIn;
  draft.purpose = question_.purpose;
  draft.case_commitment = base::ToHex(base::ByteSpan(question_.case_commitment));
  draft.actor = question_.actor;
  draft.offence = question_.offence;
  draft.subject = question_.subject_role;
  return draft;
}

MessageType MatchDesk::type() const {
  return {.message = wire::kMatchQuestionType, .answer = wire::kMatchAnswerType};
}

absl::StatusOr<std::unique_ptr<Message>> MatchDesk::Read(const Believed& message) {
  PM_ASSIGN_OR_RETURN(wire::MatchQuestion question,
                      wire::ParseMatchQuestion(message.envelope.payload()));
  // The ledger's alphabet is narrower than the message's: what cannot be logged is not answered.
  if (!crypto::SpiffeName::Staff(message.partner.domain, crypto::StaffRole::kExaminer,
                                 question.actor)
           .ok()) {
    return absl::InvalidArgumentError("actor is no pseudonym: one label as in a domain");
  }
  return std::make_unique<Question>(*this, message, std::move(question));
}

}  // namespace proofmark::journeys
