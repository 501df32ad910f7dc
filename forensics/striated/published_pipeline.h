// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// The open pipeline of the literature, so that a laboratory can reproduce its figures on its own
// scans and lay ours beside them. Nothing here takes part in our scores. The published method works
// at 1.5625 um on one row of the scan; congruent segments of its signatures are CompareSegments
// (cmps.h) with the options as they stand.

inline constexpr double kPublishedPitchUm = 1.5625;

// The residual of a crosscut from its loess of span 0.75, clipped at 5 um and smoothed by a loess
// of span 0.03.
//   Shape     heights at kPublishedPitchUm between the shoulders, NaN for not measured.
//   Cost      O(samples^2).
//   Threads   Pure.
//   Source    docs/references.md#hare-2017
std::vector<double> PublishedSignature(std::span<const double> crosscut_um);

struct PublishedLand {
  std::vector<double> signature_um;  // At kPublishedPitchUm, from the left shoulder.
  double crosscut_um = 0.0;          // Of the row taken, from y = 0.
};

// The signature between the shoulders given of one crosscut, the mean of the rows within 5 um.
// Without `crosscut_um` it is chosen as published: the first of those 25 um apart, from 50 um on,
// whose signature over the middle 70 % correlates by 0.9 with that of the next; where none is so
// stable, the one most like its neighbour.
//   Shape     `oriented` has x across the land (LandTrace::oriented); shoulders in its x.
//   Errors    kInvalidArgument     shoulders or crosscut outside the scan, or the shoulders less
//                                  than 0.3 mm apart.
//             kFailedPrecondition  no crosscut has half of its points measured.
absl::StatusOr<PublishedLand> ExtractPublished(const HeightMap& oriented, double left_um,
                                               double right_um, std::optional<double> crosscut_um);

// The largest correlation over all shifts with three quarters of the shorter profile in common;
// nullopt without any.
//   Source    docs/references.md#hare-2017
std::optional<double> PublishedCcf(std::span<const double> a, std::span<const double> b);

}  // namespace proofmark::forensics
