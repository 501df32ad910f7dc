// SPDX-License-Identifier: Apache-2.0
#include "forensics/synthetic/sets.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace proofmark::forensics {
namespace {

TEST(SyntheticSetsTest, NamesAreFoundAndOthersAreNot) {
  for (const char* name : {"tiny", "demo", "scale", "hard"}) {
    const auto set = FindSyntheticSet(name);
    ASSERT_TRUE(set.has_value());
    EXPECT_EQ(SyntheticSetName(*set), name);
  }
  EXPECT_FALSE(FindSyntheticSet("Tiny").has_value());
}

TEST(SyntheticSetsTest, SizesAreThoseOfTheHeader) {
  EXPECT_EQ(SyntheticSetSize(SyntheticSet::kTiny), 30);
  EXPECT_EQ(SyntheticSetSize(SyntheticSet::kDemo), 1'000);
  EXPECT_EQ(SyntheticSetSize(SyntheticSet::kScale), 1'000'000);
  EXPECT_EQ(SyntheticSetSize(SyntheticSet::kHard), 600);
}

TEST(SyntheticSetsTest, TheTruthNamesOneSourceForEachBarrelAndOneSpecimenForEachBullet) {
  std::map<std::string, std::uint32_t> barrel_of;
  std::set<std::string> specimens;
  std::set<std::string> classes;
  for (std::int64_t i = 0; i < SyntheticSetSize(SyntheticSet::kDemo); ++i) {
    const SyntheticSpecimen specimen = SpecimenOf(SyntheticSet::kDemo, 5, i);
    const auto [at, added] = barrel_of.try_emplace(specimen.source_firearm, specimen.barrel.barrel);
    EXPECT_EQ(at->second, specimen.barrel.barrel);
    EXPECT_TRUE(specimens.insert(specimen.specimen).second);
    classes.insert(specimen.bullet_class);
  }
  EXPECT_EQ(barrel_of.size(), 500U);
  EXPECT_EQ(classes.size(), 3U);
}

TEST(SyntheticSetsTest, SecondShotsOfTheScaleSetAreOfBarrelsThatHaveAFirst) {
  for (const std::int64_t i : {990'000, 995'123, 999'999}) {
    const SyntheticSpecimen second = SpecimenOf(SyntheticSet::kScale, 1, i);
    const SyntheticSpecimen first = SpecimenOf(SyntheticSet::kScale, 1, second.barrel.barrel);
    EXPECT_EQ(second.source_firearm, first.source_firearm);
    EXPECT_NE(second.specimen, first.specimen);
  }
}

TEST(SyntheticSetsTest, HardSpecimensLoseLandsAndWidthAsTheTruthSays) {
  int fragments = 0;
  int incomplete = 0;
  for (std::int64_t i = 0; i < 40; ++i) {
    const SyntheticSpecimen specimen = SpecimenOf(SyntheticSet::kHard, 2, i);
    fragments += specimen.width_share_kept < 1.0 ? 1 : 0;
    incomplete += specimen.lands_kept < 6 ? 1 : 0;
    if (i >= 12) continue;
    const BulletSignature bullet = GenerateSpecimen(SyntheticSet::kHard, specimen);
    std::int64_t lands = 0;
    for (const auto& land : bullet.lands) {
      if (!land) continue;
      ++lands;
      EXPECT_EQ(land->has(LandFlag::kRightShoulderAssumed), specimen.width_share_kept < 1.0);
    }
    EXPECT_EQ(lands, specimen.lands_kept);
    EXPECT_EQ(bullet.lands.size(), 6U);
  }
  EXPECT_GT(fragments, 3);
  EXPECT_GT(incomplete, 3);
}

}  // namespace
}  // namespace proofmark::forensics
