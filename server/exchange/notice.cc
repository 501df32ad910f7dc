// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/notice.h"

#include <utility>
#include <variant>

#include "base/status.h"

namespace proofmark::exchange {
namespace {

constexpr std::string_view kReceived = "RECEIVED";

MessageType TypeOf(std::string_view message) {
  return {.message = message, .answer = wire::kNoticeAnswerType, .age_max = kLetterAgeMax};
}

absl::StatusOr<Reply> ReplyOf(records::EntryDraft draft, std::string outcome,
                              const wire::NoticeAnswer& answer) {
  Reply reply;
  reply.logged = std::move(draft);
  reply.logged.outcome = std::move(outcome);
  PM_ASSIGN_OR_RETURN(reply.payload, wire::Serialise(answer));
  return reply;
}

}  // namespace

federation::AskedFor Notice::asked_for() const {
  return {.service = federation::Service::kFollowUp};
}

absl::StatusOr<Reply> Notice::Refuse(std::string_view code, std::string_view reason) {
  return ReplyOf(Draft(), OutcomeOfRefusal(code), wire::MakeRefusal(code, reason));
}

absl::StatusOr<Reply> Notice::Acknowledge(const wire::Acknowledgement& acknowledgement) const {
  return ReplyOf(Draft(), std::string(kReceived), acknowledgement);
}

MessageType NoticeDesk::type() const { return TypeOf(message_); }

absl::StatusOr<std::unique_ptr<Message>> NoticeDesk::Read(const Believed& message) {
  return read_(message);
}

MessageType NoticeSender::type() const { return TypeOf(message_); }

absl::StatusOr<TakenAnswer> NoticeSender::TakeAnswer(const federation::Partner& partner,
                                                     const crypto::ExchangeId& exchange_id,
                                                     std::string_view payload) {
  PM_ASSIGN_OR_RETURN(const wire::NoticeAnswer answer, wire::ParseNoticeAnswer(payload));
  const auto* const refusal = std::get_if<wire::Refusal>(&answer);
  TakenAnswer taken;
  taken.outcome = refusal == nullptr ? std::string(kReceived) : OutcomeOfRefusal(refusal->code);
  PM_RETURN_IF_ERROR(AddAnswered(partner, exchange_id, answer, taken.changes));
  return taken;
}

absl::Status NoticeSender::AddAnswered(const federation::Partner& /*partner*/,
                                       const crypto::ExchangeId& /*exchange_id*/,
                                       const wire::NoticeAnswer& /*answer*/,
                                       store::WriteRequest& /*changes*/) {
  return absl::OkStatus();
}

}  // namespace proofmark::exchange
