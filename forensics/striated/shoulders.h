// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace proofmark::forensics {

// Where the groove begins on either side of a land, in samples of the profile.
struct Shoulders {
  double left = 0.0;          // First sample of the land.
  double right = 0.0;         // Last sample of the land; right > left.
  bool left_assumed = false;  // No groove seen: the end of what was measured.
  bool right_assumed = false;
};

// Finds the groove shoulders of a profile across one land. A robust parabola through the middle is
// followed outwards to where the surface leaves it upwards for good, the flank of the groove; the
// shoulder lies inside the rounding of that flank, further in where the flank is undercut, and
// then `step_in_um` more for safety.
//
//   Units     micrometres; profile at `pitch_um`, NaN for not measured.
//   Result    nullopt without a middle to start from: too little measured, or no room left
//             between the shoulders.
//   Source    docs/references.md#hare-2017 for the idea of robust residuals; figures in
//             docs/design/land-extraction.md
std::optional<Shoulders> FindShoulders(std::span<const double> profile_um, double pitch_um,
                                       double step_in_um);

}  // namespace proofmark::forensics
