// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace proofmark::forensics {

// How surely a search stops: a reportable record of the same source, should there be one, stands
// above what is left out with this probability.
inline constexpr double kCaseStopQuantile = 0.99;

// Shares at which the coarse scores of reportable pairs are tabled.
inline constexpr std::array<double, 10> kCaseStopShares = {0.0, 0.01, 0.02, 0.05, 0.1,
                                                           0.2, 0.3,  0.5,  0.75, 1.0};

// Coarse scores of one grid, of generated pairs of one source whose full comparison is reported
// (level L1 at least): by them a record that matters is judged to have been left out or not. Pairs
// of different sources that would be reported by chance are not in it: docs/design/search.md.
struct CaseStopModel {
  std::array<double, kCaseStopShares.size()> score{};  // Quantiles at kCaseStopShares.
  std::int64_t pairs = 0;                              // They were measured on.

  // Probability that such a pair scores below `coarse`; never less than 1 / (pairs + 1), which is
  // all that so many pairs can say.
  double ProbabilityBelow(double coarse) const;
};

struct CaseStopModels {
  CaseStopModel b1;
  CaseStopModel b2;
};

// For comparisons of which some (or all) went over the full circle, or none.
const CaseStopModels& FindCaseStopModels(bool full_circle);

}  // namespace proofmark::forensics
