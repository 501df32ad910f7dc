// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/details.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/details.pb.h"
#include "proofmark/v1/details_service.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"
#include "proto/wire/firearm.h"
#include "proto/wire/handling.h"
#include "proto/wire/match.h"
#include "proto/wire/signature.h"
#include "records/submission.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

constexpr std::int64_t kExchangeIdBytes = 16;
constexpr std::int64_t kSealingKeyBytes = 32;
constexpr std::int64_t kFormatBytesMax = 32;
constexpr std::int64_t kHandlingCodesMax = 4;

static_assert(static_cast<int>(v1::Material_MAX) == static_cast<int>(Material::kCertificate));
static_assert(static_cast<int>(v1::DetailsSide_MAX) == static_cast<int>(DetailsSide::kReceived));
static_assert(static_cast<int>(v1::DetailsState_MAX) == static_cast<int>(DetailsState::kTakenBack));
static_assert(static_cast<int>(v1::HandlingAct_MAX) ==
              static_cast<int>(HandlingAct::kOnwardPermitted));

absl::StatusOr<std::int64_t> ReadTime(const google::protobuf::Timestamp& time, bool present,
                                      std::string_view parent, std::string_view name) {
  PM_RETURN_IF_ERROR(CheckPresent(parent, name, present));
  return FromTimestamp(time, At(parent, name));
}

absl::StatusOr<std::vector<Material>> ReadMaterials(
    const google::protobuf::RepeatedField<int>& list, std::string_view parent,
    std::string_view name, int least) {
  PM_RETURN_IF_ERROR(CheckCount(parent, name, list.size(), least, kMaterials.size()));
  std::vector<Material> materials;
  for (int i = 0; i < list.size(); ++i) {
    PM_ASSIGN_OR_RETURN(const Material material,
                        ReadEnum<Material>(At(parent, name, i), list.Get(i), v1::Material_IsValid));
    if (std::find(materials.begin(), materials.end(), material) != materials.end()) {
      return Refuse(parent, name, "one comes twice");
    }
    materials.push_back(material);
  }
  return materials;
}

template <typename Strings>
absl::StatusOr<std::vector<crypto::Sha256Digest>> ReadHandles(const Strings& list,
                                                              std::string_view parent,
                                                              std::string_view name, int least) {
  PM_RETURN_IF_ERROR(CheckCount(parent, name, list.size(), least, kMatchCandidatesMax));
  std::vector<crypto::Sha256Digest> handles;
  for (int i = 0; i < list.size(); ++i) {
    PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest handle,
                        ReadDigest(At(parent, name, i), "", list.Get(i)));
    if (std::find(handles.begin(), handles.end(), handle) != handles.end()) {
      return Refuse(parent, name, "one comes twice");
    }
    handles.push_back(handle);
  }
  return handles;
}

// Of a firearm its certificate may be asked for and released, of candidates anything else.
absl::Status CheckMaterials(std::string_view parent, std::string_view name,
                            const std::vector<Material>& materials, bool of_firearm) {
  const bool certificate =
      std::find(materials.begin(), materials.end(), Material::kCertificate) != materials.end();
  if (of_firearm && (!certificate || materials.size() != 1)) {
    return Refuse(parent, name, "must be the certificate alone, of a firearm");
  }
  if (!of_firearm && certificate) return Refuse(parent, name, "no certificate, of candidates");
  return absl::OkStatus();
}

v1::DetailsRequest ToProto(const DetailsRequest& request) {
  v1::DetailsRequest message;
  message.set_question_exchange_id(request.question_exchange_id);
  for (const crypto::Sha256Digest& handle : request.handles) {
    message.add_handles(std::string(crypto::AsText(handle)));
  }
  message.set_purpose(request.purpose);
  message.set_offence(request.offence);
  message.set_subject_role(request.subject_role);
  message.set_case_commitment(std::string(crypto::AsText(request.case_commitment)));
  message.set_actor(request.actor);
  message.set_confirmed_by(request.confirmed_by);
  message.set_facts(request.facts);
  for (const Material material : request.wanted) {
    message.add_wanted(WriteEnum<v1::Material>(material));
  }
  message.set_urgency(request.urgency);
  message.set_sealing_key(request.sealing_key);
  message.set_firearm_reference(request.firearm_reference);
  return message;
}

absl::StatusOr<DetailsRequest> FromProto(const v1::DetailsRequest& message,
                                         std::string_view field) {
  DetailsRequest request;
  const bool of_firearm = !message.firearm_reference().empty();
  const std::int64_t id_bytes = of_firearm ? 0 : kExchangeIdBytes;
  PM_RETURN_IF_ERROR(CheckBytes(field, "question_exchange_id", message.question_exchange_id(),
                                id_bytes, id_bytes));
  request.question_exchange_id = message.question_exchange_id();
  PM_RETURN_IF_ERROR(CheckAscii(field, "firearm_reference", message.firearm_reference(), 0,
                                kFirearmReferenceBytesMax));
  request.firearm_reference = message.firearm_reference();
  PM_ASSIGN_OR_RETURN(request.handles,
                      ReadHandles(message.handles(), field, "handles", of_firearm ? 0 : 1));
  if (of_firearm && !request.handles.empty()) {
    return Refuse(field, "handles", "must be none beside firearm_reference");
  }
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  PM_RETURN_IF_ERROR(CheckCode(field, "offence", message.offence()));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "subject_role", message.subject_role()));
  request.purpose = message.purpose();
  request.offence = message.offence();
  request.subject_role = message.subject_role();
  PM_ASSIGN_OR_RETURN(request.case_commitment,
                      ReadDigest(field, "case_commitment", message.case_commitment()));
  PM_RETURN_IF_ERROR(CheckAscii(field, "actor", message.actor(), 1, records::kPseudonymBytesMax));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "confirmed_by", message.confirmed_by(), 1, records::kPseudonymBytesMax));
  request.actor = message.actor();
  request.confirmed_by = message.confirmed_by();
  PM_RETURN_IF_ERROR(CheckText(field, "facts", message.facts(), 1, kFactsBytesMax));
  request.facts = message.facts();
  PM_ASSIGN_OR_RETURN(request.wanted, ReadMaterials(message.wanted(), field, "wanted", 1));
  PM_RETURN_IF_ERROR(CheckMaterials(field, "wanted", request.wanted, of_firearm));
  PM_RETURN_IF_ERROR(CheckText(field, "urgency", message.urgency(), 0, kUrgencyBytesMax));
  request.urgency = message.urgency();
  PM_RETURN_IF_ERROR(
      CheckBytes(field, "sealing_key", message.sealing_key(), kSealingKeyBytes, kSealingKeyBytes));
  request.sealing_key = message.sealing_key();
  return request;
}

v1::DetailsAnswer ToProto(const DetailsAnswer& answer) {
  v1::DetailsAnswer message;
  if (const auto* receipt = std::get_if<DetailsReceipt>(&answer)) {
    message.mutable_receipt()->set_clock(receipt->clock);
    *message.mutable_receipt()->mutable_due_time() = ToTimestamp(receipt->due_unix_ms);
  } else {
    *message.mutable_refusal() = ToProto(std::get<Refusal>(answer));
  }
  return message;
}

absl::StatusOr<DetailsAnswer> FromProto(const v1::DetailsAnswer& message, std::string_view field) {
  switch (message.outcome_case()) {
    case v1::DetailsAnswer::kReceipt: {
      const v1::DetailsReceipt& receipt = message.receipt();
      const std::string path = At(field, "receipt");
      PM_RETURN_IF_ERROR(CheckCode(path, "clock", receipt.clock()));
      PM_ASSIGN_OR_RETURN(const std::int64_t due,
                          ReadTime(receipt.due_time(), receipt.has_due_time(), path, "due_time"));
      return DetailsReceipt{.clock = receipt.clock(), .due_unix_ms = due};
    }
    case v1::DetailsAnswer::kRefusal: {
      PM_ASSIGN_OR_RETURN(Refusal refusal, FromProto(message.refusal(), At(field, "refusal")));
      return DetailsAnswer(std::move(refusal));
    }
    case v1::DetailsAnswer::OUTCOME_NOT_SET:
      break;
  }
  return Refuse(field, "outcome", "not set");
}

v1::ClockStop ToProto(const ClockStop& stop) {
  v1::ClockStop message;
  message.set_code(stop.code);
  message.set_reason(stop.reason);
  return message;
}

absl::StatusOr<ClockStop> FromProto(const v1::ClockStop& message, std::string_view field) {
  PM_RETURN_IF_ERROR(CheckCode(field, "code", message.code()));
  PM_RETURN_IF_ERROR(CheckText(field, "reason", message.reason(), 0, kRefusalReasonBytesMax));
  return ClockStop{.code = message.code(), .reason = message.reason()};
}

v1::DetailsDecision ToProto(const DetailsDecision& decision) {
  v1::DetailsDecision message;
  message.set_request_exchange_id(decision.request_exchange_id);
  message.set_decided_by(decision.decided_by);
  *message.mutable_decide_time() = ToTimestamp(decision.decide_unix_ms);
  if (const auto* release = std::get_if<SealedRelease>(&decision.decision)) {
    message.mutable_release()->set_sealed(release->box);
  } else if (const auto* refusal = std::get_if<Refusal>(&decision.decision)) {
    *message.mutable_refusal() = ToProto(*refusal);
  } else if (const auto* stop = std::get_if<ClockStop>(&decision.decision)) {
    *message.mutable_stop() = ToProto(*stop);
  } else {
    *message.mutable_start()->mutable_due_time() =
        ToTimestamp(std::get<ClockStart>(decision.decision).due_unix_ms);
  }
  return message;
}

absl::StatusOr<DetailsDecision> FromProto(const v1::DetailsDecision& message,
                                          std::string_view field) {
  DetailsDecision decision;
  PM_RETURN_IF_ERROR(CheckBytes(field, "request_exchange_id", message.request_exchange_id(),
                                kExchangeIdBytes, kExchangeIdBytes));
  decision.request_exchange_id = message.request_exchange_id();
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "decided_by", message.decided_by(), 1, records::kPseudonymBytesMax));
  decision.decided_by = message.decided_by();
  PM_ASSIGN_OR_RETURN(
      decision.decide_unix_ms,
      ReadTime(message.decide_time(), message.has_decide_time(), field, "decide_time"));
  switch (message.decision_case()) {
    case v1::DetailsDecision::kRelease:
      PM_RETURN_IF_ERROR(CheckBytes(At(field, "release"), "sealed", message.release().sealed(), 1,
                                    kSealedReleaseBytesMax));
      decision.decision = SealedRelease{message.release().sealed()};
      return decision;
    case v1::DetailsDecision::kRefusal: {
      PM_ASSIGN_OR_RETURN(decision.decision, FromProto(message.refusal(), At(field, "refusal")));
      return decision;
    }
    case v1::DetailsDecision::kStop: {
      PM_ASSIGN_OR_RETURN(decision.decision, FromProto(message.stop(), At(field, "stop")));
      return decision;
    }
    case v1::DetailsDecision::kStart: {
      PM_ASSIGN_OR_RETURN(const std::int64_t due,
                          ReadTime(message.start().due_time(), message.start().has_due_time(),
                                   At(field, "start"), "due_time"));
      decision.decision = ClockStart{due};
      return decision;
    }
    case v1::DetailsDecision::DECISION_NOT_SET:
      break;
  }
  return Refuse(field, "decision", "not set");
}

v1::NoticeAnswer ToProto(const NoticeAnswer& answer) {
  v1::NoticeAnswer message;
  if (const auto* refusal = std::get_if<Refusal>(&answer)) {
    *message.mutable_refusal() = ToProto(*refusal);
  } else {
    v1::Acknowledgement& taken = *message.mutable_acknowledgement();
    if (const auto& committed = std::get<Acknowledgement>(answer).case_commitment) {
      taken.set_case_commitment(std::string(crypto::AsText(*committed)));
    }
  }
  return message;
}

absl::StatusOr<NoticeAnswer> FromProto(const v1::NoticeAnswer& message, std::string_view field) {
  switch (message.outcome_case()) {
    case v1::NoticeAnswer::kAcknowledgement: {
      Acknowledgement taken;
      if (!message.acknowledgement().case_commitment().empty()) {
        PM_ASSIGN_OR_RETURN(taken.case_commitment,
                            ReadDigest(At(field, "acknowledgement"), "case_commitment",
                                       message.acknowledgement().case_commitment()));
      }
      return NoticeAnswer(taken);
    }
    case v1::NoticeAnswer::kRefusal: {
      PM_ASSIGN_OR_RETURN(Refusal refusal, FromProto(message.refusal(), At(field, "refusal")));
      return NoticeAnswer(std::move(refusal));
    }
    case v1::NoticeAnswer::OUTCOME_NOT_SET:
      break;
  }
  return Refuse(field, "outcome", "not set");
}

v1::Handling ToProto(const Handling& handling) {
  v1::Handling message;
  for (const std::string& code : handling.codes) message.add_codes(code);
  message.set_restrictions(handling.restrictions);
  message.set_evidence(handling.evidence);
  message.set_source_evaluation(handling.source_evaluation);
  message.set_information_evaluation(handling.information_evaluation);
  *message.mutable_delete_time() = ToTimestamp(handling.delete_unix_ms);
  return message;
}

absl::StatusOr<Handling> FromProto(const v1::Handling& message, std::string_view field) {
  PM_RETURN_IF_ERROR(CheckCount(field, "codes", message.codes_size(), 1, kHandlingCodesMax));
  const AnswerHandling conditions{.codes = {message.codes().begin(), message.codes().end()},
                                  .restrictions = message.restrictions(),
                                  .source_evaluation = message.source_evaluation(),
                                  .information_evaluation = message.information_evaluation()};
  PM_RETURN_IF_ERROR(CheckHandling(conditions, field, kReasonsBytesMax));
  Handling handling{.codes = conditions.codes,
                    .restrictions = conditions.restrictions,
                    .evidence = message.evidence(),
                    .source_evaluation = conditions.source_evaluation,
                    .information_evaluation = conditions.information_evaluation};
  PM_ASSIGN_OR_RETURN(
      handling.delete_unix_ms,
      ReadTime(message.delete_time(), message.has_delete_time(), field, "delete_time"));
  return handling;
}

v1::CoreData ToProto(const CoreData& core) {
  v1::CoreData message;
  message.set_incident_date(core.incident_date);
  message.set_place(core.place);
  message.set_offence(core.offence);
  message.set_case_reference(core.case_reference);
  message.set_authority(core.authority);
  return message;
}

absl::StatusOr<CoreData> FromProto(const v1::CoreData& message, std::string_view field) {
  constexpr std::int64_t kDateBytesMax = 10;
  PM_RETURN_IF_ERROR(CheckAscii(field, "incident_date", message.incident_date(), 0, kDateBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "place", message.place(), 0, kPlaceBytesMax));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "offence", message.offence()));
  PM_RETURN_IF_ERROR(CheckText(field, "case_reference", message.case_reference(), 0,
                               records::kCaseReferenceBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "authority", message.authority(), 0, kPlaceBytesMax));
  return CoreData{.incident_date = message.incident_date(),
                  .place = message.place(),
                  .offence = message.offence(),
                  .case_reference = message.case_reference(),
                  .authority = message.authority()};
}

v1::ReleasedExhibit ToProto(const ReleasedExhibit& exhibit) {
  v1::ReleasedExhibit message;
  message.set_handle(std::string(crypto::AsText(exhibit.handle)));
  message.set_kind(ToProto(exhibit.kind));
  if (exhibit.core) *message.mutable_core() = ToProto(*exhibit.core);
  if (exhibit.characteristics) {
    *message.mutable_characteristics() = ToProto(*exhibit.characteristics);
  }
  if (exhibit.signature) *message.mutable_signature() = ToProto(*exhibit.signature);
  for (const ReleasedScan& scan : exhibit.scans) {
    v1::ReleasedScan& entry = *message.add_scans();
    entry.set_region(ToProto(scan.place.region));
    entry.set_land(scan.place.land_number);
    entry.set_format(scan.format);
    entry.set_sha256(scan.sha256);
    entry.set_size_bytes(scan.size_bytes);
    entry.set_arrived_bytes(scan.arrived_bytes);
  }
  return message;
}

absl::StatusOr<ReleasedScan> FromProto(const v1::ReleasedScan& message, std::string_view field) {
  ReleasedScan scan;
  PM_ASSIGN_OR_RETURN(scan.place.region, FromProto(message.region(), At(field, "region")));
  scan.place.land_number = message.land();
  if (!records::IsMarkPlace(scan.place)) return Refuse(field, "land", "does not fit the region");
  PM_RETURN_IF_ERROR(CheckAscii(field, "format", message.format(), 1, kFormatBytesMax));
  PM_RETURN_IF_ERROR(CheckBytes(field, "sha256", message.sha256(), kHashBytes, kHashBytes));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "size_bytes", message.size_bytes(), 1, records::kScanBytesMax));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "arrived_bytes", message.arrived_bytes(), 0, message.size_bytes()));
  scan.format = message.format();
  scan.sha256 = message.sha256();
  scan.size_bytes = message.size_bytes();
  scan.arrived_bytes = message.arrived_bytes();
  return scan;
}

absl::StatusOr<ReleasedExhibit> FromProto(const v1::ReleasedExhibit& message,
                                          std::string_view field) {
  ReleasedExhibit exhibit;
  PM_ASSIGN_OR_RETURN(exhibit.handle, ReadDigest(field, "handle", message.handle()));
  PM_ASSIGN_OR_RETURN(exhibit.kind, FromProto(message.kind(), At(field, "kind")));
  if (message.has_core()) {
    PM_ASSIGN_OR_RETURN(exhibit.core, FromProto(message.core(), At(field, "core")));
  }
  if (message.has_characteristics()) {
    PM_ASSIGN_OR_RETURN(exhibit.characteristics,
                        FromProto(message.characteristics(), At(field, "characteristics")));
  }
  if (message.has_signature()) {
    PM_ASSIGN_OR_RETURN(exhibit.signature,
                        FromProto(message.signature(), exhibit.kind, At(field, "signature")));
  }
  PM_RETURN_IF_ERROR(CheckCount(field, "scans", message.scans_size(), 0, records::kLandsMax));
  for (int i = 0; i < message.scans_size(); ++i) {
    PM_ASSIGN_OR_RETURN(ReleasedScan scan, FromProto(message.scans(i), At(field, "scans", i)));
    if (i > 0 && !(exhibit.scans.back().place < scan.place)) {
      return Refuse(field, "scans", "must ascend by place, each once");
    }
    exhibit.scans.push_back(std::move(scan));
  }
  return exhibit;
}

absl::StatusOr<ReleasedFirearm> FromProto(const v1::ReleasedFirearm& message,
                                          std::string_view field) {
  ReleasedFirearm released;
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "reference", message.reference(), 1, kFirearmReferenceBytesMax));
  released.reference = message.reference();
  PM_ASSIGN_OR_RETURN(const std::optional<firearm::State> state,
                      OptionalFirearmState(message.state(), At(field, "state")));
  if (!state) return Refuse(field, "state", "not set");
  released.state = *state;
  PM_RETURN_IF_ERROR(CheckPresent(field, "deactivation", message.has_deactivation()));
  PM_ASSIGN_OR_RETURN(released.deactivation,
                      FromProto(message.deactivation(), At(field, "deactivation")));
  return released;
}

v1::ReleasedDetails ToProto(const ReleasedDetails& released) {
  v1::ReleasedDetails message;
  for (const ReleasedExhibit& exhibit : released.exhibits) {
    *message.add_exhibits() = ToProto(exhibit);
  }
  if (released.firearm) {
    v1::ReleasedFirearm& told = *message.mutable_firearm();
    told.set_reference(released.firearm->reference);
    told.set_state(std::string(firearm::CodeOf(released.firearm->state)));
    *told.mutable_deactivation() = ToProto(released.firearm->deactivation);
  }
  *message.mutable_handling() = ToProto(released.handling);
  return message;
}

absl::StatusOr<ReleasedDetails> FromProto(const v1::ReleasedDetails& message,
                                          std::string_view field) {
  ReleasedDetails released;
  const int exhibits_min = message.has_firearm() ? 0 : 1;
  PM_RETURN_IF_ERROR(CheckCount(field, "exhibits", message.exhibits_size(), exhibits_min,
                                message.has_firearm() ? 0 : kMatchCandidatesMax));
  if (message.has_firearm()) {
    PM_ASSIGN_OR_RETURN(released.firearm, FromProto(message.firearm(), At(field, "firearm")));
  }
  std::int64_t scans_bytes = 0;
  for (int i = 0; i < message.exhibits_size(); ++i) {
    PM_ASSIGN_OR_RETURN(ReleasedExhibit exhibit,
                        FromProto(message.exhibits(i), At(field, "exhibits", i)));
    for (const ReleasedExhibit& before : released.exhibits) {
      if (before.handle == exhibit.handle) return Refuse(field, "exhibits", "name a handle twice");
    }
    for (const ReleasedScan& scan : exhibit.scans) scans_bytes += scan.size_bytes;
    released.exhibits.push_back(std::move(exhibit));
  }
  if (scans_bytes > kReleasedScansBytesMax) {
    return Refuse(field, "exhibits",
                  absl::StrFormat("their scans have %d bytes together; at most %d may be released",
                                  scans_bytes, kReleasedScansBytesMax));
  }
  PM_RETURN_IF_ERROR(CheckPresent(field, "handling", message.has_handling()));
  PM_ASSIGN_OR_RETURN(released.handling, FromProto(message.handling(), At(field, "handling")));
  return released;
}

v1::ReleasedScanPart ToProto(const ReleasedScanPart& part) {
  v1::ReleasedScanPart message;
  message.set_request_exchange_id(part.request_exchange_id);
  message.set_handle(std::string(crypto::AsText(part.handle)));
  message.set_region(ToProto(part.place.region));
  message.set_land(part.place.land_number);
  message.set_offset(part.offset);
  message.set_released_by(part.released_by);
  message.set_sealed(part.box);
  return message;
}

absl::StatusOr<ReleasedScanPart> FromProto(const v1::ReleasedScanPart& message,
                                           std::string_view field) {
  ReleasedScanPart part;
  PM_RETURN_IF_ERROR(CheckBytes(field, "request_exchange_id", message.request_exchange_id(),
                                kExchangeIdBytes, kExchangeIdBytes));
  part.request_exchange_id = message.request_exchange_id();
  PM_ASSIGN_OR_RETURN(part.handle, ReadDigest(field, "handle", message.handle()));
  PM_ASSIGN_OR_RETURN(part.place.region, FromProto(message.region(), At(field, "region")));
  part.place.land_number = message.land();
  if (!records::IsMarkPlace(part.place)) return Refuse(field, "land", "does not fit the region");
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "offset", message.offset(), 0, records::kScanBytesMax - 1));
  if (message.offset() % kScanPartBytes != 0) {
    return Refuse(field, "offset", absl::StrFormat("is no multiple of %d", kScanPartBytes));
  }
  part.offset = message.offset();
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "released_by", message.released_by(), 1, records::kPseudonymBytesMax));
  part.released_by = message.released_by();
  PM_RETURN_IF_ERROR(CheckBytes(field, "sealed", message.sealed(), 1, kSealedScanPartBytesMax));
  part.box = message.sealed();
  return part;
}

absl::StatusOr<StoppedTime> FromProto(const v1::StoppedTime& message, std::string_view field) {
  StoppedTime stopped;
  PM_ASSIGN_OR_RETURN(stopped.stop, FromProto(message.stop(), At(field, "stop")));
  PM_ASSIGN_OR_RETURN(stopped.from_unix_ms,
                      ReadTime(message.from_time(), message.has_from_time(), field, "from_time"));
  if (message.has_until_time()) {
    PM_ASSIGN_OR_RETURN(stopped.until_unix_ms,
                        FromTimestamp(message.until_time(), At(field, "until_time")));
  }
  return stopped;
}

v1::HandlingStep ToProto(const HandlingStep& step) {
  v1::HandlingStep message;
  message.set_act(WriteEnum<v1::HandlingAct>(step.act));
  message.set_by(step.by);
  *message.mutable_time() = ToTimestamp(step.unix_ms);
  message.set_reference(step.reference);
  message.set_reasons(step.reasons);
  return message;
}

absl::StatusOr<HandlingStep> FromProto(const v1::HandlingStep& message, std::string_view field) {
  HandlingStep step;
  PM_ASSIGN_OR_RETURN(
      step.act, ReadEnum<HandlingAct>(At(field, "act"), message.act(), v1::HandlingAct_IsValid));
  PM_RETURN_IF_ERROR(CheckAscii(field, "by", message.by(), 1, records::kPseudonymBytesMax));
  step.by = message.by();
  PM_ASSIGN_OR_RETURN(step.unix_ms, ReadTime(message.time(), message.has_time(), field, "time"));
  const bool permission = step.act != HandlingAct::kAcknowledged;
  PM_RETURN_IF_ERROR(CheckText(field, "reference", message.reference(), permission ? 1 : 0,
                               permission ? kPermissionReferenceBytesMax : 0));
  PM_RETURN_IF_ERROR(CheckText(field, "reasons", message.reasons(), permission ? 1 : 0,
                               permission ? kReasonsBytesMax : 0));
  step.reference = message.reference();
  step.reasons = message.reasons();
  return step;
}

// What stands in a file once its request was acknowledged.
absl::Status ReadProgress(const v1::DetailsFile& message, std::string_view field,
                          DetailsFile& file) {
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "clock", message.clock()));
  file.clock = message.clock();
  if (message.has_due_time()) {
    PM_ASSIGN_OR_RETURN(file.due_unix_ms, FromTimestamp(message.due_time(), At(field, "due_time")));
  }
  PM_RETURN_IF_ERROR(CheckCount(field, "stops", message.stops_size(), 0, kStopsMax));
  for (int i = 0; i < message.stops_size(); ++i) {
    PM_ASSIGN_OR_RETURN(StoppedTime stop, FromProto(message.stops(i), At(field, "stops", i)));
    file.stops.push_back(std::move(stop));
  }
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "decided_by", message.decided_by(), 0, records::kPseudonymBytesMax));
  file.decided_by = message.decided_by();
  if (message.has_decide_time()) {
    PM_ASSIGN_OR_RETURN(file.decide_unix_ms,
                        FromTimestamp(message.decide_time(), At(field, "decide_time")));
  }
  PM_RETURN_IF_ERROR(CheckText(field, "reasons", message.reasons(), 0, kReasonsBytesMax));
  file.reasons = message.reasons();
  if (message.has_refusal()) {
    PM_ASSIGN_OR_RETURN(file.refusal, FromProto(message.refusal(), At(field, "refusal")));
  }
  if (message.has_released()) {
    PM_ASSIGN_OR_RETURN(file.released, FromProto(message.released(), At(field, "released")));
  }
  PM_ASSIGN_OR_RETURN(file.taken_back, ReadHandles(message.taken_back(), field, "taken_back", 0));
  PM_RETURN_IF_ERROR(
      CheckCount(field, "handling_steps", message.handling_steps_size(), 0, kHandlingStepsMax));
  for (int i = 0; i < message.handling_steps_size(); ++i) {
    PM_ASSIGN_OR_RETURN(HandlingStep step,
                        FromProto(message.handling_steps(i), At(field, "handling_steps", i)));
    file.handling_steps.push_back(std::move(step));
  }
  return absl::OkStatus();
}

// The two halves of every payload here.
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

std::string_view MaterialText(Material material) {
  switch (material) {
    case Material::kCoreData:
      return "core-data";
    case Material::kSignature:
      return "signature";
    case Material::kScans:
      return "scans";
    case Material::kCertificate:
      return "certificate";
  }
  PM_CHECK(false);
}

std::optional<Material> FindMaterial(std::string_view text) {
  for (const Material material : kMaterials) {
    if (MaterialText(material) == text) return material;
  }
  return std::nullopt;
}

std::string_view DetailsStateText(DetailsState state) {
  switch (state) {
    case DetailsState::kSent:
      return "sent";
    case DetailsState::kOpen:
      return "open";
    case DetailsState::kStopped:
      return "stopped";
    case DetailsState::kReleased:
      return "released";
    case DetailsState::kRefused:
      return "refused";
    case DetailsState::kTakenBack:
      return "taken back";
  }
  PM_CHECK(false);
}

std::string_view HandlingActText(HandlingAct act) {
  switch (act) {
    case HandlingAct::kAcknowledged:
      return "acknowledged";
    case HandlingAct::kEvidencePermitted:
      return "evidence permitted";
    case HandlingAct::kOnwardPermitted:
      return "passing on permitted";
  }
  PM_CHECK(false);
}

bool Handling::Has(std::string_view code) const {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

v1::DetailsFile ToProto(const DetailsFile& file) {
  v1::DetailsFile message;
  message.set_request_id(file.request_id);
  message.set_side(WriteEnum<v1::DetailsSide>(file.side));
  message.set_state(WriteEnum<v1::DetailsState>(file.state));
  message.set_agency(file.agency);
  *message.mutable_request() = ToProto(file.request);
  for (const records::ExhibitId& id : file.exhibit_ids) message.add_exhibit_ids(id);
  message.set_search_id(file.search_id);
  message.set_firearm_id(file.firearm_id);
  *message.mutable_ask_time() = ToTimestamp(file.ask_unix_ms);
  message.set_clock(file.clock);
  if (file.due_unix_ms) *message.mutable_due_time() = ToTimestamp(*file.due_unix_ms);
  for (const StoppedTime& stopped : file.stops) {
    v1::StoppedTime& entry = *message.add_stops();
    *entry.mutable_stop() = ToProto(stopped.stop);
    *entry.mutable_from_time() = ToTimestamp(stopped.from_unix_ms);
    if (stopped.until_unix_ms) *entry.mutable_until_time() = ToTimestamp(*stopped.until_unix_ms);
  }
  message.set_decided_by(file.decided_by);
  if (file.decide_unix_ms) *message.mutable_decide_time() = ToTimestamp(*file.decide_unix_ms);
  message.set_reasons(file.reasons);
  if (file.refusal) *message.mutable_refusal() = ToProto(*file.refusal);
  if (file.released) *message.mutable_released() = ToProto(*file.released);
  for (const crypto::Sha256Digest& handle : file.taken_back) {
    message.add_taken_back(std::string(crypto::AsText(handle)));
  }
  for (const HandlingStep& step : file.handling_steps) {
    *message.add_handling_steps() = ToProto(step);
  }
  return message;
}

absl::StatusOr<DetailsFile> FromProto(const v1::DetailsFile& message, std::string_view field) {
  DetailsFile file;
  PM_RETURN_IF_ERROR(CheckId(field, "request_id", message.request_id()));
  file.request_id = message.request_id();
  PM_ASSIGN_OR_RETURN(
      file.side, ReadEnum<DetailsSide>(At(field, "side"), message.side(), v1::DetailsSide_IsValid));
  PM_ASSIGN_OR_RETURN(file.state, ReadEnum<DetailsState>(At(field, "state"), message.state(),
                                                         v1::DetailsState_IsValid));
  PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
  file.agency = message.agency();
  PM_RETURN_IF_ERROR(CheckPresent(field, "request", message.has_request()));
  PM_ASSIGN_OR_RETURN(file.request, FromProto(message.request(), At(field, "request")));
  PM_RETURN_IF_ERROR(
      CheckCount(field, "exhibit_ids", message.exhibit_ids_size(), 0, kMatchCandidatesMax));
  for (int i = 0; i < message.exhibit_ids_size(); ++i) {
    PM_RETURN_IF_ERROR(CheckId(At(field, "exhibit_ids", i), "", message.exhibit_ids(i)));
    file.exhibit_ids.push_back(message.exhibit_ids(i));
  }
  if (!message.search_id().empty()) {
    PM_RETURN_IF_ERROR(CheckId(field, "search_id", message.search_id()));
  }
  file.search_id = message.search_id();
  if (!message.firearm_id().empty()) {
    PM_RETURN_IF_ERROR(CheckId(field, "firearm_id", message.firearm_id()));
  }
  file.firearm_id = message.firearm_id();
  PM_ASSIGN_OR_RETURN(file.ask_unix_ms,
                      ReadTime(message.ask_time(), message.has_ask_time(), field, "ask_time"));
  PM_RETURN_IF_ERROR(ReadProgress(message, field, file));
  return file;
}

absl::StatusOr<std::optional<DetailsSide>> OptionalDetailsSide(v1::DetailsSide side,
                                                               std::string_view field) {
  if (side == v1::DETAILS_SIDE_UNSPECIFIED) return std::optional<DetailsSide>();
  PM_ASSIGN_OR_RETURN(const DetailsSide read,
                      ReadEnum<DetailsSide>(field, side, v1::DetailsSide_IsValid));
  return std::optional(read);
}

absl::StatusOr<DetailsOrder> FromProto(const v1::RequestDetailsRequest& message,
                                       std::string_view field) {
  DetailsOrder order;
  const bool of_firearm = !message.firearm_reference().empty();
  if (of_firearm) {
    PM_RETURN_IF_ERROR(CheckBytes(field, "search_id", message.search_id(), 0, 0));
    PM_RETURN_IF_ERROR(CheckAscii(field, "firearm_reference", message.firearm_reference(), 1,
                                  kFirearmReferenceBytesMax));
    PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  } else {
    PM_RETURN_IF_ERROR(CheckId(field, "search_id", message.search_id()));
    PM_RETURN_IF_ERROR(CheckBytes(field, "purpose", message.purpose(), 0, 0));
  }
  order.search_id = message.search_id();
  order.firearm_reference = message.firearm_reference();
  order.purpose = message.purpose();
  PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
  order.agency = message.agency();
  PM_ASSIGN_OR_RETURN(order.handles,
                      ReadHandles(message.handles(), field, "handles", of_firearm ? 0 : 1));
  if (of_firearm && !order.handles.empty()) {
    return Refuse(field, "handles", "must be none beside firearm_reference");
  }
  PM_RETURN_IF_ERROR(CheckText(field, "case_reference", message.case_reference(), 1,
                               records::kCaseReferenceBytesMax));
  order.case_reference = message.case_reference();
  PM_RETURN_IF_ERROR(CheckCode(field, "offence", message.offence()));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "subject_role", message.subject_role()));
  order.offence = message.offence();
  order.subject_role = message.subject_role();
  PM_RETURN_IF_ERROR(CheckText(field, "facts", message.facts(), 1, kFactsBytesMax));
  order.facts = message.facts();
  PM_ASSIGN_OR_RETURN(order.wanted, ReadMaterials(message.wanted(), field, "wanted", 0));
  if (order.wanted.empty()) {
    order.wanted.push_back(of_firearm ? Material::kCertificate : Material::kCoreData);
  }
  PM_RETURN_IF_ERROR(CheckMaterials(field, "wanted", order.wanted, of_firearm));
  PM_RETURN_IF_ERROR(CheckText(field, "urgency", message.urgency(), 0, kUrgencyBytesMax));
  order.urgency = message.urgency();
  return order;
}

absl::StatusOr<DetailsVerdict> FromProto(const v1::DecideDetailsRequest& message,
                                         std::string_view field) {
  DetailsVerdict verdict;
  PM_RETURN_IF_ERROR(CheckId(field, "request_id", message.request_id()));
  verdict.request_id = message.request_id();
  PM_RETURN_IF_ERROR(CheckText(field, "reasons", message.reasons(), 1, kReasonsBytesMax));
  verdict.reasons = message.reasons();
  switch (message.decision_case()) {
    case v1::DecideDetailsRequest::kRelease: {
      const std::string path = At(field, "release");
      const v1::ReleaseTerms& release = message.release();
      ReleaseTerms terms;
      PM_ASSIGN_OR_RETURN(terms.materials,
                          ReadMaterials(release.materials(), path, "materials", 1));
      PM_RETURN_IF_ERROR(CheckText(path, "place", release.place(), 0, kPlaceBytesMax));
      PM_RETURN_IF_ERROR(CheckOptionalCode(path, "offence", release.offence()));
      PM_RETURN_IF_ERROR(CheckText(path, "authority", release.authority(), 0, kPlaceBytesMax));
      terms.place = release.place();
      terms.offence = release.offence();
      terms.authority = release.authority();
      PM_RETURN_IF_ERROR(CheckPresent(path, "handling", release.has_handling()));
      PM_ASSIGN_OR_RETURN(terms.handling, FromProto(release.handling(), At(path, "handling")));
      verdict.verdict = std::move(terms);
      return verdict;
    }
    case v1::DecideDetailsRequest::kRefusal: {
      PM_ASSIGN_OR_RETURN(verdict.verdict, FromProto(message.refusal(), At(field, "refusal")));
      return verdict;
    }
    case v1::DecideDetailsRequest::kStop: {
      PM_ASSIGN_OR_RETURN(verdict.verdict, FromProto(message.stop(), At(field, "stop")));
      return verdict;
    }
    case v1::DecideDetailsRequest::kStart:
      if (!message.start()) return Refuse(field, "start", "must be true");
      verdict.verdict = StartClock{};
      return verdict;
    case v1::DecideDetailsRequest::DECISION_NOT_SET:
      break;
  }
  return Refuse(field, "decision", "not set");
}

absl::StatusOr<Permission> FromProto(const v1::RecordPermissionRequest& message,
                                     std::string_view field) {
  Permission permission;
  PM_RETURN_IF_ERROR(CheckId(field, "request_id", message.request_id()));
  permission.request_id = message.request_id();
  PM_ASSIGN_OR_RETURN(permission.act,
                      ReadEnum<HandlingAct>(At(field, "permission"), message.permission(),
                                            v1::HandlingAct_IsValid));
  if (permission.act == HandlingAct::kAcknowledged) {
    return Refuse(field, "permission", "must be EVIDENCE_PERMITTED or ONWARD_PERMITTED");
  }
  PM_RETURN_IF_ERROR(
      CheckText(field, "reference", message.reference(), 1, kPermissionReferenceBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "reasons", message.reasons(), 1, kReasonsBytesMax));
  permission.reference = message.reference();
  permission.reasons = message.reasons();
  return permission;
}

absl::StatusOr<std::string> Serialise(const DetailsRequest& request) {
  return Write(request, kDetailsPayloadBytesMax, "request");
}
absl::StatusOr<DetailsRequest> ParseDetailsRequest(std::string_view bytes) {
  return Read<DetailsRequest, v1::DetailsRequest>(bytes, kDetailsPayloadBytesMax, "request");
}
absl::StatusOr<std::string> Serialise(const DetailsAnswer& answer) {
  return Write(answer, kDetailsPayloadBytesMax, "answer");
}
absl::StatusOr<DetailsAnswer> ParseDetailsAnswer(std::string_view bytes) {
  return Read<DetailsAnswer, v1::DetailsAnswer>(bytes, kDetailsPayloadBytesMax, "answer");
}
absl::StatusOr<std::string> Serialise(const DetailsDecision& decision) {
  return Write(decision, kDetailsPayloadBytesMax, "decision");
}
absl::StatusOr<DetailsDecision> ParseDetailsDecision(std::string_view bytes) {
  return Read<DetailsDecision, v1::DetailsDecision>(bytes, kDetailsPayloadBytesMax, "decision");
}
absl::StatusOr<std::string> Serialise(const ReleasedScanPart& part) {
  return Write(part, kDetailsPayloadBytesMax, "part");
}
absl::StatusOr<ReleasedScanPart> ParseReleasedScanPart(std::string_view bytes) {
  return Read<ReleasedScanPart, v1::ReleasedScanPart>(bytes, kDetailsPayloadBytesMax, "part");
}
absl::StatusOr<std::string> Serialise(const NoticeAnswer& answer) {
  return Write(answer, kDetailsPayloadBytesMax, "answer");
}
absl::StatusOr<NoticeAnswer> ParseNoticeAnswer(std::string_view bytes) {
  return Read<NoticeAnswer, v1::NoticeAnswer>(bytes, kDetailsPayloadBytesMax, "answer");
}
absl::StatusOr<std::string> Serialise(const ReleasedDetails& released) {
  return Write(released, kReleasedBytesMax, "released");
}
absl::StatusOr<ReleasedDetails> ParseReleasedDetails(std::string_view bytes) {
  return Read<ReleasedDetails, v1::ReleasedDetails>(bytes, kReleasedBytesMax, "released");
}
absl::StatusOr<std::string> Serialise(const DetailsFile& file) {
  return Write(file, kDetailsFileBytesMax, "file");
}
absl::StatusOr<DetailsFile> ParseDetailsFile(std::string_view bytes) {
  return Read<DetailsFile, v1::DetailsFile>(bytes, kDetailsFileBytesMax, "file");
}

}  // namespace proofmark::wire
