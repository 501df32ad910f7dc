// SPDX-License-Identifier: Apache-2.0
#include "server/match/class_filter.h"

#include <vector>

#include "gtest/gtest.h"

namespace proofmark::match {
namespace {

using records::ClassCharacteristics;
using records::ClassRule;

ClassCharacteristics Query() {
  ClassCharacteristics query;
  query.bullet_class = "9";
  query.land_count = 6;
  query.twist = records::TwistDirection::kRight;
  query.rifling = records::RiflingType::kConventional;
  query.land_width_mean_um = 1'900.0;
  return query;
}

TEST(ClassFilterTest, CountsARecordUnderTheFirstRuleThatRemovesIt) {
  ClassFilter filter(records::ItemKind::kBullet, Query(), {});
  ClassCharacteristics wrong_everywhere = Query();
  wrong_everywhere.bullet_class = "11";
  wrong_everywhere.land_count = 5;
  wrong_everywhere.twist = records::TwistDirection::kLeft;
  ClassCharacteristics wrong_twist_and_width = Query();
  wrong_twist_and_width.twist = records::TwistDirection::kLeft;
  wrong_twist_and_width.land_width_mean_um = 3'000.0;

  EXPECT_FALSE(filter.Admit(wrong_everywhere));
  EXPECT_FALSE(filter.Admit(wrong_twist_and_width));
  EXPECT_TRUE(filter.Admit(Query()));

  EXPECT_EQ(filter.removed_count(ClassRule::kBulletClass), 1);
  EXPECT_EQ(filter.removed_count(ClassRule::kLandCount), 0);
  EXPECT_EQ(filter.removed_count(ClassRule::kTwist), 1);
  EXPECT_EQ(filter.removed_count(ClassRule::kRifling), 0);
  EXPECT_EQ(filter.removed_count(ClassRule::kLandWidth), 0);
  EXPECT_EQ(filter.held_count(), 3);
  EXPECT_EQ(filter.eligible_count(), 1);
}

TEST(ClassFilterTest, ARuleSwitchedOffRemovesNothingAndIsNotCounted) {
  const std::vector<ClassRule> off = {ClassRule::kBulletClass, ClassRule::kLandWidth};
  ClassFilter filter(records::ItemKind::kBullet, Query(), off);
  ClassCharacteristics other_class = Query();
  other_class.bullet_class = "11";
  ClassCharacteristics other_class_and_lands = other_class;
  other_class_and_lands.land_count = 5;

  EXPECT_TRUE(filter.Admit(other_class));
  EXPECT_FALSE(filter.Admit(other_class_and_lands));

  EXPECT_EQ(filter.removed_count(ClassRule::kBulletClass), std::nullopt);
  EXPECT_EQ(filter.removed_count(ClassRule::kLandCount), 1);
  EXPECT_EQ(filter.removed_count(ClassRule::kLandWidth), std::nullopt);
}

TEST(ClassFilterTest, WhatIsUnknownOnEitherSideNeverRemoves) {
  ClassFilter knows_nothing(records::ItemKind::kBullet, ClassCharacteristics(), {});
  EXPECT_TRUE(knows_nothing.Admit(Query()));

  ClassFilter knows_all(records::ItemKind::kBullet, Query(), {});
  EXPECT_TRUE(knows_all.Admit({}));
  EXPECT_EQ(knows_all.eligible_count(), 1);
}

TEST(ClassFilterTest, OnlyTheRulesOfTheItemAreApplied) {
  ClassCharacteristics query;
  query.calibre_code = "9LUGER";
  query.land_count = 6;
  ClassCharacteristics other_lands = query;
  other_lands.land_count = 5;
  ClassCharacteristics other_cartridge = query;
  other_cartridge.calibre_code = "9MAKAROV";
  ClassFilter bullets(records::ItemKind::kBullet, query, {});
  ClassFilter cases(records::ItemKind::kCartridgeCase, query, {});

  EXPECT_FALSE(bullets.Admit(other_lands));
  EXPECT_TRUE(cases.Admit(other_lands));
  EXPECT_FALSE(cases.Admit(other_cartridge));

  EXPECT_EQ(bullets.removed_count(ClassRule::kCartridge), std::nullopt);
  EXPECT_EQ(bullets.removed_counts().size(), 5U);
  EXPECT_EQ(cases.removed_count(ClassRule::kLandCount), std::nullopt);
  EXPECT_EQ(cases.removed_counts().size(), 4U);
  EXPECT_EQ(cases.removed_counts()[0], std::pair(ClassRule::kCartridge, std::int64_t{1}));
}

}  // namespace
}  // namespace proofmark::match
