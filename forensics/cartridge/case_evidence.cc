// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_evidence.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "forensics/impressed/impressed_extraction.h"

namespace proofmark::forensics {
namespace {

const ImpressedComparison* BreechFace(const CaseComparison& comparison) {
  const MarkComparison* face = comparison.Find(ImpressedRegion::kBreechFace);
  return face == nullptr ? nullptr : face->impressed();
}

}  // namespace

const CalibrationInfo& CaseCalibration() {
  return InfoOf(BuiltInCalibration(MarkKind::kBreechFace));
}

const std::string& CaseMethodVersion() {
  static const std::string* const kVersion = new std::string(absl::StrFormat(
      "%s; %s", ImpressionExtractorVersion(), CaseComparisonVersion()));  // Never freed.
  return *kVersion;
}

CaseEvidence EvaluateCases(const CaseComparison& comparison, const Calibration& calibration) {
  CaseEvidence evidence;
  const ImpressedComparison* const face = BreechFace(comparison);
  if (face != nullptr) {
    evidence.likelihood_ratio = EvaluateBreechFaces(face->score, calibration);
  }
  for (const MarkComparison& mark : comparison.marks) {
    const bool contributes = face != nullptr && mark.region == ImpressedRegion::kBreechFace;
    evidence.marks.push_back({.region = mark.region,
                              .log10_lr = contributes ? evidence.likelihood_ratio.log10_lr : 0.0,
                              .contributes = contributes});
  }
  return evidence;
}

CaseEvidence EvaluateCases(const CaseComparison& comparison) {
  return EvaluateCases(comparison, BuiltInCalibration(MarkKind::kBreechFace));
}

double ExpectedFalseLeads(const CaseComparison& comparison, std::int64_t searched,
                          const Calibration& calibration) {
  const ImpressedComparison* const face = BreechFace(comparison);
  if (face == nullptr) return static_cast<double>(std::max<std::int64_t>(0, searched));
  return ExpectedFalseFaces(face->score, searched, calibration);
}

double ExpectedFalseLeads(const CaseComparison& comparison, std::int64_t searched) {
  return ExpectedFalseLeads(comparison, searched, BuiltInCalibration(MarkKind::kBreechFace));
}

}  // namespace proofmark::forensics
