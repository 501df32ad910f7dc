// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/impressed_signature.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace proofmark::forensics {
namespace {

constexpr std::size_t kVersionBytesMax = 128;

absl::Status CheckWithin(const char* name, double value, double min, double max) {
  if (value >= min && value <= max) return absl::OkStatus();  // False for NaN.
  return absl::InvalidArgumentError(
      absl::StrFormat("impression's %s is %g, outside %g..%g", name, value, min, max));
}

absl::Status CheckQuality(const ImpressedQuality& quality) {
  PM_RETURN_IF_ERROR(CheckWithin("valid_area_mm2", quality.valid_area_mm2, 0.0, 1'000.0));
  PM_RETURN_IF_ERROR(CheckWithin("missing_share", quality.missing_share, 0.0, 1.0));
  PM_RETURN_IF_ERROR(CheckWithin("rms_um", quality.rms_um, 0.0, 1'000.0));
  PM_RETURN_IF_ERROR(CheckWithin("tilt_um_per_mm", quality.tilt_um_per_mm, 0.0, 1e6));
  PM_RETURN_IF_ERROR(CheckWithin("outer_radius_um", quality.outer_radius_um, 0.0, 20'000.0));
  return CheckWithin("inner_radius_um", quality.inner_radius_um, 0.0, 20'000.0);
}

}  // namespace

double ReliefPitchUm(ImpressedRegion region) {
  return region == ImpressedRegion::kFiringPin ? 3.125 : 12.5;
}

absl::Status CheckSignature(const ImpressedSignature& signature) {
  if (signature.extractor_version.empty() ||
      signature.extractor_version.size() > kVersionBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("impression's extractor_version has %d bytes, outside 1..%d",
                        signature.extractor_version.size(), kVersionBytesMax));
  }
  if (signature.region != ImpressedRegion::kBreechFace &&
      signature.region != ImpressedRegion::kFiringPin &&
      signature.region != ImpressedRegion::kEjector) {
    return absl::InvalidArgumentError(absl::StrFormat("impression's region is %d, not impressed",
                                                      static_cast<int>(signature.region)));
  }
  if (signature.pitch_um != ReliefPitchUm(signature.region)) {
    return absl::InvalidArgumentError(absl::StrFormat("impression's pitch_um is %g, not %g",
                                                      signature.pitch_um,
                                                      ReliefPitchUm(signature.region)));
  }
  const auto min = static_cast<double>(kReliefSideMin);
  const auto max = static_cast<double>(kReliefSideMax);
  PM_RETURN_IF_ERROR(CheckWithin("width", static_cast<double>(signature.width), min, max));
  PM_RETURN_IF_ERROR(CheckWithin("height", static_cast<double>(signature.height), min, max));
  if (static_cast<std::int64_t>(signature.relief.size()) != signature.width * signature.height) {
    return absl::InvalidArgumentError(
        absl::StrFormat("impression's relief holds %d samples, not %d x %d",
                        signature.relief.size(), signature.width, signature.height));
  }
  return CheckQuality(signature.quality);
}

std::string_view MethodStatement(ImpressedRegion region) {
  switch (region) {
    case ImpressedRegion::kBreechFace:
      return "Breech-face impressions are compared by congruent matching cells. The method was "
             "tried on real cartridge cases of known source: consecutively made slides of two "
             "pistol models, and single cases from a third study.";
    case ImpressedRegion::kFiringPin:
      return "Firing-pin impressions are compared by congruent matching cells over the full "
             "circle. No real firing-pin impressions of known source were at hand: the method is "
             "untested on this region, and its result supports no level by itself.";
    case ImpressedRegion::kApertureShear:
      return "Aperture shear is striated and compared like a bullet land by profile correlation. "
             "No real aperture-shear marks of known source were at hand: the method is untested "
             "on this region, and its result supports no level by itself.";
    case ImpressedRegion::kEjector:
      return "Ejector marks are compared by congruent matching cells. No real ejector marks of "
             "known source were at hand: the method is untested on this region, and its result "
             "supports no level by itself.";
  }
  return "Unknown region: no method.";
}

}  // namespace proofmark::forensics
