// SPDX-License-Identifier: Apache-2.0
#include "forensics/synthetic/sets.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "forensics/synthetic/philox.h"
#include "forensics/synthetic/scale_bullet.h"

namespace proofmark::forensics {
namespace {

struct SetPlan {
  SyntheticSet set;
  std::string_view name;
  std::int64_t barrels;
  std::int64_t shots;
};
constexpr std::int64_t kScaleSecondShots = 10'000;
constexpr std::array<SetPlan, 4> kPlans = {{{SyntheticSet::kTiny, "tiny", 10, 3},
                                            {SyntheticSet::kDemo, "demo", 500, 2},
                                            {SyntheticSet::kScale, "scale", 990'000, 1},
                                            {SyntheticSet::kHard, "hard", 200, 3}}};

const SetPlan& PlanOf(SyntheticSet set) {
  for (const SetPlan& plan : kPlans) {
    if (plan.set == set) return plan;
  }
  PM_CHECK(false);
}

// A class of bullets with rifling that is usual for it.
struct Calibre {
  std::string_view bullet_class;
  double bullet_radius_um;
  double land_width_um;
};
constexpr std::array<Calibre, 3> kCalibres = {
    {{"9", 4'510.0, 1'900.0}, {"11", 5'740.0, 1'750.0}, {"8", 3'960.0, 1'500.0}}};

// What befell a hard specimen after the shot.
void Damage(std::uint64_t seed, std::int64_t index, SyntheticSpecimen& specimen) {
  const RandomStream stream(seed, static_cast<std::uint32_t>(index), 0, 0xDA);
  // Shots apart by up to 300 of use.
  specimen.shot = static_cast<std::uint32_t>(stream.Uniform(0, 0.0, 300.0)) * 8 + specimen.shot;
  if (stream.Uniform(1) < 0.25) specimen.width_share_kept = stream.Uniform(2, 0.35, 0.7);
  if (stream.Uniform(3) < 0.25) {
    specimen.lands_kept = 2 + static_cast<std::int64_t>(stream.Uniform(4, 0.0, 3.0));
    specimen.land_first = static_cast<std::int64_t>(stream.Uniform(5, 0.0, 6.0));
  }
}

}  // namespace

std::optional<SyntheticSet> FindSyntheticSet(std::string_view name) {
  for (const SetPlan& plan : kPlans) {
    if (plan.name == name) return plan.set;
  }
  return std::nullopt;
}

std::string_view SyntheticSetName(SyntheticSet set) { return PlanOf(set).name; }

std::int64_t SyntheticSetSize(SyntheticSet set) {
  const SetPlan& plan = PlanOf(set);
  return plan.barrels * plan.shots + (set == SyntheticSet::kScale ? kScaleSecondShots : 0);
}

SyntheticSpecimen SpecimenOf(SyntheticSet set, std::uint64_t seed, std::int64_t index) {
  PM_CHECK(index >= 0 && index < SyntheticSetSize(set));
  const SetPlan& plan = PlanOf(set);
  std::int64_t barrel = index / plan.shots;
  std::int64_t shot = index % plan.shots;
  if (set == SyntheticSet::kScale && index >= plan.barrels) {
    barrel = (index - plan.barrels) * (plan.barrels / kScaleSecondShots);
    shot = 1;
  }
  const Calibre& calibre =
      kCalibres[set == SyntheticSet::kDemo ? static_cast<std::size_t>(barrel) % kCalibres.size()
                                           : 0];
  SyntheticSpecimen specimen;
  specimen.source_firearm = absl::StrFormat("%s-%d-%06d", plan.name, seed, barrel);
  specimen.specimen = absl::StrFormat("%s/%d", specimen.source_firearm, shot);
  specimen.bullet_class = calibre.bullet_class;
  specimen.barrel = {.seed = seed,
                     .barrel = static_cast<std::uint32_t>(barrel),
                     .land_width_um = calibre.land_width_um,
                     .bullet_radius_um = calibre.bullet_radius_um,
                     .profile = set == SyntheticSet::kHard ? SyntheticProfile::kHard
                                                           : SyntheticProfile::kRealistic};
  specimen.shot = static_cast<std::uint32_t>(shot);
  specimen.lands_kept = specimen.barrel.land_count;
  if (set == SyntheticSet::kHard) Damage(seed, index, specimen);
  return specimen;
}

BulletSignature GenerateSpecimen(SyntheticSet set, const SyntheticSpecimen& specimen) {
  BulletSignature bullet = set == SyntheticSet::kScale
                               ? GenerateScaleBullet(specimen.barrel, specimen.shot)
                               : GenerateBulletSignature(specimen.barrel, specimen.shot);
  const std::int64_t lands = static_cast<std::int64_t>(bullet.lands.size());
  for (std::int64_t i = specimen.lands_kept; i < lands; ++i) {
    bullet.lands[static_cast<std::size_t>((specimen.land_first + i) % lands)].reset();
  }
  if (specimen.width_share_kept >= 1.0) return bullet;
  for (std::optional<LandSignature>& land : bullet.lands) {
    if (!land) continue;
    const double kept = specimen.width_share_kept * static_cast<double>(land->height_nm.size());
    land->height_nm.resize(
        static_cast<std::size_t>(std::max(kept, static_cast<double>(kSignatureSamplesMin))));
    land->right_shoulder_um = land->left_shoulder_um + specimen.width_share_kept * land->width_um();
    land->set(LandFlag::kRightShoulderAssumed);
  }
  return bullet;
}

}  // namespace proofmark::forensics
