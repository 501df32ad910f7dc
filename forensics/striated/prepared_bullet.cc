// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/prepared_bullet.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace proofmark::forensics {
namespace {

bool SortsBefore(const MaskedProfile& a, const MaskedProfile& b) {
  return std::tie(a.height_nm, a.count_before) < std::tie(b.height_nm, b.count_before);
}

}  // namespace

absl::StatusOr<PreparedLand> PrepareLand(const LandSignature& land) {
  const std::int64_t samples = static_cast<std::int64_t>(land.height_nm.size());
  if (samples < kSignatureSamplesMin || samples > kSignatureSamplesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("land signature has %d samples; it must have %d to %d", samples,
                        kSignatureSamplesMin, kSignatureSamplesMax));
  }
  const std::vector<std::int16_t> turned(land.height_nm.rbegin(), land.height_nm.rend());
  PreparedLand prepared;
  prepared.fine = {MakeMaskedProfile(land.height_nm), MakeMaskedProfile(turned)};
  prepared.coarse = {MakeCoarseProfile(land.height_nm), MakeCoarseProfile(turned)};
  prepared.levels = {MakeLevelProfile(land.height_nm), MakeLevelProfile(turned)};
  prepared.canonical_side = SortsBefore(prepared.fine[1], prepared.fine[0]) ? 1 : 0;
  prepared.shoulder_seen = {!land.has(LandFlag::kLeftShoulderAssumed),
                            !land.has(LandFlag::kRightShoulderAssumed)};
  prepared.heel_uncertain = land.has(LandFlag::kHeelUncertain);
  return prepared;
}

absl::StatusOr<PreparedBullet> PrepareBullet(const BulletSignature& bullet) {
  const std::int64_t lands = static_cast<std::int64_t>(bullet.lands.size());
  if (lands < 1 || lands > kBulletLandsMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("bullet has %d lands; it must have 1 to %d", lands, kBulletLandsMax));
  }
  PreparedBullet prepared;
  prepared.extractor_version = bullet.extractor_version;
  for (const std::optional<LandSignature>& land : bullet.lands) {
    if (!land) {
      prepared.lands.emplace_back();
      continue;
    }
    PM_ASSIGN_OR_RETURN(PreparedLand ready, PrepareLand(*land));
    prepared.heel_uncertain = prepared.heel_uncertain || ready.heel_uncertain;
    prepared.lands.emplace_back(std::move(ready));
  }
  return prepared;
}

}  // namespace proofmark::forensics
