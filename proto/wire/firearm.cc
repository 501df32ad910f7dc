// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/firearm.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/firearm.pb.h"
#include "proofmark/v1/firearm_service.pb.h"
#include "proto/wire/checks.h"
#include "records/exhibit.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

constexpr std::int64_t kEvidenceBytesMax = 4'096;
constexpr std::int64_t kFindingFieldsMax = 256;
constexpr std::int64_t kFindingFieldBytesMax = 128;
constexpr std::int64_t kCheckCount = 20;

constexpr std::int64_t kLinkedOtherBytesMax = 300;
constexpr std::int64_t kSightingReferenceBytesMax = 64;
constexpr std::int64_t kSerialKeyCharsMax = 64;
constexpr std::int64_t kCertificateSearchesMax = 64;
constexpr std::int64_t kPartnersAskedMax = 64;

constexpr std::array<std::string_view, 9> kChangeCodes = {
    "CREATED", "IMPORTED",  "AMENDED",  "STATE",        "DEACTIVATION",
    "LINKED",  "RECHECKED", "UNLINKED", "CROSS_CHECKED"};
constexpr std::array<std::string_view, 4> kAlertStepCodes = {"RAISED", "CHANGED", "ACKNOWLEDGED",
                                                             "CLOSED"};
constexpr std::array<std::string_view, 3> kCertificateAnswers = {"FOUND", "NOT_FOUND", "NO_ANSWER"};
constexpr std::array kStateGroups = {firearm::StateGroup::kDeactivated,
                                     firearm::StateGroup::kLostStolen,
                                     firearm::StateGroup::kDestroyed, firearm::StateGroup::kOther};
static_assert(static_cast<int>(v1::FirearmAlertState_MAX) == static_cast<int>(AlertState::kClosed));

// The place of `code` in a list of codes.
template <typename E, std::size_t kCount>
absl::StatusOr<E> ReadListed(std::string_view parent, std::string_view name,
                             const std::array<std::string_view, kCount>& codes,
                             std::string_view code) {
  const auto found = std::ranges::find(codes, code);
  if (found == codes.end()) return Refuse(parent, name, "must be a code of its list");
  return static_cast<E>(found - codes.begin());
}

template <typename E>
absl::StatusOr<E> ReadCode(std::string_view parent, std::string_view name, std::string_view code) {
  if (code.empty()) return Refuse(parent, name, "not set");
  if (const std::optional<E> value = firearm::FindCode<E>(code)) return *value;
  return Refuse(parent, name,
                absl::StrFormat("must be a code of its list, such as %s",
                                firearm::CodesOf<E>().front().code));
}
template <typename E>
absl::StatusOr<std::optional<E>> ReadOptionalCode(std::string_view parent, std::string_view name,
                                                  std::string_view code) {
  if (code.empty()) return std::optional<E>();
  PM_ASSIGN_OR_RETURN(const E value, ReadCode<E>(parent, name, code));
  return std::optional<E>(value);
}
template <typename E>
std::string WriteCode(E value) {
  return std::string(firearm::CodeOf(value));
}
template <typename E>
std::string WriteCode(const std::optional<E>& value) {
  return value ? WriteCode(*value) : "";
}

absl::StatusOr<std::optional<records::PartialDate>> ReadDate(std::string_view parent,
                                                             std::string_view name,
                                                             std::string_view text) {
  if (text.empty()) return std::optional<records::PartialDate>();
  const std::optional<records::PartialDate> date = records::ParsePartialDate(text);
  if (!date) return Refuse(parent, name, "must be YYYY, YYYY-MM or YYYY-MM-DD, and exist");
  return date;
}
std::string WriteDate(const std::optional<records::PartialDate>& date) {
  return date ? records::PartialDateText(*date) : "";
}

template <typename T>
std::optional<T> Optional(bool present, T value) {
  return present ? std::optional<T>(value) : std::nullopt;
}

v1::FirearmSerial ToProto(const firearm::Serial& serial) {
  v1::FirearmSerial message;
  message.set_component(WriteCode(serial.component));
  message.set_condition(WriteCode(serial.condition));
  message.set_numerals(WriteCode(serial.numerals));
  message.set_raw(serial.raw);
  for (const std::int32_t percent : serial.confidence_percent) {
    message.add_confidence_percent(percent);
  }
  return message;
}

absl::StatusOr<firearm::Serial> FromProto(const v1::FirearmSerial& message,
                                          std::string_view field) {
  firearm::Serial serial;
  PM_ASSIGN_OR_RETURN(serial.component, ReadOptionalCode<firearm::Component>(field, "component",
                                                                             message.component()));
  PM_ASSIGN_OR_RETURN(serial.condition,
                      ReadCode<firearm::SerialCondition>(field, "condition", message.condition()));
  PM_ASSIGN_OR_RETURN(serial.numerals,
                      ReadCode<firearm::Numerals>(field, "numerals", message.numerals()));
  serial.raw = message.raw();
  PM_RETURN_IF_ERROR(CheckCount(field, "confidence_percent", message.confidence_percent_size(), 0,
                                firearm::kSerialBytesMax));
  serial.confidence_percent.assign(message.confidence_percent().begin(),
                                   message.confidence_percent().end());
  PM_RETURN_IF_ERROR(Under(field, firearm::CheckSerial(serial)));
  return serial;
}

template <typename Messages>
absl::StatusOr<std::vector<firearm::Serial>> ReadSerials(const Messages& messages,
                                                         std::string_view field, int min) {
  PM_RETURN_IF_ERROR(CheckCount(field, "serials", messages.size(), min, firearm::kSerialsMax));
  std::vector<firearm::Serial> serials;
  for (int i = 0; i < messages.size(); ++i) {
    PM_ASSIGN_OR_RETURN(firearm::Serial serial,
                        FromProto(messages.Get(i), At(field, "serials", i)));
    serials.push_back(std::move(serial));
  }
  return serials;
}

v1::DeactivationMark ToProto(const firearm::DeactivationMark& mark) {
  v1::DeactivationMark message;
  message.set_country(mark.country);
  message.set_entity(mark.entity);
  message.set_year(mark.year);
  return message;
}

absl::StatusOr<firearm::DeactivationMark> FromProto(const v1::DeactivationMark& message,
                                                    std::string_view field) {
  firearm::DeactivationMark mark{
      .country = message.country(), .entity = message.entity(), .year = message.year()};
  PM_RETURN_IF_ERROR(Under(field, firearm::CheckMark(mark)));
  return mark;
}

v1::DeactivationCertificate ToProto(const firearm::DeactivationCertificate& certificate) {
  v1::DeactivationCertificate message;
  message.set_number(certificate.number);
  message.set_verifying_entity(certificate.verifying_entity);
  message.set_conformity_statement(certificate.conformity_statement);
  message.set_standard(WriteCode(certificate.standard));
  message.set_deactivating_entity(certificate.deactivating_entity);
  message.set_country(certificate.country);
  message.set_certified_on(WriteDate(certificate.certified_on));
  message.set_manufacturer(certificate.manufacturer);
  message.set_type(certificate.type);
  message.set_checklist_type(certificate.checklist_type);
  message.set_make_model(certificate.make_model);
  message.set_calibre_raw(certificate.calibre_raw);
  message.set_calibre_code(certificate.calibre_code);
  for (const firearm::Serial& serial : certificate.serials) {
    *message.add_serials() = ToProto(serial);
  }
  message.set_remarks(certificate.remarks);
  message.set_mark_image(certificate.mark_image);
  message.set_signatory(certificate.signatory);
  message.set_language(certificate.language);
  if (certificate.in_english) message.set_in_english(*certificate.in_english);
  message.set_retain_until(WriteDate(certificate.retain_until));
  return message;
}

absl::StatusOr<firearm::DeactivationCertificate> FromProto(
    const v1::DeactivationCertificate& message, std::string_view field) {
  firearm::DeactivationCertificate certificate;
  certificate.number = message.number();
  certificate.verifying_entity = message.verifying_entity();
  certificate.conformity_statement = message.conformity_statement();
  PM_ASSIGN_OR_RETURN(certificate.standard,
                      ReadOptionalCode<firearm::Standard>(field, "standard", message.standard()));
  certificate.deactivating_entity = message.deactivating_entity();
  certificate.country = message.country();
  PM_ASSIGN_OR_RETURN(certificate.certified_on,
                      ReadDate(field, "certified_on", message.certified_on()));
  certificate.manufacturer = message.manufacturer();
  certificate.type = message.type();
  certificate.checklist_type = message.checklist_type();
  certificate.make_model = message.make_model();
  certificate.calibre_raw = message.calibre_raw();
  certificate.calibre_code = message.calibre_code();
  PM_ASSIGN_OR_RETURN(certificate.serials, ReadSerials(message.serials(), field, 0));
  certificate.remarks = message.remarks();
  certificate.mark_image = message.mark_image();
  certificate.signatory = message.signatory();
  certificate.language = message.language();
  certificate.in_english = Optional(message.has_in_english(), message.in_english());
  PM_ASSIGN_OR_RETURN(certificate.retain_until,
                      ReadDate(field, "retain_until", message.retain_until()));
  return certificate;
}

v1::ComponentWork ToProto(const firearm::ComponentWork& work) {
  v1::ComponentWork message;
  message.set_component(WriteCode(work.component));
  message.set_modified(work.modified);
  if (work.mark) *message.mutable_mark() = ToProto(*work.mark);
  message.set_mark_image(work.mark_image);
  return message;
}

absl::StatusOr<firearm::ComponentWork> FromProto(const v1::ComponentWork& message,
                                                 std::string_view field) {
  firearm::ComponentWork work;
  PM_ASSIGN_OR_RETURN(work.component,
                      ReadCode<firearm::Component>(field, "component", message.component()));
  work.modified = message.modified();
  if (message.has_mark()) {
    work.mark = firearm::DeactivationMark{.country = message.mark().country(),
                                          .entity = message.mark().entity(),
                                          .year = message.mark().year()};
  }
  work.mark_image = message.mark_image();
  return work;
}

v1::OperationOutcome ToProto(const firearm::OperationOutcome& outcome) {
  v1::OperationOutcome message;
  message.set_number(outcome.number);
  message.set_outcome(WriteCode(outcome.outcome));
  message.set_method(WriteCode(outcome.method));
  message.set_checked_by_role(outcome.checked_by_role);
  message.set_checked_on(WriteDate(outcome.checked_on));
  message.set_image(outcome.image);
  if (outcome.insert_hardness_hrc) message.set_insert_hardness_hrc(*outcome.insert_hardness_hrc);
  if (outcome.mass_reduction_percent) {
    message.set_mass_reduction_percent(*outcome.mass_reduction_percent);
  }
  return message;
}

absl::StatusOr<firearm::OperationOutcome> FromProto(const v1::OperationOutcome& message,
                                                    std::string_view field) {
  firearm::OperationOutcome outcome;
  outcome.number = message.number();
  PM_ASSIGN_OR_RETURN(outcome.outcome,
                      ReadCode<firearm::Outcome>(field, "outcome", message.outcome()));
  PM_ASSIGN_OR_RETURN(outcome.method,
                      ReadOptionalCode<firearm::Method>(field, "method", message.method()));
  outcome.checked_by_role = message.checked_by_role();
  PM_ASSIGN_OR_RETURN(outcome.checked_on, ReadDate(field, "checked_on", message.checked_on()));
  outcome.image = message.image();
  outcome.insert_hardness_hrc =
      Optional(message.has_insert_hardness_hrc(), message.insert_hardness_hrc());
  outcome.mass_reduction_percent =
      Optional(message.has_mass_reduction_percent(), message.mass_reduction_percent());
  return outcome;
}

v1::FirearmStateEvent ToProto(const firearm::StateEvent& event) {
  v1::FirearmStateEvent message;
  message.set_from(WriteCode(event.from));
  message.set_to(WriteCode(event.to));
  *message.mutable_event_time() = ToTimestamp(event.at_unix_ms);
  message.set_authority(event.authority);
  message.set_reason(event.reason);
  message.set_paper(event.paper);
  return message;
}

absl::StatusOr<firearm::StateEvent> FromProto(const v1::FirearmStateEvent& message,
                                              std::string_view field) {
  firearm::StateEvent event;
  PM_ASSIGN_OR_RETURN(event.from, ReadOptionalCode<firearm::State>(field, "from", message.from()));
  PM_ASSIGN_OR_RETURN(event.to, ReadCode<firearm::State>(field, "to", message.to()));
  PM_RETURN_IF_ERROR(CheckPresent(field, "event_time", message.has_event_time()));
  PM_ASSIGN_OR_RETURN(event.at_unix_ms,
                      FromTimestamp(message.event_time(), At(field, "event_time")));
  event.authority = message.authority();
  event.reason = message.reason();
  event.paper = message.paper();
  return event;  // CheckHistory() has the rest.
}

v1::FirearmTransfer ToProto(const firearm::Transfer& transfer) {
  v1::FirearmTransfer message;
  message.set_offered_only(transfer.offered_only);
  message.set_from_country(transfer.from_country);
  message.set_to_country(transfer.to_country);
  message.set_transfer_date(WriteDate(transfer.on));
  return message;
}

absl::Status CheckCountryText(std::string_view field, std::string_view name,
                              const std::string& country) {
  const bool letters = std::ranges::all_of(country, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (letters && country.size() <= 3) return absl::OkStatus();
  return Refuse(field, name, "must be one to three letters A-Z, or empty");
}

absl::StatusOr<firearm::Transfer> FromProto(const v1::FirearmTransfer& message,
                                            std::string_view field) {
  firearm::Transfer transfer;
  transfer.offered_only = message.offered_only();
  PM_RETURN_IF_ERROR(CheckCountryText(field, "from_country", message.from_country()));
  PM_RETURN_IF_ERROR(CheckCountryText(field, "to_country", message.to_country()));
  transfer.from_country = message.from_country();
  transfer.to_country = message.to_country();
  PM_ASSIGN_OR_RETURN(transfer.on, ReadDate(field, "transfer_date", message.transfer_date()));
  return transfer;
}

v1::FirearmExhibit ToProto(const FirearmExhibit& exhibit) {
  v1::FirearmExhibit message;
  message.set_exhibit_id(exhibit.exhibit_id);
  message.set_test_fire(exhibit.test_fire);
  message.set_confirmed(exhibit.confirmed);
  message.set_fired_on(WriteDate(exhibit.fired_on));
  return message;
}

absl::StatusOr<FirearmExhibit> FromProto(const v1::FirearmExhibit& message,
                                         std::string_view field) {
  FirearmExhibit exhibit;
  PM_RETURN_IF_ERROR(CheckId(field, "exhibit_id", message.exhibit_id()));
  exhibit.exhibit_id = message.exhibit_id();
  exhibit.test_fire = message.test_fire();
  exhibit.confirmed = message.confirmed();
  PM_ASSIGN_OR_RETURN(exhibit.fired_on, ReadDate(field, "fired_on", message.fired_on()));
  return exhibit;
}

v1::LinkedFiring ToProto(const LinkedFiring& firing) {
  v1::LinkedFiring message;
  message.set_exhibit_id(firing.exhibit_id);
  message.set_link_id(firing.link_id);
  message.set_other(firing.other);
  message.set_confirmed(firing.confirmed);
  message.set_fired_on(WriteDate(firing.fired_on));
  return message;
}

absl::StatusOr<LinkedFiring> FromProto(const v1::LinkedFiring& message, std::string_view field) {
  LinkedFiring firing;
  PM_RETURN_IF_ERROR(CheckId(field, "exhibit_id", message.exhibit_id()));
  PM_RETURN_IF_ERROR(CheckId(field, "link_id", message.link_id()));
  PM_RETURN_IF_ERROR(CheckAscii(field, "other", message.other(), 1, kLinkedOtherBytesMax));
  firing.exhibit_id = message.exhibit_id();
  firing.link_id = message.link_id();
  firing.other = message.other();
  firing.confirmed = message.confirmed();
  PM_ASSIGN_OR_RETURN(firing.fired_on, ReadDate(field, "fired_on", message.fired_on()));
  return firing;
}

v1::SeenMark ToProto(const SeenMark& seen) {
  v1::SeenMark message;
  *message.mutable_mark() = ToProto(seen.mark);
  for (const firearm::CertificateSearch& search : seen.searches) {
    v1::CertificateSearch& told = *message.add_searches();
    told.set_agency(search.node);
    told.set_answer(std::string(kCertificateAnswers.at(static_cast<std::size_t>(search.answer))));
  }
  return message;
}

absl::StatusOr<SeenMark> FromProto(const v1::SeenMark& message, std::string_view field) {
  SeenMark seen;
  PM_RETURN_IF_ERROR(CheckPresent(field, "mark", message.has_mark()));
  PM_ASSIGN_OR_RETURN(seen.mark, FromProto(message.mark(), At(field, "mark")));
  PM_RETURN_IF_ERROR(
      CheckCount(field, "searches", message.searches_size(), 0, kCertificateSearchesMax));
  for (int i = 0; i < message.searches_size(); ++i) {
    const v1::CertificateSearch& told = message.searches(i);
    const std::string at = At(field, "searches", i);
    PM_RETURN_IF_ERROR(CheckDomain(at, "agency", told.agency()));
    PM_ASSIGN_OR_RETURN(const auto answer, ReadListed<firearm::CertificateAnswer>(
                                               at, "answer", kCertificateAnswers, told.answer()));
    seen.searches.push_back({.node = told.agency(), .answer = answer});
  }
  return seen;
}

v1::FirearmSighting ToProto(const FirearmSighting& sighting) {
  v1::FirearmSighting message;
  message.set_agency(sighting.agency);
  message.set_state_group(std::string(firearm::StateGroupCode(sighting.group)));
  message.set_reference(sighting.reference);
  message.set_serial_key(sighting.serial_key);
  message.set_make(sighting.make);
  *message.mutable_told_time() = ToTimestamp(sighting.told_unix_ms);
  return message;
}

absl::StatusOr<FirearmSighting> FromProto(const v1::FirearmSighting& message,
                                          std::string_view field) {
  FirearmSighting sighting;
  PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
  sighting.agency = message.agency();
  const auto group = std::ranges::find(kStateGroups, message.state_group(),
                                       [](firearm::StateGroup g) { return StateGroupCode(g); });
  if (group == kStateGroups.end()) {
    return Refuse(field, "state_group", "must be DEACTIVATED, LOST_STOLEN, DESTROYED or OTHER");
  }
  sighting.group = *group;
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "reference", message.reference(), 1, kSightingReferenceBytesMax));
  PM_RETURN_IF_ERROR(CheckAscii(field, "serial_key", message.serial_key(), 1, kSerialKeyCharsMax));
  PM_RETURN_IF_ERROR(CheckText(field, "make", message.make(), 0, firearm::kMakeBytesMax));
  sighting.reference = message.reference();
  sighting.serial_key = message.serial_key();
  sighting.make = message.make();
  PM_RETURN_IF_ERROR(CheckPresent(field, "told_time", message.has_told_time()));
  PM_ASSIGN_OR_RETURN(sighting.told_unix_ms,
                      FromTimestamp(message.told_time(), At(field, "told_time")));
  return sighting;
}

v1::FirearmAlertStep ToProto(const AlertStep& step) {
  v1::FirearmAlertStep message;
  message.set_kind(std::string(AlertStepCode(step.kind)));
  *message.mutable_step_time() = ToTimestamp(step.unix_ms);
  message.set_by(step.by);
  message.set_reasons(step.reasons);
  return message;
}

absl::StatusOr<AlertStep> FromProto(const v1::FirearmAlertStep& message, std::string_view field) {
  AlertStep step;
  PM_ASSIGN_OR_RETURN(step.kind,
                      ReadListed<AlertStepKind>(field, "kind", kAlertStepCodes, message.kind()));
  PM_RETURN_IF_ERROR(CheckPresent(field, "step_time", message.has_step_time()));
  PM_ASSIGN_OR_RETURN(step.unix_ms, FromTimestamp(message.step_time(), At(field, "step_time")));
  PM_RETURN_IF_ERROR(CheckAscii(field, "by", message.by(), 0, records::kPseudonymBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "reasons", message.reasons(), 0, kAlertReasonsBytesMax));
  step.by = message.by();
  step.reasons = message.reasons();
  return step;
}

absl::StatusOr<firearm::Finding> FromProto(const v1::FirearmFinding& message,
                                           std::string_view field) {
  firearm::Finding finding;
  const std::optional<firearm::CheckId> check = firearm::FindCheck(message.check());
  if (!check) return Refuse(field, "check", "must be D01 to D20");
  finding.check = *check;
  using firearm::Severity;
  std::optional<Severity> severity;
  for (const Severity one : {Severity::kWarning, Severity::kError, Severity::kAlert}) {
    if (firearm::SeverityCode(one) == message.severity()) severity = one;
  }
  if (!severity) return Refuse(field, "severity", "must be WARNING, ERROR or ALERT");
  finding.severity = *severity;
  PM_RETURN_IF_ERROR(CheckText(field, "evidence", message.evidence(), 0, kEvidenceBytesMax));
  finding.evidence = message.evidence();
  PM_RETURN_IF_ERROR(CheckCount(field, "fields", message.fields_size(), 0, kFindingFieldsMax));
  for (const std::string& name : message.fields()) {
    PM_RETURN_IF_ERROR(CheckText(field, "fields", name, 0, kFindingFieldBytesMax));
    finding.fields.push_back(name);
  }
  return finding;
}

template <typename Messages>
absl::StatusOr<AcceptedChecks> ReadAccepted(const Messages& messages, std::string_view field) {
  PM_RETURN_IF_ERROR(CheckCount(field, "accepted_checks", messages.size(), 0, kCheckCount));
  AcceptedChecks accepted;
  for (int i = 0; i < messages.size(); ++i) {
    const std::optional<firearm::CheckId> check = firearm::FindCheck(messages.Get(i));
    if (!check) return Refuse(At(field, "accepted_checks", i), "", "must be D01 to D20");
    if (std::ranges::find(accepted, *check) != accepted.end()) {
      return Refuse(At(field, "accepted_checks", i), "", "stands there twice");
    }
    accepted.push_back(*check);
  }
  return accepted;
}

v1::FirearmChange ToProto(const FirearmChange& change) {
  v1::FirearmChange message;
  message.set_kind(std::string(FirearmChangeCode(change.kind)));
  *message.mutable_change_time() = ToTimestamp(change.unix_ms);
  message.set_by(change.by);
  message.set_reason(change.reason);
  for (const firearm::CheckId check : change.accepted) {
    message.add_accepted_checks(std::string(firearm::RuleOf(check).code));
  }
  return message;
}

absl::StatusOr<FirearmChange> FromProto(const v1::FirearmChange& message, std::string_view field) {
  FirearmChange change;
  PM_ASSIGN_OR_RETURN(change.kind,
                      ReadListed<FirearmChangeKind>(field, "kind", kChangeCodes, message.kind()));
  PM_RETURN_IF_ERROR(CheckPresent(field, "change_time", message.has_change_time()));
  PM_ASSIGN_OR_RETURN(change.unix_ms,
                      FromTimestamp(message.change_time(), At(field, "change_time")));
  PM_RETURN_IF_ERROR(CheckAscii(field, "by", message.by(), 0, records::kPseudonymBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "reason", message.reason(), 0, firearm::kReasonBytesMax));
  change.by = message.by();
  change.reason = message.reason();
  PM_ASSIGN_OR_RETURN(change.accepted, ReadAccepted(message.accepted_checks(), field));
  return change;
}

// What begins or goes on with a history: the parts of an event that people give.
absl::Status CheckPapers(std::string_view field, std::string_view authority, std::string_view paper,
                         std::string_view reason) {
  PM_RETURN_IF_ERROR(CheckText(field, "authority", authority, 1, firearm::kAuthorityBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "paper", paper, 0, firearm::kPaperBytesMax));
  return CheckText(field, "reason", reason, 0, firearm::kReasonBytesMax);
}

template <typename Message>
absl::StatusOr<std::optional<firearm::DeactivationRecord>> ReadDeactivation(
    const Message& message, std::string_view field) {
  if (!message.has_deactivation()) return std::optional<firearm::DeactivationRecord>();
  PM_ASSIGN_OR_RETURN(firearm::DeactivationRecord record,
                      FromProto(message.deactivation(), At(field, "deactivation")));
  return std::optional(std::move(record));
}

template <typename Message>
absl::StatusOr<firearm::Firearm> ReadFirearm(const Message& message, std::string_view field) {
  PM_RETURN_IF_ERROR(CheckPresent(field, "firearm", message.has_firearm()));
  return FromProto(message.firearm(), At(field, "firearm"));
}

// Reads each of `messages` with FromProto.
template <typename Value, typename Messages>
absl::StatusOr<std::vector<Value>> ReadAll(const Messages& messages, std::string_view field,
                                           std::string_view name, int min, std::int64_t max) {
  PM_RETURN_IF_ERROR(CheckCount(field, name, messages.size(), min, max));
  std::vector<Value> values;
  for (int i = 0; i < messages.size(); ++i) {
    PM_ASSIGN_OR_RETURN(Value value, FromProto(messages.Get(i), At(field, name, i)));
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace

v1::Firearm ToProto(const firearm::Firearm& firearm) {
  v1::Firearm message;
  for (const firearm::Serial& serial : firearm.serials) *message.add_serials() = ToProto(serial);
  message.set_firearm_class(WriteCode(firearm.firearm_class));
  message.set_action(firearm.action);
  message.set_feed(WriteCode(firearm.feed));
  message.set_make_raw(firearm.make_raw);
  message.set_make(firearm.make);
  message.set_make_ncic_code(firearm.make_ncic_code);
  message.set_model_raw(firearm.model_raw);
  message.set_model(firearm.model);
  message.set_calibre_raw(firearm.calibre_raw);
  message.set_calibre_code(firearm.calibre_code);
  if (firearm.barrel_length_mm) message.set_barrel_length_mm(*firearm.barrel_length_mm);
  if (firearm.capacity) message.set_capacity_count(*firearm.capacity);
  message.set_country_of_manufacture(firearm.country_of_manufacture);
  if (firearm.year_of_manufacture) message.set_year_of_manufacture(*firearm.year_of_manufacture);
  message.set_importer(firearm.importer);
  message.set_import_mark(firearm.import_mark);
  message.set_proof_marks(firearm.proof_marks);
  message.set_finish(firearm.finish);
  message.set_features(firearm.features);
  message.set_category(WriteCode(firearm.category));
  message.set_category_before(WriteCode(firearm.category_before));
  message.set_national_category(firearm.national_category);
  message.set_conversion(WriteCode(firearm.conversion));
  message.set_last_lawful_country(firearm.last_lawful_country);
  for (const std::string& paper : firearm.export_import_papers) {
    message.add_export_import_papers(paper);
  }
  for (const std::string& trace : firearm.trace_requests) message.add_trace_requests(trace);
  message.set_holder(firearm.holder);
  message.set_supplier(firearm.supplier);
  message.set_handling_code(firearm.handling_code);
  message.set_evaluation_code(firearm.evaluation_code);
  message.set_source_authority(firearm.source_authority);
  message.set_retain_until(WriteDate(firearm.retain_until));
  return message;
}

absl::StatusOr<firearm::Firearm> FromProto(const v1::Firearm& message, std::string_view field) {
  firearm::Firearm value;
  PM_ASSIGN_OR_RETURN(value.serials, ReadSerials(message.serials(), field, 1));
  PM_ASSIGN_OR_RETURN(value.firearm_class, ReadCode<firearm::FirearmClass>(
                                               field, "firearm_class", message.firearm_class()));
  value.action = message.action();
  PM_ASSIGN_OR_RETURN(value.feed, ReadOptionalCode<firearm::Feed>(field, "feed", message.feed()));
  value.make_raw = message.make_raw();
  value.make = message.make();
  value.make_ncic_code = message.make_ncic_code();
  value.model_raw = message.model_raw();
  value.model = message.model();
  value.calibre_raw = message.calibre_raw();
  value.calibre_code = message.calibre_code();
  value.barrel_length_mm = Optional(message.has_barrel_length_mm(), message.barrel_length_mm());
  value.capacity = Optional(message.has_capacity_count(), message.capacity_count());
  value.country_of_manufacture = message.country_of_manufacture();
  value.year_of_manufacture =
      Optional(message.has_year_of_manufacture(), message.year_of_manufacture());
  value.importer = message.importer();
  value.import_mark = message.import_mark();
  value.proof_marks = message.proof_marks();
  value.finish = message.finish();
  value.features = message.features();
  PM_ASSIGN_OR_RETURN(value.category,
                      ReadOptionalCode<firearm::Category>(field, "category", message.category()));
  PM_ASSIGN_OR_RETURN(
      value.category_before,
      ReadOptionalCode<firearm::Category>(field, "category_before", message.category_before()));
  value.national_category = message.national_category();
  PM_ASSIGN_OR_RETURN(value.conversion, ReadOptionalCode<firearm::Conversion>(
                                            field, "conversion", message.conversion()));
  value.last_lawful_country = message.last_lawful_country();
  value.export_import_papers.assign(message.export_import_papers().begin(),
                                    message.export_import_papers().end());
  value.trace_requests.assign(message.trace_requests().begin(), message.trace_requests().end());
  value.holder = message.holder();
  value.supplier = message.supplier();
  value.handling_code = message.handling_code();
  value.evaluation_code = message.evaluation_code();
  value.source_authority = message.source_authority();
  PM_ASSIGN_OR_RETURN(value.retain_until, ReadDate(field, "retain_until", message.retain_until()));
  PM_RETURN_IF_ERROR(Under(field, firearm::CheckFirearm(value)));
  return value;
}

v1::DeactivationRecord ToProto(const firearm::DeactivationRecord& record) {
  v1::DeactivationRecord message;
  message.set_standard(WriteCode(record.standard));
  message.set_checklist_type(record.checklist_type);
  if (record.certificate) *message.mutable_certificate() = ToProto(*record.certificate);
  message.set_certificate_withdrawn(record.certificate_withdrawn);
  for (const auto& work : record.components) *message.add_components() = ToProto(work);
  for (const auto& outcome : record.outcomes) *message.add_outcomes() = ToProto(outcome);
  if (record.proof_house_mark) {
    message.mutable_proof_house_mark()->set_house(WriteCode(record.proof_house_mark->house));
    message.mutable_proof_house_mark()->set_year(record.proof_house_mark->year);
  }
  message.set_national_paper(record.national_paper);
  message.set_category_before(WriteCode(record.category_before));
  message.set_article4_assistance(record.article4_assistance);
  message.set_persons_separated(record.persons_separated);
  return message;
}

absl::StatusOr<firearm::DeactivationRecord> FromProto(const v1::DeactivationRecord& message,
                                                      std::string_view field) {
  firearm::DeactivationRecord record;
  PM_ASSIGN_OR_RETURN(record.standard,
                      ReadCode<firearm::Standard>(field, "standard", message.standard()));
  record.checklist_type = message.checklist_type();
  if (message.has_certificate()) {
    PM_ASSIGN_OR_RETURN(record.certificate,
                        FromProto(message.certificate(), At(field, "certificate")));
  }
  record.certificate_withdrawn = message.certificate_withdrawn();
  PM_ASSIGN_OR_RETURN(record.components,
                      ReadAll<firearm::ComponentWork>(message.components(), field, "components", 0,
                                                      firearm::kComponentsMax));
  PM_ASSIGN_OR_RETURN(record.outcomes,
                      ReadAll<firearm::OperationOutcome>(message.outcomes(), field, "outcomes", 0,
                                                         firearm::kOutcomesMax));
  if (message.has_proof_house_mark()) {
    const v1::ProofHouseMark& mark = message.proof_house_mark();
    record.proof_house_mark.emplace().year = mark.year();
    PM_ASSIGN_OR_RETURN(record.proof_house_mark->house,
                        ReadOptionalCode<firearm::ProofHouse>(At(field, "proof_house_mark"),
                                                              "house", mark.house()));
  }
  record.national_paper = message.national_paper();
  PM_ASSIGN_OR_RETURN(
      record.category_before,
      ReadOptionalCode<firearm::Category>(field, "category_before", message.category_before()));
  record.article4_assistance = message.article4_assistance();
  record.persons_separated = message.persons_separated();
  PM_RETURN_IF_ERROR(Under(field, firearm::CheckDeactivationRecord(record)));
  return record;
}

v1::FirearmFinding ToProto(const firearm::Finding& finding) {
  v1::FirearmFinding message;
  message.set_check(std::string(firearm::RuleOf(finding.check).code));
  message.set_severity(std::string(firearm::SeverityCode(finding.severity)));
  message.set_evidence(finding.evidence);
  for (const std::string& name : finding.fields) message.add_fields(name);
  return message;
}

std::string_view FirearmChangeCode(FirearmChangeKind kind) {
  return kChangeCodes.at(static_cast<std::size_t>(kind));
}

v1::FirearmRecord ToProto(const KeptFirearm& kept) {
  v1::FirearmRecord message;
  message.set_firearm_id(kept.id);
  message.set_reference(kept.reference);
  *message.mutable_firearm() = ToProto(kept.firearm);
  for (const firearm::StateEvent& event : kept.history) *message.add_history() = ToProto(event);
  if (kept.deactivation) *message.mutable_deactivation() = ToProto(*kept.deactivation);
  for (const FirearmExhibit& exhibit : kept.exhibits) *message.add_exhibits() = ToProto(exhibit);
  for (const auto& transfer : kept.transfers) *message.add_transfers() = ToProto(transfer);
  for (const firearm::Finding& finding : kept.findings) *message.add_findings() = ToProto(finding);
  for (const FirearmChange& change : kept.changes) *message.add_changes() = ToProto(change);
  message.set_source(kept.source);
  for (const auto& firing : kept.linked_firings) *message.add_linked_firings() = ToProto(firing);
  for (const SeenMark& seen : kept.seen_marks) *message.add_seen_marks() = ToProto(seen);
  for (const auto& sighting : kept.sightings) *message.add_sightings() = ToProto(sighting);
  return message;
}

absl::StatusOr<KeptFirearm> FromProto(const v1::FirearmRecord& message, std::string_view field) {
  KeptFirearm kept;
  PM_RETURN_IF_ERROR(CheckId(field, "firearm_id", message.firearm_id()));
  PM_RETURN_IF_ERROR(CheckId(field, "reference", message.reference()));
  kept.id = message.firearm_id();
  kept.reference = message.reference();
  PM_ASSIGN_OR_RETURN(kept.firearm, ReadFirearm(message, field));
  PM_ASSIGN_OR_RETURN(kept.history,
                      ReadAll<firearm::StateEvent>(message.history(), field, "history", 1,
                                                   firearm::kStateEventsMax));
  PM_RETURN_IF_ERROR(Under(At(field, "history"), firearm::CheckHistory(kept.history)));
  PM_ASSIGN_OR_RETURN(kept.deactivation, ReadDeactivation(message, field));
  PM_ASSIGN_OR_RETURN(kept.exhibits, ReadAll<FirearmExhibit>(message.exhibits(), field, "exhibits",
                                                             0, kFirearmExhibitsMax));
  PM_ASSIGN_OR_RETURN(
      kept.transfers,
      ReadAll<firearm::Transfer>(message.transfers(), field, "transfers", 0, kFirearmTransfersMax));
  PM_ASSIGN_OR_RETURN(kept.findings, ReadAll<firearm::Finding>(message.findings(), field,
                                                               "findings", 0, kFirearmFindingsMax));
  PM_ASSIGN_OR_RETURN(kept.changes, ReadAll<FirearmChange>(message.changes(), field, "changes", 1,
                                                           kFirearmChangesMax));
  PM_RETURN_IF_ERROR(CheckAscii(field, "source", message.source(), 0, kImportSourceBytesMax));
  kept.source = message.source();
  PM_ASSIGN_OR_RETURN(kept.linked_firings,
                      ReadAll<LinkedFiring>(message.linked_firings(), field, "linked_firings", 0,
                                            kLinkedFiringsMax));
  PM_ASSIGN_OR_RETURN(kept.seen_marks, ReadAll<SeenMark>(message.seen_marks(), field, "seen_marks",
                                                         0, kSeenMarksMax));
  PM_ASSIGN_OR_RETURN(kept.sightings, ReadAll<FirearmSighting>(message.sightings(), field,
                                                               "sightings", 0, kSightingsMax));
  return kept;
}

absl::StatusOr<std::string> Serialise(const KeptFirearm& kept) {
  const v1::FirearmRecord message = ToProto(kept);
  PM_RETURN_IF_ERROR(FromProto(message, "firearm").status());
  return WriteBytes(message, kFirearmBytesMax, "firearm");
}

absl::StatusOr<KeptFirearm> ParseKeptFirearm(std::string_view bytes) {
  v1::FirearmRecord message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kFirearmBytesMax, "firearm", message));
  return FromProto(message, "firearm");
}

absl::StatusOr<std::string> ContentOf(
    const firearm::Firearm& firearm, const std::optional<firearm::DeactivationRecord>& deactivation,
    std::optional<firearm::State> state) {
  v1::ImportFirearmRow message;
  *message.mutable_firearm() = ToProto(firearm);
  message.set_state(WriteCode(state));
  if (deactivation) *message.mutable_deactivation() = ToProto(*deactivation);
  return WriteBytes(message, kFirearmBytesMax, "row");
}

absl::StatusOr<NewFirearm> FromProto(const v1::AddFirearmRequest& message, std::string_view field) {
  NewFirearm asked;
  PM_ASSIGN_OR_RETURN(asked.firearm, ReadFirearm(message, field));
  PM_ASSIGN_OR_RETURN(asked.state, OptionalFirearmState(message.state(), At(field, "state")));
  PM_RETURN_IF_ERROR(CheckPapers(field, message.authority(), message.paper(), message.reason()));
  asked.authority = message.authority();
  asked.paper = message.paper();
  asked.reason = message.reason();
  PM_ASSIGN_OR_RETURN(asked.deactivation, ReadDeactivation(message, field));
  PM_ASSIGN_OR_RETURN(asked.accepted, ReadAccepted(message.accepted_checks(), field));
  return asked;
}

absl::StatusOr<FirearmAmendment> FromProto(const v1::AmendFirearmRequest& message,
                                           std::string_view field) {
  FirearmAmendment asked;
  PM_RETURN_IF_ERROR(CheckId(field, "firearm_id", message.firearm_id()));
  asked.id = message.firearm_id();
  PM_ASSIGN_OR_RETURN(asked.firearm, ReadFirearm(message, field));
  PM_RETURN_IF_ERROR(CheckText(field, "reason", message.reason(), 1, firearm::kReasonBytesMax));
  asked.reason = message.reason();
  PM_ASSIGN_OR_RETURN(asked.accepted, ReadAccepted(message.accepted_checks(), field));
  return asked;
}

absl::StatusOr<FirearmTransition> FromProto(const v1::TransitionFirearmRequest& message,
                                            std::string_view field) {
  FirearmTransition asked;
  PM_RETURN_IF_ERROR(CheckId(field, "firearm_id", message.firearm_id()));
  asked.id = message.firearm_id();
  PM_ASSIGN_OR_RETURN(asked.to, ReadCode<firearm::State>(field, "to", message.to()));
  PM_RETURN_IF_ERROR(CheckPapers(field, message.authority(), message.paper(), message.reason()));
  asked.authority = message.authority();
  asked.paper = message.paper();
  asked.reason = message.reason();
  if (message.has_transfer()) {
    PM_ASSIGN_OR_RETURN(asked.transfer, FromProto(message.transfer(), At(field, "transfer")));
  }
  PM_RETURN_IF_ERROR(CheckCount(field, "seen_marks", message.seen_marks_size(), 0, kSeenMarksMax));
  for (int i = 0; i < message.seen_marks_size(); ++i) {
    const std::string at = At(field, "seen_marks", i);
    PM_ASSIGN_OR_RETURN(firearm::DeactivationMark mark, FromProto(message.seen_marks(i), at));
    if (std::ranges::find(asked.seen_marks, mark) != asked.seen_marks.end()) {
      return Refuse(at, "", "stands there twice");
    }
    asked.seen_marks.push_back(std::move(mark));
  }
  if (!asked.seen_marks.empty() && asked.to != firearm::State::kRecovered) {
    return Refuse(field, "seen_marks", "must be empty unless the state is RECOVERED");
  }
  PM_ASSIGN_OR_RETURN(asked.accepted, ReadAccepted(message.accepted_checks(), field));
  return asked;
}

absl::StatusOr<FirearmDeactivation> FromProto(const v1::AttachDeactivationRequest& message,
                                              std::string_view field) {
  FirearmDeactivation asked;
  PM_RETURN_IF_ERROR(CheckId(field, "firearm_id", message.firearm_id()));
  asked.id = message.firearm_id();
  if (message.request_id().empty()) {
    PM_RETURN_IF_ERROR(CheckPresent(field, "deactivation", message.has_deactivation()));
    PM_ASSIGN_OR_RETURN(asked.deactivation,
                        FromProto(message.deactivation(), At(field, "deactivation")));
  } else if (message.has_deactivation()) {
    return Refuse(field, "request_id", "stands beside deactivation: one of them");
  } else {
    PM_RETURN_IF_ERROR(CheckId(field, "request_id", message.request_id()));
    asked.request_id = message.request_id();
  }
  PM_RETURN_IF_ERROR(CheckText(field, "reason", message.reason(), 1, firearm::kReasonBytesMax));
  asked.reason = message.reason();
  PM_ASSIGN_OR_RETURN(asked.accepted, ReadAccepted(message.accepted_checks(), field));
  return asked;
}

absl::StatusOr<FirearmLink> FromProto(const v1::LinkFirearmRequest& message,
                                      std::string_view field) {
  FirearmLink asked;
  PM_RETURN_IF_ERROR(CheckId(field, "firearm_id", message.firearm_id()));
  asked.id = message.firearm_id();
  PM_RETURN_IF_ERROR(CheckPresent(field, "exhibit", message.has_exhibit()));
  PM_ASSIGN_OR_RETURN(asked.exhibit, FromProto(message.exhibit(), At(field, "exhibit")));
  PM_RETURN_IF_ERROR(CheckText(field, "reason", message.reason(), 1, firearm::kReasonBytesMax));
  asked.reason = message.reason();
  return asked;
}

absl::StatusOr<FirearmQuestion> FromProto(const v1::FindFirearmsRequest& message,
                                          std::string_view field) {
  FirearmQuestion asked;
  PM_RETURN_IF_ERROR(CheckText(field, "serial", message.serial(), 1, firearm::kSerialBytesMax));
  asked.serial = message.serial();
  PM_ASSIGN_OR_RETURN(const std::optional<firearm::Numerals> numerals,
                      ReadOptionalCode<firearm::Numerals>(field, "numerals", message.numerals()));
  asked.numerals = numerals.value_or(firearm::Numerals::kArabic);
  PM_RETURN_IF_ERROR(CheckText(field, "make", message.make(), 0, firearm::kMakeBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "calibre", message.calibre(), 0, firearm::kTextBytesMax));
  asked.make = message.make();
  asked.calibre = message.calibre();
  PM_ASSIGN_OR_RETURN(asked.firearm_class, ReadOptionalCode<firearm::FirearmClass>(
                                               field, "firearm_class", message.firearm_class()));
  return asked;
}

absl::StatusOr<FirearmRows> FromProto(const v1::ImportFirearmsRequest& message,
                                      std::string_view field) {
  FirearmRows asked;
  PM_RETURN_IF_ERROR(CheckAscii(field, "source", message.source(), 1, kImportSourceBytesMax));
  PM_RETURN_IF_ERROR(CheckPapers(field, message.authority(), "", ""));
  PM_RETURN_IF_ERROR(CheckCount(field, "rows", message.rows_size(), 1, kImportRowsMax));
  asked.source = message.source();
  asked.authority = message.authority();
  asked.dry_run = message.dry_run();
  PM_ASSIGN_OR_RETURN(asked.accepted, ReadAccepted(message.accepted_checks(), field));
  for (int i = 0; i < message.rows_size(); ++i) {
    const v1::ImportFirearmRow& given = message.rows(i);
    const std::string at = At(field, "rows", i);
    FirearmRow row;
    PM_RETURN_IF_ERROR(CheckInteger(at, "row", given.row(), 1, INT64_MAX));
    row.row = given.row();
    PM_RETURN_IF_ERROR(CheckText(at, "key", given.key(), 0, kImportKeyBytesMax));
    row.key = given.key();
    PM_ASSIGN_OR_RETURN(row.firearm, ReadFirearm(given, at));
    PM_ASSIGN_OR_RETURN(row.state, OptionalFirearmState(given.state(), At(at, "state")));
    PM_ASSIGN_OR_RETURN(row.deactivation, ReadDeactivation(given, at));
    asked.rows.push_back(std::move(row));
  }
  return asked;
}

absl::StatusOr<std::optional<firearm::State>> OptionalFirearmState(std::string_view code,
                                                                   std::string_view field) {
  return ReadOptionalCode<firearm::State>(field, "", code);
}

absl::StatusOr<std::optional<firearm::CheckId>> OptionalCheck(std::string_view code,
                                                              std::string_view field) {
  if (code.empty()) return std::optional<firearm::CheckId>();
  const std::optional<firearm::CheckId> check = firearm::FindCheck(code);
  if (!check) return Refuse(field, "", "must be D01 to D20");
  return check;
}

std::string_view AlertStateCode(AlertState state) {
  switch (state) {
    case AlertState::kNew:
      return "NEW";
    case AlertState::kAcknowledged:
      return "ACKNOWLEDGED";
    case AlertState::kClosed:
      return "CLOSED";
  }
  return "";
}

std::string_view AlertStepCode(AlertStepKind kind) {
  return kAlertStepCodes.at(static_cast<std::size_t>(kind));
}

v1::FirearmAlert ToProto(const FirearmAlert& alert) {
  v1::FirearmAlert message;
  message.set_alert_id(alert.alert_id);
  message.set_firearm_id(alert.firearm_id);
  message.set_check(std::string(firearm::RuleOf(alert.check).code));
  message.set_state(WriteEnum<v1::FirearmAlertState>(alert.state));
  for (const firearm::Finding& finding : alert.findings) {
    *message.add_findings() = ToProto(finding);
  }
  for (const AlertStep& step : alert.steps) *message.add_steps() = ToProto(step);
  return message;
}

absl::StatusOr<FirearmAlert> FromProto(const v1::FirearmAlert& message, std::string_view field) {
  FirearmAlert alert;
  PM_RETURN_IF_ERROR(CheckId(field, "alert_id", message.alert_id()));
  PM_RETURN_IF_ERROR(CheckId(field, "firearm_id", message.firearm_id()));
  alert.alert_id = message.alert_id();
  alert.firearm_id = message.firearm_id();
  const std::optional<firearm::CheckId> check = firearm::FindCheck(message.check());
  if (!check || firearm::RuleOf(*check).severity != firearm::Severity::kAlert) {
    return Refuse(field, "check", "must be D15, D16 or D17");
  }
  alert.check = *check;
  PM_ASSIGN_OR_RETURN(alert.state, ReadEnum<AlertState>(At(field, "state"), message.state(),
                                                        v1::FirearmAlertState_IsValid));
  PM_ASSIGN_OR_RETURN(alert.findings,
                      ReadAll<firearm::Finding>(message.findings(), field, "findings", 0,
                                                firearm::kFindingsPerCheckMax));
  PM_ASSIGN_OR_RETURN(alert.steps,
                      ReadAll<AlertStep>(message.steps(), field, "steps", 1, kAlertStepsMax));
  return alert;
}

absl::StatusOr<std::string> Serialise(const FirearmAlert& alert) {
  const v1::FirearmAlert message = ToProto(alert);
  PM_RETURN_IF_ERROR(FromProto(message, "alert").status());
  return WriteBytes(message, kAlertBytesMax, "alert");
}

absl::StatusOr<FirearmAlert> ParseFirearmAlert(std::string_view bytes) {
  v1::FirearmAlert message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kAlertBytesMax, "alert", message));
  return FromProto(message, "alert");
}

absl::StatusOr<AlertAcknowledgement> FromProto(const v1::AcknowledgeFirearmAlertRequest& message,
                                               std::string_view field) {
  PM_RETURN_IF_ERROR(CheckId(field, "alert_id", message.alert_id()));
  PM_RETURN_IF_ERROR(CheckText(field, "reasons", message.reasons(), 1, kAlertReasonsBytesMax));
  return AlertAcknowledgement{.alert_id = message.alert_id(), .reasons = message.reasons()};
}

absl::StatusOr<std::optional<AlertState>> OptionalAlertState(v1::FirearmAlertState state,
                                                             std::string_view field) {
  if (state == v1::FIREARM_ALERT_STATE_UNSPECIFIED) return std::optional<AlertState>();
  PM_ASSIGN_OR_RETURN(const AlertState read,
                      ReadEnum<AlertState>(field, state, v1::FirearmAlertState_IsValid));
  return std::optional(read);
}

absl::StatusOr<FirearmInquiry> FromProto(const v1::AskAboutFirearmRequest& message,
                                         std::string_view field) {
  FirearmInquiry inquiry;
  PM_RETURN_IF_ERROR(CheckId(field, "firearm_id", message.firearm_id()));
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  PM_RETURN_IF_ERROR(CheckText(field, "case_reference", message.case_reference(), 1,
                               records::kCaseReferenceBytesMax));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "offence", message.offence()));
  PM_RETURN_IF_ERROR(CheckCount(field, "partners", message.partners_size(), 0, kPartnersAskedMax));
  for (int i = 0; i < message.partners_size(); ++i) {
    PM_RETURN_IF_ERROR(CheckDomain(At(field, "partners", i), "", message.partners(i)));
    inquiry.partners.push_back(message.partners(i));
  }
  inquiry.firearm_id = message.firearm_id();
  inquiry.purpose = message.purpose();
  inquiry.case_reference = message.case_reference();
  inquiry.offence = message.offence();
  return inquiry;
}

}  // namespace proofmark::wire
