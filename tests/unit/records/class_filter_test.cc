// SPDX-License-Identifier: Apache-2.0
#include "records/class_filter.h"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "records/codes.h"

namespace proofmark::records {
namespace {

ClassCharacteristics Known() {
  return {.calibre_code = "9LUGER",
          .bullet_class = "9",
          .land_count = 6,
          .twist = TwistDirection::kRight,
          .rifling = RiflingType::kConventional,
          .land_width_mean_um = 2'000.0};
}

ClassCharacteristics KnownCase() {
  ClassCharacteristics known;
  known.calibre_code = "9LUGER";
  known.firing_pin_shape = FiringPinShape::kHemispherical;
  known.aperture_shape = ApertureShape::kCircular;
  known.breech_face_class = BreechFaceClass::kParallel;
  return known;
}

// The rules that exclude, both ways round, which must be the same.
std::set<ClassRule> Excluding(const ClassCharacteristics& a, const ClassCharacteristics& b,
                              ItemKind item = ItemKind::kBullet) {
  std::set<ClassRule> rules;
  for (const ClassRule rule : ClassRulesOf(item)) {
    const bool excludes = Excludes(rule, a, b);
    EXPECT_EQ(Excludes(rule, b, a), excludes) << ClassRuleName(rule);
    if (excludes) rules.insert(rule);
  }
  return rules;
}

TEST(ClassFilterTest, EqualCharacteristicsAreNeverExcluded) {
  EXPECT_EQ(Excluding(Known(), Known()), std::set<ClassRule>());
}

TEST(ClassFilterTest, EachRuleSeesItsOwnDifferenceOnly) {
  ClassCharacteristics other = Known();
  other.bullet_class = "11";
  EXPECT_EQ(Excluding(Known(), other), std::set{ClassRule::kBulletClass});
  other = Known();
  other.land_count = 5;
  EXPECT_EQ(Excluding(Known(), other), std::set{ClassRule::kLandCount});
  other = Known();
  other.twist = TwistDirection::kLeft;
  EXPECT_EQ(Excluding(Known(), other), std::set{ClassRule::kTwist});
  other = Known();
  other.rifling = RiflingType::kPolygonal;
  EXPECT_EQ(Excluding(Known(), other), std::set{ClassRule::kRifling});
  other = Known();
  other.land_width_mean_um = 3'000.0;
  EXPECT_EQ(Excluding(Known(), other), std::set{ClassRule::kLandWidth});
}

TEST(ClassFilterTest, EachRuleOfACaseSeesItsOwnDifferenceOnly) {
  const auto excluding = [](const ClassCharacteristics& other) {
    return Excluding(KnownCase(), other, ItemKind::kCartridgeCase);
  };
  EXPECT_EQ(excluding(KnownCase()), std::set<ClassRule>());
  ClassCharacteristics other = KnownCase();
  other.calibre_code = "9MAKAROV";
  EXPECT_EQ(excluding(other), std::set{ClassRule::kCartridge});
  other = KnownCase();
  other.firing_pin_shape = FiringPinShape::kElliptical;
  EXPECT_EQ(excluding(other), std::set{ClassRule::kFiringPinShape});
  other = KnownCase();
  other.aperture_shape = ApertureShape::kRectangular;
  EXPECT_EQ(excluding(other), std::set{ClassRule::kApertureShape});
  other = KnownCase();
  other.breech_face_class = BreechFaceClass::kGranular;
  EXPECT_EQ(excluding(other), std::set{ClassRule::kBreechFaceClass});
}

TEST(ClassFilterTest, WhatIsUnknownOfACaseNeverExcludes) {
  EXPECT_EQ(Excluding(KnownCase(), {}, ItemKind::kCartridgeCase), std::set<ClassRule>());
}

TEST(ClassFilterTest, CartridgesOfOneChamberAreNeighbours) {
  for (const ChamberNeighbours& pair : ChamberNeighbourList()) {
    SCOPED_TRACE(pair.one);
    // Codes of the list of calibres, each pair once.
    EXPECT_TRUE(FindCalibre(pair.one).has_value() && FindCalibre(pair.one)->code == pair.one);
    EXPECT_TRUE(FindCalibre(pair.other).has_value() && FindCalibre(pair.other)->code == pair.other);
    ClassCharacteristics a;
    a.calibre_code = pair.one;
    ClassCharacteristics b;
    b.calibre_code = pair.other;
    EXPECT_EQ(Excluding(a, b, ItemKind::kCartridgeCase), std::set<ClassRule>());
    b.calibre_code = "12GA";
    EXPECT_EQ(Excluding(a, b, ItemKind::kCartridgeCase), std::set{ClassRule::kCartridge});
  }
}

TEST(ClassFilterTest, EveryRuleIsOfOneKindOfItem) {
  std::set<ClassRule> all;
  for (const ItemKind item : {ItemKind::kBullet, ItemKind::kCartridgeCase}) {
    for (const ClassRule rule : ClassRulesOf(item)) {
      EXPECT_TRUE(all.insert(rule).second) << ClassRuleName(rule);
    }
  }
  EXPECT_EQ(all.size(), kClassRules.size());
}

TEST(ClassFilterTest, WhatIsUnknownNeverExcludes) {
  ClassCharacteristics other{.calibre_code = "44MAG",
                             .bullet_class = "11",
                             .land_count = 8,
                             .twist = TwistDirection::kLeft,
                             .rifling = RiflingType::kPolygonal,
                             .land_width_mean_um = 900.0};
  const std::size_t rules = ClassRulesOf(ItemKind::kBullet).size();
  ASSERT_EQ(Excluding(Known(), other).size(), rules);
  EXPECT_EQ(Excluding(ClassCharacteristics(), other), std::set<ClassRule>());
  EXPECT_EQ(Excluding(ClassCharacteristics(), ClassCharacteristics()), std::set<ClassRule>());

  // One unknown after the other: exactly its own rule falls silent.
  ClassCharacteristics without = other;
  without.calibre_code.clear();
  without.bullet_class.clear();
  EXPECT_FALSE(Excluding(Known(), without).contains(ClassRule::kBulletClass));
  EXPECT_EQ(Excluding(Known(), without).size(), rules - 1);
  without = other;
  without.land_count.reset();
  EXPECT_FALSE(Excluding(Known(), without).contains(ClassRule::kLandCount));
  EXPECT_EQ(Excluding(Known(), without).size(), rules - 1);
  without = other;
  without.twist.reset();
  EXPECT_FALSE(Excluding(Known(), without).contains(ClassRule::kTwist));
  EXPECT_EQ(Excluding(Known(), without).size(), rules - 1);
  without = other;
  without.rifling.reset();
  EXPECT_FALSE(Excluding(Known(), without).contains(ClassRule::kRifling));
  EXPECT_EQ(Excluding(Known(), without).size(), rules - 1);
  without = other;
  without.land_width_mean_um.reset();
  EXPECT_FALSE(Excluding(Known(), without).contains(ClassRule::kLandWidth));
  EXPECT_EQ(Excluding(Known(), without).size(), rules - 1);
}

TEST(ClassFilterTest, ACalibreStandsForItsClassOfBullet) {
  const auto of = [](const char* calibre_code) {
    ClassCharacteristics characteristics;
    characteristics.calibre_code = calibre_code;
    return characteristics;
  };
  const ClassCharacteristics luger = of("9LUGER");
  const ClassCharacteristics special = of("38SPL");
  const ClassCharacteristics magnum = of("44MAG");
  const ClassCharacteristics later = of("7.7NEW");
  EXPECT_FALSE(Excludes(ClassRule::kBulletClass, luger, special));
  EXPECT_TRUE(Excludes(ClassRule::kBulletClass, luger, magnum));
  EXPECT_FALSE(Excludes(ClassRule::kBulletClass, luger, later));
}

TEST(ClassFilterTest, WidthToleranceBordersAreInside) {
  const auto excludes = [](double a_um, double b_um) {
    ClassCharacteristics a;
    a.land_width_mean_um = a_um;
    ClassCharacteristics b;
    b.land_width_mean_um = b_um;
    EXPECT_EQ(Excludes(ClassRule::kLandWidth, a, b), Excludes(ClassRule::kLandWidth, b, a));
    return Excludes(ClassRule::kLandWidth, a, b);
  };
  // Narrow lands: 150 um.
  EXPECT_FALSE(excludes(1'000.0, 1'150.0));
  EXPECT_TRUE(excludes(1'000.0, std::nextafter(1'150.0, 2'000.0)));
  // The two tolerances meet where the wider mean is 1 500.
  EXPECT_FALSE(excludes(1'350.0, 1'500.0));
  EXPECT_TRUE(excludes(1'349.9, 1'500.0));
  // Wide lands: a tenth of the wider one.
  EXPECT_FALSE(excludes(4'500.0, 5'000.0));
  EXPECT_TRUE(excludes(4'499.9, 5'000.0));
}

TEST(ClassRuleNameTest, EveryRuleHasItsOwnName) {
  std::set<std::string_view> names;
  for (const ClassRule rule : kClassRules) names.insert(ClassRuleName(rule));
  EXPECT_EQ(names, (std::set<std::string_view>{"bullet_class", "land_count", "twist", "rifling",
                                               "land_width", "cartridge", "breech_face_class",
                                               "firing_pin_shape", "aperture_shape"}));
}

}  // namespace
}  // namespace proofmark::records
