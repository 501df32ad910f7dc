// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/firearm_check.h"

#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/firearm_check.pb.h"
#include "proofmark/v1/firearm_question_service.pb.h"
#include "proto/wire/asking.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"
#include "proto/wire/padding.h"
#include "records/firearm/fields.h"
#include "records/firearm/make.h"
#include "records/firearm/serial.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

constexpr std::int64_t kMarkTextCharsMax = 24;
constexpr std::int64_t kExchangeIdBytes = 16;

static_assert(static_cast<int>(v1::CertificateStanding_MAX) ==
              static_cast<int>(CertificateStanding::kMismatch));
static_assert(static_cast<int>(v1::FirearmNoticeCause_MAX) ==
              static_cast<int>(FirearmNoticeCause::kDestroyed));
static_assert(static_cast<int>(v1::MarkStanding_MAX) == static_cast<int>(MarkStanding::kConflict));

// [A-Z0-9] of that many characters.
absl::Status CheckKey(std::string_view parent, std::string_view name, std::string_view text,
                      std::int64_t min, std::int64_t max) {
  const auto size = static_cast<std::int64_t>(text.size());
  const bool plain = std::ranges::all_of(
      text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
  if (size >= min && size <= max && plain) return absl::OkStatus();
  return Refuse(parent, name, absl::StrFormat("must be %d..%d characters [A-Z0-9]", min, max));
}

absl::StatusOr<std::optional<firearm::FirearmClass>> ReadClass(std::string_view field,
                                                               std::string_view code) {
  if (code.empty()) return std::optional<firearm::FirearmClass>();
  const std::optional<firearm::FirearmClass> known = firearm::FindCode<firearm::FirearmClass>(code);
  if (!known) return Refuse(field, "firearm_class", "must be a code of the classes of firearms");
  return known;
}
std::string WriteClass(const std::optional<firearm::FirearmClass>& firearm_class) {
  return firearm_class ? std::string(firearm::CodeOf(*firearm_class)) : "";
}

v1::SerialForms ToProto(const SerialForms& serial) {
  v1::SerialForms message;
  message.set_lookalike(serial.lookalike);
  message.set_transliteration(serial.transliteration);
  return message;
}

absl::StatusOr<SerialForms> FromProto(const v1::SerialForms& message, std::string_view field) {
  PM_RETURN_IF_ERROR(
      CheckKey(field, "lookalike", message.lookalike(), 1, firearm::kSerialKeyCharsMax));
  PM_RETURN_IF_ERROR(CheckKey(field, "transliteration", message.transliteration(), 0,
                              firearm::kSerialKeyCharsMax));
  return SerialForms{.lookalike = message.lookalike(),
                     .transliteration = message.transliteration()};
}

v1::CertificateCheck ToProto(const CertificateCheck& check) {
  v1::CertificateCheck message;
  message.set_entity(check.entity);
  message.set_number(check.number);
  if (check.serial) *message.mutable_serial() = ToProto(*check.serial);
  return message;
}

absl::StatusOr<CertificateCheck> FromProto(const v1::CertificateCheck& message,
                                           std::string_view field) {
  CertificateCheck check;
  PM_RETURN_IF_ERROR(Under(
      field, firearm::CheckSymbol("entity", message.entity(), 1, firearm::kEntityCodeCharsMax)));
  check.entity = message.entity();
  PM_RETURN_IF_ERROR(CheckKey(field, "number", message.number(), 1, kCheckedNumberCharsMax));
  check.number = message.number();
  if (message.has_serial()) {
    PM_ASSIGN_OR_RETURN(check.serial, FromProto(message.serial(), At(field, "serial")));
  }
  return check;
}

v1::MarkCheck ToProto(const MarkCheck& check) {
  v1::MarkCheck message;
  message.set_mark(firearm::MarkText(check.mark));
  message.set_firearm_class(WriteClass(check.firearm_class));
  *message.mutable_serial() = ToProto(check.serial);
  return message;
}

absl::StatusOr<MarkCheck> FromProto(const v1::MarkCheck& message, std::string_view field) {
  MarkCheck check;
  PM_RETURN_IF_ERROR(CheckAscii(field, "mark", message.mark(), 1, kMarkTextCharsMax));
  absl::StatusOr<firearm::DeactivationMark> mark = firearm::ParseMark(message.mark());
  if (!mark.ok() || firearm::MarkText(*mark) != message.mark()) {
    return Refuse(field, "mark", "must be `EU/CC` or `EU/CC/ENTITY/YYYY`");
  }
  check.mark = *std::move(mark);
  PM_ASSIGN_OR_RETURN(check.firearm_class, ReadClass(field, message.firearm_class()));
  PM_RETURN_IF_ERROR(CheckPresent(field, "serial", message.has_serial()));
  PM_ASSIGN_OR_RETURN(check.serial, FromProto(message.serial(), At(field, "serial")));
  return check;
}

v1::SerialCheck ToProto(const SerialCheck& check) {
  v1::SerialCheck message;
  *message.mutable_serial() = ToProto(check.serial);
  message.set_make(check.make);
  message.set_firearm_class(WriteClass(check.firearm_class));
  return message;
}

absl::StatusOr<SerialCheck> FromProto(const v1::SerialCheck& message, std::string_view field) {
  SerialCheck check;
  PM_RETURN_IF_ERROR(CheckPresent(field, "serial", message.has_serial()));
  PM_ASSIGN_OR_RETURN(check.serial, FromProto(message.serial(), At(field, "serial")));
  PM_RETURN_IF_ERROR(CheckKey(field, "make", message.make(), 0, firearm::kLookupWordCharsMax));
  check.make = message.make();
  PM_ASSIGN_OR_RETURN(check.firearm_class, ReadClass(field, message.firearm_class()));
  return check;
}

v1::AlarmModelCheck ToProto(const AlarmModelCheck& check) {
  v1::AlarmModelCheck message;
  message.set_make(check.make);
  message.set_model(check.model);
  return message;
}

absl::StatusOr<AlarmModelCheck> FromProto(const v1::AlarmModelCheck& message,
                                          std::string_view field) {
  PM_RETURN_IF_ERROR(CheckKey(field, "make", message.make(), 1, firearm::kLookupWordCharsMax));
  PM_RETURN_IF_ERROR(CheckKey(field, "model", message.model(), 1, firearm::kLookupWordCharsMax));
  return AlarmModelCheck{.make = message.make(), .model = message.model()};
}

v1::CertificateToCheck ToProto(const CertificateToCheck& check) {
  v1::CertificateToCheck message;
  message.set_entity(check.entity);
  message.set_number(check.number);
  message.set_serial(check.serial);
  return message;
}

absl::StatusOr<CertificateToCheck> FromProto(const v1::CertificateToCheck& message,
                                             std::string_view field) {
  PM_RETURN_IF_ERROR(Under(
      field, firearm::CheckSymbol("entity", message.entity(), 1, firearm::kEntityCodeCharsMax)));
  PM_RETURN_IF_ERROR(CheckText(field, "number", message.number(), 1, kCheckedNumberCharsMax));
  PM_RETURN_IF_ERROR(CheckText(field, "serial", message.serial(), 0, firearm::kSerialBytesMax));
  return CertificateToCheck{
      .entity = message.entity(), .number = message.number(), .serial = message.serial()};
}

v1::MarkToCheck ToProto(const MarkToCheck& check) {
  v1::MarkToCheck message;
  message.set_mark(check.mark);
  message.set_firearm_class(WriteClass(check.firearm_class));
  message.set_serial(check.serial);
  return message;
}

absl::StatusOr<MarkToCheck> FromProto(const v1::MarkToCheck& message, std::string_view field) {
  MarkToCheck check;
  PM_RETURN_IF_ERROR(CheckText(field, "mark", message.mark(), 1, kCheckedMarkBytesMax));
  check.mark = message.mark();
  PM_ASSIGN_OR_RETURN(check.firearm_class, ReadClass(field, message.firearm_class()));
  PM_RETURN_IF_ERROR(CheckText(field, "serial", message.serial(), 1, firearm::kSerialBytesMax));
  check.serial = message.serial();
  return check;
}

v1::SerialToCheck ToProto(const SerialToCheck& check) {
  v1::SerialToCheck message;
  message.set_serial(check.serial);
  message.set_make(check.make);
  message.set_firearm_class(WriteClass(check.firearm_class));
  return message;
}

absl::StatusOr<SerialToCheck> FromProto(const v1::SerialToCheck& message, std::string_view field) {
  SerialToCheck check;
  PM_RETURN_IF_ERROR(CheckText(field, "serial", message.serial(), 1, firearm::kSerialBytesMax));
  check.serial = message.serial();
  PM_RETURN_IF_ERROR(CheckText(field, "make", message.make(), 0, firearm::kMakeBytesMax));
  check.make = message.make();
  PM_ASSIGN_OR_RETURN(check.firearm_class, ReadClass(field, message.firearm_class()));
  return check;
}

v1::AlarmModelToCheck ToProto(const AlarmModelToCheck& check) {
  v1::AlarmModelToCheck message;
  message.set_make(check.make);
  message.set_model(check.model);
  return message;
}

absl::StatusOr<AlarmModelToCheck> FromProto(const v1::AlarmModelToCheck& message,
                                            std::string_view field) {
  PM_RETURN_IF_ERROR(CheckText(field, "make", message.make(), 1, firearm::kMakeBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "model", message.model(), 1, kCheckedModelBytesMax));
  return AlarmModelToCheck{.make = message.make(), .model = message.model()};
}

// The oneof of checks, by their names in the message.
template <typename Message, typename Check>
void WriteCheck(const Check& check, Message& message) {
  switch (check.index()) {
    case 0:
      *message.mutable_certificate() = ToProto(std::get<0>(check));
      return;
    case 1:
      *message.mutable_mark() = ToProto(std::get<1>(check));
      return;
    case 2:
      *message.mutable_serial() = ToProto(std::get<2>(check));
      return;
    case 3:
      *message.mutable_alarm_model() = ToProto(std::get<3>(check));
      return;
    default:
      *message.mutable_statistics() = ToProto(std::get<4>(check));
      return;
  }
}

template <typename Check, typename Message>
absl::StatusOr<Check> ReadCheck(const Message& message, std::string_view field) {
  switch (message.check_case()) {
    case Message::kCertificate: {
      PM_ASSIGN_OR_RETURN(auto check, FromProto(message.certificate(), At(field, "certificate")));
      return Check(std::move(check));
    }
    case Message::kMark: {
      PM_ASSIGN_OR_RETURN(auto check, FromProto(message.mark(), At(field, "mark")));
      return Check(std::move(check));
    }
    case Message::kSerial: {
      PM_ASSIGN_OR_RETURN(auto check, FromProto(message.serial(), At(field, "serial")));
      return Check(std::move(check));
    }
    case Message::kAlarmModel: {
      PM_ASSIGN_OR_RETURN(auto check, FromProto(message.alarm_model(), At(field, "alarm_model")));
      return Check(std::move(check));
    }
    case Message::kStatistics: {
      PM_ASSIGN_OR_RETURN(auto check, FromProto(message.statistics(), At(field, "statistics")));
      return Check(std::move(check));
    }
    case Message::CHECK_NOT_SET:
      break;
  }
  return Refuse(field, "check", "not set");
}

v1::FirearmCheckQuestion ToProto(const FirearmCheckQuestion& question) {
  v1::FirearmCheckQuestion message;
  message.set_purpose(question.purpose);
  message.set_offence(question.offence);
  message.set_subject_role(question.subject_role);
  message.set_case_commitment(std::string(crypto::AsText(question.case_commitment)));
  message.set_actor(question.actor);
  WriteCheck(question.check, message);
  return message;
}

absl::StatusOr<FirearmCheckQuestion> FromProto(const v1::FirearmCheckQuestion& message,
                                               std::string_view field) {
  FirearmCheckQuestion question;
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  question.purpose = message.purpose();
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "offence", message.offence()));
  question.offence = message.offence();
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "subject_role", message.subject_role()));
  question.subject_role = message.subject_role();
  PM_ASSIGN_OR_RETURN(question.case_commitment,
                      ReadDigest(field, "case_commitment", message.case_commitment()));
  PM_RETURN_IF_ERROR(CheckAscii(field, "actor", message.actor(), 1, records::kPseudonymBytesMax));
  question.actor = message.actor();
  PM_ASSIGN_OR_RETURN(question.check, ReadCheck<FirearmCheck>(message, field));
  return question;
}

// A reference where there is a record, none where there is not.
absl::Status CheckReference(std::string_view field, std::string_view reference, bool expected) {
  const std::int64_t bytes = expected ? kFirearmReferenceBytes : 0;
  return CheckBytes(field, "reference", reference, bytes, bytes);
}

v1::MarkVerdict ToProto(const MarkVerdict& verdict) {
  v1::MarkVerdict message;
  message.set_standing(WriteEnum<v1::MarkStanding>(verdict.standing));
  message.set_reference(verdict.reference);
  return message;
}

absl::StatusOr<MarkVerdict> FromProto(const v1::MarkVerdict& message, std::string_view field) {
  MarkVerdict verdict;
  PM_ASSIGN_OR_RETURN(
      verdict.standing,
      ReadEnum<MarkStanding>(At(field, "standing"), message.standing(), v1::MarkStanding_IsValid));
  PM_RETURN_IF_ERROR(
      CheckReference(field, message.reference(), verdict.standing != MarkStanding::kUnknown));
  verdict.reference = message.reference();
  return verdict;
}

v1::SerialVerdict ToProto(const SerialCheckVerdict& verdict) {
  v1::SerialVerdict message;
  if (verdict.state_group) {
    message.set_state_group(WriteEnum<v1::FirearmStateGroup>(*verdict.state_group));
  }
  message.set_reference(verdict.reference);
  return message;
}

absl::StatusOr<SerialCheckVerdict> FromProto(const v1::SerialVerdict& message,
                                             std::string_view field) {
  SerialCheckVerdict verdict;
  if (message.state_group() != v1::FIREARM_STATE_GROUP_UNSPECIFIED) {
    PM_ASSIGN_OR_RETURN(verdict.state_group, ReadEnum<firearm::StateGroup>(
                                                 At(field, "state_group"), message.state_group(),
                                                 v1::FirearmStateGroup_IsValid));
  }
  PM_RETURN_IF_ERROR(CheckReference(field, message.reference(), verdict.state_group.has_value()));
  verdict.reference = message.reference();
  return verdict;
}

std::string WriteDate(const std::optional<records::PartialDate>& date) {
  return date ? records::PartialDateText(*date) : "";
}

absl::StatusOr<std::optional<records::PartialDate>> ReadDate(std::string_view field,
                                                             std::string_view text) {
  if (text.empty()) return std::optional<records::PartialDate>();
  const std::optional<records::PartialDate> date = records::ParsePartialDate(text);
  if (!date) return Refuse(field, "test_date", "must be YYYY, YYYY-MM or YYYY-MM-DD, and exist");
  PM_RETURN_IF_ERROR(Under(field, firearm::CheckDate("test_date", date)));
  return date;
}

absl::StatusOr<firearm::AlarmConformity> ReadConformity(std::string_view field,
                                                        std::string_view code) {
  if (const auto known = firearm::FindCode<firearm::AlarmConformity>(code)) return *known;
  return Refuse(field, "result", "must be CONFORMS, NOT_CONFORMING or NOT_TESTED");
}

v1::AlarmModelVerdict ToProto(const AlarmModelVerdict& verdict) {
  v1::AlarmModelVerdict message;
  message.set_result(std::string(firearm::CodeOf(verdict.result)));
  message.set_authority(verdict.authority);
  message.set_test_date(WriteDate(verdict.tested_on));
  return message;
}

absl::StatusOr<AlarmModelVerdict> FromProto(const v1::AlarmModelVerdict& message,
                                            std::string_view field) {
  AlarmModelVerdict verdict;
  PM_ASSIGN_OR_RETURN(verdict.result, ReadConformity(field, message.result()));
  const bool tested = verdict.result != firearm::AlarmConformity::kNotTested;
  PM_RETURN_IF_ERROR(CheckText(field, "authority", message.authority(), tested ? 1 : 0,
                               tested ? firearm::kTextBytesMax : 0));
  verdict.authority = message.authority();
  PM_ASSIGN_OR_RETURN(verdict.tested_on, ReadDate(field, message.test_date()));
  if (!tested && verdict.tested_on) return Refuse(field, "test_date", "of what was not tested");
  return verdict;
}

// The verdict's fields of a message whose oneof has them.
template <typename Message>
void WriteVerdict(const FirearmVerdict& verdict, Message& message) {
  switch (verdict.index()) {
    case 0:
      message.set_certificate(WriteEnum<v1::CertificateStanding>(std::get<0>(verdict)));
      return;
    case 1:
      *message.mutable_mark() = ToProto(std::get<1>(verdict));
      return;
    case 2:
      *message.mutable_serial() = ToProto(std::get<2>(verdict));
      return;
    case 3:
      *message.mutable_alarm_model() = ToProto(std::get<3>(verdict));
      return;
    default:
      *message.mutable_statistics() = ToProto(std::get<4>(verdict));
      return;
  }
}

// nullopt where it has none of them.
template <typename Message>
absl::StatusOr<std::optional<FirearmVerdict>> ReadVerdict(const Message& message,
                                                          std::string_view field) {
  if (message.has_certificate()) {
    PM_ASSIGN_OR_RETURN(
        const CertificateStanding standing,
        ReadEnum<CertificateStanding>(At(field, "certificate"), message.certificate(),
                                      v1::CertificateStanding_IsValid));
    return std::optional<FirearmVerdict>(standing);
  }
  if (message.has_mark()) {
    PM_ASSIGN_OR_RETURN(MarkVerdict verdict, FromProto(message.mark(), At(field, "mark")));
    return std::optional<FirearmVerdict>(std::move(verdict));
  }
  if (message.has_serial()) {
    PM_ASSIGN_OR_RETURN(SerialCheckVerdict verdict,
                        FromProto(message.serial(), At(field, "serial")));
    return std::optional<FirearmVerdict>(std::move(verdict));
  }
  if (message.has_alarm_model()) {
    PM_ASSIGN_OR_RETURN(AlarmModelVerdict verdict,
                        FromProto(message.alarm_model(), At(field, "alarm_model")));
    return std::optional<FirearmVerdict>(std::move(verdict));
  }
  if (message.has_statistics()) {
    PM_ASSIGN_OR_RETURN(FirearmStatistics verdict,
                        FromProto(message.statistics(), At(field, "statistics")));
    return std::optional<FirearmVerdict>(std::move(verdict));
  }
  return std::optional<FirearmVerdict>();
}

v1::FirearmCheckAnswer ToProto(const FirearmCheckAnswer& answer) {
  v1::FirearmCheckAnswer message;
  if (const auto* verdict = std::get_if<FirearmVerdict>(&answer.outcome)) {
    WriteVerdict(*verdict, message);
  } else {
    *message.mutable_refusal() = ToProto(std::get<Refusal>(answer.outcome));
  }
  if (answer.budget) *message.mutable_budget() = ToProto(*answer.budget);
  Pad(message);
  return message;
}

absl::StatusOr<FirearmCheckAnswer> FromProto(const v1::FirearmCheckAnswer& message,
                                             std::string_view field) {
  PM_RETURN_IF_ERROR(CheckPadding(field, message.padding()));
  FirearmCheckAnswer answer;
  if (message.has_budget()) {
    PM_ASSIGN_OR_RETURN(answer.budget, FromProto(message.budget(), At(field, "budget")));
  }
  if (message.has_refusal()) {
    PM_ASSIGN_OR_RETURN(answer.outcome, FromProto(message.refusal(), At(field, "refusal")));
    return answer;
  }
  PM_ASSIGN_OR_RETURN(std::optional<FirearmVerdict> verdict, ReadVerdict(message, field));
  if (!verdict) return Refuse(field, "outcome", "not set");
  answer.outcome = *std::move(verdict);
  return answer;
}

v1::FirearmNotice ToProto(const FirearmNotice& notice) {
  v1::FirearmNotice message;
  message.set_cause(WriteEnum<v1::FirearmNoticeCause>(notice.cause));
  message.set_exchange_id(notice.exchange_id);
  message.set_reference(notice.reference);
  message.set_state_group(WriteEnum<v1::FirearmStateGroup>(notice.state_group));
  *message.mutable_change_time() = ToTimestamp(notice.change_unix_ms);
  return message;
}

absl::StatusOr<FirearmNotice> FromProto(const v1::FirearmNotice& message, std::string_view field) {
  FirearmNotice notice;
  PM_ASSIGN_OR_RETURN(notice.cause,
                      ReadEnum<FirearmNoticeCause>(At(field, "cause"), message.cause(),
                                                   v1::FirearmNoticeCause_IsValid));
  PM_RETURN_IF_ERROR(
      CheckBytes(field, "exchange_id", message.exchange_id(), kExchangeIdBytes, kExchangeIdBytes));
  notice.exchange_id = message.exchange_id();
  PM_RETURN_IF_ERROR(CheckReference(field, message.reference(), !message.reference().empty()));
  notice.reference = message.reference();
  PM_ASSIGN_OR_RETURN(notice.state_group,
                      ReadEnum<firearm::StateGroup>(At(field, "state_group"), message.state_group(),
                                                    v1::FirearmStateGroup_IsValid));
  PM_RETURN_IF_ERROR(CheckPresent(field, "change_time", message.has_change_time()));
  PM_ASSIGN_OR_RETURN(notice.change_unix_ms,
                      FromTimestamp(message.change_time(), At(field, "change_time")));
  return notice;
}

v1::FirearmCheckResult ToProto(const FirearmCheckResult& result) {
  v1::FirearmCheckResult message;
  WriteOutcome(result, message);
  if (result.verdict) WriteVerdict(*result.verdict, message);
  return message;
}

absl::StatusOr<FirearmCheckResult> FromProto(const v1::FirearmCheckResult& message,
                                             std::string_view field) {
  FirearmCheckResult result;
  PM_RETURN_IF_ERROR(ReadOutcome(message, field, v1::PartnerOutcome_IsValid, result));
  PM_ASSIGN_OR_RETURN(result.verdict, ReadVerdict(message, field));
  if (result.verdict.has_value() != (result.outcome == PartnerOutcome::kAnswered)) {
    return Refuse(field, "verdict", "must be there exactly when answered");
  }
  return result;
}

// A serialised payload; `what` names it in errors.
template <typename Domain>
absl::StatusOr<std::string> Write(const Domain& value, std::string_view what,
                                  std::int64_t bytes_max = kFirearmCheckBytesMax) {
  const auto message = ToProto(value);
  PM_RETURN_IF_ERROR(FromProto(message, what).status());
  return WriteBytes(message, bytes_max, what);
}

template <typename Message>
auto Read(std::string_view bytes, std::string_view what,
          std::int64_t bytes_max = kFirearmCheckBytesMax)
    -> decltype(FromProto(std::declval<const Message&>(), what)) {
  Message message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, bytes_max, what, message));
  return FromProto(message, what);
}

}  // namespace

std::uint64_t RecordCount(const FirearmVerdict& verdict) {
  if (const auto* certificate = std::get_if<CertificateStanding>(&verdict)) {
    return *certificate == CertificateStanding::kNotFound ? 0 : 1;
  }
  if (const auto* mark = std::get_if<MarkVerdict>(&verdict)) {
    return mark->reference.empty() ? 0 : 1;
  }
  if (const auto* serial = std::get_if<SerialCheckVerdict>(&verdict)) {
    return serial->reference.empty() ? 0 : 1;
  }
  if (const auto* statistics = std::get_if<FirearmStatistics>(&verdict)) {
    return statistics->shared.counts.size();
  }
  return std::get<AlarmModelVerdict>(verdict).authority.empty() ? 0 : 1;
}

absl::StatusOr<std::string> Serialise(const FirearmCheck& check) {
  v1::FirearmCheckQuestion message;
  WriteCheck(check, message);
  PM_RETURN_IF_ERROR(ReadCheck<FirearmCheck>(message, "").status());
  return WriteBytes(message, kFirearmCheckBytesMax, "check");
}

absl::StatusOr<std::string> Serialise(const FirearmCheckQuestion& question) {
  return Write(question, "question");
}
absl::StatusOr<FirearmCheckQuestion> ParseFirearmCheckQuestion(std::string_view bytes) {
  return Read<v1::FirearmCheckQuestion>(bytes, "question");
}
absl::StatusOr<std::string> Serialise(const FirearmCheckAnswer& answer) {
  return Write(answer, "answer", kFirearmCheckAnswerBytesMax);
}
absl::StatusOr<FirearmCheckAnswer> ParseFirearmCheckAnswer(std::string_view bytes) {
  PM_RETURN_IF_ERROR(CheckSizeClass(bytes));
  return Read<v1::FirearmCheckAnswer>(bytes, "answer", kFirearmCheckAnswerBytesMax);
}

std::string_view CertificateStandingCode(CertificateStanding standing) {
  constexpr std::array<std::string_view, 4> kCodes = {"VALID", "WITHDRAWN", "NOT_FOUND",
                                                      "MISMATCH"};
  return kCodes[static_cast<std::size_t>(standing) - 1];
}

std::string_view MarkStandingCode(MarkStanding standing) {
  constexpr std::array<std::string_view, 3> kCodes = {"KNOWN", "UNKNOWN", "CONFLICT"};
  return kCodes[static_cast<std::size_t>(standing) - 1];
}

v1::AskPartnersRequest ToProto(const FirearmCheckRequest& request) {
  v1::AskPartnersRequest message;
  WriteCheck(request.check, message);
  WriteGrounds(request, message);
  message.set_subject_role(request.subject_role);
  for (const std::string& partner : request.partners) message.add_partners(partner);
  return message;
}

absl::StatusOr<FirearmCheckRequest> FromProto(const v1::AskPartnersRequest& message,
                                              std::string_view field) {
  FirearmCheckRequest request;
  PM_ASSIGN_OR_RETURN(request.check, ReadCheck<FirearmToCheck>(message, field));
  PM_RETURN_IF_ERROR(ReadGrounds(message, field, request));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "subject_role", message.subject_role()));
  request.subject_role = message.subject_role();
  PM_ASSIGN_OR_RETURN(request.partners, ReadPartners(message, field));
  return request;
}

v1::FirearmChecked ToProto(const FirearmChecked& checked) {
  v1::FirearmChecked message;
  *message.mutable_ask_time() = ToTimestamp(checked.ask_unix_ms);
  message.set_asked_by(checked.asked_by);
  message.set_purpose(checked.purpose);
  for (const FirearmCheckResult& partner : checked.partners) {
    *message.add_partners() = ToProto(partner);
  }
  return message;
}

absl::StatusOr<FirearmChecked> FromProto(const v1::FirearmChecked& message,
                                         std::string_view field) {
  FirearmChecked checked;
  PM_RETURN_IF_ERROR(CheckPresent(field, "ask_time", message.has_ask_time()));
  PM_ASSIGN_OR_RETURN(checked.ask_unix_ms,
                      FromTimestamp(message.ask_time(), At(field, "ask_time")));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "asked_by", message.asked_by(), 1, records::kPseudonymBytesMax));
  checked.asked_by = message.asked_by();
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  checked.purpose = message.purpose();
  PM_RETURN_IF_ERROR(CheckCount(field, "partners", message.partners_size(), 0, kPartnersMax));
  for (int i = 0; i < message.partners_size(); ++i) {
    PM_ASSIGN_OR_RETURN(FirearmCheckResult partner,
                        FromProto(message.partners(i), At(field, "partners", i)));
    if (i > 0 && partner.agency <= checked.partners.back().agency) {
      return Refuse(field, "partners", "must come by domain, each once");
    }
    checked.partners.push_back(std::move(partner));
  }
  return checked;
}

v1::AlarmModelTest ToProto(const KeptAlarmTest& kept) {
  v1::AlarmModelTest message;
  message.set_test_id(kept.id);
  message.set_make(kept.test.make_raw);
  message.set_model(kept.test.model);
  message.set_calibre(kept.test.calibre_raw);
  message.set_result(std::string(firearm::CodeOf(kept.test.result)));
  message.set_authority(kept.test.authority);
  message.set_test_date(WriteDate(kept.test.tested_on));
  if (!kept.id.empty()) *message.mutable_add_time() = ToTimestamp(kept.add_unix_ms);
  message.set_added_by(kept.added_by);
  return message;
}

absl::StatusOr<KeptAlarmTest> FromProto(const v1::AlarmModelTest& message, std::string_view field) {
  KeptAlarmTest kept;
  PM_RETURN_IF_ERROR(CheckText(field, "make", message.make(), 1, firearm::kMakeBytesMax));
  kept.test.make_raw = message.make();
  PM_RETURN_IF_ERROR(CheckText(field, "model", message.model(), 1, kCheckedModelBytesMax));
  kept.test.model = message.model();
  PM_RETURN_IF_ERROR(CheckText(field, "calibre", message.calibre(), 0, firearm::kTextBytesMax));
  kept.test.calibre_raw = message.calibre();
  PM_ASSIGN_OR_RETURN(kept.test.result, ReadConformity(field, message.result()));
  if (kept.test.result == firearm::AlarmConformity::kNotTested) {
    return Refuse(field, "result", "must be CONFORMS or NOT_CONFORMING");
  }
  PM_RETURN_IF_ERROR(CheckText(field, "authority", message.authority(), 1, firearm::kTextBytesMax));
  kept.test.authority = message.authority();
  PM_ASSIGN_OR_RETURN(kept.test.tested_on, ReadDate(field, message.test_date()));
  if (message.test_id().empty()) {
    if (message.has_add_time() || !message.added_by().empty()) {
      return Refuse(field, "test_id", "not set, though it was added");
    }
    return kept;
  }
  PM_RETURN_IF_ERROR(CheckId(field, "test_id", message.test_id()));
  kept.id = message.test_id();
  PM_RETURN_IF_ERROR(CheckPresent(field, "add_time", message.has_add_time()));
  PM_ASSIGN_OR_RETURN(kept.add_unix_ms, FromTimestamp(message.add_time(), At(field, "add_time")));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "added_by", message.added_by(), 1, records::kPseudonymBytesMax));
  kept.added_by = message.added_by();
  return kept;
}

absl::StatusOr<std::string> Serialise(const KeptAlarmTest& kept) {
  return Write(kept, "alarm weapon test");
}
absl::StatusOr<KeptAlarmTest> ParseKeptAlarmTest(std::string_view bytes) {
  return Read<v1::AlarmModelTest>(bytes, "alarm weapon test");
}

std::string_view FirearmNoticeCauseCode(FirearmNoticeCause cause) {
  constexpr std::array<std::string_view, 3> kCodes = {"CERTIFICATE_WITHDRAWN",
                                                      "REACTIVATION_SUSPECTED", "DESTROYED"};
  return kCodes[static_cast<std::size_t>(cause) - 1];
}

std::optional<FirearmNoticeCause> NoticeCauseOf(firearm::State state) {
  switch (state) {
    case firearm::State::kCertificateWithdrawn:
      return FirearmNoticeCause::kCertificateWithdrawn;
    case firearm::State::kReactivationSuspected:
    case firearm::State::kReactivationConfirmed:
      return FirearmNoticeCause::kReactivationSuspected;
    case firearm::State::kDestroyed:
      return FirearmNoticeCause::kDestroyed;
    case firearm::State::kRegistered:
    case firearm::State::kExported:
    case firearm::State::kLost:
    case firearm::State::kStolen:
    case firearm::State::kTrafficked:
    case firearm::State::kSoughtEvidence:
    case firearm::State::kSeized:
    case firearm::State::kRecovered:
    case firearm::State::kInEvidence:
    case firearm::State::kReturned:
    case firearm::State::kConverted:
    case firearm::State::kDeactivated:
    case firearm::State::kDeactivatedOldStandard:
    case firearm::State::kUnknown:
      return std::nullopt;
  }
  return std::nullopt;
}

absl::StatusOr<std::string> Serialise(const FirearmNotice& notice) {
  return Write(notice, "notice");
}
absl::StatusOr<FirearmNotice> ParseFirearmNotice(std::string_view bytes) {
  return Read<v1::FirearmNotice>(bytes, "notice");
}

v1::ReceivedFirearmNotice ToProto(const ReceivedFirearmNotice& received) {
  v1::ReceivedFirearmNotice message;
  message.set_notice_id(received.id);
  message.set_agency(received.agency);
  *message.mutable_notice() = ToProto(received.notice);
  *message.mutable_receive_time() = ToTimestamp(received.receive_unix_ms);
  return message;
}

absl::StatusOr<ReceivedFirearmNotice> FromProto(const v1::ReceivedFirearmNotice& message,
                                                std::string_view field) {
  ReceivedFirearmNotice received;
  PM_RETURN_IF_ERROR(CheckId(field, "notice_id", message.notice_id()));
  received.id = message.notice_id();
  PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
  received.agency = message.agency();
  PM_RETURN_IF_ERROR(CheckPresent(field, "notice", message.has_notice()));
  PM_ASSIGN_OR_RETURN(received.notice, FromProto(message.notice(), At(field, "notice")));
  PM_RETURN_IF_ERROR(CheckPresent(field, "receive_time", message.has_receive_time()));
  PM_ASSIGN_OR_RETURN(received.receive_unix_ms,
                      FromTimestamp(message.receive_time(), At(field, "receive_time")));
  return received;
}

absl::StatusOr<std::string> Serialise(const ReceivedFirearmNotice& received) {
  return Write(received, "notice");
}
absl::StatusOr<ReceivedFirearmNotice> ParseReceivedFirearmNotice(std::string_view bytes) {
  return Read<v1::ReceivedFirearmNotice>(bytes, "notice");
}

}  // namespace proofmark::wire
