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

}  // namespace

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
  }
  PM_CHECK(false);
}

}  // namespace proofmark::records
