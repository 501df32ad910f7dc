// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/bullet_or_case.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"
#include "forensics/impressed/impressed_comparison.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/striated/bullet_comparison.h"
#include "forensics/striated/land_extraction.h"

namespace proofmark::forensics {

bool IsOfCurrentMethod(const BallisticSignature& signature) {
  if (const auto* bullet = std::get_if<BulletSignature>(&signature)) {
    return bullet->extractor_version == LandExtractorVersion();
  }
  const auto& cartridge_case = std::get<CaseSignature>(signature);
  const std::optional<ShearSignature>& shear = cartridge_case.aperture_shear;
  return (!shear || shear->extractor_version == LandExtractorVersion()) &&
         std::all_of(cartridge_case.impressions.begin(), cartridge_case.impressions.end(),
                     [](const ImpressedSignature& impression) {
                       return impression.extractor_version == ImpressionExtractorVersion();
                     });
}

std::string CurrentExtractorVersions(const BallisticSignature& like) {
  if (std::holds_alternative<BulletSignature>(like)) return std::string(LandExtractorVersion());
  return absl::StrFormat("%s; %s", ImpressionExtractorVersion(), LandExtractorVersion());
}

std::string CurrentMethod(MarkKind mark) {
  switch (mark) {
    case MarkKind::kBullet:
      return absl::StrFormat("%s; %s", LandExtractorVersion(), BulletComparisonVersion());
    case MarkKind::kBreechFace:
      return absl::StrFormat("%s; %s", ImpressionExtractorVersion(), ImpressionComparisonVersion());
  }
  return "";
}

std::string ExtractorVersions(const BallisticSignature& signature) {
  if (const auto* bullet = std::get_if<BulletSignature>(&signature)) {
    return bullet->extractor_version;
  }
  const auto& cartridge_case = std::get<CaseSignature>(signature);
  std::vector<std::string> versions;
  const auto add = [&versions](const std::string& version) {
    if (std::find(versions.begin(), versions.end(), version) == versions.end()) {
      versions.push_back(version);
    }
  };
  for (const ImpressedSignature& impression : cartridge_case.impressions) {
    add(impression.extractor_version);
  }
  if (cartridge_case.aperture_shear) add(cartridge_case.aperture_shear->extractor_version);
  std::string text;
  for (const std::string& version : versions) text += (text.empty() ? "" : "; ") + version;
  return text;
}

}  // namespace proofmark::forensics
