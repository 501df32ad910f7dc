// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/certified_stop.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"
#include "forensics/numeric/portable_math.h"
#include "forensics/search/certified_stop_data.h"

namespace proofmark::forensics {
namespace {

constexpr double kTailShare = 0.01;

const StopModel& ModelOf(const StopModels& models, CoarseMode mode, bool doubled,
                         std::int64_t lands) {
  PM_CHECK(lands >= 1);
  const std::int64_t row = std::min<std::int64_t>(lands, kStopModelLands) - 1;
  return models[mode == CoarseMode::kOverlap ? 1 : 0][doubled ? 1 : 0]
               [static_cast<std::size_t>(row)];
}

}  // namespace

double StopModel::UpperBound(double coarse) const {
  return offset + slope * coarse + rest_99 + rest_scale * Log(kTailShare / (1.0 - kStopQuantile));
}

double StopModel::ProbabilityAbove(double coarse, double score) const {
  const double beyond = score - (offset + slope * coarse) - rest_99;
  if (beyond <= 0.0) return 1.0;
  return kTailShare * Exp(-beyond / rest_scale);
}

const StopModel& FindStopModel(CoarseMode mode, bool doubled, std::int64_t lands) {
  return ModelOf(kStopModels, mode, doubled, lands);
}

const StopModel& FindScreenModel(CoarseMode mode, bool doubled, std::int64_t lands) {
  return ModelOf(kScreenModels, mode, doubled, lands);
}

double ProbabilityAnyAbove(const StopModel& model, std::span<const float> coarse, double score) {
  // Coarse scores are counted in steps of 1/512 and each step taken at its upper end.
  constexpr int kSteps = 512;
  std::vector<std::int64_t> counts(3 * kSteps + 1);
  for (const float value : coarse) {
    const double step = (std::clamp(static_cast<double>(value), -2.0, 1.0) + 2.0) * kSteps;
    ++counts[static_cast<std::size_t>(step)];
  }
  double expected = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const double upper = static_cast<double>(i + 1) / kSteps - 2.0;
    expected += static_cast<double>(counts[i]) * model.ProbabilityAbove(upper, score);
  }
  return 1.0 - Exp(-std::min(expected, 700.0));
}

}  // namespace proofmark::forensics
