// SPDX-License-Identifier: Apache-2.0
// Any text is a profile within its bounds or one clear error; what is made of a profile keeps the
// bounds of a signature.
#include <cmath>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/striated/profile_csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proofmark::forensics;  // NOLINT(google-build-using-namespace)
  const absl::StatusOr<CrosscutProfile> profile =
      ParseProfileCsv(std::as_bytes(std::span(data, size)));
  if (!profile.ok()) {
    PM_CHECK(!profile.status().message().empty());
    return 0;
  }
  PM_CHECK(!profile->x_um.empty() && profile->x_um.size() == profile->height_um.size());
  for (std::size_t i = 0; i < profile->x_um.size(); ++i) {
    PM_CHECK(std::isfinite(profile->x_um[i]) && std::isfinite(profile->height_um[i]));
    PM_CHECK(i == 0 || profile->x_um[i] > profile->x_um[i - 1]);
  }
  const absl::StatusOr<LandExtraction> land =
      ExtractLandFromProfile(profile->x_um, profile->height_um, {});
  if (land.ok()) {
    const auto samples = static_cast<std::int64_t>(land->signature.height_nm.size());
    PM_CHECK(samples >= kSignatureSamplesMin && samples <= kSignatureSamplesMax);
    PM_CHECK(land->signature.has(LandFlag::kFromProfile));
  }
  return 0;
}
