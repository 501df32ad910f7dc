// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/asking.h"

#include <memory>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "records/codes.h"
#include "records/listed_code.h"
#include "server/exchange/awaited.h"
#include "server/exchange/peer_answer.h"
#include "server/federation/receipt.h"

namespace proofmark::exchange {

absl::Status Asking::Prepare(std::string_view case_reference, std::string_view label,
                             std::string_view value) {
  PM_RETURN_IF_ERROR(records::CheckListed("purpose", records::PurposeCodes(), reason_.purpose));
  PM_RETURN_IF_ERROR(
      records::CheckListed("offence", records::OffenceCodes(), reason_.offence, false));
  PM_RETURN_IF_ERROR(records::CheckListed("subject_role", records::SubjectRoleCodes(),
                                          reason_.subject_role, false));
  PM_ASSIGN_OR_RETURN(case_commitment_, rooms_.commitments.CommitCase(case_reference));
  PM_ASSIGN_OR_RETURN(object_, rooms_.commitments.CommitValue(case_reference, label, value));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<wire::PartnerResult>> Asking::LeaveOut(
    const federation::Partner& partner) {
  federation::AgreementDecision decision =
      federation::DecideAsking(&partner, {.service = reason_.service,
                                          .purpose = reason_.purpose,
                                          .offence = reason_.offence,
                                          .unix_ms = rooms_.clock.UnixMillis()});
  wire::PartnerResult result;
  result.agency = partner.domain;
  result.outcome = wire::PartnerOutcome::kNotAsked;
  if (const absl::Status admitted = rooms_.federation.MayDeal(partner.domain); !admitted.ok()) {
    decision = {
        .allowed = false, .refusal_code = "POLICY", .reason = std::string(admitted.message())};
  }
  PM_ASSIGN_OR_RETURN(const bool forked, rooms_.witness.IsForked(partner.node_id));
  if (forked) {
    result.outcome = wire::PartnerOutcome::kForked;
    decision = {.allowed = false,
                .refusal_code = "LEDGER_FORKED",
                .reason = "It lied about its ledger: it signed two that cannot both be true."};
  }
  if (decision.allowed) return std::nullopt;
  result.detail = decision.reason;
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kDeny;
  draft.peer = partner.node_id;
  draft.purpose = reason_.purpose;
  draft.offence = reason_.offence;
  draft.subject = reason_.subject_role;
  draft.actor = reason_.actor;
  draft.case_commitment = case_commitment_;
  draft.object = object_;
  draft.outcome = absl::StrFormat("NOT_ASKED:%s", decision.refusal_code);
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt, rooms_.ledger.Append(std::move(draft)));
  result.receipt = federation::ToRecord(receipt);
  return result;
}

absl::StatusOr<Asked> Asking::Ask(const federation::Partner& partner, std::string_view type,
                                  std::string_view answer_type, std::string payload, bool of_case,
                                  const Beside& beside) {
  Asked asked{
      .asked = {}, .open = {}, .answer = absl::UnknownError(""), .verified = {}, .outcome = {}};
  asked.asked.exchange_id = crypto::NewExchangeId(rooms_.random);
  PM_ASSIGN_OR_RETURN(const crypto::Envelope envelope,
                      SignMessage(rooms_.identity, partner, asked.asked.exchange_id, type,
                                  std::move(payload), rooms_.clock.UnixMillis()));
  asked.asked.hash = crypto::EnvelopeHash(envelope);
  records::EntryDraft draft;
  draft.peer = partner.node_id;
  draft.exchange = base::ToHex(base::ByteSpan(asked.asked.exchange_id));
  draft.purpose = reason_.purpose;
  draft.offence = reason_.offence;
  draft.subject = reason_.subject_role;
  draft.actor = reason_.actor;
  draft.request_hash = base::ToHex(base::ByteSpan(asked.asked.hash));
  if (of_case) {
    draft.case_commitment = case_commitment_;
    draft.object = object_;
  }
  store::Mutations more;
  if (beside) beside(asked.asked.exchange_id, more);
  PM_ASSIGN_OR_RETURN(asked.open, questions_.Open(std::move(draft), std::move(more)));
  const auto awaited = std::make_shared<Awaited<federation::PeerAnswer>>();
  const Time deadline = DeadlineOf(partner);
  rooms_.peers.Exchange(partner, envelope, deadline,
                        [awaited](absl::StatusOr<federation::PeerAnswer> answer) {
                          awaited->Put(std::move(answer));
                        });
  asked.answer = awaited->Take(rooms_.clock, deadline);
  asked.came_unix_ms = rooms_.clock.UnixMillis();
  auto believed = BelieveAnswer(partner, rooms_.identity.node_id(), asked.asked, answer_type,
                                asked.answer, asked.came_unix_ms);
  if (auto* outcome = std::get_if<PeerOutcome>(&believed)) {
    asked.outcome = std::move(*outcome);
  } else {
    asked.verified = std::get<crypto::VerifiedEnvelope>(std::move(believed));
  }
  return asked;
}

absl::StatusOr<wire::PartnerResult> Asking::Close(const federation::Partner& partner,
                                                  Asked& asked) {
  if (asked.verified.has_value()) {
    NoteEvidence(partner, *asked.verified, asked.answer->receipt, asked.outcome);
  }
  // It may have come out while it was asked.
  PM_ASSIGN_OR_RETURN(const bool forked, rooms_.witness.IsForked(partner.node_id));
  if (forked) {
    asked.outcome.result.outcome = wire::PartnerOutcome::kForked;
    asked.outcome.result.refusal_code.clear();
    asked.outcome.logged.code = "FORKED";
  }
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      questions_.Close(asked.open, asked.outcome.logged));
  wire::PartnerResult result = asked.outcome.result;
  result.receipt = federation::ToRecord(receipt);
  return result;
}

absl::Status Asking::RaiseAlarm(const federation::Partner& partner, const AskedQuestion& asked,
                                std::string_view code) {
  records::EntryDraft alarm;
  alarm.kind = records::EntryKind::kAlarm;
  alarm.peer = partner.node_id;
  alarm.exchange = base::ToHex(base::ByteSpan(asked.exchange_id));
  alarm.outcome = std::string(code);
  return rooms_.ledger.Append(std::move(alarm)).status();
}

absl::StatusOr<std::vector<const federation::Partner*>> ChoosePartners(
    const federation::Partners& partners, const std::vector<std::string>& domains) {
  std::vector<const federation::Partner*> chosen;
  for (const std::string& domain : domains) {
    chosen.push_back(partners.FindByDomain(domain));
    if (chosen.back() == nullptr) {
      return absl::NotFoundError(absl::StrFormat("no partner is called %s", domain));
    }
  }
  if (domains.empty()) {
    for (const federation::Partner& partner : partners.all()) chosen.push_back(&partner);
  }
  std::ranges::sort(chosen, {}, [](const federation::Partner* one) { return one->domain; });
  return chosen;
}

}  // namespace proofmark::exchange
