// SPDX-License-Identifier: Apache-2.0
#include "records/mark_place.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace proofmark::records {

std::string_view MarkRegionCode(MarkRegion region) {
  switch (region) {
    case MarkRegion::kBreechFace:
      return "BREECH_FACE";
    case MarkRegion::kFiringPin:
      return "FIRING_PIN";
    case MarkRegion::kApertureShear:
      return "APERTURE_SHEAR";
    case MarkRegion::kEjector:
      return "EJECTOR";
    case MarkRegion::kLand:
      return "LEA";
  }
  PM_CHECK(false);
}

std::optional<MarkRegion> FindMarkRegion(std::string_view code) {
  for (const MarkRegion region : kMarkRegions) {
    if (MarkRegionCode(region) == code) return region;
  }
  return std::nullopt;
}

bool IsMarkPlace(const MarkPlace& place) {
  if (place.region == MarkRegion::kLand) {
    return place.land_number >= 1 && place.land_number <= kLandsMax;
  }
  const bool known =
      std::find(kMarkRegions.begin(), kMarkRegions.end(), place.region) != kMarkRegions.end();
  return known && place.land_number == 0;
}

std::string MarkPlaceText(const MarkPlace& place) {
  switch (place.region) {
    case MarkRegion::kBreechFace:
      return "breech face";
    case MarkRegion::kFiringPin:
      return "firing pin";
    case MarkRegion::kApertureShear:
      return "aperture shear";
    case MarkRegion::kEjector:
      return "ejector";
    case MarkRegion::kLand:
      return absl::StrFormat("land %d", place.land_number);
  }
  PM_CHECK(false);
}

}  // namespace proofmark::records
