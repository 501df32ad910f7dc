// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_stop.h"

#include "forensics/cartridge/case_comparison.h"
#include "forensics/cartridge/case_evidence.h"
#include "forensics/cartridge/case_stop_data.h"

namespace proofmark::forensics {
namespace {

// More than any breech face has.
constexpr std::int64_t kCellsMax = 200;

}  // namespace

const CaseStopModels& FindCaseStopModels(bool full_circle) {
  return full_circle ? kFullCircleStopModels : kDirectedStopModels;
}

double LowestReportableCaseScore() {
  for (std::int64_t cells = 0; cells <= kCellsMax; ++cells) {
    ImpressedComparison face;
    face.cmc = face.cmc_original = cells;
    CaseComparison comparison;
    comparison.marks.push_back({.region = ImpressedRegion::kBreechFace, .measures = face});
    if (EvaluateCases(comparison).likelihood_ratio.level != Level::kNone) {
      return CaseScore(comparison.marks);
    }
  }
  return 1.5;
}

}  // namespace proofmark::forensics
