// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/shoulders.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "forensics/surface/gaussian_filter.h"
#include "forensics/surface/robust.h"

namespace proofmark::forensics {
namespace {

// Heights, micrometres.
constexpr double kFlankUm = 12.0;    // A step this high above the land beside it is a flank.
constexpr double kUndercutUm = 6.0;  // A dip this deep beside the flank belongs to the groove.
// Lengths along the profile, micrometres.
constexpr double kFlankLengthUm = 15.0;     // For which the step must last.
constexpr double kBumpReachUm = 250.0;      // A step that comes down again within this length,
constexpr double kBumpLandUm = 100.0;       // to this much more land, is a bump on the land.
constexpr double kLevelFromUm = 50.0;       // The land beside a place: from here inwards
constexpr double kLevelToUm = 150.0;        // to here.
constexpr double kRoundingUm = 35.0;        // From flank to shoulder: the rounded edge.
constexpr double kUndercutReachUm = 100.0;  // How far from the flank a dip is looked for.
constexpr double kResidualCutoffUm = 25.0;  // Smoothing of the residual before all this.
constexpr double kMiddleShare = 0.6;        // Of what was measured, for the first parabola.

// One side, seen with the middle of the land at the high end: index 0 is the outermost sample.
struct Side {
  double shoulder = 0.0;
  bool assumed = false;
};

std::int64_t Samples(double length_um, double pitch_um) {
  return static_cast<std::int64_t>(std::floor(length_um / pitch_um + 0.5));
}

// Means over stretches of a profile with gaps.
class Levels {
 public:
  explicit Levels(std::span<const double> residual) : sum_(1, 0.0), count_(1, 0) {
    for (const double r : residual) {
      sum_.push_back(sum_.back() + (std::isnan(r) ? 0.0 : r));
      count_.push_back(count_.back() + (std::isnan(r) ? 0 : 1));
    }
  }
  // Of samples [from, to), clipped to the profile; `otherwise` when none is measured.
  double Mean(std::int64_t from, std::int64_t to, double otherwise) const {
    const auto a = At(from);
    const auto b = At(to);
    const std::int64_t count = count_[b] - count_[a];
    return count > 0 ? (sum_[b] - sum_[a]) / static_cast<double>(count) : otherwise;
  }

 private:
  std::size_t At(std::int64_t i) const {
    return static_cast<std::size_t>(
        std::clamp<std::int64_t>(i, 0, static_cast<std::int64_t>(sum_.size()) - 1));
  }
  std::vector<double> sum_;
  std::vector<std::int64_t> count_;
};

// Samples in [from, to) that are measured and at most `height`.
std::int64_t CountUpTo(std::span<const double> residual, std::int64_t from, std::int64_t to,
                       double height) {
  std::int64_t count = 0;
  for (std::int64_t i = std::max<std::int64_t>(from, 0); i < to; ++i) {
    count += residual[static_cast<std::size_t>(i)] <= height ? 1 : 0;
  }
  return count;
}

// The outermost sample of the land: beyond it the surface steps up for good. nullopt when it never
// does.
std::optional<std::int64_t> FindFlank(std::span<const double> residual, const Levels& levels,
                                      std::int64_t start, double pitch_um) {
  const std::int64_t length = Samples(kFlankLengthUm, pitch_um);
  const std::int64_t level_from = Samples(kLevelFromUm, pitch_um);
  const std::int64_t level_to = Samples(kLevelToUm, pitch_um);
  for (std::int64_t i = start; i >= 0; --i) {
    const double level = levels.Mean(i + level_from, i + level_to, 0.0);
    if (!(residual[static_cast<std::size_t>(i)] > level + kFlankUm)) continue;
    if (CountUpTo(residual, i - length, i, level + kFlankUm) > 0) continue;
    if (CountUpTo(residual, i - Samples(kBumpReachUm, pitch_um), i, level + kFlankUm) >=
        Samples(kBumpLandUm, pitch_um)) {
      continue;
    }
    return i + 1;
  }
  return std::nullopt;
}

Side FindSide(std::span<const double> residual, std::int64_t start, double pitch_um,
              double step_in_um) {
  const auto step = static_cast<double>(Samples(step_in_um, pitch_um));
  const Levels levels(residual);
  const std::optional<std::int64_t> flank = FindFlank(residual, levels, start, pitch_um);
  if (!flank) {
    std::int64_t end = 0;
    while (end < start && std::isnan(residual[static_cast<std::size_t>(end)])) ++end;
    return {.shoulder = static_cast<double>(end) + step, .assumed = true};
  }
  const auto inwards = [&](double distance_um) {
    return std::min(*flank + Samples(distance_um, pitch_um), start);
  };
  const double level = levels.Mean(inwards(kUndercutReachUm),
                                   inwards(kUndercutReachUm + kLevelToUm - kLevelFromUm), 0.0);
  std::int64_t shoulder = inwards(kUndercutReachUm);
  while (shoulder > inwards(kRoundingUm)) {
    if (residual[static_cast<std::size_t>(shoulder)] < level - kUndercutUm) break;
    --shoulder;
  }
  return {.shoulder = static_cast<double>(shoulder) + step, .assumed = false};
}

}  // namespace

std::optional<Shoulders> FindShoulders(std::span<const double> profile_um, double pitch_um,
                                       double step_in_um) {
  std::int64_t first = 0;
  auto last = static_cast<std::int64_t>(profile_um.size());
  while (first < last && std::isnan(profile_um[static_cast<std::size_t>(first)])) ++first;
  while (last > first && std::isnan(profile_um[static_cast<std::size_t>(last - 1)])) --last;
  const auto margin = static_cast<std::int64_t>(
      std::floor(0.5 * (1.0 - kMiddleShare) * static_cast<double>(last - first)));
  const std::optional<RobustParabola> form =
      FitRobustParabola(profile_um, first + margin, last - margin);
  if (!form) return std::nullopt;

  std::vector<double> residual(profile_um.begin(), profile_um.end());
  for (std::size_t i = 0; i < residual.size(); ++i) {
    residual[i] -= form->parabola.At(static_cast<double>(i));
  }
  residual = SmoothProfile(residual, GaussianKernel(kResidualCutoffUm, pitch_um));
  const std::int64_t middle = (first + last) / 2;
  const Side left = FindSide(residual, middle, pitch_um, step_in_um);
  std::reverse(residual.begin(), residual.end());
  const auto mirrored = static_cast<std::int64_t>(residual.size()) - 1;
  const Side right = FindSide(residual, mirrored - middle, pitch_um, step_in_um);

  const Shoulders found{.left = left.shoulder,
                        .right = static_cast<double>(mirrored) - right.shoulder,
                        .left_assumed = left.assumed,
                        .right_assumed = right.assumed};
  if (found.right <= found.left) return std::nullopt;
  return found;
}

}  // namespace proofmark::forensics
