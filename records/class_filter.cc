// SPDX-License-Identifier: Apache-2.0
#include "records/class_filter.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/check.h"
#include "records/codes.h"

namespace proofmark::records {
namespace {

// The class of bullet, from the calibre where only that is known; empty when neither is.
std::string_view BulletClass(const ClassCharacteristics& characteristics) {
  if (!characteristics.bullet_class.empty()) return characteristics.bullet_class;
  if (characteristics.calibre_code.empty()) return {};
  const std::optional<Calibre> calibre = FindCalibre(characteristics.calibre_code);
  return calibre ? calibre->bullet_class : std::string_view();
}

template <typename T>
bool KnownAndDifferent(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b && *a != *b;
}

bool WidthsDiffer(const std::optional<double>& a_um, const std::optional<double>& b_um) {
  if (!a_um || !b_um) return false;
  // The share is of the wider one, so that query and record may change places.
  const double tolerance_um =
      std::max(kLandWidthToleranceShare * std::max(*a_um, *b_um), kLandWidthToleranceUm);
  return std::abs(*a_um - *b_um) > tolerance_um;
}

bool IsOtherCartridge(const std::string& a, const std::string& b) {
  return !a.empty() && !b.empty() && !ShareChamber(a, b);
}

}  // namespace

std::span<const ClassRule> ClassRulesOf(ItemKind item) {
  constexpr std::size_t kBulletRules = 5;
  static_assert(kClassRules[kBulletRules] == ClassRule::kCartridge);
  const std::span<const ClassRule> all(kClassRules);
  return item == ItemKind::kBullet ? all.first(kBulletRules) : all.subspan(kBulletRules);
}

std::string_view ClassRuleName(ClassRule rule) {
  switch (rule) {
    case ClassRule::kBulletClass:
      return "bullet_class";
    case ClassRule::kLandCount:
      return "land_count";
    case ClassRule::kTwist:
      return "twist";
    case ClassRule::kRifling:
      return "rifling";
    case ClassRule::kLandWidth:
      return "land_width";
    case ClassRule::kCartridge:
      return "cartridge";
    case ClassRule::kFiringPinShape:
      return "firing_pin_shape";
    case ClassRule::kApertureShape:
      return "aperture_shape";
    case ClassRule::kBreechFaceClass:
      return "breech_face_class";
  }
  PM_CHECK(false);
}

bool Excludes(ClassRule rule, const ClassCharacteristics& query,
              const ClassCharacteristics& record) {
  switch (rule) {
    case ClassRule::kBulletClass: {
      const std::string_view a = BulletClass(query);
      const std::string_view b = BulletClass(record);
      return !a.empty() && !b.empty() && a != b;
    }
    case ClassRule::kLandCount:
      return KnownAndDifferent(query.land_count, record.land_count);
    case ClassRule::kTwist:
      return KnownAndDifferent(query.twist, record.twist);
    case ClassRule::kRifling:
      return KnownAndDifferent(query.rifling, record.rifling);
    case ClassRule::kLandWidth:
      return WidthsDiffer(query.land_width_mean_um, record.land_width_mean_um);
    case ClassRule::kCartridge:
      return IsOtherCartridge(query.calibre_code, record.calibre_code);
    case ClassRule::kFiringPinShape:
      return KnownAndDifferent(query.firing_pin_shape, record.firing_pin_shape);
    case ClassRule::kApertureShape:
      return KnownAndDifferent(query.aperture_shape, record.aperture_shape);
    case ClassRule::kBreechFaceClass:
      return KnownAndDifferent(query.breech_face_class, record.breech_face_class);
  }
  PM_CHECK(false);
}

}  // namespace proofmark::records
