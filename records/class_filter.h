// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "records/exhibit.h"

namespace proofmark::records {

// The rules that may exclude a record before its signature is compared, in the order they are
// tried. Stored and sent; never renumber. Source: docs/references.md#ibis-practice.
enum class ClassRule : std::int32_t {
  kBulletClass = 1,  // Same class of bullet (calibre group).
  kLandCount = 2,    // Same number of lands.
  kTwist = 3,        // Same direction of twist.
  kRifling = 4,      // Same type of rifling.
  kLandWidth = 5,    // Mean widths within max(10 %, 0.15 mm).
  kCartridge = 6,    // Same cartridge, or one that the same chamber takes (ShareChamber()).
  kFiringPinShape = 7,
  kApertureShape = 8,
  kBreechFaceClass = 9,
};
inline constexpr std::array kClassRules = {
    ClassRule::kBulletClass,    ClassRule::kLandCount,     ClassRule::kTwist,
    ClassRule::kRifling,        ClassRule::kLandWidth,     ClassRule::kCartridge,
    ClassRule::kFiringPinShape, ClassRule::kApertureShape, ClassRule::kBreechFaceClass};
std::string_view ClassRuleName(ClassRule rule);  // "bullet_class", "land_count", ...

// Those of kClassRules that are about items of this kind; the others never exclude one.
std::span<const ClassRule> ClassRulesOf(ItemKind item);

inline constexpr double kLandWidthToleranceShare = 0.10;
inline constexpr double kLandWidthToleranceUm = 150.0;

// Whether `rule` excludes `record` from a search for `query`. What is unknown on either side never
// excludes. A calibre whose class of bullet is not stated stands for its class. The share of the
// width tolerance is of the wider mean, so the answer is the same when the two change places.
bool Excludes(ClassRule rule, const ClassCharacteristics& query,
              const ClassCharacteristics& record);

}  // namespace proofmark::records
