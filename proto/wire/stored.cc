// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/stored.h"

#include <utility>

#include "proofmark/store/v1/records.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"
#include "proto/wire/mark.h"
#include "proto/wire/match.h"
#include "proto/wire/signature.h"
#include "records/submission.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

constexpr std::int64_t kSubmissionIdBytes = 16;
constexpr std::int64_t kExchangeIdBytes = 16;
constexpr std::int64_t kScansMax = kMatchCandidatesMax * records::kLandsMax;

store::v1::StoredExhibit ToProto(const StoredExhibit& stored) {
  const records::Exhibit& exhibit = stored.exhibit;
  store::v1::StoredExhibit message;
  message.set_submission_id(exhibit.submission_id);
  message.set_kind(ToProto(exhibit.kind));
  message.set_state(WriteEnum<v1::ExhibitState>(exhibit.state));
  *message.mutable_characteristics() = ToProto(exhibit.characteristics);
  for (const records::Mark& mark : exhibit.marks) {
    store::v1::StoredMark& entry = *message.add_marks();
    *entry.mutable_mark() = ToProto(mark);
    entry.set_blob_sha256(mark.blob_sha256);
  }
  message.set_submitted_unix_ms(exhibit.submitted_unix_ms);
  message.set_submitted_by(exhibit.submitted_by);
  message.set_sealed_identity(stored.sealed_identity);
  if (stored.signature) *message.mutable_signature() = ToProto(*stored.signature);
  message.set_ledger_index(exhibit.ledger_index);
  return message;
}

absl::StatusOr<records::Mark> FromProto(const store::v1::StoredMark& message,
                                        std::string_view field) {
  PM_RETURN_IF_ERROR(CheckPresent(field, "mark", message.has_mark()));
  PM_ASSIGN_OR_RETURN(records::Mark mark, FromProto(message.mark(), At(field, "mark")));
  PM_RETURN_IF_ERROR(
      CheckBytes(field, "blob_sha256", message.blob_sha256(), kHashBytes, kHashBytes));
  mark.blob_sha256 = message.blob_sha256();
  return mark;
}

absl::StatusOr<StoredExhibit> FromProto(records::ExhibitId id,
                                        const store::v1::StoredExhibit& message,
                                        std::string_view field) {
  StoredExhibit stored;
  records::Exhibit& exhibit = stored.exhibit;
  PM_RETURN_IF_ERROR(CheckId(field, "id", id));
  exhibit.id = std::move(id);
  PM_RETURN_IF_ERROR(CheckBytes(field, "submission_id", message.submission_id(), kSubmissionIdBytes,
                                kSubmissionIdBytes));
  exhibit.submission_id = message.submission_id();
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
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "submitted_unix_ms", message.submitted_unix_ms(), 0, kUnixMsMax));
  exhibit.submitted_unix_ms = message.submitted_unix_ms();
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "submitted_by", message.submitted_by(), 1, records::kPseudonymBytesMax));
  exhibit.submitted_by = message.submitted_by();
  exhibit.ledger_index = message.ledger_index();
  PM_RETURN_IF_ERROR(
      CheckBytes(field, "sealed_identity", message.sealed_identity(), 0, kSealedIdentityBytesMax));
  stored.sealed_identity = message.sealed_identity();
  if (message.has_signature()) {
    PM_ASSIGN_OR_RETURN(stored.signature,
                        FromProto(message.signature(), exhibit.kind, At(field, "signature")));
  }
  return stored;
}

store::v1::StoredRosterRow ToProto(const StoredRosterRow& row) {
  store::v1::StoredRosterRow message;
  message.set_kind(ToProto(row.kind));
  *message.mutable_characteristics() = ToProto(row.characteristics);
  message.set_extractor_versions(row.extractor_versions);
  return message;
}

absl::StatusOr<StoredRosterRow> FromProto(const store::v1::StoredRosterRow& message,
                                          std::string_view field) {
  StoredRosterRow row;
  PM_ASSIGN_OR_RETURN(row.kind, FromProto(message.kind(), At(field, "kind")));
  PM_ASSIGN_OR_RETURN(row.characteristics,
                      FromProto(message.characteristics(), At(field, "characteristics")));
  PM_RETURN_IF_ERROR(CheckAscii(field, "extractor_versions", message.extractor_versions(), 1,
                                kExtractorVersionsBytesMax));
  row.extractor_versions = message.extractor_versions();
  return row;
}

store::v1::StoredCalibration ToProto(const StoredCalibration& stored) {
  store::v1::StoredCalibration message;
  message.set_file(stored.file);
  message.set_installed_unix_ms(stored.installed_unix_ms);
  message.set_installed_by(stored.installed_by);
  message.set_ledger_index(stored.ledger_index);
  return message;
}

absl::StatusOr<StoredCalibration> FromProto(const store::v1::StoredCalibration& message,
                                            std::string_view field) {
  StoredCalibration stored;
  PM_RETURN_IF_ERROR(CheckBytes(field, "file", message.file(), 0, forensics::kCalibrationBytesMax));
  stored.file = message.file();
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "installed_unix_ms", message.installed_unix_ms(), 0, kUnixMsMax));
  stored.installed_unix_ms = message.installed_unix_ms();
  PM_RETURN_IF_ERROR(CheckAscii(field, "installed_by", message.installed_by(), 1, kPartyBytesMax));
  stored.installed_by = message.installed_by();
  stored.ledger_index = message.ledger_index();
  return stored;
}

store::v1::StoredExchange ToProto(const StoredExchange& stored) {
  store::v1::StoredExchange message;
  message.set_request_hash(std::string(crypto::AsText(stored.request_hash)));
  message.set_sealed_answer(stored.sealed_answer);
  message.set_asker(stored.asker);
  message.set_kept_until_unix_ms(stored.kept_until_unix_ms);
  return message;
}

absl::StatusOr<StoredExchange> FromProto(const store::v1::StoredExchange& message,
                                         std::string_view field) {
  StoredExchange stored;
  PM_ASSIGN_OR_RETURN(stored.request_hash,
                      ReadDigest(field, "request_hash", message.request_hash()));
  PM_RETURN_IF_ERROR(
      CheckBytes(field, "sealed_answer", message.sealed_answer(), 1, kSealedAnswerBytesMax));
  stored.sealed_answer = message.sealed_answer();
  PM_RETURN_IF_ERROR(CheckAscii(field, "asker", message.asker(), 1, kPartyBytesMax));
  stored.asker = message.asker();
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "kept_until_unix_ms", message.kept_until_unix_ms(), 0, kUnixMsMax));
  stored.kept_until_unix_ms = message.kept_until_unix_ms();
  return stored;
}

absl::StatusOr<StoredScan> FromProto(const store::v1::StoredScan& message, std::string_view field) {
  constexpr std::int64_t kKeyBytes = 32;
  StoredScan scan;
  PM_ASSIGN_OR_RETURN(scan.handle, ReadDigest(field, "handle", message.handle()));
  PM_ASSIGN_OR_RETURN(scan.place.region, FromProto(message.region(), At(field, "region")));
  scan.place.land_number = message.land();
  PM_RETURN_IF_ERROR(CheckBytes(field, "key", message.key(), kKeyBytes, kKeyBytes));
  scan.key = message.key();
  PM_RETURN_IF_ERROR(
      CheckCount(field, "parts", message.parts_size(), 0, records::kScanBytesMax / kScanPartBytes));
  for (int i = 0; i < message.parts_size(); ++i) {
    PM_ASSIGN_OR_RETURN(scan.parts.emplace_back(),
                        ReadDigest(At(field, "parts", i), "", message.parts(i)));
  }
  return scan;
}

absl::StatusOr<StoredDetails> FromProto(const store::v1::StoredDetails& message,
                                        std::string_view field) {
  constexpr std::int64_t kOpeningKeyBytes = 32;
  StoredDetails stored;
  PM_RETURN_IF_ERROR(CheckPresent(field, "file", message.has_file()));
  PM_ASSIGN_OR_RETURN(stored.file, FromProto(message.file(), At(field, "file")));
  const std::int64_t least = message.opening_key().empty() ? 0 : kOpeningKeyBytes;
  PM_RETURN_IF_ERROR(
      CheckBytes(field, "opening_key", message.opening_key(), least, kOpeningKeyBytes));
  stored.opening_key = message.opening_key();
  stored.miss_logged = message.miss_logged();
  PM_RETURN_IF_ERROR(CheckCount(field, "scans", message.scans_size(), 0, kScansMax));
  for (int i = 0; i < message.scans_size(); ++i) {
    PM_ASSIGN_OR_RETURN(StoredScan scan, FromProto(message.scans(i), At(field, "scans", i)));
    stored.scans.push_back(std::move(scan));
  }
  PM_RETURN_IF_ERROR(CheckInteger(field, "parts_acknowledged", message.parts_acknowledged(), 0,
                                  kReleasedScansBytesMax / kScanPartBytes + kScansMax));
  stored.parts_acknowledged = message.parts_acknowledged();
  const std::int64_t under_way = message.part_under_way().empty() ? 0 : kExchangeIdBytes;
  PM_RETURN_IF_ERROR(
      CheckBytes(field, "part_under_way", message.part_under_way(), under_way, under_way));
  stored.part_under_way = message.part_under_way();
  return stored;
}

}  // namespace

absl::StatusOr<std::string> Serialise(const StoredExhibit& stored) {
  const store::v1::StoredExhibit message = ToProto(stored);
  PM_RETURN_IF_ERROR(FromProto(stored.exhibit.id, message, "exhibit").status());
  return WriteBytes(message, kStoredExhibitBytesMax, "exhibit");
}

absl::StatusOr<StoredExhibit> ParseStoredExhibit(records::ExhibitId id, std::string_view bytes) {
  store::v1::StoredExhibit message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kStoredExhibitBytesMax, "exhibit", message));
  return FromProto(std::move(id), message, "exhibit");
}

absl::StatusOr<std::string> Serialise(const StoredRosterRow& row) {
  const store::v1::StoredRosterRow message = ToProto(row);
  PM_RETURN_IF_ERROR(FromProto(message, "roster row").status());
  return WriteBytes(message, kStoredRosterRowBytesMax, "roster row");
}

absl::StatusOr<StoredRosterRow> ParseStoredRosterRow(std::string_view bytes) {
  store::v1::StoredRosterRow message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kStoredRosterRowBytesMax, "roster row", message));
  return FromProto(message, "roster row");
}

absl::StatusOr<std::string> Serialise(const StoredCalibration& stored) {
  const store::v1::StoredCalibration message = ToProto(stored);
  PM_RETURN_IF_ERROR(FromProto(message, "calibration").status());
  return WriteBytes(message, kStoredCalibrationBytesMax, "calibration");
}

absl::StatusOr<StoredCalibration> ParseStoredCalibration(std::string_view bytes) {
  store::v1::StoredCalibration message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kStoredCalibrationBytesMax, "calibration", message));
  return FromProto(message, "calibration");
}

absl::StatusOr<std::string> Serialise(const StoredExchange& stored) {
  const store::v1::StoredExchange message = ToProto(stored);
  PM_RETURN_IF_ERROR(FromProto(message, "exchange").status());
  return WriteBytes(message, kStoredExchangeBytesMax, "exchange");
}

absl::StatusOr<StoredExchange> ParseStoredExchange(std::string_view bytes) {
  store::v1::StoredExchange message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kStoredExchangeBytesMax, "exchange", message));
  return FromProto(message, "exchange");
}

absl::StatusOr<std::string> Serialise(const StoredDetails& stored) {
  store::v1::StoredDetails message;
  *message.mutable_file() = ToProto(stored.file);
  message.set_opening_key(stored.opening_key);
  message.set_miss_logged(stored.miss_logged);
  for (const StoredScan& scan : stored.scans) {
    store::v1::StoredScan& entry = *message.add_scans();
    entry.set_handle(std::string(crypto::AsText(scan.handle)));
    entry.set_region(ToProto(scan.place.region));
    entry.set_land(scan.place.land_number);
    entry.set_key(scan.key);
    for (const crypto::Sha256Digest& part : scan.parts) {
      entry.add_parts(std::string(crypto::AsText(part)));
    }
  }
  message.set_parts_acknowledged(stored.parts_acknowledged);
  message.set_part_under_way(stored.part_under_way);
  PM_RETURN_IF_ERROR(FromProto(message, "details").status());
  return WriteBytes(message, kStoredDetailsBytesMax, "details");
}

absl::StatusOr<StoredDetails> ParseStoredDetails(std::string_view bytes) {
  store::v1::StoredDetails message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kStoredDetailsBytesMax, "details", message));
  return FromProto(message, "details");
}

}  // namespace proofmark::wire
