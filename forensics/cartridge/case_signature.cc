// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_signature.h"

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace proofmark::forensics {
namespace {

constexpr std::size_t kVersionBytesMax = 128;

absl::Status CheckShear(const ShearSignature& shear) {
  if (shear.extractor_version.empty() || shear.extractor_version.size() > kVersionBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("aperture_shear.extractor_version: %d bytes, must be 1..%d",
                        shear.extractor_version.size(), kVersionBytesMax));
  }
  const auto samples = static_cast<std::int64_t>(shear.profile.height_nm.size());
  if (samples < kSignatureSamplesMin || samples > kSignatureSamplesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("aperture_shear.profile.height_nm: %d samples, must be %d..%d", samples,
                        kSignatureSamplesMin, kSignatureSamplesMax));
  }
  return absl::OkStatus();
}

}  // namespace

const ImpressedSignature* FindImpression(const CaseSignature& signature, ImpressedRegion region) {
  for (const ImpressedSignature& impression : signature.impressions) {
    if (impression.region == region) return &impression;
  }
  return nullptr;
}

absl::Status CheckSignature(const CaseSignature& signature) {
  if (signature.impressions.empty() && !signature.aperture_shear) {
    return absl::InvalidArgumentError("impressions: no mark at all, must be at least one");
  }
  for (std::size_t i = 0; i < signature.impressions.size(); ++i) {
    PM_RETURN_IF_ERROR(CheckSignature(signature.impressions[i]));
    if (i > 0 && signature.impressions[i].region <= signature.impressions[i - 1].region) {
      return absl::InvalidArgumentError(
          absl::StrFormat("impressions[%d].region: must ascend, each region once", i));
    }
  }
  return signature.aperture_shear ? CheckShear(*signature.aperture_shear) : absl::OkStatus();
}

}  // namespace proofmark::forensics
