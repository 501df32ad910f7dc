// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/standing.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/standing.pb.h"
#include "proofmark/v1/standing_service.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"
#include "proto/wire/search.h"
#include "proto/wire/stored.h"
#include "records/codes.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

static_assert(static_cast<int>(v1::StandingState_MAX) == static_cast<int>(StandingState::kExpired));

// What a standing question says of itself, and what registers one.
template <typename Message, typename Value>
absl::Status ReadReason(const Message& message, std::string_view field, Value& value) {
  PM_RETURN_IF_ERROR(CheckId(field, "exhibit_id", message.exhibit_id()));
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  PM_RETURN_IF_ERROR(CheckText(field, "case_reference", message.case_reference(), 1,
                               records::kCaseReferenceBytesMax));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "offence", message.offence()));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "subject_role", message.subject_role()));
  value.exhibit_id = message.exhibit_id();
  value.purpose = message.purpose();
  value.case_reference = message.case_reference();
  value.offence = message.offence();
  value.subject_role = message.subject_role();
  PM_RETURN_IF_ERROR(CheckPresent(field, "expire_time", message.has_expire_time()));
  PM_ASSIGN_OR_RETURN(value.expire_unix_ms,
                      FromTimestamp(message.expire_time(), At(field, "expire_time")));
  return absl::OkStatus();
}

v1::StandingPartner ToProto(const StandingPartner& partner) {
  v1::StandingPartner message;
  message.set_agency(partner.agency);
  message.set_version(partner.version);
  message.set_method_version(partner.method_version);
  if (partner.ask_unix_ms) *message.mutable_ask_time() = ToTimestamp(*partner.ask_unix_ms);
  message.set_search_id(partner.search_id);
  message.set_new_count(partner.new_count);
  message.set_fault(partner.fault);
  return message;
}

absl::StatusOr<StandingPartner> FromProto(const v1::StandingPartner& message,
                                          std::string_view field) {
  StandingPartner partner;
  PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
  if (!message.version().empty()) {
    PM_RETURN_IF_ERROR(CheckBytes(field, "version", message.version(), kCollectionVersionBytes,
                                  kCollectionVersionBytes));
  }
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "method_version", message.method_version(), 0, kExtractorVersionsBytesMax));
  if (message.has_ask_time()) {
    PM_ASSIGN_OR_RETURN(partner.ask_unix_ms,
                        FromTimestamp(message.ask_time(), At(field, "ask_time")));
  }
  if (!message.search_id().empty()) {
    PM_RETURN_IF_ERROR(CheckId(field, "search_id", message.search_id()));
  }
  PM_RETURN_IF_ERROR(CheckInteger(field, "new_count", message.new_count(), 0, kMatchCandidatesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "fault", message.fault(), 0, kPartnerDetailBytesMax));
  partner.agency = message.agency();
  partner.version = message.version();
  partner.method_version = message.method_version();
  partner.search_id = message.search_id();
  partner.new_count = message.new_count();
  partner.fault = message.fault();
  return partner;
}

v1::CollectionQuestion ToProto(const CollectionQuestion& question) {
  v1::CollectionQuestion message;
  message.set_purpose(question.purpose);
  message.set_offence(question.offence);
  message.set_actor(question.actor);
  message.set_kind(ToProto(question.kind));
  return message;
}

absl::StatusOr<CollectionQuestion> FromProto(const v1::CollectionQuestion& message,
                                             std::string_view field) {
  CollectionQuestion question;
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "offence", message.offence()));
  PM_RETURN_IF_ERROR(CheckAscii(field, "actor", message.actor(), 1, records::kPseudonymBytesMax));
  PM_ASSIGN_OR_RETURN(question.kind, FromProto(message.kind(), At(field, "kind")));
  question.purpose = message.purpose();
  question.offence = message.offence();
  question.actor = message.actor();
  return question;
}

v1::CollectionAnswer ToProto(const CollectionAnswer& answer) {
  v1::CollectionAnswer message;
  if (const auto* version = std::get_if<CollectionVersion>(&answer)) {
    message.mutable_version()->set_version(version->version);
  } else {
    *message.mutable_refusal() = ToProto(std::get<Refusal>(answer));
  }
  return message;
}

absl::StatusOr<CollectionAnswer> FromProto(const v1::CollectionAnswer& message,
                                           std::string_view field) {
  switch (message.outcome_case()) {
    case v1::CollectionAnswer::kVersion:
      PM_RETURN_IF_ERROR(CheckBytes(At(field, "version"), "version", message.version().version(),
                                    kCollectionVersionBytes, kCollectionVersionBytes));
      return CollectionAnswer(CollectionVersion{.version = message.version().version()});
    case v1::CollectionAnswer::kRefusal: {
      PM_ASSIGN_OR_RETURN(Refusal refusal, FromProto(message.refusal(), At(field, "refusal")));
      return CollectionAnswer(std::move(refusal));
    }
    case v1::CollectionAnswer::OUTCOME_NOT_SET:
      break;
  }
  return Refuse(field, "outcome", "not set");
}

template <typename Value>
absl::StatusOr<std::string> Write(const Value& value, std::int64_t bytes_max,
                                  std::string_view what) {
  const auto message = ToProto(value);
  PM_RETURN_IF_ERROR(FromProto(message, what).status());
  return WriteBytes(message, bytes_max, what);
}
template <typename Value, typename Message>
absl::StatusOr<Value> Read(std::string_view bytes, std::int64_t bytes_max, std::string_view what) {
  Message message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, bytes_max, what, message));
  return FromProto(message, what);
}

}  // namespace

std::string_view StandingStateText(StandingState state) {
  switch (state) {
    case StandingState::kActive:
      return "active";
    case StandingState::kStopped:
      return "stopped";
    case StandingState::kExpired:
      return "expired";
  }
  PM_CHECK(false);
}

v1::StandingQuestion ToProto(const StandingQuestion& question) {
  v1::StandingQuestion message;
  message.set_standing_id(question.standing_id);
  message.set_exhibit_id(question.exhibit_id);
  message.set_purpose(question.purpose);
  message.set_case_reference(question.case_reference);
  message.set_offence(question.offence);
  message.set_subject_role(question.subject_role);
  for (const StandingPartner& partner : question.partners) {
    *message.add_partners() = ToProto(partner);
  }
  message.set_state(WriteEnum<v1::StandingState>(question.state));
  message.set_asked_by(question.asked_by);
  *message.mutable_add_time() = ToTimestamp(question.add_unix_ms);
  *message.mutable_expire_time() = ToTimestamp(question.expire_unix_ms);
  message.set_stopped_by(question.stopped_by);
  message.set_stop_reasons(question.stop_reasons);
  for (const std::string& code : question.triggers) message.add_triggers(code);
  message.set_urgent(question.urgent);
  return message;
}

absl::StatusOr<StandingQuestion> FromProto(const v1::StandingQuestion& message,
                                           std::string_view field) {
  StandingQuestion question;
  PM_RETURN_IF_ERROR(CheckId(field, "standing_id", message.standing_id()));
  question.standing_id = message.standing_id();
  PM_RETURN_IF_ERROR(ReadReason(message, field, question));
  PM_RETURN_IF_ERROR(CheckCount(field, "partners", message.partners_size(), 1, kPartnersMax));
  for (int i = 0; i < message.partners_size(); ++i) {
    PM_ASSIGN_OR_RETURN(StandingPartner partner,
                        FromProto(message.partners(i), At(field, "partners", i)));
    if (!question.partners.empty() && partner.agency <= question.partners.back().agency) {
      return Refuse(field, "partners", "must be by domain, each once");
    }
    question.partners.push_back(std::move(partner));
  }
  PM_ASSIGN_OR_RETURN(question.state, ReadEnum<StandingState>(At(field, "state"), message.state(),
                                                              v1::StandingState_IsValid));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "asked_by", message.asked_by(), 1, records::kPseudonymBytesMax));
  PM_RETURN_IF_ERROR(CheckPresent(field, "add_time", message.has_add_time()));
  PM_ASSIGN_OR_RETURN(question.add_unix_ms,
                      FromTimestamp(message.add_time(), At(field, "add_time")));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "stopped_by", message.stopped_by(), 0, records::kPseudonymBytesMax));
  PM_RETURN_IF_ERROR(
      CheckText(field, "stop_reasons", message.stop_reasons(), 0, kStandingReasonsBytesMax));
  PM_RETURN_IF_ERROR(CheckCount(field, "triggers", message.triggers_size(), 0,
                                std::ssize(records::ShareTriggerCodes())));
  question.triggers = {message.triggers().begin(), message.triggers().end()};
  PM_RETURN_IF_ERROR(Under(field, records::CheckShareTriggers("triggers", question.triggers)));
  if (message.urgent() && question.triggers.empty()) {
    return Refuse(field, "urgent", "only what a share trigger asked may be");
  }
  question.urgent = message.urgent();
  question.asked_by = message.asked_by();
  question.stopped_by = message.stopped_by();
  question.stop_reasons = message.stop_reasons();
  return question;
}

absl::StatusOr<StandingOrder> FromProto(const v1::AddStandingQuestionRequest& message,
                                        std::string_view field) {
  StandingOrder order;
  PM_RETURN_IF_ERROR(ReadReason(message, field, order));
  PM_RETURN_IF_ERROR(CheckCount(field, "partners", message.partners_size(), 1, kPartnersMax));
  for (int i = 0; i < message.partners_size(); ++i) {
    PM_RETURN_IF_ERROR(CheckDomain(At(field, "partners", i), "", message.partners(i)));
    order.partners.push_back(message.partners(i));
  }
  std::ranges::sort(order.partners);
  if (std::ranges::adjacent_find(order.partners) != order.partners.end()) {
    return Refuse(field, "partners", "one comes twice");
  }
  return order;
}

absl::StatusOr<std::string> Serialise(const CollectionQuestion& question) {
  return Write(question, kCollectionPayloadBytesMax, "question");
}
absl::StatusOr<CollectionQuestion> ParseCollectionQuestion(std::string_view bytes) {
  return Read<CollectionQuestion, v1::CollectionQuestion>(bytes, kCollectionPayloadBytesMax,
                                                          "question");
}
absl::StatusOr<std::string> Serialise(const CollectionAnswer& answer) {
  return Write(answer, kCollectionPayloadBytesMax, "answer");
}
absl::StatusOr<CollectionAnswer> ParseCollectionAnswer(std::string_view bytes) {
  return Read<CollectionAnswer, v1::CollectionAnswer>(bytes, kCollectionPayloadBytesMax, "answer");
}
absl::StatusOr<std::string> Serialise(const StandingQuestion& question) {
  return Write(question, kStandingBytesMax, "standing");
}
absl::StatusOr<StandingQuestion> ParseStandingQuestion(std::string_view bytes) {
  return Read<StandingQuestion, v1::StandingQuestion>(bytes, kStandingBytesMax, "standing");
}

}  // namespace proofmark::wire
