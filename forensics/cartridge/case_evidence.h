// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "forensics/cartridge/case_comparison.h"
#include "forensics/evidence/calibration.h"

namespace proofmark::forensics {

// What one mark's comparison is worth by itself.
struct MarkEvidence {
  ImpressedRegion region = ImpressedRegion::kBreechFace;
  double log10_lr = 0.0;     // 0 where `contributes` is false.
  bool contributes = false;  // False where the method was tried on no real mark of the region.
};

// What the comparison of two cases is worth. Propositions: the cases were fired in one firearm; in
// different firearms of the same class.
struct CaseEvidence {
  LikelihoodRatio likelihood_ratio;
  std::vector<MarkEvidence> marks;  // As in the comparison.
};

// Marks of one case depend on each other (one shot, one primer): the sum of several log likelihood
// ratios is shrunk by this.
inline constexpr double kDependenceShrinkage = 0.8;

// The built-in calibration of cases. PROVISIONAL: it rests on counts published for, and measured
// on, a few slides of two pistol models, so that no value above L1 is reported.
const CalibrationInfo& CaseCalibration();

// Adds the log10 likelihood ratios of the marks, shrunk when there are several.
//   Result    monotone in each mark's count of congruent cells.
//   Threads   Pure.
//   Source    docs/design/cartridge-cases.md#evidence
CaseEvidence EvaluateCases(const CaseComparison& comparison);

// Expected number of different-source records among `searched` that score as high, in
// [0, searched]. An upper guess: 0 of n_d pairs bounds the rate below 3 / n_d at 95 %.
double ExpectedFalseLeads(const CaseComparison& comparison, std::int64_t searched);

}  // namespace proofmark::forensics
