// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// Separable Gaussian filters of ISO 16610-61 over surfaces with gaps. A point that is not measured
// has weight zero: its neighbours never feel it.
//
//   Units     micrometres; cutoffs > 0, wavelengths passed by one half.
//   Result    sums run in a fixed order, so every machine gives the same bits. Heights should be
//             near zero (plane removed): sums are not centred.
//   Threads   Pure.
//   Source    docs/references.md#iso-16610-61, #iso-16610-31

// The surface smoothed by `cutoff_um` and sampled at a square pitch, the grid centred on the scan;
// measured where half of the weight is. Points where `mask` (empty: none) is zero do not count.
//   Cost      O(points * cutoff / pitch).
HeightMap ArealResample(const HeightMap& map, std::span<const std::uint8_t> mask, double pitch_um,
                        double cutoff_um);

// Weighted mean over the surroundings of each measured point of a square grid.
HeightMap ArealMean(const HeightMap& map, double cutoff_um);

// Regression Gaussian of order 2: at each measured point the weighted paraboloid through its
// surroundings, of lower order where they do not fix one. A paraboloid is returned unchanged.
HeightMap ArealForm(const HeightMap& map, double cutoff_um);

}  // namespace proofmark::forensics
