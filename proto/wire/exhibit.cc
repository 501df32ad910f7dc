// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/exhibit.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/exhibit.pb.h"
#include "proofmark/v1/submission_service.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"
#include "proto/wire/mark.h"
#include "proto/wire/signature.h"
#include "records/codes.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

constexpr std::int64_t kIdentityBytesMax = 2'048;
constexpr std::int64_t kSubmissionHeaderBytesMax = 16'384;

v1::ScanAnnouncement ToProto(const records::ScanAnnouncement& scan) {
  v1::ScanAnnouncement message;
  message.set_region(ToProto(scan.place.region));
  message.set_land_number(scan.place.land_number);
  message.set_format(scan.format);
  message.set_size_bytes(scan.size_bytes);
  message.set_sha256(scan.sha256);
  return message;
}

}  // namespace

v1::Mark ToProto(const records::Mark& mark) {
  v1::Mark message;
  message.set_region(ToProto(mark.place.region));
  message.set_land_number(mark.place.land_number);
  message.set_scan_sha256(mark.scan_sha256);
  message.set_format(mark.format);
  message.set_usable(mark.usable);
  for (const std::string& remark : mark.remarks) message.add_remarks(remark);
  return message;
}

absl::StatusOr<records::Mark> FromProto(const v1::Mark& message, std::string_view field) {
  PM_ASSIGN_OR_RETURN(const records::MarkRegion region,
                      FromProto(message.region(), At(field, "region")));
  PM_RETURN_IF_ERROR(
      CheckBytes(field, "scan_sha256", message.scan_sha256(), kHashBytes, kHashBytes));
  if (!records::IsScanFormat(message.format())) {
    return Refuse(field, "format", "must be \"x3p\" or \"profile-csv\"");
  }
  PM_RETURN_IF_ERROR(
      CheckCount(field, "remarks", message.remarks_size(), 0, records::kMarkRemarksMax));
  for (int i = 0; i < message.remarks_size(); ++i) {
    PM_RETURN_IF_ERROR(CheckText("", At(field, "remarks", i), message.remarks(i), 1,
                                 records::kMarkRemarkBytesMax));
  }
  return records::Mark{.place = {.region = region, .land_number = message.land_number()},
                       .scan_sha256 = message.scan_sha256(),
                       .blob_sha256 = "",
                       .format = message.format(),
                       .remarks = {message.remarks().begin(), message.remarks().end()},
                       .usable = message.usable()};
}

absl::Status CheckMarks(records::ExhibitKind kind, const std::vector<records::Mark>& marks,
                        std::string_view field) {
  std::vector<records::MarkPlace> places;
  places.reserve(marks.size());
  for (const records::Mark& mark : marks) places.push_back(mark.place);
  return Under(field, records::CheckMarkPlaces("marks", kind, places));
}

v1::ExhibitIdentity ToProto(const records::ExhibitIdentity& identity) {
  v1::ExhibitIdentity message;
  message.set_label(identity.label);
  message.set_case_reference(identity.case_reference);
  message.set_incident_date(identity.incident_date);
  message.set_note(identity.note);
  for (const std::string& code : identity.circumstances) message.add_circumstances(code);
  return message;
}

absl::StatusOr<records::ExhibitIdentity> FromProto(const v1::ExhibitIdentity& message,
                                                   std::string_view field) {
  // Before anything is copied: the list may be long.
  PM_RETURN_IF_ERROR(CheckCount(field, "circumstances", message.circumstances_size(), 0,
                                std::ssize(records::ShareTriggerCodes())));
  records::ExhibitIdentity identity{
      .label = message.label(),
      .case_reference = message.case_reference(),
      .incident_date = message.incident_date(),
      .note = message.note(),
      .circumstances = {message.circumstances().begin(), message.circumstances().end()}};
  PM_RETURN_IF_ERROR(Under(field, records::CheckExhibitIdentity(identity)));
  return identity;
}

absl::StatusOr<std::string> Serialise(const records::ExhibitIdentity& identity) {
  PM_RETURN_IF_ERROR(Under("identity", records::CheckExhibitIdentity(identity)));
  return WriteBytes(ToProto(identity), kIdentityBytesMax, "identity");
}

absl::StatusOr<records::ExhibitIdentity> ParseIdentity(std::string_view bytes) {
  v1::ExhibitIdentity message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kIdentityBytesMax, "identity", message));
  return FromProto(message, "identity");
}

v1::Exhibit ToProto(const ExhibitView& view) {
  v1::Exhibit message;
  message.set_exhibit_id(view.exhibit.id);
  message.set_kind(ToProto(view.exhibit.kind));
  message.set_state(WriteEnum<v1::ExhibitState>(view.exhibit.state));
  *message.mutable_characteristics() = ToProto(view.exhibit.characteristics);
  if (view.identity) *message.mutable_identity() = ToProto(*view.identity);
  for (const records::Mark& mark : view.exhibit.marks) *message.add_marks() = ToProto(mark);
  *message.mutable_submit_time() = ToTimestamp(view.exhibit.submitted_unix_ms);
  message.set_submitted_by(view.exhibit.submitted_by);
  if (view.receipt) *message.mutable_receipt() = ToProto(*view.receipt);
  if (view.signature) *message.mutable_signature() = ToProto(*view.signature);
  return message;
}

absl::StatusOr<ExhibitView> FromProto(const v1::Exhibit& message, std::string_view field) {
  ExhibitView view;
  records::Exhibit& exhibit = view.exhibit;
  PM_RETURN_IF_ERROR(CheckId(field, "exhibit_id", message.exhibit_id()));
  exhibit.id = message.exhibit_id();
  PM_ASSIGN_OR_RETURN(exhibit.kind, FromProto(message.kind(), At(field, "kind")));
  PM_ASSIGN_OR_RETURN(exhibit.state, ReadExhibitState(message.state(), At(field, "state")));
  PM_ASSIGN_OR_RETURN(exhibit.characteristics,
                      FromProto(message.characteristics(), At(field, "characteristics")));
  PM_RETURN_IF_ERROR(CheckCount(field, "marks", message.marks_size(), 1, records::kLandsMax));
  for (int i = 0; i < message.marks_size(); ++i) {
    PM_ASSIGN_OR_RETURN(records::Mark mark, FromProto(message.marks(i), At(field, "marks", i)));
    exhibit.marks.push_back(std::move(mark));
  }
  PM_RETURN_IF_ERROR(CheckMarks(exhibit.kind, exhibit.marks, field));
  PM_RETURN_IF_ERROR(CheckPresent(field, "submit_time", message.has_submit_time()));
  PM_ASSIGN_OR_RETURN(exhibit.submitted_unix_ms,
                      FromTimestamp(message.submit_time(), At(field, "submit_time")));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "submitted_by", message.submitted_by(), 1, records::kPseudonymBytesMax));
  exhibit.submitted_by = message.submitted_by();
  if (message.has_identity()) {
    PM_ASSIGN_OR_RETURN(view.identity, FromProto(message.identity(), At(field, "identity")));
  }
  if (message.has_receipt()) {
    PM_ASSIGN_OR_RETURN(view.receipt, FromProto(message.receipt(), At(field, "receipt")));
    exhibit.ledger_index = view.receipt->index;
  }
  if (message.has_signature()) {
    PM_ASSIGN_OR_RETURN(view.signature,
                        FromProto(message.signature(), exhibit.kind, At(field, "signature")));
  }
  return view;
}

absl::StatusOr<records::ExhibitState> ReadExhibitState(v1::ExhibitState state,
                                                       std::string_view field) {
  static_assert(static_cast<int>(v1::ExhibitState_MAX) ==
                static_cast<int>(records::ExhibitState::kWithdrawn));
  return ReadEnum<records::ExhibitState>(field, state, v1::ExhibitState_IsValid);
}

v1::SubmissionHeader ToProto(const records::SubmissionHeader& header) {
  v1::SubmissionHeader message;
  *message.mutable_identity() = ToProto(header.identity);
  message.set_kind(ToProto(header.kind));
  *message.mutable_characteristics() = ToProto(header.characteristics);
  for (const records::ScanAnnouncement& scan : header.scans) *message.add_scans() = ToProto(scan);
  return message;
}

absl::StatusOr<records::SubmissionHeader> FromProto(const v1::SubmissionHeader& message,
                                                    std::string_view field) {
  records::SubmissionHeader header;
  PM_RETURN_IF_ERROR(CheckPresent(field, "identity", message.has_identity()));
  PM_ASSIGN_OR_RETURN(header.identity, FromProto(message.identity(), At(field, "identity")));
  PM_ASSIGN_OR_RETURN(header.kind, FromProto(message.kind(), At(field, "kind")));
  PM_ASSIGN_OR_RETURN(header.characteristics,
                      FromProto(message.characteristics(), At(field, "characteristics")));
  // Before anything is copied: the list may be long.
  PM_RETURN_IF_ERROR(CheckCount(field, "scans", message.scans_size(), 1, records::kLandsMax));
  for (int i = 0; i < message.scans_size(); ++i) {
    const v1::ScanAnnouncement& scan = message.scans(i);
    PM_ASSIGN_OR_RETURN(const records::MarkRegion region,
                        FromProto(scan.region(), At(At(field, "scans", i), "region")));
    header.scans.push_back({.place = {.region = region, .land_number = scan.land_number()},
                            .format = scan.format(),
                            .size_bytes = scan.size_bytes(),
                            .sha256 = scan.sha256()});
  }
  PM_RETURN_IF_ERROR(Under(field, records::CheckSubmissionHeader(header)));
  return header;
}

absl::StatusOr<std::string> Serialise(const records::SubmissionHeader& header) {
  PM_RETURN_IF_ERROR(Under("header", records::CheckSubmissionHeader(header)));
  return WriteBytes(ToProto(header), kSubmissionHeaderBytesMax, "header");
}

absl::StatusOr<records::SubmissionHeader> ParseSubmissionHeader(std::string_view bytes) {
  v1::SubmissionHeader message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kSubmissionHeaderBytesMax, "header", message));
  return FromProto(message, "header");
}

}  // namespace proofmark::wire
