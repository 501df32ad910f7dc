// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace proofmark::forensics {

// Standard deviation of a normal distribution over the median of its absolute deviations.
inline constexpr double kSigmaPerMad = 1.4826;

// The median of the values that are no NaN (of two middle ones, their mean); nullopt without any.
std::optional<double> Median(std::span<const double> values);

// A parabola over sample numbers, z = a + b u + c u^2 with u = (i - middle) / half_span.
struct Parabola {
  double a = 0.0, b = 0.0, c = 0.0;
  double middle = 0.0, half_span = 1.0;

  double At(double sample) const {
    const double u = (sample - middle) / half_span;
    return a + u * (b + u * c);
  }
};

// Least squares through the samples [first, last) that are no NaN and have weight > 0; `weight` is
// empty for all ones. nullopt when fewer than three samples or a degenerate set.
std::optional<Parabola> FitParabola(std::span<const double> height_um, std::int64_t first,
                                    std::int64_t last, std::span<const double> weight);

struct RobustParabola {
  Parabola parabola;
  double scale_um = 0.0;  // kSigmaPerMad times the median absolute residual in [first, last).
};

// The same, robust: Tukey's biweight, c = 4.4478 medians of |residual|, at most 10 rounds.
//   Source    docs/references.md#iso-16610-31
std::optional<RobustParabola> FitRobustParabola(std::span<const double> height_um,
                                                std::int64_t first, std::int64_t last);

}  // namespace proofmark::forensics
