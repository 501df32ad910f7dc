// SPDX-License-Identifier: Apache-2.0
#include "forensics/evidence/calibration.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "forensics/evidence/calibration_data.h"
#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {
namespace {

constexpr double kLn10 = 0x1.26bb1bbb55516p+1;

// What validation on real firearms supports: so far nothing, so the lowest reportable level is the
// most that is said. LR 99.77.
constexpr double kProvisionalLog10Cap = 1.999;

// More lands than the calibration has seen narrow the chance scores further: the largest count it
// knows is then on the safe side.
const LandCountModel& ModelFor(std::int64_t lands_compared) {
  const auto models = ProvisionalCalibrationData().models;
  const std::int64_t last = static_cast<std::int64_t>(models.size());
  return models[static_cast<std::size_t>(std::clamp<std::int64_t>(lands_compared, 1, last) - 1)];
}

// A search over more phases than the calibration's has that many more chances of a high score;
// the sum of their probabilities bounds it. Fewer are not rewarded.
double ChanceFactor(std::int64_t phases_tried) {
  const double usual = static_cast<double>(ProvisionalCalibrationData().phases_tried);
  return std::max(1.0, static_cast<double>(phases_tried) / usual);
}

double OnGrid(const std::array<double, kScoreGridSteps + 1>& grid, double score) {
  const double at = std::clamp(score, 0.0, 1.0) * static_cast<double>(kScoreGridSteps);
  const std::size_t i = std::min(static_cast<std::size_t>(at), grid.size() - 2);
  return grid[i] + (at - static_cast<double>(i)) * (grid[i + 1] - grid[i]);
}

}  // namespace

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kNone:
      return "NONE";
    case Level::kL1:
      return "L1";
    case Level::kL2:
      return "L2";
    case Level::kL3:
      return "L3";
    case Level::kL4:
      return "L4";
  }
  return "NONE";
}

std::string_view LevelWords(Level level) {
  switch (level) {
    case Level::kNone:
      return "no reportable association";
    case Level::kL1:
      return "moderate support for the same source";
    case Level::kL2:
      return "moderately strong support for the same source";
    case Level::kL3:
      return "strong support for the same source";
    case Level::kL4:
      return "very strong support for the same source";
  }
  return "no reportable association";
}

Level LevelOf(double log10_lr) {
  if (log10_lr >= 4.0) return Level::kL4;
  if (log10_lr >= 3.0) return Level::kL3;
  if (log10_lr >= 2.0) return Level::kL2;
  if (log10_lr >= 1.0) return Level::kL1;
  return Level::kNone;
}

const CalibrationInfo& BulletCalibration() {
  static const CalibrationInfo kInfo = [] {
    const CalibrationData& data = ProvisionalCalibrationData();
    CalibrationInfo info;
    info.version = data.version;
    info.method = absl::StrFormat("%s; %s", data.extractor_version, data.comparison_version);
    info.provisional = true;
    info.log10_cap = kProvisionalLog10Cap;
    info.same_pairs = data.same_pairs;
    info.different_pairs = data.different_pairs;
    info.firearms = data.firearms;
    info.statement = absl::StrFormat(
        "PROVISIONAL: made from %d same-source and %d different-source pairs of generated bullets "
        "from %d generated barrels, validated on no real firearm; therefore no likelihood ratio "
        "of 100 or more, and no level above L1, is reported.",
        info.same_pairs, info.different_pairs, info.firearms);
    return info;
  }();
  return kInfo;
}

LikelihoodRatio EvaluateBullets(const BulletComparison& comparison) {
  const LandCountModel& of = ModelFor(comparison.lands_compared);
  const double penalty = Log(ChanceFactor(comparison.phases_tried));
  const double cap = BulletCalibration().log10_cap;
  const auto capped = [&](double log_lr) {
    return std::clamp((log_lr - penalty) / kLn10, -cap, cap);
  };
  const double log_lr = of.model.intercept + of.model.slope * comparison.score;
  LikelihoodRatio result;
  result.log10_lr_model = (log_lr - penalty) / kLn10;
  result.log10_lr = capped(log_lr);
  result.log10_low = std::min(result.log10_lr, capped(OnGrid(of.log_lr.low, comparison.score)));
  result.log10_high = std::max(result.log10_lr, capped(OnGrid(of.log_lr.high, comparison.score)));
  result.level = LevelOf(result.log10_lr);
  return result;
}

double ExpectedFalseLeads(const BulletComparison& comparison, std::int64_t searched) {
  const LandCountModel& of = ModelFor(comparison.lands_compared);
  const double chance =
      std::min(1.0, Exceedance(of.null, comparison.score) * ChanceFactor(comparison.phases_tried));
  return static_cast<double>(std::max<std::int64_t>(0, searched)) * chance;
}

}  // namespace proofmark::forensics
