// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/scan_reading.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/impressed/region_mask.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/striated/profile_csv.h"
#include "forensics/x3p/x3p.h"
#include "records/exhibit.h"
#include "records/submission.h"
#include "records/text.h"

namespace proofmark::journeys {
namespace {

using forensics::UnitVerdict;

// `text` within the bounds of a remark: what is not plain text is replaced, what is too long cut.
std::string ToRemark(std::string_view text) {
  std::string remark(text);
  if (!records::IsPlainText(remark)) {
    for (char& c : remark) {
      if (c < 0x20 || c > 0x7e) c = '?';
    }
  }
  if (remark.size() > static_cast<std::size_t>(records::kMarkRemarkBytesMax)) {
    std::size_t end = static_cast<std::size_t>(records::kMarkRemarkBytesMax);
    // Never inside a character.
    while (end > 0 && (static_cast<unsigned char>(remark[end]) & 0xC0) == 0x80) --end;
    remark.resize(end);
  }
  return remark;
}

void Remark(ReadMark& mark, std::string_view text) {
  // The last place is kept for why there is no signature.
  const auto full = static_cast<std::size_t>(records::kMarkRemarksMax - 1);
  if (mark.remarks.size() < full) mark.remarks.push_back(ToRemark(text));
}

ReadMark Unusable(ReadMark mark, std::string_view why) {
  mark.signature.reset();
  mark.remarks.push_back(ToRemark(why));
  return mark;
}

// `Extraction` is that of a land or of an impression.
template <typename Extraction>
ReadMark WithExtraction(ReadMark mark, absl::StatusOr<Extraction> extraction) {
  if (!extraction.ok()) {
    return Unusable(std::move(mark),
                    absl::StrFormat("no signature: %s", extraction.status().message()));
  }
  mark.signature = std::move(extraction->signature);
  return mark;
}

absl::StatusOr<forensics::LandExtraction> ExtractRow(const forensics::HeightMap& row) {
  std::vector<double> x_um;
  std::vector<double> height_um;
  for (std::int64_t x = 0; x < row.width; ++x) {
    if (!forensics::IsMeasured(row.at(x, 0))) continue;
    x_um.push_back(static_cast<double>(x) * row.pitch_x_um);
    height_um.push_back(row.at(x, 0));
  }
  return forensics::ExtractLandFromProfile(x_um, height_um, {});
}

absl::StatusOr<forensics::LandExtraction> ExtractStriae(const forensics::X3pScan& scan) {
  switch (scan.feature) {
    case forensics::X3pFeature::kSurface:
      return forensics::ExtractLand(scan.map, {});
    case forensics::X3pFeature::kProfile:
      return ExtractRow(scan.map);
    case forensics::X3pFeature::kPointCloud:
      break;
  }
  return absl::FailedPreconditionError("the file holds a point cloud, not a surface or a profile");
}

absl::StatusOr<forensics::ImpressedExtraction> ExtractImpressionOf(
    const forensics::X3pScan& scan, forensics::ImpressedRegion region) {
  if (scan.feature != forensics::X3pFeature::kSurface) {
    return absl::FailedPreconditionError("the file holds no surface: an impression is an area");
  }
  forensics::ImpressionOptions options;
  options.region = region;
  return forensics::ExtractImpression(scan.map, forensics::RegionMask(scan, region), options);
}

bool IsStriated(records::MarkRegion region) {
  return region == records::MarkRegion::kLand || region == records::MarkRegion::kApertureShear;
}

void SetUnitCorrected(ReadMark::Signature& signature) {
  if (auto* land = std::get_if<forensics::LandSignature>(&signature)) {
    land->set(forensics::LandFlag::kUnitCorrected);
  } else {
    std::get<forensics::ImpressedSignature>(signature).set(
        forensics::ImpressedFlag::kUnitCorrected);
  }
}

ReadMark ReadX3pMark(records::MarkRegion region, std::string_view file) {
  ReadMark mark;
  const absl::StatusOr<forensics::X3pScan> scan = forensics::ReadX3p(base::AsBytes(file));
  if (!scan.ok()) {
    return Unusable(std::move(mark), absl::StrFormat("not read: %s", scan.status().message()));
  }
  for (const std::string& warning : scan->warnings) Remark(mark, warning);
  if (scan->unit == UnitVerdict::kImplausible) {
    return Unusable(std::move(mark),
                    "not used: its numbers make sense in no unit of length, so nothing measured "
                    "from it would be trustworthy");
  }
  if (IsStriated(region)) {
    mark = WithExtraction(std::move(mark), ExtractStriae(*scan));
  } else {
    const auto impressed = static_cast<forensics::ImpressedRegion>(region);
    mark = WithExtraction(std::move(mark), ExtractImpressionOf(*scan, impressed));
  }
  if (mark.signature.has_value() && scan->unit != UnitVerdict::kMetres) {
    SetUnitCorrected(*mark.signature);
  }
  return mark;
}

ReadMark ReadCsvMark(records::MarkRegion region, std::string_view file) {
  if (!IsStriated(region)) return Unusable({}, "not read: a profile shows no impression");
  const absl::StatusOr<forensics::CrosscutProfile> profile =
      forensics::ParseProfileCsv(base::AsBytes(file));
  if (!profile.ok()) {
    return Unusable({}, absl::StrFormat("not read: %s", profile.status().message()));
  }
  return WithExtraction({},
                        forensics::ExtractLandFromProfile(profile->x_um, profile->height_um, {}));
}

}  // namespace

ReadMark ReadScan(records::MarkRegion region, std::string_view format, std::string_view file) {
  if (format == records::kFormatX3p) return ReadX3pMark(region, file);
  if (format == records::kFormatProfileCsv) return ReadCsvMark(region, file);
  return Unusable({}, "not read: the format is none that is known here");
}

}  // namespace proofmark::journeys
