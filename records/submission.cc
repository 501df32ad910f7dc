// SPDX-License-Identifier: Apache-2.0
#include "records/submission.h"

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace proofmark::records {
namespace {

constexpr std::size_t kHashBytes = 32;

absl::Status CheckScan(std::size_t index, const ScanAnnouncement& scan) {
  if (!IsScanFormat(scan.format)) {
    return absl::InvalidArgumentError(absl::StrFormat("scans[%d].format: must be \"%s\" or \"%s\"",
                                                      index, kFormatX3p, kFormatProfileCsv));
  }
  const bool striated =
      scan.place.region == MarkRegion::kLand || scan.place.region == MarkRegion::kApertureShear;
  if (!striated && scan.format != kFormatX3p) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "scans[%d].format: a profile shows no impression, must be \"%s\"", index, kFormatX3p));
  }
  if (scan.size_bytes < 1 || scan.size_bytes > kScanBytesMax) {
    return absl::InvalidArgumentError(absl::StrFormat("scans[%d].size_bytes: %d, must be 1..%d",
                                                      index, scan.size_bytes, kScanBytesMax));
  }
  if (scan.sha256.size() != kHashBytes) {
    return absl::InvalidArgumentError(absl::StrFormat("scans[%d].sha256: %d bytes, must be %d",
                                                      index, scan.sha256.size(), kHashBytes));
  }
  return absl::OkStatus();
}

}  // namespace

bool IsScanFormat(std::string_view format) {
  return format == kFormatX3p || format == kFormatProfileCsv;
}

absl::Status CheckSubmissionHeader(const SubmissionHeader& header) {
  // The two checks name their fields alone; here they stand one level down.
  const auto under = [](std::string_view parent, const absl::Status& status) {
    if (status.ok()) return status;
    return absl::Status(status.code(),
                        absl::StrFormat("%s.%s", parent, std::string(status.message())));
  };
  PM_RETURN_IF_ERROR(under("identity", CheckExhibitIdentity(header.identity)));
  PM_RETURN_IF_ERROR(under("characteristics", CheckClassCharacteristics(header.characteristics)));
  if (header.scans.empty() || header.scans.size() > static_cast<std::size_t>(kLandsMax)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("scans: %d, must be 1..%d", header.scans.size(), kLandsMax));
  }
  std::vector<MarkPlace> places;
  for (std::size_t i = 0; i < header.scans.size(); ++i) {
    PM_RETURN_IF_ERROR(CheckScan(i, header.scans[i]));
    places.push_back(header.scans[i].place);
  }
  return CheckMarkPlaces("scans", header.kind, places);
}

}  // namespace proofmark::records
