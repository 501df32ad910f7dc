// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "forensics/striated/ballistic_signature.h"
#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// How well generated lands reproduce from shot to shot (docs/design/generator.md).
enum class SyntheticProfile {
  kClean,      // Every land reproduces well.
  kRealistic,  // As published: a fifth of the lands is simply bad.
  kHard,       // Poor lands, scratches from handling, another kind of ammunition.
};

// One generated barrel. The same (seed, barrel) always gives the same tool marks; barrels of one
// seed are of one make, so that a few of them share marks of the tool that made them.
struct SyntheticBarrel {
  std::uint64_t seed = 1;
  std::uint32_t barrel = 0;
  std::int64_t land_count = 6;        // 4..8 are usual; [1, kBulletLandsMax].
  double land_width_um = 1'900.0;     // Between the shoulders; [600, 6000].
  double bullet_radius_um = 4'510.0;  // 9 mm Luger; [2000, 12000] and at least the land's width.
  double twist_deg = 4.5;             // Slope of the striae against the axis; right is positive;
                                      // [-12, 12].
  SyntheticProfile profile = SyntheticProfile::kRealistic;
};

struct SyntheticScanOptions {
  double pitch_um = 3.125;   // Lateral step of the scan; [0.5, 10].
  double length_um = 700.0;  // Along the bullet axis; [200, 3000].
  double groove_um = 250.0;  // Of groove shown beyond each shoulder; [0, 1000].
};

// kInvalidArgument naming the first field outside its bounds.
absl::Status CheckSynthetic(const SyntheticBarrel& barrel);
absl::Status CheckSynthetic(const SyntheticScanOptions& options);

// The scan of one land of shot `shot` from `barrel`: bullet curvature, shoulders and grooves,
// break-off at the heel (y = 0), twist, striae, instrument noise, drop-outs.
//   Shape     x across the land, y along the bullet axis; arguments within the bounds above
//             (checked: CheckSynthetic) and 0 <= land < land_count.
//   Result    the same bits on every machine; nothing depends on what was generated before.
//   Cost      O(points), about 0.1 us each.
//   Threads   Pure: a function of its arguments alone (counter-based generator, Philox 4x32-10).
//   Source    docs/references.md#salmon-2011; amplitudes and spectrum in docs/design/generator.md
HeightMap GenerateLandScan(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land,
                           const SyntheticScanOptions& options);

// The bullet's signature directly, without going through a scan: for large sets. Carries the
// extractor's version, since it stands for what extraction of the scans would give.
BulletSignature GenerateBulletSignature(const SyntheticBarrel& barrel, std::uint32_t shot);

}  // namespace proofmark::forensics
