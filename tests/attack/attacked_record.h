// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "forensics/evidence/calibration.h"
#include "forensics/striated/ballistic_signature.h"
#include "forensics/striated/bullet_comparison.h"
#include "forensics/striated/prepared_bullet.h"
#include "tests/unit/server/support/generated_exhibits.h"

namespace proofmark::attack {

// The record an attacker climbs towards: a generated bullet of six lands, as its laboratory brings
// it. Constant; thread-safe.
class AttackedRecord {
 public:
  // Of that barrel.
  explicit AttackedRecord(std::uint32_t barrel);

  const testing::Brought& exhibit() const { return exhibit_; }

  // How `probe` agrees with what a node keeps of the exhibit. Nothing when it cannot be compared.
  std::optional<forensics::BulletComparison> Compare(const forensics::BulletSignature& probe) const;
  // The score of that, which no asker is told; 0 for nothing.
  double TrueScore(const forensics::BulletSignature& probe) const;

  // A land of another shot of the same barrel, the one that agrees best: what somebody has who
  // holds a bullet of the gun.
  forensics::BulletSignature BestLandOfAnotherShot() const;

 private:
  const std::uint32_t barrel_;
  const testing::Brought exhibit_;
  forensics::PreparedBullet kept_;
};

// What a calibration may become, which favours the attacker: the model of the built-in one without
// the caution that few real firearms ask for, as though a million pairs of them stood behind it.
// All levels are told, from a likelihood ratio of ten.
const forensics::Calibration& BoldCalibration();

}  // namespace proofmark::attack
