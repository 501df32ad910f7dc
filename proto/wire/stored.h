// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "forensics/evidence/calibration.h"
#include "proto/wire/details.h"
#include "records/exhibit.h"

// What a node keeps at rest (proofmark.store.v1). The rules of all conversions:
// proto/wire/common.h. A value of our own that fails to parse is kDataLoss: the caller says so.
namespace proofmark::wire {

inline constexpr std::int64_t kStoredExhibitBytesMax = 1024 * 1024;
inline constexpr std::int64_t kStoredRosterRowBytesMax = 2'048;
inline constexpr std::int64_t kStoredCalibrationBytesMax = forensics::kCalibrationBytesMax + 1'024;
inline constexpr std::int64_t kExtractorVersionsBytesMax = 1'023;
inline constexpr std::int64_t kStoredDetailsBytesMax = kDetailsFileBytesMax + 131'072;
inline constexpr std::int64_t kSealedIdentityBytesMax = 8'192;
inline constexpr std::int64_t kSealedAnswerBytesMax = 1'114'112;  // An envelope and its seal.
inline constexpr std::int64_t kStoredExchangeBytesMax = kSealedAnswerBytesMax + 4'096;

// One exhibit at rest. Its id is the store's key and not part of the bytes.
struct StoredExhibit {
  records::Exhibit exhibit;
  std::string sealed_identity;  // Seals Serialise(ExhibitIdentity); empty after erasure.
  std::optional<forensics::BallisticSignature> signature;  // Absent when no mark gave one.
  friend bool operator==(const StoredExhibit&, const StoredExhibit&) = default;
};
absl::StatusOr<std::string> Serialise(const StoredExhibit& stored);
absl::StatusOr<StoredExhibit> ParseStoredExhibit(records::ExhibitId id, std::string_view bytes);

// What a start needs to know of an active exhibit, without its signature.
struct StoredRosterRow {
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  records::ClassCharacteristics characteristics;
  // forensics::ExtractorVersions; printable ASCII, 1..kExtractorVersionsBytesMax.
  std::string extractor_versions;
  friend bool operator==(const StoredRosterRow&, const StoredRosterRow&) = default;
};
absl::StatusOr<std::string> Serialise(const StoredRosterRow& row);
absl::StatusOr<StoredRosterRow> ParseStoredRosterRow(std::string_view bytes);

// What was last put in force for one mark.
struct StoredCalibration {
  std::string file;                    // 0..kCalibrationBytesMax; empty: the built-in one.
  std::int64_t installed_unix_ms = 0;  // 0..kUnixMsMax.
  std::string installed_by;            // Pseudonym, printable ASCII, 1..kPartyBytesMax.
  std::uint64_t ledger_index = 0;
  friend bool operator==(const StoredCalibration&, const StoredCalibration&) = default;
};
absl::StatusOr<std::string> Serialise(const StoredCalibration& stored);
absl::StatusOr<StoredCalibration> ParseStoredCalibration(std::string_view bytes);

// One exchange this node answered, kept for repetitions of the question.
struct StoredExchange {
  crypto::Sha256Digest request_hash{};
  std::string sealed_answer;  // Seals Serialise(crypto::Envelope), 1..kSealedAnswerBytesMax.
  std::string asker;          // SPIFFE id, printable ASCII, 1..kPartyBytesMax.
  std::int64_t kept_until_unix_ms = 0;  // 0..kUnixMsMax.
  friend bool operator==(const StoredExchange&, const StoredExchange&) = default;
};
absl::StatusOr<std::string> Serialise(const StoredExchange& stored);
absl::StatusOr<StoredExchange> ParseStoredExchange(std::string_view bytes);

// What has arrived of a scan that a partner released.
struct StoredScan {
  crypto::Sha256Digest handle{};
  records::MarkPlace place;
  std::string key;                          // Under which its parts are sealed, 32 bytes.
  std::vector<crypto::Sha256Digest> parts;  // Names of their blobs, in order.
  friend bool operator==(const StoredScan&, const StoredScan&) = default;
};

// One request for details, before it is sealed.
struct StoredDetails {
  DetailsFile file;
  // Of a request that was sent: the HPKE private key for its release, 32 bytes; empty once all of
  // that has arrived.
  std::string opening_key;
  bool miss_logged = false;             // That its time passed without a decision.
  std::vector<StoredScan> scans;        // Sent.
  std::int64_t parts_acknowledged = 0;  // Received: of the scans released.
  std::string part_under_way;           // Received: a letter's exchange id, 16 bytes; or empty.
  friend bool operator==(const StoredDetails&, const StoredDetails&) = default;
};
absl::StatusOr<std::string> Serialise(const StoredDetails& stored);
absl::StatusOr<StoredDetails> ParseStoredDetails(std::string_view bytes);

}  // namespace proofmark::wire
