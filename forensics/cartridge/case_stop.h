// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "forensics/search/certified_stop.h"

namespace proofmark::forensics {

// What each coarse score says about the full score of two cases, by their breech faces, measured on
// generated pairs of known truth (docs/design/search.md).
struct CaseStopModels {
  StopModel b1;
  StopModel b2;
};

// For comparisons of which some (or all) went over the full circle, or none.
const CaseStopModels& FindCaseStopModels(bool full_circle);

// The lowest full score of two cases with nothing but breech faces that is reported, above 1 when
// none is. A full score is never less than its congruent cells alone would give.
double LowestReportableCaseScore();

}  // namespace proofmark::forensics
