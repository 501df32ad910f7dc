// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/areal_filter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "forensics/numeric/portable_math.h"
#include "forensics/surface/gaussian_filter.h"

namespace proofmark::forensics {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kLn2 = 0.69314718055994530942;
constexpr double kTruncation = 0.75;  // Of the cutoff; the weight there is 3.4e-4 of the middle.
constexpr double kCoverageMin = 0.5;

using Plane = std::vector<double>;

// ISO 16610-21's weighting function, not normalised: exp(-pi^2 u^2 / ln 2), u in cutoffs.
double Weight(double offset_um, double cutoff_um) {
  const double u = offset_um / cutoff_um;
  return Exp(-(kPi * kPi / kLn2) * u * u);
}

// The source samples that a target sample is the weighted mean of, and their weights.
struct Taps {
  std::int64_t first = 0;
  std::vector<double> weights;
};

std::vector<Taps> MakeTaps(std::int64_t samples, double source_pitch_um, double target_pitch_um,
                           double cutoff_um) {
  const double extent = static_cast<double>(samples - 1) * source_pitch_um;
  const auto targets = static_cast<std::int64_t>(std::floor(extent / target_pitch_um + 1e-6)) + 1;
  const double reach = std::max(kTruncation * cutoff_um, 1.0001 * source_pitch_um);
  const double margin = 0.5 * (extent - static_cast<double>(targets - 1) * target_pitch_um);
  std::vector<Taps> taps(static_cast<std::size_t>(targets));
  for (std::int64_t i = 0; i < targets; ++i) {
    const double at = margin + static_cast<double>(i) * target_pitch_um;
    const auto first = static_cast<std::int64_t>(std::ceil((at - reach) / source_pitch_um));
    const auto last = static_cast<std::int64_t>(std::floor((at + reach) / source_pitch_um));
    Taps& out = taps[static_cast<std::size_t>(i)];
    out.first = std::max<std::int64_t>(first, 0);
    for (std::int64_t j = out.first; j <= std::min(last, samples - 1); ++j) {
      out.weights.push_back(Weight(static_cast<double>(j) * source_pitch_um - at, cutoff_um));
    }
  }
  return taps;
}

// Row by row: out[i] = sum of weights times in, for heights and for the mask.
void ResampleRow(const float* row, const std::uint8_t* mask, const std::vector<Taps>& taps,
                 double* height, double* weight) {
  for (std::size_t i = 0; i < taps.size(); ++i) {
    double z = 0.0;
    double w = 0.0;
    for (std::size_t k = 0; k < taps[i].weights.size(); ++k) {
      const std::size_t at = static_cast<std::size_t>(taps[i].first) + k;
      if (!IsMeasured(row[at]) || (mask != nullptr && mask[at] == 0)) continue;
      z += taps[i].weights[k] * static_cast<double>(row[at]);
      w += taps[i].weights[k];
    }
    height[i] = z;
    weight[i] = w;
  }
}

double Sum(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double v : values) sum += v;
  return sum;
}

// Correlation of each row with a kernel of 2 reach + 1 weights; zeros outside.
Plane FilterRows(const Plane& in, std::int64_t width, std::int64_t height,
                 std::span<const double> kernel) {
  const auto reach = static_cast<std::int64_t>(kernel.size() / 2);
  Plane out(in.size(), 0.0);
  for (std::int64_t y = 0; y < height; ++y) {
    const double* from = in.data() + y * width;
    double* to = out.data() + y * width;
    for (std::int64_t k = -reach; k <= reach; ++k) {
      const double w = kernel[static_cast<std::size_t>(k + reach)];
      const std::int64_t first = std::max<std::int64_t>(-k, 0);
      const std::int64_t last = std::min(width - k, width);
      for (std::int64_t x = first; x < last; ++x) to[x] += w * from[x + k];
    }
  }
  return out;
}

// The same of each column.
Plane FilterColumns(const Plane& in, std::int64_t width, std::int64_t height,
                    std::span<const double> kernel) {
  const auto reach = static_cast<std::int64_t>(kernel.size() / 2);
  Plane out(in.size(), 0.0);
  for (std::int64_t y = 0; y < height; ++y) {
    double* to = out.data() + y * width;
    const std::int64_t first = std::max<std::int64_t>(-reach, -y);
    const std::int64_t last = std::min(reach, height - 1 - y);
    for (std::int64_t k = first; k <= last; ++k) {
      const double w = kernel[static_cast<std::size_t>(k + reach)];
      const double* from = in.data() + (y + k) * width;
      for (std::int64_t x = 0; x < width; ++x) to[x] += w * from[x];
    }
  }
  return out;
}

// The Gaussian times u^0 .. u^4, u the offset in units of the reach.
std::array<std::vector<double>, 5> MomentKernels(double cutoff_um, double pitch_um) {
  const GaussianKernel gaussian(cutoff_um, pitch_um);
  const std::int64_t reach = gaussian.reach();
  std::array<std::vector<double>, 5> kernels;
  for (std::int64_t k = -reach; k <= reach; ++k) {
    double w = gaussian.weights()[static_cast<std::size_t>(k < 0 ? -k : k)];
    const double u = static_cast<double>(k) / static_cast<double>(std::max<std::int64_t>(reach, 1));
    for (std::vector<double>& kernel : kernels) {
      kernel.push_back(w);
      w *= u;
    }
  }
  return kernels;
}

struct MaskedSurface {
  explicit MaskedSurface(const HeightMap& map)
      : mask(map.height_um.size(), 0.0), height(map.height_um.size(), 0.0) {
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (!IsMeasured(map.height_um[i])) continue;
      mask[i] = 1.0;
      height[i] = static_cast<double>(map.height_um[i]);
    }
  }
  Plane mask;
  Plane height;
};

// Terms of the paraboloid, lower orders first, as powers of u and v.
constexpr std::array<std::array<int, 2>, 6> kTerms = {{{0, 0},
                                                       {1, 0},
                                                       {0, 1},  //
                                                       {2, 0},
                                                       {1, 1},
                                                       {0, 2}}};
constexpr double kPivotMin = 1e-4;  // Of a diagonal element left after elimination.

// Sums of w m u^a v^b (a + b <= 4) and of w m z u^a v^b (a + b <= 2), for every point.
struct Moments {
  std::array<std::array<Plane, 5>, 5> weight;
  std::array<std::array<Plane, 3>, 3> height;
};

Moments TakeMoments(const HeightMap& map, double cutoff_um) {
  const MaskedSurface surface(map);
  const auto kernels = MomentKernels(cutoff_um, map.pitch_x_um);
  Moments out;
  for (std::size_t a = 0; a < 5; ++a) {
    const Plane rows = FilterRows(surface.mask, map.width, map.height, kernels[a]);
    for (std::size_t b = 0; a + b < 5; ++b) {
      out.weight[a][b] = FilterColumns(rows, map.width, map.height, kernels[b]);
    }
  }
  for (std::size_t a = 0; a < 3; ++a) {
    const Plane rows = FilterRows(surface.height, map.width, map.height, kernels[a]);
    for (std::size_t b = 0; a + b < 3; ++b) {
      out.height[a][b] = FilterColumns(rows, map.width, map.height, kernels[b]);
    }
  }
  return out;
}

// The constant term of the weighted least squares of the first `terms` terms at point i; NaN where
// they are not independent there. L D L' without square roots.
double SolveConstant(const Moments& moments, std::size_t i, std::size_t terms) {
  std::array<std::array<double, 6>, 6> l{};
  std::array<double, 6> d{};
  std::array<double, 6> z{};
  for (std::size_t r = 0; r < terms; ++r) {
    const auto power = [&](std::size_t term, std::size_t axis) {
      return static_cast<std::size_t>(kTerms[term][axis]);
    };
    z[r] = moments.height[power(r, 0)][power(r, 1)][i];
    for (std::size_t c = 0; c <= r; ++c) {
      double sum = moments.weight[power(r, 0) + power(c, 0)][power(r, 1) + power(c, 1)][i];
      const double whole = sum;
      for (std::size_t k = 0; k < c; ++k) sum -= l[r][k] * l[c][k] * d[k];
      if (c < r) {
        l[r][c] = sum / d[c];
        continue;
      }
      if (sum <= kPivotMin * whole || whole <= 0.0) return std::nan("");
      d[r] = sum;
    }
    for (std::size_t k = 0; k < r; ++k) z[r] -= l[r][k] * z[k];
  }
  for (std::size_t r = 0; r < terms; ++r) z[r] /= d[r];
  for (std::size_t r = terms; r-- > 0;) {
    for (std::size_t k = r + 1; k < terms; ++k) z[r] -= l[k][r] * z[k];
  }
  return z[0];
}

}  // namespace

HeightMap ArealResample(const HeightMap& map, std::span<const std::uint8_t> mask, double pitch_um,
                        double cutoff_um) {
  PM_CHECK(mask.empty() || mask.size() == map.height_um.size());
  const std::vector<Taps> across = MakeTaps(map.width, map.pitch_x_um, pitch_um, cutoff_um);
  const std::vector<Taps> down = MakeTaps(map.height, map.pitch_y_um, pitch_um, cutoff_um);
  HeightMap out{.width = static_cast<std::int64_t>(across.size()),
                .height = static_cast<std::int64_t>(down.size()),
                .pitch_x_um = pitch_um,
                .pitch_y_um = pitch_um,
                .height_um = {}};
  const std::size_t columns = across.size();
  Plane height(columns * static_cast<std::size_t>(map.height));
  Plane weight(height.size());
  for (std::int64_t y = 0; y < map.height; ++y) {
    const std::size_t row = static_cast<std::size_t>(y * map.width);
    ResampleRow(map.height_um.data() + row, mask.empty() ? nullptr : mask.data() + row, across,
                height.data() + static_cast<std::size_t>(y) * columns,
                weight.data() + static_cast<std::size_t>(y) * columns);
  }
  out.height_um.assign(columns * down.size(), kNotMeasured);
  for (std::size_t y = 0; y < down.size(); ++y) {
    Plane z(columns, 0.0);
    Plane w(columns, 0.0);
    for (std::size_t k = 0; k < down[y].weights.size(); ++k) {
      const std::size_t from = (static_cast<std::size_t>(down[y].first) + k) * columns;
      for (std::size_t x = 0; x < columns; ++x) {
        z[x] += down[y].weights[k] * height[from + x];
        w[x] += down[y].weights[k] * weight[from + x];
      }
    }
    const double row_weight = Sum(down[y].weights);
    for (std::size_t x = 0; x < columns; ++x) {
      if (w[x] >= kCoverageMin * row_weight * Sum(across[x].weights)) {
        out.height_um[y * columns + x] = static_cast<float>(z[x] / w[x]);
      }
    }
  }
  return out;
}

HeightMap ArealMean(const HeightMap& map, double cutoff_um) {
  const MaskedSurface surface(map);
  const std::vector<double> kernel = MomentKernels(cutoff_um, map.pitch_x_um)[0];
  const auto smooth = [&](const Plane& plane) {
    return FilterColumns(FilterRows(plane, map.width, map.height, kernel), map.width, map.height,
                         kernel);
  };
  const Plane height = smooth(surface.height);
  const Plane weight = smooth(surface.mask);
  HeightMap out = map;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (IsMeasured(map.height_um[i])) out.height_um[i] = static_cast<float>(height[i] / weight[i]);
  }
  return out;
}

HeightMap ArealForm(const HeightMap& map, double cutoff_um) {
  const Moments moments = TakeMoments(map, cutoff_um);
  HeightMap out = map;
  for (std::size_t i = 0; i < out.height_um.size(); ++i) {
    if (!IsMeasured(map.height_um[i])) continue;
    double form = SolveConstant(moments, i, 6);
    if (std::isnan(form)) form = SolveConstant(moments, i, 3);
    if (std::isnan(form)) form = SolveConstant(moments, i, 1);
    out.height_um[i] = static_cast<float>(form);
  }
  return out;
}

}  // namespace proofmark::forensics
