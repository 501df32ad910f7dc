// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/striated/agreement.h"
#include "forensics/striated/ballistic_signature.h"
#include "forensics/striated/bullet_comparison.h"
#include "forensics/striated/coarse_cmps.h"
#include "forensics/striated/masked_profile.h"

namespace proofmark::forensics {

// A land as it stands and turned end for end, with everything a comparison sums.
struct PreparedLand {
  std::array<MaskedProfile, 2> fine;  // [0] as stored, [1] turned.
  std::array<CoarseProfile, 2> coarse;
  std::array<LevelProfile, 2> levels;
  int canonical_side = 0;  // The side that sorts first; a function of the unordered two.
  std::array<bool, 2> shoulder_seen{};  // As stored: left, right; the others were assumed.
  bool heel_uncertain = false;
};

// A bullet ready to be compared many times. Immutable; about 75 bytes a sample and side.
struct PreparedBullet {
  std::string extractor_version;
  std::vector<std::optional<PreparedLand>> lands;
  bool heel_uncertain = false;  // On any land.
};

//   Errors    kInvalidArgument  no lands, too many, or a land outside its bounds.
absl::StatusOr<PreparedLand> PrepareLand(const LandSignature& land);
absl::StatusOr<PreparedBullet> PrepareBullet(const BulletSignature& bullet);

// CompareLands and CompareBullets on prepared signatures. `query_turned` compares the query's land
// end for end.
absl::StatusOr<LandComparison> CompareLands(const PreparedLand& query, bool query_turned,
                                            const PreparedLand& reference,
                                            const LandComparisonOptions& options);
absl::StatusOr<BulletComparison> CompareBullets(const PreparedBullet& query,
                                                const PreparedBullet& reference,
                                                const LandComparisonOptions& options);

// The part of both that costs a tenth: agreement alone, of two lands or as the mean of the best
// phase of two bullets. [0, 1]; for choosing what to compare in full.
absl::StatusOr<double> CompareAgreement(const PreparedLand& query, bool query_turned,
                                        const PreparedLand& reference,
                                        const LandComparisonOptions& options);
absl::StatusOr<double> CompareAgreement(const PreparedBullet& query,
                                        const PreparedBullet& reference,
                                        const LandComparisonOptions& options);

// The one number a pair of lands contributes: monotone in both arguments, [0, 1], a multiple of
// 2^-32 so that sums of scores do not depend on their order.
double LandScore(double agreement, double cmps_share);

}  // namespace proofmark::forensics
