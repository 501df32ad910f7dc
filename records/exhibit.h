// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "records/case_class.h"
#include "records/mark_place.h"

namespace proofmark::records {

inline constexpr std::int64_t kMarkRemarksMax = 32;
inline constexpr std::int64_t kMarkRemarkBytesMax = 512;
inline constexpr std::int64_t kLabelBytesMax = 128;
inline constexpr std::int64_t kCaseReferenceBytesMax = 128;
inline constexpr std::int64_t kNoteBytesMax = 1'024;
inline constexpr std::int64_t kPseudonymBytesMax = 64;
inline constexpr double kLandWidthUmMin = 300.0;
inline constexpr double kLandWidthUmMax = 12'000.0;

// 16 random bytes, written as 32 lower-case hexadecimal digits. Names an exhibit inside its agency.
using ExhibitId = std::string;
// True for exactly 32 lower-case hexadecimal digits.
bool IsId(std::string_view id);

// What kind of item was examined. Stored and sent; never renumber.
enum class ExhibitKind : std::int32_t {
  kBulletEvidence = 1,
  kBulletTest = 2,  // Test fire: always of a known firearm.
  kBulletFragment = 3,
  kBulletCast = 4,
  kCaseEvidence = 5,
  kCaseTest = 6,
  kCaseCast = 7,
  kShotshellEvidence = 8,
  kUnfiredEvidence = 9,  // A cartridge that was cycled, not fired.
};
inline constexpr std::array kExhibitKinds = {
    ExhibitKind::kBulletEvidence, ExhibitKind::kBulletTest,        ExhibitKind::kBulletFragment,
    ExhibitKind::kBulletCast,     ExhibitKind::kCaseEvidence,      ExhibitKind::kCaseTest,
    ExhibitKind::kCaseCast,       ExhibitKind::kShotshellEvidence, ExhibitKind::kUnfiredEvidence};
std::string_view ExhibitKindCode(ExhibitKind kind);  // "BU_EVIDENCE", "BU_TEST", ...
std::optional<ExhibitKind> FindExhibitKind(std::string_view code);
bool IsTestFire(ExhibitKind kind);

// What is compared with what: bullets with bullets, cases with cases, never across.
enum class ItemKind { kBullet, kCartridgeCase };
ItemKind ItemOf(ExhibitKind kind);
// Whether an item of this kind can bear a mark there: bullets their lands, cases every other
// region, a cartridge that was only cycled no more than the ejector's.
bool BearsMark(ExhibitKind kind, MarkRegion region);
// kInvalidArgument naming the first of `list` that is no place, none of this kind of item, or not
// behind the one before: 1..kLandsMax places, ascending, each once.
absl::Status CheckMarkPlaces(std::string_view list, ExhibitKind kind,
                             const std::vector<MarkPlace>& places);

enum class TwistDirection : std::int32_t { kRight = 1, kLeft = 2 };
enum class RiflingType : std::int32_t { kConventional = 1, kPolygonal = 2, kMicrogroove = 3 };

// Class characteristics: what narrows a search before any signature is compared. Everything not
// known stays absent, and what is absent never excludes.
struct ClassCharacteristics {
  std::string calibre_code;  // records::Calibre code, or empty.
  // Of bullets.
  std::string bullet_class;                // "9", "11"; empty when unknown.
  std::optional<std::int32_t> land_count;  // 1..24.
  std::optional<TwistDirection> twist;
  std::optional<RiflingType> rifling;
  std::optional<double> land_width_mean_um;  // [300, 12000].
  // Of cartridge cases.
  std::optional<FiringPinShape> firing_pin_shape;
  std::optional<ApertureShape> aperture_shape;
  std::optional<BreechFaceClass> breech_face_class;
  friend bool operator==(const ClassCharacteristics&, const ClassCharacteristics&) = default;
};
// kInvalidArgument naming the field and its bound.
absl::Status CheckClassCharacteristics(const ClassCharacteristics& characteristics);

// One examined mark of an exhibit.
struct Mark {
  MarkPlace place;
  std::string scan_sha256;           // Of the file as submitted, 32 raw bytes.
  std::string blob_sha256;           // Of the sealed blob that holds it, 32 raw bytes.
  std::string format;                // "x3p" or "profile-csv".
  std::vector<std::string> remarks;  // What reading and extraction noticed, for people.
  bool usable = false;               // False when no signature could be extracted.
  friend bool operator==(const Mark&, const Mark&) = default;
};

// What identifies the item in the world outside. Sealed at rest, erasable, never sent.
struct ExhibitIdentity {
  std::string label;           // The laboratory's item number, 1..kLabelBytesMax bytes UTF-8.
  std::string case_reference;  // 0..kCaseReferenceBytesMax.
  std::string incident_date;   // "YYYY-MM-DD", "YYYY-MM", "YYYY" or empty.
  std::string note;            // 0..kNoteBytesMax.
  // How it was recovered: of ShareTriggerCodes(), ascending, each once.
  std::vector<std::string> circumstances{};
  friend bool operator==(const ExhibitIdentity&, const ExhibitIdentity&) = default;
};
// kInvalidArgument naming the field and its bound; refuses control characters and invalid UTF-8.
absl::Status CheckExhibitIdentity(const ExhibitIdentity& identity);

enum class ExhibitState : std::int32_t { kActive = 1, kWithdrawn = 2 };

// One exhibit as its agency keeps it, without what identifies it and without its signature.
struct Exhibit {
  ExhibitId id;
  std::string submission_id;  // 16 raw bytes, from the content: a repetition is recognised by it.
  ExhibitKind kind = ExhibitKind::kBulletEvidence;
  ExhibitState state = ExhibitState::kActive;
  ClassCharacteristics characteristics;
  std::vector<Mark> marks;
  std::int64_t submitted_unix_ms = 0;
  std::string submitted_by;        // Pseudonym of the staff certificate.
  std::uint64_t ledger_index = 0;  // Of the ledger entry of the submission.
  friend bool operator==(const Exhibit&, const Exhibit&) = default;
};

// The bytes whose SHA-256, cut to its first 16 bytes, names the submission of this content. The
// caller computes the hash: crypto is not known here. Places may come in any order; label, number
// of scans, places and hash lengths must be within their bounds.
//   Source    docs/formats/submission-id.md
std::string SubmissionIdPreimage(
    std::string_view label, ExhibitKind kind,
    const std::vector<std::pair<MarkPlace, std::string>>& place_and_scan_sha256);

}  // namespace proofmark::records
