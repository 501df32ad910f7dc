// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/ballistic_signature.h"

namespace proofmark::forensics {

std::optional<double> MeanLandWidthUm(const BulletSignature& bullet) {
  double sum_um = 0.0;
  int count = 0;
  for (const std::optional<LandSignature>& land : bullet.lands) {
    if (!land || land->has(LandFlag::kLeftShoulderAssumed) ||
        land->has(LandFlag::kRightShoulderAssumed)) {
      continue;
    }
    sum_um += land->width_um();
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum_um / count;
}

}  // namespace proofmark::forensics
