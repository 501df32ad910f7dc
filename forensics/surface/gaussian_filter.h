// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace proofmark::forensics {

// Profiles here are heights at a constant pitch, in double, with a quiet NaN for "not measured".
// A sample that is not measured has weight zero: its neighbours never feel it.

// The Gaussian weighting function of ISO 16610-21, cut off at 0.75 times its cutoff wavelength.
// Half of a symmetric kernel: weights()[k] belongs to the samples k to either side.
//
//   Units     cutoff and pitch in micrometres, cutoff >= pitch > 0.
//   Result    weights are multiples of 2^-30, made with additions, multiplications and divisions
//             only, so every machine has the same ones; their sum is 1 within 1e-7.
//   Accuracy  a wave of length L is passed with 2^-((cutoff/L)^2), within 0.005 for
//             cutoff >= 5 pitches; at L = cutoff that is one half.
//   Source    docs/references.md#iso-16610-21
class GaussianKernel {
 public:
  GaussianKernel(double cutoff_um, double pitch_um);

  std::span<const double> weights() const { return weights_; }
  std::int64_t reach() const { return static_cast<std::int64_t>(weights_.size()) - 1; }

 private:
  std::vector<double> weights_;
};

// Least share of a kernel's weight that must lie on measured samples for a result there.
inline constexpr double kKernelCoverageMin = 0.3;

// Weighted mean of the measured samples: the low-pass of ISO 16610-21. NaN where the coverage is
// below kKernelCoverageMin.
//   Cost      O(samples * reach).
//   Threads   Pure.
std::vector<double> SmoothProfile(std::span<const double> height_um, const GaussianKernel& kernel);

// Regression Gaussian of order 2 (ISO 16610-31 without its robust rounds): at each sample the
// weighted parabola through its surroundings, so that ends and gaps do not bend the form. A
// parabola is returned unchanged. NaN as above, or where the samples do not fix a parabola.
//   Cost      O(samples * reach).
//   Threads   Pure.
//   Source    docs/references.md#iso-16610-31
std::vector<double> ProfileForm(std::span<const double> height_um, const GaussianKernel& kernel);

}  // namespace proofmark::forensics
