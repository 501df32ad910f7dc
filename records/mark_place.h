// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace proofmark::records {

inline constexpr std::int32_t kLandsMax = 24;

// Which part of an item was marked. Stored and sent; never renumber. The regions of a cartridge
// case have the numbers of forensics::ImpressedRegion.
enum class MarkRegion : std::int32_t {
  kBreechFace = 1,
  kFiringPin = 2,
  kApertureShear = 3,
  kEjector = 4,
  kLand = 5,  // A land engraved area of a bullet.
};
inline constexpr std::array kMarkRegions = {MarkRegion::kBreechFace, MarkRegion::kFiringPin,
                                            MarkRegion::kApertureShear, MarkRegion::kEjector,
                                            MarkRegion::kLand};
std::string_view MarkRegionCode(MarkRegion region);  // "BREECH_FACE", ..., "LEA".
std::optional<MarkRegion> FindMarkRegion(std::string_view code);

// Where on an item a mark lies. Sorts by region, then by land.
struct MarkPlace {
  MarkRegion region = MarkRegion::kLand;
  std::int32_t land_number = 0;  // 1..kLandsMax around a bullet; 0 for every other region.
  friend auto operator<=>(const MarkPlace&, const MarkPlace&) = default;
};
// The region is known and the number fits it.
bool IsMarkPlace(const MarkPlace& place);

// For people: "land 3", "breech face".
std::string MarkPlaceText(const MarkPlace& place);

}  // namespace proofmark::records
