// SPDX-License-Identifier: Apache-2.0
#include "forensics/evidence/calibration.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "forensics/evidence/builtin/builtin.h"
#include "forensics/evidence/calibration_data.h"
#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {
namespace {

constexpr double kLn10 = 0x1.26bb1bbb55516p+1;

// More lands than the calibration has seen narrow the chance scores further: the largest count it
// knows is then on the safe side.
const ScoreModel& ModelFor(const Calibration& calibration, std::int64_t lands_compared) {
  const auto& models = calibration.models;
  PM_CHECK(calibration.info.mark == MarkKind::kBullet && !models.empty());
  const std::int64_t last = static_cast<std::int64_t>(models.size());
  return models[static_cast<std::size_t>(std::clamp<std::int64_t>(lands_compared, 1, last) - 1)];
}

const ScoreModel& FaceModel(const Calibration& calibration) {
  PM_CHECK(calibration.info.mark == MarkKind::kBreechFace && calibration.models.size() == 1);
  return calibration.models.front();
}

// A search over more phases than the calibration's has that many more chances of a high score;
// the sum of their probabilities bounds it. Fewer are not rewarded.
double ChanceFactor(const Calibration& calibration, std::int64_t phases_tried) {
  const double usual = static_cast<double>(calibration.phases_tried);
  return std::max(1.0, static_cast<double>(phases_tried) / usual);
}

double OnGrid(const std::array<double, kScoreGridSteps + 1>& grid, double score) {
  const double at = std::clamp(score, 0.0, 1.0) * static_cast<double>(kScoreGridSteps);
  const std::size_t i = std::min(static_cast<std::size_t>(at), grid.size() - 2);
  return grid[i] + (at - static_cast<double>(i)) * (grid[i + 1] - grid[i]);
}

// What may be reported of a model's log10 LR: bounded by the pairs that showed such values, then by
// the caps. Rises with its argument.
double Reportable(const Calibration& calibration, double log10_model) {
  double value = log10_model;
  const auto next =
      std::upper_bound(calibration.bounds.begin(), calibration.bounds.end(), log10_model,
                       [](double at, const EvidenceBound& bound) { return at < bound.log10_from; });
  if (!calibration.bounds.empty()) {
    const bool below_all = next == calibration.bounds.begin();
    const double bound = (below_all ? next : std::prev(next))->log10_lr;
    value = std::clamp(value, std::min(0.0, bound), std::max(0.0, bound));
  }
  return std::clamp(value, calibration.info.log10_floor, calibration.info.log10_cap);
}

LikelihoodRatio MakeRatio(const Calibration& calibration, double log_lr, double log_low,
                          double log_high) {
  LikelihoodRatio result;
  result.log10_lr_model = log_lr / kLn10;
  result.log10_lr = Reportable(calibration, result.log10_lr_model);
  result.log10_low = std::min(result.log10_lr, Reportable(calibration, log_low / kLn10));
  result.log10_high = std::max(result.log10_lr, Reportable(calibration, log_high / kLn10));
  result.level = LevelOf(result.log10_lr);
  return result;
}

// JSON of forensics/evidence/builtin, embedded by the build.
std::string_view BuiltInText(MarkKind mark) {
  switch (mark) {
    case MarkKind::kBullet:
      return kBuiltInBullets;
    case MarkKind::kBreechFace:
      return kBuiltInBreechFaces;
  }
  return kBuiltInBullets;
}

Calibration ParseBuiltIn(MarkKind mark) {
  absl::StatusOr<Calibration> calibration = ParseCalibration(BuiltInText(mark));
  PM_CHECK(calibration.ok());
  PM_CHECK(calibration->info.mark == mark);
  return *std::move(calibration);
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

std::string_view MarkKindName(MarkKind mark) {
  switch (mark) {
    case MarkKind::kBullet:
      return "bullet";
    case MarkKind::kBreechFace:
      return "breech_face";
  }
  return "bullet";
}

std::optional<MarkKind> FindMarkKind(std::string_view name) {
  const auto found = std::find_if(kMarkKinds.begin(), kMarkKinds.end(),
                                  [&](MarkKind mark) { return MarkKindName(mark) == name; });
  if (found == kMarkKinds.end()) return std::nullopt;
  return *found;
}

const Calibration& BuiltInCalibration(MarkKind mark) {
  if (mark == MarkKind::kBullet) {
    static const Calibration* const kBullets = new Calibration(ParseBuiltIn(mark));
    return *kBullets;
  }
  static const Calibration* const kBreechFaces = new Calibration(ParseBuiltIn(mark));
  return *kBreechFaces;
}

std::shared_ptr<const Calibration> ShareBuiltIn(MarkKind mark) {
  return {std::shared_ptr<const void>(), &BuiltInCalibration(mark)};  // Owns nothing.
}

const CalibrationInfo& InfoOf(const Calibration& calibration) { return calibration.info; }

const CalibrationInfo& BulletCalibration() { return BuiltInCalibration(MarkKind::kBullet).info; }

LikelihoodRatio EvaluateBullets(const BulletComparison& comparison,
                                const Calibration& calibration) {
  const ScoreModel& of = ModelFor(calibration, comparison.lands_compared);
  const double penalty = Log(ChanceFactor(calibration, comparison.phases_tried));
  return MakeRatio(calibration, of.model.intercept + of.model.slope * comparison.score - penalty,
                   OnGrid(of.log_lr.low, comparison.score) - penalty,
                   OnGrid(of.log_lr.high, comparison.score) - penalty);
}

LikelihoodRatio EvaluateBullets(const BulletComparison& comparison) {
  return EvaluateBullets(comparison, BuiltInCalibration(MarkKind::kBullet));
}

Level LevelOfModel(double log10_lr_model, const Calibration& calibration) {
  return LevelOf(Reportable(calibration, log10_lr_model));
}

double HighestOfModel(std::int64_t lands_compared, const Calibration& calibration) {
  const ScoreModel& of = calibration.info.mark == MarkKind::kBullet
                             ? ModelFor(calibration, lands_compared)
                             : FaceModel(calibration);
  return (of.model.intercept + of.model.slope) / kLn10;
}

LikelihoodRatio EvaluateBreechFaces(double score, const Calibration& calibration) {
  const ScoreModel& of = FaceModel(calibration);
  return MakeRatio(calibration, of.model.intercept + of.model.slope * score,
                   OnGrid(of.log_lr.low, score), OnGrid(of.log_lr.high, score));
}

double ExpectedFalseLeads(const BulletComparison& comparison, std::int64_t searched,
                          const Calibration& calibration) {
  const ScoreModel& of = ModelFor(calibration, comparison.lands_compared);
  const double chance = std::min(1.0, Exceedance(of.null, comparison.score) *
                                          ChanceFactor(calibration, comparison.phases_tried));
  return static_cast<double>(std::max<std::int64_t>(0, searched)) * chance;
}

double ExpectedFalseLeads(const BulletComparison& comparison, std::int64_t searched) {
  return ExpectedFalseLeads(comparison, searched, BuiltInCalibration(MarkKind::kBullet));
}

double ExpectedFalseFaces(double score, std::int64_t searched, const Calibration& calibration) {
  return static_cast<double>(std::max<std::int64_t>(0, searched)) *
         std::min(1.0, Exceedance(FaceModel(calibration).null, score));
}

}  // namespace proofmark::forensics
