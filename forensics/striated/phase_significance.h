// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace proofmark::forensics {

// How often unrelated bullets give a best phase that stands out as far: log10 of
// P(T >= t), T the largest of the phases' means minus the floor(n/2)-th smallest, the means being
// independent N(mu, sd_of_mean).
//
//   Shape     means in any order; sd_of_mean > 0.
//   Result    in [-300, 0]; 0 with fewer than two means.
//   Accuracy  relative 1e-6 of the probability (401 points, Simpson's rule).
//   Source    docs/references.md#vanderplas-2020
double PhaseLog10P(std::span<const double> means, double sd_of_mean);

}  // namespace proofmark::forensics
