// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/lookup.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/exchange.pb.h"
#include "proofmark/v1/lookup.pb.h"
#include "proofmark/v1/lookup_service.pb.h"
#include "proto/wire/asking.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"
#include "proto/wire/padding.h"
#include "records/firearm/make.h"
#include "records/firearm/serial.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

constexpr std::int64_t kIdBytes = 16;
constexpr std::int64_t kCountMax = std::int64_t{1} << 53;  // Exact in JSON readers too.

static_assert(static_cast<int>(v1::FirearmStateGroup_MAX) ==
              static_cast<int>(firearm::StateGroup::kOther));
static_assert(static_cast<int>(v1::LookupForm_MAX) ==
              static_cast<int>(LookupFields::kMakeModelAndSerial));

std::string Text(const LookupId& id) { return std::string(base::AsText(base::ByteSpan(id))); }

absl::StatusOr<LookupId> ReadLookupId(std::string_view field, std::string_view name,
                                      std::string_view bytes) {
  PM_RETURN_IF_ERROR(CheckBytes(field, name, bytes, kIdBytes, kIdBytes));
  LookupId id;
  std::ranges::copy(base::AsBytes(bytes), id.begin());
  return id;
}

// The fields that every question has.
template <typename Message>
void WriteReason(const LookupReason& reason, Message& message) {
  message.set_purpose(reason.purpose);
  message.set_offence(reason.offence);
  message.set_actor(reason.actor);
}

template <typename Message>
absl::StatusOr<LookupReason> ReadReason(const Message& message, std::string_view field) {
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "offence", message.offence()));
  PM_RETURN_IF_ERROR(CheckAscii(field, "actor", message.actor(), 1, records::kPseudonymBytesMax));
  return LookupReason{
      .purpose = message.purpose(), .offence = message.offence(), .actor = message.actor()};
}

v1::LookupTableQuestion ToProto(const LookupTableQuestion& question) {
  v1::LookupTableQuestion message;
  WriteReason(question.reason, message);
  return message;
}

absl::StatusOr<LookupTableQuestion> FromProto(const v1::LookupTableQuestion& message,
                                              std::string_view field) {
  LookupTableQuestion question;
  PM_ASSIGN_OR_RETURN(question.reason, ReadReason(message, field));
  return question;
}

v1::LoggedEntry ToProto(const LoggedEntry& logged) {
  v1::LoggedEntry message;
  message.set_entry(logged.entry);
  message.set_proof(logged.proof);
  return message;
}

absl::StatusOr<LoggedEntry> FromProto(const v1::LoggedEntry& message, std::string_view field) {
  PM_RETURN_IF_ERROR(CheckBytes(field, "entry", message.entry(), 1, kLoggedEntryBytesMax));
  PM_RETURN_IF_ERROR(CheckBytes(field, "proof", message.proof(), 1, kLoggedProofBytesMax));
  return LoggedEntry{.entry = message.entry(), .proof = message.proof()};
}

v1::LookupTable ToProto(const LookupTable& table) {
  v1::LookupTable message;
  message.set_snapshot_id(Text(table.snapshot_id));
  message.set_epoch(table.epoch);
  message.set_table_sha256(std::string(crypto::AsText(table.table_hash)));
  message.set_size_bytes(table.size_bytes);
  message.set_public_key(table.public_key);
  *message.mutable_key_entry() = ToProto(table.key_entry);
  *message.mutable_table_entry() = ToProto(table.table_entry);
  return message;
}

absl::StatusOr<LookupTable> FromProto(const v1::LookupTable& message, std::string_view field) {
  LookupTable table;
  PM_ASSIGN_OR_RETURN(table.snapshot_id, ReadLookupId(field, "snapshot_id", message.snapshot_id()));
  table.epoch = message.epoch();
  PM_ASSIGN_OR_RETURN(table.table_hash, ReadDigest(field, "table_sha256", message.table_sha256()));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "size_bytes", message.size_bytes(), 1, kLookupTableBytesMax));
  table.size_bytes = message.size_bytes();
  PM_RETURN_IF_ERROR(CheckBytes(field, "public_key", message.public_key(), kLookupElementBytes,
                                kLookupElementBytes));
  table.public_key = message.public_key();
  PM_RETURN_IF_ERROR(CheckPresent(field, "key_entry", message.has_key_entry()));
  PM_ASSIGN_OR_RETURN(table.key_entry, FromProto(message.key_entry(), At(field, "key_entry")));
  PM_RETURN_IF_ERROR(CheckPresent(field, "table_entry", message.has_table_entry()));
  PM_ASSIGN_OR_RETURN(table.table_entry,
                      FromProto(message.table_entry(), At(field, "table_entry")));
  return table;
}

v1::LookupTableAnswer ToProto(const LookupTableAnswer& answer) {
  v1::LookupTableAnswer message;
  if (const auto* table = std::get_if<LookupTable>(&answer)) {
    *message.mutable_table() = ToProto(*table);
  } else {
    *message.mutable_refusal() = ToProto(std::get<Refusal>(answer));
  }
  return message;
}

absl::StatusOr<LookupTableAnswer> FromProto(const v1::LookupTableAnswer& message,
                                            std::string_view field) {
  switch (message.outcome_case()) {
    case v1::LookupTableAnswer::kTable: {
      PM_ASSIGN_OR_RETURN(LookupTable table, FromProto(message.table(), At(field, "table")));
      return LookupTableAnswer(std::move(table));
    }
    case v1::LookupTableAnswer::kRefusal: {
      PM_ASSIGN_OR_RETURN(Refusal refusal, FromProto(message.refusal(), At(field, "refusal")));
      return LookupTableAnswer(std::move(refusal));
    }
    case v1::LookupTableAnswer::OUTCOME_NOT_SET:
      break;
  }
  return Refuse(field, "outcome", "not set");
}

template <typename Strings>
absl::StatusOr<std::vector<std::string>> ReadElements(const Strings& list, std::string_view field) {
  PM_RETURN_IF_ERROR(
      CheckCount(field, "elements", list.size(), kLookupElementsStep, kLookupElementsMax));
  if (list.size() % kLookupElementsStep != 0) {
    return Refuse(
        field, "elements",
        absl::StrFormat("%d, must be a multiple of %d", list.size(), kLookupElementsStep));
  }
  std::vector<std::string> elements;
  for (int i = 0; i < list.size(); ++i) {
    PM_RETURN_IF_ERROR(CheckBytes(At(field, "elements", i), "", list.Get(i), kLookupElementBytes,
                                  kLookupElementBytes));
    elements.push_back(list.Get(i));
  }
  return elements;
}

v1::LookupQuestion ToProto(const LookupQuestion& question) {
  v1::LookupQuestion message;
  message.set_snapshot_id(Text(question.snapshot_id));
  message.set_epoch(question.epoch);
  WriteReason(question.reason, message);
  message.set_case_commitment(std::string(crypto::AsText(question.case_commitment)));
  for (const std::string& element : question.elements) message.add_elements(element);
  return message;
}

absl::StatusOr<LookupQuestion> FromProto(const v1::LookupQuestion& message,
                                         std::string_view field) {
  LookupQuestion question;
  PM_ASSIGN_OR_RETURN(question.snapshot_id,
                      ReadLookupId(field, "snapshot_id", message.snapshot_id()));
  question.epoch = message.epoch();
  PM_ASSIGN_OR_RETURN(question.reason, ReadReason(message, field));
  PM_ASSIGN_OR_RETURN(question.case_commitment,
                      ReadDigest(field, "case_commitment", message.case_commitment()));
  PM_ASSIGN_OR_RETURN(question.elements, ReadElements(message.elements(), field));
  return question;
}

v1::LookupAnswer ToProto(const LookupAnswer& answer) {
  v1::LookupAnswer message;
  if (const auto* evaluation = std::get_if<LookupEvaluation>(&answer.outcome)) {
    for (const std::string& element : evaluation->elements) {
      message.mutable_evaluation()->add_elements(element);
    }
    message.mutable_evaluation()->set_proof(evaluation->proof);
  } else {
    *message.mutable_refusal() = ToProto(std::get<Refusal>(answer.outcome));
  }
  if (answer.budget.has_value()) *message.mutable_budget() = ToProto(*answer.budget);
  Pad(message);
  return message;
}

absl::StatusOr<LookupAnswer> FromProto(const v1::LookupAnswer& message, std::string_view field) {
  PM_RETURN_IF_ERROR(CheckPadding(field, message.padding()));
  LookupAnswer answer;
  if (message.has_budget()) {
    PM_ASSIGN_OR_RETURN(answer.budget, FromProto(message.budget(), At(field, "budget")));
  }
  switch (message.outcome_case()) {
    case v1::LookupAnswer::kEvaluation: {
      const std::string path = At(field, "evaluation");
      LookupEvaluation evaluation;
      PM_ASSIGN_OR_RETURN(evaluation.elements, ReadElements(message.evaluation().elements(), path));
      PM_RETURN_IF_ERROR(CheckBytes(path, "proof", message.evaluation().proof(), kLookupProofBytes,
                                    kLookupProofBytes));
      evaluation.proof = message.evaluation().proof();
      answer.outcome = std::move(evaluation);
      return answer;
    }
    case v1::LookupAnswer::kRefusal: {
      PM_ASSIGN_OR_RETURN(answer.outcome, FromProto(message.refusal(), At(field, "refusal")));
      return answer;
    }
    case v1::LookupAnswer::OUTCOME_NOT_SET:
      break;
  }
  return Refuse(field, "outcome", "not set");
}

v1::LookupHitQuestion ToProto(const LookupHitQuestion& question) {
  v1::LookupHitQuestion message;
  message.set_handle(Text(question.handle));
  WriteReason(question.reason, message);
  message.set_case_commitment(std::string(crypto::AsText(question.case_commitment)));
  return message;
}

absl::StatusOr<LookupHitQuestion> FromProto(const v1::LookupHitQuestion& message,
                                            std::string_view field) {
  LookupHitQuestion question;
  PM_ASSIGN_OR_RETURN(question.handle, ReadLookupId(field, "handle", message.handle()));
  PM_ASSIGN_OR_RETURN(question.reason, ReadReason(message, field));
  PM_ASSIGN_OR_RETURN(question.case_commitment,
                      ReadDigest(field, "case_commitment", message.case_commitment()));
  return question;
}

absl::StatusOr<firearm::StateGroup> ReadGroup(std::string_view field, v1::FirearmStateGroup group) {
  return ReadEnum<firearm::StateGroup>(At(field, "state_group"), group,
                                       v1::FirearmStateGroup_IsValid);
}

v1::LookupRecord ToProto(const LookupRecord& record) {
  v1::LookupRecord message;
  message.set_state_group(WriteEnum<v1::FirearmStateGroup>(record.state_group));
  message.set_reference(record.reference);
  return message;
}

absl::StatusOr<LookupRecord> FromProto(const v1::LookupRecord& message, std::string_view field) {
  LookupRecord record;
  PM_ASSIGN_OR_RETURN(record.state_group, ReadGroup(field, message.state_group()));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "reference", message.reference(), 1, kLookupReferenceBytesMax));
  record.reference = message.reference();
  return record;
}

v1::LookupHitAnswer ToProto(const LookupHitAnswer& answer) {
  v1::LookupHitAnswer message;
  if (const auto* record = std::get_if<LookupRecord>(&answer)) {
    *message.mutable_record() = ToProto(*record);
  } else {
    *message.mutable_refusal() = ToProto(std::get<Refusal>(answer));
  }
  Pad(message);
  return message;
}

absl::StatusOr<LookupHitAnswer> FromProto(const v1::LookupHitAnswer& message,
                                          std::string_view field) {
  PM_RETURN_IF_ERROR(CheckPadding(field, message.padding()));
  switch (message.outcome_case()) {
    case v1::LookupHitAnswer::kRecord: {
      PM_ASSIGN_OR_RETURN(LookupRecord record, FromProto(message.record(), At(field, "record")));
      return LookupHitAnswer(std::move(record));
    }
    case v1::LookupHitAnswer::kRefusal: {
      PM_ASSIGN_OR_RETURN(Refusal refusal, FromProto(message.refusal(), At(field, "refusal")));
      return LookupHitAnswer(std::move(refusal));
    }
    case v1::LookupHitAnswer::OUTCOME_NOT_SET:
      break;
  }
  return Refuse(field, "outcome", "not set");
}

// A serialised payload; `what` names it in errors.
template <typename Domain>
absl::StatusOr<std::string> Write(const Domain& value, std::string_view what) {
  const auto message = ToProto(value);
  PM_RETURN_IF_ERROR(FromProto(message, what).status());
  return WriteBytes(message, kLookupPayloadBytesMax, what);
}

template <typename Message>
auto Read(std::string_view bytes, std::string_view what)
    -> decltype(FromProto(std::declval<const Message&>(), what)) {
  Message message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kLookupPayloadBytesMax, what, message));
  return FromProto(message, what);
}

v1::LookupInput ToProto(const LookupInput& input) {
  v1::LookupInput message;
  message.set_form(WriteEnum<v1::LookupForm>(input.fields));
  message.set_serial_key(input.serial_key);
  message.set_changed_count(input.changed_count);
  return message;
}

absl::StatusOr<LookupInput> FromProto(const v1::LookupInput& message, std::string_view field) {
  LookupInput input;
  PM_ASSIGN_OR_RETURN(input.fields, ReadEnum<LookupFields>(At(field, "form"), message.form(),
                                                           v1::LookupForm_IsValid));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "serial_key", message.serial_key(), 1, firearm::kSerialKeyCharsMax));
  input.serial_key = message.serial_key();
  PM_RETURN_IF_ERROR(CheckInteger(field, "changed_count", message.changed_count(), 0,
                                  firearm::kSerialKeyCharsMax));
  input.changed_count = message.changed_count();
  return input;
}

v1::LookupPartnerResult ToProto(const LookupPartnerResult& result) {
  v1::LookupPartnerResult message;
  WriteOutcome(result, message);
  for (const LookupHit& hit : result.hits) {
    v1::LookupHit& entry = *message.add_hits();
    entry.set_input_index(hit.input_index);
    entry.set_state_group(WriteEnum<v1::FirearmStateGroup>(hit.state_group));
    entry.set_handle(Text(hit.handle));
  }
  message.set_table_row_count(result.table_row_count);
  if (result.table_unix_ms) *message.mutable_table_time() = ToTimestamp(*result.table_unix_ms);
  return message;
}

absl::Status ReadHits(const v1::LookupPartnerResult& message, std::string_view field,
                      LookupPartnerResult& result) {
  const bool answered = result.outcome == PartnerOutcome::kAnswered;
  PM_RETURN_IF_ERROR(
      CheckCount(field, "hits", message.hits_size(), 0, answered ? kLookupHitsMax : 0));
  for (int i = 0; i < message.hits_size(); ++i) {
    const std::string path = At(field, "hits", i);
    LookupHit hit;
    PM_RETURN_IF_ERROR(CheckInteger(path, "input_index", message.hits(i).input_index(), 0,
                                    kLookupElementsMax - 1));
    hit.input_index = message.hits(i).input_index();
    PM_ASSIGN_OR_RETURN(hit.state_group, ReadGroup(path, message.hits(i).state_group()));
    PM_ASSIGN_OR_RETURN(hit.handle, ReadLookupId(path, "handle", message.hits(i).handle()));
    result.hits.push_back(hit);
  }
  return absl::OkStatus();
}

absl::StatusOr<LookupPartnerResult> FromProto(const v1::LookupPartnerResult& message,
                                              std::string_view field) {
  LookupPartnerResult result;
  PM_RETURN_IF_ERROR(ReadOutcome(message, field, v1::PartnerOutcome_IsValid, result));
  PM_RETURN_IF_ERROR(ReadHits(message, field, result));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "table_row_count", message.table_row_count(), 0, kCountMax));
  result.table_row_count = message.table_row_count();
  if (message.has_table_time()) {
    PM_ASSIGN_OR_RETURN(result.table_unix_ms,
                        FromTimestamp(message.table_time(), At(field, "table_time")));
  }
  return result;
}

}  // namespace

absl::StatusOr<std::string> Serialise(const LookupTableQuestion& question) {
  return Write(question, "question");
}
absl::StatusOr<LookupTableQuestion> ParseLookupTableQuestion(std::string_view bytes) {
  return Read<v1::LookupTableQuestion>(bytes, "question");
}
absl::StatusOr<std::string> Serialise(const LookupTableAnswer& answer) {
  return Write(answer, "answer");
}
absl::StatusOr<LookupTableAnswer> ParseLookupTableAnswer(std::string_view bytes) {
  return Read<v1::LookupTableAnswer>(bytes, "answer");
}
absl::StatusOr<std::string> Serialise(const LookupQuestion& question) {
  return Write(question, "question");
}
absl::StatusOr<LookupQuestion> ParseLookupQuestion(std::string_view bytes) {
  return Read<v1::LookupQuestion>(bytes, "question");
}
absl::StatusOr<std::string> Serialise(const LookupAnswer& answer) {
  return Write(answer, "answer");
}
absl::StatusOr<LookupAnswer> ParseLookupAnswer(std::string_view bytes) {
  PM_RETURN_IF_ERROR(CheckSizeClass(bytes));
  return Read<v1::LookupAnswer>(bytes, "answer");
}
absl::StatusOr<std::string> Serialise(const LookupHitQuestion& question) {
  return Write(question, "question");
}
absl::StatusOr<LookupHitQuestion> ParseLookupHitQuestion(std::string_view bytes) {
  return Read<v1::LookupHitQuestion>(bytes, "question");
}
absl::StatusOr<std::string> Serialise(const LookupHitAnswer& answer) {
  return Write(answer, "answer");
}
absl::StatusOr<LookupHitAnswer> ParseLookupHitAnswer(std::string_view bytes) {
  PM_RETURN_IF_ERROR(CheckSizeClass(bytes));
  return Read<v1::LookupHitAnswer>(bytes, "answer");
}

std::string_view LookupFieldsName(LookupFields fields) {
  switch (fields) {
    case LookupFields::kSerial:
      return "serial";
    case LookupFields::kMakeAndSerial:
      return "make, serial";
    case LookupFields::kMakeModelAndSerial:
      return "make, model, serial";
  }
  PM_CHECK(false);
}

v1::LookUpFirearmRequest ToProto(const FirearmLookupRequest& request) {
  v1::LookUpFirearmRequest message;
  message.set_serial(request.serial);
  message.set_make(request.make);
  message.set_model(request.model);
  message.set_reading_count(request.reading_count);
  for (const std::string& partner : request.partners) message.add_partners(partner);
  WriteGrounds(request, message);
  return message;
}

absl::StatusOr<FirearmLookupRequest> FromProto(const v1::LookUpFirearmRequest& message,
                                               std::string_view field) {
  FirearmLookupRequest request;
  PM_RETURN_IF_ERROR(CheckText(field, "serial", message.serial(), 1, firearm::kSerialBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "make", message.make(), 0, firearm::kMakeBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "model", message.model(), 0, kLookupModelBytesMax));
  if (message.make().empty() && !message.model().empty()) {
    return Refuse(field, "model", "needs a make");
  }
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "reading_count", message.reading_count(), 0, kLookupReadingsMax));
  PM_RETURN_IF_ERROR(ReadGrounds(message, field, request));
  PM_ASSIGN_OR_RETURN(request.partners, ReadPartners(message, field));
  request.serial = message.serial();
  request.make = message.make();
  request.model = message.model();
  request.reading_count = message.reading_count();
  return request;
}

v1::FirearmLookup ToProto(const FirearmLookup& lookup) {
  v1::FirearmLookup message;
  *message.mutable_ask_time() = ToTimestamp(lookup.ask_unix_ms);
  message.set_asked_by(lookup.asked_by);
  message.set_purpose(lookup.purpose);
  for (const LookupInput& input : lookup.inputs) *message.add_inputs() = ToProto(input);
  message.set_evaluation_count(lookup.evaluation_count);
  message.set_other_reading_count(lookup.other_reading_count);
  for (const LookupPartnerResult& partner : lookup.partners) {
    *message.add_partners() = ToProto(partner);
  }
  return message;
}

absl::StatusOr<FirearmLookup> FromProto(const v1::FirearmLookup& message, std::string_view field) {
  FirearmLookup lookup;
  PM_RETURN_IF_ERROR(CheckPresent(field, "ask_time", message.has_ask_time()));
  PM_ASSIGN_OR_RETURN(lookup.ask_unix_ms, FromTimestamp(message.ask_time(), At(field, "ask_time")));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "asked_by", message.asked_by(), 1, records::kPseudonymBytesMax));
  lookup.asked_by = message.asked_by();
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  lookup.purpose = message.purpose();
  PM_RETURN_IF_ERROR(CheckCount(field, "inputs", message.inputs_size(), 1, kLookupElementsMax));
  for (int i = 0; i < message.inputs_size(); ++i) {
    PM_ASSIGN_OR_RETURN(LookupInput input, FromProto(message.inputs(i), At(field, "inputs", i)));
    lookup.inputs.push_back(std::move(input));
  }
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "evaluation_count", message.evaluation_count(), 0, kLookupElementsMax));
  lookup.evaluation_count = message.evaluation_count();
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "other_reading_count", message.other_reading_count(), 0, INT64_MAX));
  lookup.other_reading_count = message.other_reading_count();
  PM_RETURN_IF_ERROR(CheckCount(field, "partners", message.partners_size(), 0, kPartnersMax));
  for (int i = 0; i < message.partners_size(); ++i) {
    PM_ASSIGN_OR_RETURN(LookupPartnerResult partner,
                        FromProto(message.partners(i), At(field, "partners", i)));
    if (i > 0 && partner.agency <= lookup.partners.back().agency) {
      return Refuse(field, "partners", "must come by domain, each once");
    }
    for (const LookupHit& hit : partner.hits) {
      if (hit.input_index >= static_cast<std::int32_t>(lookup.inputs.size())) {
        return Refuse(field, "partners", "a hit names no input");
      }
    }
    lookup.partners.push_back(std::move(partner));
  }
  return lookup;
}

v1::AskAboutHitRequest ToProto(const HitRequest& request) {
  v1::AskAboutHitRequest message;
  message.set_agency(request.agency);
  message.set_handle(Text(request.handle));
  WriteGrounds(request, message);
  message.set_firearm_id(request.firearm_id);
  return message;
}

absl::StatusOr<HitRequest> FromProto(const v1::AskAboutHitRequest& message,
                                     std::string_view field) {
  HitRequest request;
  PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
  request.agency = message.agency();
  PM_ASSIGN_OR_RETURN(request.handle, ReadLookupId(field, "handle", message.handle()));
  PM_RETURN_IF_ERROR(ReadGrounds(message, field, request));
  if (!message.firearm_id().empty()) {
    PM_RETURN_IF_ERROR(CheckId(field, "firearm_id", message.firearm_id()));
  }
  request.firearm_id = message.firearm_id();
  return request;
}

v1::AskAboutHitResponse ToProto(const HitAnswer& answer) {
  v1::AskAboutHitResponse message;
  *message.mutable_result() = ToProto(answer.result);
  if (answer.record.has_value()) *message.mutable_record() = ToProto(*answer.record);
  return message;
}

absl::StatusOr<HitAnswer> FromProto(const v1::AskAboutHitResponse& message,
                                    std::string_view field) {
  HitAnswer answer;
  PM_RETURN_IF_ERROR(CheckPresent(field, "result", message.has_result()));
  PM_ASSIGN_OR_RETURN(answer.result, FromProto(message.result(), At(field, "result")));
  if (message.has_record() != (answer.result.outcome == PartnerOutcome::kAnswered)) {
    return Refuse(field, "record", "must be there exactly when answered");
  }
  if (message.has_record()) {
    PM_ASSIGN_OR_RETURN(answer.record, FromProto(message.record(), At(field, "record")));
  }
  return answer;
}

}  // namespace proofmark::wire
