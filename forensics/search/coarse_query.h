// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forensics/search/bullet_segment.h"
#include "forensics/search/shift_dots.h"
#include "forensics/striated/ballistic_signature.h"

namespace proofmark::forensics {

// How far a land moves either way from where the middles meet, when its edges are known.
inline constexpr std::int64_t kCoarseShiftMax = 32;  // 400 um.

// Whose energy a sum of products is divided by.
enum class CoarseMode {
  kWholeLand,  // Of both whole lands: cheapest, and exact where the lands are whole.
  kOverlap,    // Of the parts that meet: for fragments.
};

// Below every score a bullet can have: the bullet shares no land with the query.
inline constexpr float kNoCoarseScore = -2.0F;

// One query, ready for the first stage: its lands as they stand and turned, each in as many
// versions as there are kinds of segment. Immutable after construction.
//
// A land's score is the largest correlation over the shifts; a bullet's is the mean land score of
// the best phase, and of the better direction and order when an end is uncertain: the rules of
// bullet_comparison.h on coarse lands.
class CoarseQuery {
 public:
  // `bullet` must be one that PrepareBullet accepts.
  CoarseQuery(const BulletSignature& bullet, DotKernel kernel);

  // kOverlap when a land's edge was assumed or a land is missing.
  CoarseMode default_mode() const { return default_mode_; }
  std::int64_t lands_present() const { return lands_present_; }
  bool heel_uncertain() const { return heel_uncertain_; }

  // scores[i] for record i of `segment` where wanted[i], nothing where not. Blocks without a wanted
  // record are skipped.
  //   Result    the same bits for every kernel.
  //   Cost      lands * blocks * 48 * 65 * slot width multiply-adds; twice with an uncertain heel.
  //   Threads   Pure; one call uses one thread.
  void Score(const BulletSegment& segment, std::span<const std::uint8_t> wanted, CoarseMode mode,
             std::span<float> scores) const;

 private:
  struct Row;
  struct Plan;
  class Scratch;

  Plan MakePlan(const SegmentKind& kind, CoarseMode mode) const;
  void ScoreBlock(const Plan& plan, const BlockView& block, Scratch& scratch) const;

  const DotKernel kernel_;
  std::vector<CoarseLand> lands_;  // Clipped; empty for a missing land.
  std::int64_t lands_present_ = 0;
  bool edges_known_ = true;
  bool heel_uncertain_ = false;
  CoarseMode default_mode_ = CoarseMode::kWholeLand;
};

}  // namespace proofmark::forensics
