// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "forensics/striated/ballistic_signature.h"
#include "tests/attack/attacked_node.h"

namespace proofmark::attack {

// What an attacker may spend on one record.
struct Means {
  std::int64_t queries = 5'000;
  std::int64_t days = 365;
  // A single land that is already told to agree, as somebody has who holds a bullet of the gun.
  std::optional<forensics::BulletSignature> start;
};

// Single lands of bullets nobody knows, drawn once for all attackers.
class BlindLands {
 public:
  BlindLands(std::uint64_t seed, std::int64_t count);
  const forensics::BulletSignature& at(std::int64_t i) const {
    return lands_[static_cast<std::size_t>(i) % lands_.size()];
  }
  std::int64_t size() const { return static_cast<std::int64_t>(lands_.size()); }

 private:
  std::vector<forensics::BulletSignature> lands_;
};

// Climbs towards the one record of `node` by what it is told and nothing else. It knows how
// signatures are made, mixes its probes from generated lands, and asks about single lands, which
// chance favours most. Told scores, it keeps what raises them. Told levels, it looks for a first
// hit and mixes it with one unrelated land after another, so strongly that half of the mixtures are
// told no more: with which it stands and with which it falls points towards the record. Where its
// budget is used up it waits.
//   Result    the probe it believes in most.
forensics::BulletSignature Climb(AttackedNode& node, const Means& means, Defence known,
                                 const BlindLands& lands, std::uint64_t seed);

// The best true score among the first `queries` lands: what blind search reaches, even if it knew
// which of its probes is best.
double BlindReach(const AttackedRecord& record, std::int64_t queries, const BlindLands& lands);

// Differences and the ends of the one-sided 95 % intervals of their mean (Student).
struct Paired {
  double mean = 0.0;
  double low95 = 0.0;
  double high95 = 0.0;
};
Paired PairedOf(const std::vector<double>& differences);

}  // namespace proofmark::attack
