// SPDX-License-Identifier: Apache-2.0
#include "forensics/surface/ruling.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "forensics/surface/gaussian_filter.h"
#include "forensics/surface/resample.h"
#include "forensics/surface/robust.h"

namespace proofmark::forensics {
namespace {

constexpr double kCellUm = 12.5;
constexpr std::int64_t kCellsAveraged = 8;  // At right angles to the gradient.
constexpr double kFormCutoffUm = 250.0;
constexpr std::int64_t kGradientsMin = 16;

// Heights along one axis: sample i of line j lies at j * line_stride + i * stride.
struct Axis {
  std::int64_t count, stride, lines, line_stride;
  double pitch_um;
};

// Slopes along the axis of what is left between form and cell size, each line being the mean of
// kCellsAveraged neighbours.
std::vector<double> Slopes(const HeightMap& cells, const Axis& axis) {
  std::vector<double> slopes;
  if (axis.count < 3 || axis.lines < 1) return slopes;
  const GaussianKernel kernel(kFormCutoffUm, axis.pitch_um);
  const std::int64_t averaged = std::min(kCellsAveraged, axis.lines);
  std::vector<double> line(static_cast<std::size_t>(axis.count));
  for (std::int64_t first = 0; first + averaged <= axis.lines; first += averaged) {
    for (std::int64_t i = 0; i < axis.count; ++i) {
      double sum = 0.0;
      std::int64_t measured = 0;
      for (std::int64_t j = first; j < first + averaged; ++j) {
        const float z =
            cells.height_um[static_cast<std::size_t>(j * axis.line_stride + i * axis.stride)];
        if (!IsMeasured(z)) continue;
        sum += static_cast<double>(z);
        ++measured;
      }
      // A cell that is missing would step the mean of a tilted surface: all or nothing.
      line[static_cast<std::size_t>(i)] = measured == averaged
                                              ? sum / static_cast<double>(averaged)
                                              : std::numeric_limits<double>::quiet_NaN();
    }
    const std::vector<double> form = SmoothProfile(line, kernel);
    for (std::size_t i = 0; i < line.size(); ++i) line[i] -= form[i];
    for (std::size_t i = 1; i + 1 < line.size(); ++i) {
      const double slope = (line[i + 1] - line[i - 1]) / (2.0 * axis.pitch_um);
      if (!std::isnan(slope)) slopes.push_back(std::abs(slope));
    }
  }
  return slopes;
}

// From the median, so that edges and scars do not outweigh the striae.
double RobustMeanSquare(const std::vector<double>& slopes) {
  const double sigma = kSigmaPerMad * Median(slopes).value_or(0.0);
  return sigma * sigma;
}

}  // namespace

double Ruling::Coherence() const {
  return measured() ? std::abs(along_y - along_x) / (along_x + along_y) : 0.0;
}

Ruling MeasureRuling(const HeightMap& map) {
  const HeightMap cells = CellMeans(map, kCellUm);
  const std::vector<double> along_x =
      Slopes(cells, {cells.height, cells.width, cells.width, 1, cells.pitch_y_um});
  const std::vector<double> along_y =
      Slopes(cells, {cells.width, 1, cells.height, cells.width, cells.pitch_x_um});
  if (static_cast<std::int64_t>(std::min(along_x.size(), along_y.size())) < kGradientsMin)
    return {};
  return {.along_x = RobustMeanSquare(along_x), .along_y = RobustMeanSquare(along_y)};
}

}  // namespace proofmark::forensics
