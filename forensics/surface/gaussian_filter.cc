// SPDX-License-Identifier: Apache-2.0
#include "forensics/surface/gaussian_filter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace proofmark::forensics {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kLn2 = 0.69314718055994530942;
constexpr double kTruncation = 0.75;  // Of the cutoff; the weight there is 3.4e-4 of the middle.
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// 2^-y for 0 <= y < 64. The library's exp differs in its last bit between machines; this cannot.
double PowerOfHalf(double y) {
  const double whole = std::floor(y);
  const double t = -(y - whole) * kLn2;
  double sum = 1.0;
  for (int n = 18; n >= 1; --n) sum = 1.0 + t * sum / n;  // Taylor; |t| < 0.7, error < 1e-18.
  return std::ldexp(sum, -static_cast<int>(whole));
}

double RoundTo30Bits(double value) {
  constexpr double kScale = 1U << 30U;
  return std::floor(value * kScale + 0.5) / kScale;
}

// Sums over a neighbourhood: s[p] of w*m*d^p, t[p] of w*m*z*d^p, d in units of the reach.
struct Moments {
  explicit Moments(std::size_t samples) {
    for (std::vector<double>& s : weight) s.assign(samples, 0.0);
    for (std::vector<double>& t : height) t.assign(samples, 0.0);
  }
  std::array<std::vector<double>, 5> weight;
  std::array<std::vector<double>, 3> height;
};

struct MaskedProfile {
  std::vector<double> mask;    // 1 measured, 0 not.
  std::vector<double> height;  // Less `level`; 0 where not measured.
  double level = 0.0;          // A height near the middle, taken off to keep digits.
};

MaskedProfile Mask(std::span<const double> height_um) {
  MaskedProfile out;
  out.mask.resize(height_um.size());
  out.height.resize(height_um.size());
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < height_um.size(); ++i) {
    const bool measured = !std::isnan(height_um[i]);
    out.mask[i] = measured ? 1.0 : 0.0;
    sum += measured ? height_um[i] : 0.0;
    count += out.mask[i];
  }
  out.level = count > 0.0 ? sum / count : 0.0;
  for (std::size_t i = 0; i < height_um.size(); ++i) {
    out.height[i] = out.mask[i] > 0.0 ? height_um[i] - out.level : 0.0;
  }
  return out;
}

// Output samples i for which i + offset is a sample too: [first, last).
struct Range {
  std::size_t first = 0;
  std::size_t last = 0;
};
Range Overlap(std::size_t samples, std::int64_t offset) {
  const auto n = static_cast<std::int64_t>(samples);
  const std::int64_t first = std::clamp<std::int64_t>(-offset, 0, n);
  const std::int64_t last = std::clamp<std::int64_t>(n - offset, first, n);
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(last)};
}

// out[i] += factor * in[i + offset]. The loop over taps lies outside, so that the compiler can take
// several samples at a time without changing the order of any sum.
void AddShifted(std::vector<double>& out, const std::vector<double>& in, std::int64_t offset,
                double factor) {
  const Range range = Overlap(out.size(), offset);
  if (range.first == range.last) return;
  const double* source = in.data() + (static_cast<std::int64_t>(range.first) + offset);
  double* target = out.data() + range.first;
  const std::size_t count = range.last - range.first;
  for (std::size_t i = 0; i < count; ++i) target[i] += factor * source[i];
}

Moments GatherMoments(const MaskedProfile& profile, const GaussianKernel& kernel) {
  Moments moments(profile.mask.size());
  const std::int64_t reach = kernel.reach();
  for (std::int64_t offset = -reach; offset <= reach; ++offset) {
    const double d = reach > 0 ? static_cast<double>(offset) / static_cast<double>(reach) : 0.0;
    double factor = kernel.weights()[static_cast<std::size_t>(std::abs(offset))];
    for (std::size_t p = 0; p < moments.weight.size(); ++p) {
      AddShifted(moments.weight[p], profile.mask, offset, factor);
      if (p < moments.height.size()) AddShifted(moments.height[p], profile.height, offset, factor);
      factor *= d;
    }
  }
  return moments;
}

}  // namespace

GaussianKernel::GaussianKernel(double cutoff_um, double pitch_um) {
  PM_CHECK(pitch_um > 0.0 && cutoff_um >= pitch_um && cutoff_um / pitch_um < 1e6);
  // s(x) = exp(-pi (x / (a cutoff))^2) with a^2 = ln2 / pi, that is 2^-y with y as below.
  const auto reach = static_cast<std::int64_t>(std::floor(kTruncation * cutoff_um / pitch_um));
  std::vector<double> raw;
  double sum = 0.0;
  for (std::int64_t k = 0; k <= reach; ++k) {
    const double x = static_cast<double>(k) * pitch_um / cutoff_um;
    raw.push_back(PowerOfHalf(kPi * kPi / (kLn2 * kLn2) * x * x));
    sum += (k == 0 ? 1.0 : 2.0) * raw.back();
  }
  for (const double w : raw) weights_.push_back(RoundTo30Bits(w / sum));
}

std::vector<double> SmoothProfile(std::span<const double> height_um, const GaussianKernel& kernel) {
  const MaskedProfile profile = Mask(height_um);
  std::vector<double> weight(height_um.size(), 0.0);
  std::vector<double> out(height_um.size(), 0.0);
  for (std::int64_t offset = -kernel.reach(); offset <= kernel.reach(); ++offset) {
    const double factor = kernel.weights()[static_cast<std::size_t>(std::abs(offset))];
    AddShifted(weight, profile.mask, offset, factor);
    AddShifted(out, profile.height, offset, factor);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = weight[i] >= kKernelCoverageMin ? profile.level + out[i] / weight[i] : kNaN;
  }
  return out;
}

std::vector<double> ProfileForm(std::span<const double> height_um, const GaussianKernel& kernel) {
  const MaskedProfile profile = Mask(height_um);
  const Moments moments = GatherMoments(profile, kernel);
  const auto& [s0, s1, s2, s3, s4] = moments.weight;
  const auto& [t0, t1, t2] = moments.height;

  std::vector<double> form(height_um.size(), kNaN);
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (s0[i] < kKernelCoverageMin) continue;
    // Cramer's rule for the constant of the parabola.
    const double c0 = s2[i] * s4[i] - s3[i] * s3[i];
    const double c1 = s2[i] * s3[i] - s1[i] * s4[i];
    const double c2 = s1[i] * s3[i] - s2[i] * s2[i];
    const double determinant = s0[i] * c0 + s1[i] * c1 + s2[i] * c2;
    constexpr double kDeterminantMin = 1e-8;  // A full kernel has 2e-4, half of one 1e-6.
    if (determinant < kDeterminantMin) continue;
    form[i] = profile.level + (t0[i] * c0 + t1[i] * c1 + t2[i] * c2) / determinant;
  }
  return form;
}

}  // namespace proofmark::forensics
