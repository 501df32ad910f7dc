// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_evidence.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "forensics/impressed/impressed_extraction.h"

namespace proofmark::forensics {
namespace {

// Real breech faces of different slides agreed in at most 5 cells, of one slide in at least 15
// (docs/design/cartridge-cases.md#evidence). Between them the log10 likelihood ratio rises in a
// straight line; outside it is held at what that many pairs can carry.
constexpr std::int64_t kCellsDifferentMax = 5;
constexpr std::int64_t kCellsSameMin = 15;
constexpr double kLog10AtDifferentMax = -1.0;
constexpr double kLog10AtSameMin = 2.0;
constexpr double kLog10PerCell = (kLog10AtSameMin - kLog10AtDifferentMax) /
                                 static_cast<double>(kCellsSameMin - kCellsDifferentMax);

// No level above L1 until validation stands behind it, as for bullets. LR 99.77.
constexpr double kProvisionalLog10Cap = 1.999;
// A straight guess deserves a wide interval.
constexpr double kLog10HalfWidth = 1.0;

// Different-source pairs behind the counts above.
constexpr std::int64_t kDifferentPairs = 629;
constexpr std::int64_t kSamePairs = 172;
constexpr std::int64_t kFirearms = 9;

MarkEvidence EvidenceOf(const MarkComparison& mark) {
  const ImpressedComparison* impressed = mark.impressed();
  if (mark.region != ImpressedRegion::kBreechFace || impressed == nullptr) {
    return {.region = mark.region, .log10_lr = 0.0, .contributes = false};
  }
  const auto above = static_cast<double>(impressed->cmc - kCellsDifferentMax);
  return {.region = mark.region,
          .log10_lr = std::clamp(kLog10AtDifferentMax + kLog10PerCell * above, -2.0, 3.0),
          .contributes = true};
}

// How often different-source breech faces reach so many cells: the count of none above the largest
// seen bounds the rate there, and every further cell halves it; fewer cells are common.
double ExceedanceOf(const CaseComparison& comparison) {
  const MarkComparison* face = comparison.Find(ImpressedRegion::kBreechFace);
  if (face == nullptr || face->impressed() == nullptr) return 1.0;
  const std::int64_t cells = face->impressed()->cmc;
  if (cells <= kCellsDifferentMax) return 1.0;
  return 3.0 / static_cast<double>(kDifferentPairs) *
         std::exp2(-static_cast<double>(cells - kCellsDifferentMax - 1));
}

}  // namespace

const CalibrationInfo& CaseCalibration() {
  static const CalibrationInfo* const info = new CalibrationInfo{
      .version = "cases-provisional/1",
      .method = absl::StrFormat("%s; %s", ImpressionExtractorVersion(), CaseComparisonVersion()),
      .provisional = true,
      .log10_cap = kProvisionalLog10Cap,
      .same_pairs = kSamePairs,
      .different_pairs = kDifferentPairs,
      .firearms = kFirearms,
      .statement = absl::StrFormat(
          "PROVISIONAL: a straight line through the counts of congruent cells seen in %d "
          "same-source and %d different-source pairs of breech faces from %d slides; therefore no "
          "likelihood ratio of 100 or more, and no level above L1, is reported. Other marks of a "
          "case are compared and shown but change no level.",
          kSamePairs, kDifferentPairs, kFirearms)};  // Never freed.
  return *info;
}

CaseEvidence EvaluateCases(const CaseComparison& comparison) {
  CaseEvidence evidence;
  double sum = 0.0;
  int contributing = 0;
  for (const MarkComparison& mark : comparison.marks) {
    evidence.marks.push_back(EvidenceOf(mark));
    if (!evidence.marks.back().contributes) continue;
    sum += evidence.marks.back().log10_lr;
    ++contributing;
  }
  const auto capped = [](double log10_lr) {
    return std::clamp(log10_lr, -kProvisionalLog10Cap, kProvisionalLog10Cap);
  };
  LikelihoodRatio& ratio = evidence.likelihood_ratio;
  ratio.log10_lr_model = contributing > 1 ? kDependenceShrinkage * sum : sum;
  ratio.log10_lr = capped(ratio.log10_lr_model);
  const double half_width = contributing > 0 ? kLog10HalfWidth : 0.0;
  ratio.log10_low = capped(ratio.log10_lr_model - half_width);
  ratio.log10_high = capped(ratio.log10_lr_model + half_width);
  ratio.level = LevelOf(ratio.log10_lr);
  return evidence;
}

double ExpectedFalseLeads(const CaseComparison& comparison, std::int64_t searched) {
  return static_cast<double>(searched) * ExceedanceOf(comparison);
}

}  // namespace proofmark::forensics
