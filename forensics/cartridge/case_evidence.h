// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "forensics/cartridge/case_comparison.h"
#include "forensics/evidence/calibration.h"

namespace proofmark::forensics {

// What one mark's comparison is worth by itself.
struct MarkEvidence {
  ImpressedRegion region = ImpressedRegion::kBreechFace;
  double log10_lr = 0.0;     // 0 where `contributes` is false.
  bool contributes = false;  // False for marks that no calibration is for.
};

// What the comparison of two cases is worth. Propositions: the cases were fired in one firearm; in
// different firearms of the same class.
struct CaseEvidence {
  LikelihoodRatio likelihood_ratio;
  std::vector<MarkEvidence> marks;  // As in the comparison.
};

// The built-in calibration of breech faces, which is all that a case's level rests on.
const CalibrationInfo& CaseCalibration();

// Extractor and comparison versions of every mark of a case.
const std::string& CaseMethodVersion();

// What the breech faces say; nothing without them. The other marks are compared and shown, and
// change no level: no real marks of known source stand behind them.
//   Result    monotone in the score of the breech faces.
//   Threads   Pure.
//   Errors    `calibration` is for breech faces (checked).
//   Source    docs/design/cartridge-cases.md#evidence
CaseEvidence EvaluateCases(const CaseComparison& comparison, const Calibration& calibration);
CaseEvidence EvaluateCases(const CaseComparison& comparison);  // By the built-in one.

// Expected number of different-source records among `searched` that score as high, in
// [0, searched]: all of them without breech faces.
double ExpectedFalseLeads(const CaseComparison& comparison, std::int64_t searched,
                          const Calibration& calibration);
double ExpectedFalseLeads(const CaseComparison& comparison, std::int64_t searched);

}  // namespace proofmark::forensics
