// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// One generated breech face. The same (seed, slide) always gives the same tool marks.
struct SyntheticSlide {
  std::uint64_t seed = 1;
  std::uint32_t slide = 0;
  double line_share = 0.3;  // Of the variance in parallel tool lines, the rest granular; [0, 0.8].
  double reproduction = 0.8;  // Correlation of a shot's mark with the breech face; [0, 0.99].
};

struct SyntheticPrimerOptions {
  double pitch_um = 6.25;      // Lateral step of the scan; [3, 13].
  double radius_um = 2'000.0;  // Of the primer; [1000, 2500].
  double pin_radius_um =
      700.0;  // Of the firing-pin hole; [300, 900] and at most half of the radius.
  double turn_degrees_max = 10.0;  // Shots lie turned by up to this; [0, 180].
};

// kInvalidArgument naming the first field outside its bounds.
absl::Status CheckSynthetic(const SyntheticSlide& slide);
absl::Status CheckSynthetic(const SyntheticPrimerOptions& options);

// The processed scan of one shot's breech-face impression: tool marks and this shot's own
// variation where the primer met the breech face, missing elsewhere; a tilt and a bulge; the hole
// of the firing pin missing.
//   Shape     a square around the primer; arguments within the bounds above (checked).
//   Result    the same bits on every machine; nothing depends on what was generated before.
//   Cost      about 0.3 s.
//   Threads   Pure.
//   Source    docs/references.md#salmon-2011; amplitudes in docs/design/generator.md
HeightMap GenerateBreechFaceScan(const SyntheticSlide& slide, std::uint32_t shot,
                                 const SyntheticPrimerOptions& options);

}  // namespace proofmark::forensics
