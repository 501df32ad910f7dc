// SPDX-License-Identifier: Apache-2.0
#include "forensics/surface/resample.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace proofmark::forensics {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Integral up to t of the hat function, 1 at zero and 0 from one away: the share of a sample in the
// line drawn through the samples.
double HatIntegral(double t) {
  if (t <= -1.0) return 0.0;
  if (t >= 1.0) return 1.0;
  return t < 0.0 ? 0.5 * (t + 1.0) * (t + 1.0) : 1.0 - 0.5 * (1.0 - t) * (1.0 - t);
}

// Orders two rows column by column: the smaller values to `a`, the larger to `b`.
void CompareExchange(float* a, float* b, std::int64_t columns) {
  for (std::int64_t x = 0; x < columns; ++x) {
    const float lower = std::min(a[x], b[x]);
    b[x] = std::max(a[x], b[x]);
    a[x] = lower;
  }
}

// Batcher's odd-even merge sort for any number of rows, in his iterative form.
void SortColumns(float* rows, std::int64_t row_count, std::int64_t columns) {
  for (std::int64_t p = 1; p < row_count; p *= 2) {
    for (std::int64_t k = p; k >= 1; k /= 2) {
      for (std::int64_t j = k % p; j + k < row_count; j += 2 * k) {
        for (std::int64_t i = j; i < std::min(j + k, row_count - k); ++i) {
          if (i / (2 * p) != (i + k) / (2 * p)) continue;
          CompareExchange(rows + i * columns, rows + (i + k) * columns, columns);
        }
      }
    }
  }
}

}  // namespace

RowResampler::RowResampler(std::int64_t source_samples, double source_pitch_um,
                           double target_pitch_um) {
  PM_CHECK(source_samples >= 1 && source_pitch_um > 0.0 && target_pitch_um > 0.0);
  const double extent_um = static_cast<double>(source_samples - 1) * source_pitch_um;
  const auto samples = static_cast<std::int64_t>(std::floor(extent_um / target_pitch_um)) + 1;
  // In units of the source pitch. A wider target sample is the mean, over its width, of the line
  // through the source samples: a mean of the samples alone would turn the slope of the bullet into
  // a beat between the two pitches.
  const double ratio = target_pitch_um / source_pitch_um;
  for (std::int64_t i = 0; i < samples; ++i) {
    const double centre = static_cast<double>(i) * ratio;
    Taps taps{.first = -1, .weight = static_cast<std::int64_t>(weights_.size()), .count = 0};
    const auto from = static_cast<std::int64_t>(std::floor(centre - 0.5 * ratio - 1.0));
    const auto to = static_cast<std::int64_t>(std::ceil(centre + 0.5 * ratio + 1.0));
    double sum = 0.0;
    for (std::int64_t j = std::max<std::int64_t>(from, 0); j <= std::min(to, source_samples - 1);
         ++j) {
      const double offset = static_cast<double>(j) - centre;
      const double weight =
          ratio > 1.0 ? HatIntegral(0.5 * ratio - offset) - HatIntegral(-0.5 * ratio - offset)
                      : 1.0 - std::abs(offset);
      if (weight <= 1e-9) continue;
      if (taps.first < 0) taps.first = j;
      ++taps.count;
      sum += weight;
      weights_.push_back(static_cast<float>(weight));
    }
    for (std::int64_t k = 0; k < taps.count; ++k) {
      float& weight = weights_[static_cast<std::size_t>(taps.weight + k)];
      weight = static_cast<float>(static_cast<double>(weight) / sum);
    }
    taps_.push_back(taps);
  }
}

void RowResampler::Run(std::span<const float> source, std::span<float> target) const {
  for (std::size_t i = 0; i < taps_.size(); ++i) {
    const Taps& taps = taps_[i];
    const float* z = source.data() + taps.first;
    const float* w = weights_.data() + taps.weight;
    float sum = 0.0F;
    float weight = 0.0F;
    for (std::int64_t k = 0; k < taps.count; ++k) {
      const bool measured = IsMeasured(z[k]);
      sum += measured ? w[k] * z[k] : 0.0F;
      weight += measured ? w[k] : 0.0F;
    }
    target[i] = weight >= 0.499F ? sum / weight : kNotMeasured;
  }
}

HeightMap CellMeans(const HeightMap& map, double cell_um) {
  const auto cell = [&](double pitch_um) {
    return std::max<std::int64_t>(1,
                                  static_cast<std::int64_t>(std::floor(cell_um / pitch_um + 0.5)));
  };
  const std::int64_t cell_x = cell(map.pitch_x_um);
  const std::int64_t cell_y = cell(map.pitch_y_um);
  HeightMap out{.width = map.width / cell_x,
                .height = map.height / cell_y,
                .pitch_x_um = map.pitch_x_um * static_cast<double>(cell_x),
                .pitch_y_um = map.pitch_y_um * static_cast<double>(cell_y),
                .height_um = {}};
  std::vector<double> sum(static_cast<std::size_t>(out.width));
  std::vector<std::int32_t> count(sum.size());
  for (std::int64_t v = 0; v < out.height; ++v) {
    std::fill(sum.begin(), sum.end(), 0.0);
    std::fill(count.begin(), count.end(), 0);
    for (std::int64_t y = v * cell_y; y < (v + 1) * cell_y; ++y) {
      const float* z = map.height_um.data() + y * map.width;
      for (std::size_t u = 0; u < sum.size(); ++u, z += cell_x) {
        for (std::int64_t k = 0; k < cell_x; ++k) {
          const bool measured = IsMeasured(z[k]);
          sum[u] += measured ? static_cast<double>(z[k]) : 0.0;
          count[u] += measured ? 1 : 0;
        }
      }
    }
    for (std::size_t u = 0; u < sum.size(); ++u) {
      out.height_um.push_back(
          2 * count[u] >= cell_x * cell_y ? static_cast<float>(sum[u] / count[u]) : kNotMeasured);
    }
  }
  return out;
}

HeightMap QuarterTurn(const HeightMap& map) {
  HeightMap out{.width = map.height,
                .height = map.width,
                .pitch_x_um = map.pitch_y_um,
                .pitch_y_um = map.pitch_x_um,
                .height_um = std::vector<float>(map.height_um.size())};
  for (std::int64_t y = 0; y < out.height; ++y) {
    for (std::int64_t x = 0; x < out.width; ++x) out.at(x, y) = map.at(y, map.height - 1 - x);
  }
  return out;
}

void ColumnMedians(std::span<float> rows, std::int64_t columns, std::span<float> median) {
  const std::int64_t row_count = columns > 0 ? static_cast<std::int64_t>(rows.size()) / columns : 0;
  std::vector<std::int64_t> measured(static_cast<std::size_t>(columns), 0);
  for (std::int64_t y = 0; y < row_count; ++y) {
    for (std::int64_t x = 0; x < columns; ++x) {
      float& z = rows[static_cast<std::size_t>(y * columns + x)];
      const bool is_measured = IsMeasured(z);
      measured[static_cast<std::size_t>(x)] += is_measured ? 1 : 0;
      z = is_measured ? z : kInfinity;  // To the end of its column.
    }
  }
  SortColumns(rows.data(), row_count, columns);
  for (std::int64_t x = 0; x < columns; ++x) {
    const std::int64_t n = measured[static_cast<std::size_t>(x)];
    float& out = median[static_cast<std::size_t>(x)];
    out = kNotMeasured;
    if (n == 0 || 2 * n < row_count) continue;
    const float upper = rows[static_cast<std::size_t>((n / 2) * columns + x)];
    const float lower = rows[static_cast<std::size_t>(((n - 1) / 2) * columns + x)];
    out = 0.5F * (lower + upper);
  }
}

}  // namespace proofmark::forensics
