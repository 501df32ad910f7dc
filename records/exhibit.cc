// SPDX-License-Identifier: Apache-2.0
#include "records/exhibit.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "records/codes.h"
#include "records/partial_date.h"
#include "records/text.h"

namespace proofmark::records {
namespace {

constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kCalibreCodeBytesMax = 32;
constexpr std::size_t kBulletClassBytesMax = 16;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The alphabet of calibre codes and classes of bullet.
bool IsCalibreText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '.' || c == '-';
  });
}

absl::Status CheckText(std::string_view name, std::string_view text, std::int64_t bytes_min,
                       std::int64_t bytes_max) {
  const auto bytes = static_cast<std::int64_t>(text.size());
  if (bytes < bytes_min || bytes > bytes_max) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: %d bytes, must be %d..%d", name, bytes, bytes_min, bytes_max));
  }
  if (!IsPlainText(text)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: must be UTF-8 without control characters", name));
  }
  return absl::OkStatus();
}

}  // namespace

bool IsId(std::string_view id) {
  return id.size() == kIdDigits && std::all_of(id.begin(), id.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'f');
         });
}

std::string_view ExhibitKindCode(ExhibitKind kind) {
  switch (kind) {
    case ExhibitKind::kBulletEvidence:
      return "BU_EVIDENCE";
    case ExhibitKind::kBulletTest:
      return "BU_TEST";
    case ExhibitKind::kBulletFragment:
      return "BF_EVIDENCE";
    case ExhibitKind::kBulletCast:
      return "BU_CAST";
    case ExhibitKind::kCaseEvidence:
      return "CC_EVIDENCE";
    case ExhibitKind::kCaseTest:
      return "CC_TEST";
    case ExhibitKind::kCaseCast:
      return "CC_CAST";
    case ExhibitKind::kShotshellEvidence:
      return "SS_EVIDENCE";
    case ExhibitKind::kUnfiredEvidence:
      return "LC_EVIDENCE";
  }
  PM_CHECK(false);
}

std::optional<ExhibitKind> FindExhibitKind(std::string_view code) {
  for (const ExhibitKind kind : kExhibitKinds) {
    if (ExhibitKindCode(kind) == code) return kind;
  }
  return std::nullopt;
}

bool IsTestFire(ExhibitKind kind) {
  return kind == ExhibitKind::kBulletTest || kind == ExhibitKind::kCaseTest;
}

ItemKind ItemOf(ExhibitKind kind) {
  switch (kind) {
    case ExhibitKind::kBulletEvidence:
    case ExhibitKind::kBulletTest:
    case ExhibitKind::kBulletFragment:
    case ExhibitKind::kBulletCast:
      return ItemKind::kBullet;
    case ExhibitKind::kCaseEvidence:
    case ExhibitKind::kCaseTest:
    case ExhibitKind::kCaseCast:
    case ExhibitKind::kShotshellEvidence:
    case ExhibitKind::kUnfiredEvidence:
      return ItemKind::kCartridgeCase;
  }
  PM_CHECK(false);
}

bool BearsMark(ExhibitKind kind, MarkRegion region) {
  if (kind == ExhibitKind::kUnfiredEvidence) return region == MarkRegion::kEjector;
  return (region == MarkRegion::kLand) == (ItemOf(kind) == ItemKind::kBullet);
}

absl::Status CheckMarkPlaces(std::string_view list, ExhibitKind kind,
                             const std::vector<MarkPlace>& places) {
  if (places.empty() || places.size() > static_cast<std::size_t>(kLandsMax)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: %d, must be 1..%d", list, places.size(), kLandsMax));
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    const MarkPlace& place = places[i];
    if (!IsMarkPlace(place)) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s[%d].land_number: %d, must be 1..%d for a land, 0 for any other region", list, i,
          place.land_number, kLandsMax));
    }
    if (!BearsMark(kind, place.region)) {
      return absl::InvalidArgumentError(absl::StrFormat("%s[%d].region: %s is no mark of a %s",
                                                        list, i, MarkRegionCode(place.region),
                                                        ExhibitKindCode(kind)));
    }
    if (i > 0 && !(places[i - 1] < place)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s[%d]: %s after %s, must ascend, each place once", list, i,
                          MarkPlaceText(place), MarkPlaceText(places[i - 1])));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckClassCharacteristics(const ClassCharacteristics& characteristics) {
  if (characteristics.calibre_code.size() > kCalibreCodeBytesMax ||
      !IsCalibreText(characteristics.calibre_code)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "calibre_code: must be at most %d characters [A-Z0-9.-]", kCalibreCodeBytesMax));
  }
  if (characteristics.bullet_class.size() > kBulletClassBytesMax ||
      !IsCalibreText(characteristics.bullet_class)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "bullet_class: must be at most %d characters [A-Z0-9.-]", kBulletClassBytesMax));
  }
  if (const std::optional<std::int32_t> lands = characteristics.land_count;
      lands && (*lands < 1 || *lands > kLandsMax)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("land_count: %d, must be 1..%d", *lands, kLandsMax));
  }
  if (const std::optional<double> width_um = characteristics.land_width_mean_um;
      width_um && !(*width_um >= kLandWidthUmMin && *width_um <= kLandWidthUmMax)) {
    return absl::InvalidArgumentError(absl::StrFormat("land_width_mean_um: %g, must be %g..%g",
                                                      *width_um, kLandWidthUmMin, kLandWidthUmMax));
  }
  return absl::OkStatus();
}

absl::Status CheckExhibitIdentity(const ExhibitIdentity& identity) {
  PM_RETURN_IF_ERROR(CheckText("label", identity.label, 1, kLabelBytesMax));
  PM_RETURN_IF_ERROR(
      CheckText("case_reference", identity.case_reference, 0, kCaseReferenceBytesMax));
  if (!identity.incident_date.empty() && !ParsePartialDate(identity.incident_date)) {
    return absl::InvalidArgumentError(
        "incident_date: must be a date written YYYY-MM-DD, YYYY-MM or YYYY, or empty");
  }
  PM_RETURN_IF_ERROR(CheckText("note", identity.note, 0, kNoteBytesMax));
  return CheckShareTriggers("circumstances", identity.circumstances);
}

std::string SubmissionIdPreimage(
    std::string_view label, ExhibitKind kind,
    const std::vector<std::pair<MarkPlace, std::string>>& place_and_scan_sha256) {
  constexpr std::size_t kHashBytes = 32;
  auto scans = place_and_scan_sha256;
  std::sort(scans.begin(), scans.end());
  PM_CHECK(static_cast<std::int64_t>(label.size()) <= kLabelBytesMax);
  PM_CHECK(scans.size() <= static_cast<std::size_t>(kLandsMax));

  std::string bytes = "proofmark/submission/v1\n";
  base::AppendLp2(bytes, label);
  base::AppendLp2(bytes, ExhibitKindCode(kind));
  base::AppendU16Be(bytes, static_cast<std::uint16_t>(scans.size()));
  for (const auto& [place, sha256] : scans) {
    PM_CHECK(IsMarkPlace(place) && sha256.size() == kHashBytes);
    base::AppendU16Be(bytes, static_cast<std::uint16_t>(place.region));
    base::AppendU16Be(bytes, static_cast<std::uint16_t>(place.land_number));
    bytes += sha256;
  }
  return bytes;
}

}  // namespace proofmark::records
