// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "forensics/striated/ballistic_signature.h"
#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// How well generated lands reproduce from shot to shot (matching parameters in the .cc).
enum class SyntheticProfile { kClean, kRealistic, kHard };

// One generated barrel. The same (seed, barrel) always gives the same tool marks.
struct SyntheticBarrel {
  std::uint64_t seed = 1;
  std::uint32_t barrel = 0;
  std::int64_t land_count = 6;        // 4..8 are usual; [1, kBulletLandsMax].
  double land_width_um = 1'900.0;     // Between the shoulders; [600, 6000].
  double bullet_radius_um = 4'510.0;  // 9 mm Luger.
  double twist_deg = 4.5;             // Slope of the striae against the axis; right is positive.
  SyntheticProfile profile = SyntheticProfile::kRealistic;
};

struct SyntheticScanOptions {
  double pitch_um = 3.125;   // Lateral step of the scan; [0.5, 10].
  double length_um = 700.0;  // Along the bullet axis; [200, 3000].
  double groove_um = 250.0;  // Of groove shown beyond each shoulder.
};

// The scan of one land of shot `shot` from `barrel`: bullet curvature, shoulders and grooves,
// break-off at the heel, twist, striae, instrument noise, drop-outs.
//   Threads   Pure: a function of its arguments alone (counter-based generator, Philox 4x32-10).
//   Source    docs/references.md#salmon-2011; amplitudes and spectrum in docs/design/generator.md
HeightMap GenerateLandScan(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land,
                           const SyntheticScanOptions& options);

// The bullet's signature directly, without going through a scan: for large sets.
BulletSignature GenerateBulletSignature(const SyntheticBarrel& barrel, std::uint32_t shot);

}  // namespace proofmark::forensics
