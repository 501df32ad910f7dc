// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace proofmark::forensics {

// Local quadratic regression of a profile at a constant pitch: at each sample the parabola fitted
// to the nearest `span` of the measured samples with tricube weights. NaN for not measured, in and
// out. Used where published figures are to be reproduced; our own form is ISO's.
//
//   Shape     span in (0, 1]; at least three samples take part in every fit.
//   Result    NaN where the samples do not fix a parabola.
//   Cost      O(samples^2 * span).
//   Threads   Pure.
//   Source    docs/references.md#cleveland-1979
std::vector<double> LoessFit(std::span<const double> height_um, double span);

}  // namespace proofmark::forensics
