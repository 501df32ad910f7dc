// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/published_pipeline.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/strings/str_format.h"
#include "forensics/striated/loess.h"
#include "forensics/surface/resample.h"

namespace proofmark::forensics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kFormSpan = 0.75;
constexpr double kNoiseSpan = 0.03;
constexpr double kClipUm = 5.0;
constexpr double kFirstRowUm = 50.0;
constexpr double kRowStepUm = 25.0;
constexpr double kTrimmedShare = 0.15;  // At either end, for choosing the row.
constexpr double kStableCcf = 0.9;
constexpr double kOverlapShare = 0.75;
constexpr double kWidthUmMin = 300.0;

std::int64_t CountMeasured(std::span<const double> z) {
  return std::count_if(z.begin(), z.end(), [](double v) { return !std::isnan(v); });
}

// The scan's row at y, at kPublishedPitchUm.
std::vector<double> RowAt(const HeightMap& map, const RowResampler& resampler, double y_um) {
  const auto row = static_cast<std::int64_t>(std::floor(y_um / map.pitch_y_um + 0.5));
  if (row >= map.height) return {};
  std::vector<float> fine(static_cast<std::size_t>(resampler.samples()));
  resampler.Run(
      std::span(map.height_um)
          .subspan(static_cast<std::size_t>(row * map.width), static_cast<std::size_t>(map.width)),
      fine);
  return {fine.begin(), fine.end()};
}

// NaN where the samples in common are too few or constant.
double CorrelationAtShift(std::span<const double> a, std::span<const double> b, std::int64_t shift,
                          double overlap_min) {
  double n = 0.0, sa = 0.0, sb = 0.0, saa = 0.0, sbb = 0.0, sab = 0.0;
  const auto from = std::max<std::int64_t>(0, shift);
  const auto to =
      std::min(static_cast<std::int64_t>(b.size()), static_cast<std::int64_t>(a.size()) + shift);
  for (std::int64_t i = from; i < to; ++i) {
    const double x = a[static_cast<std::size_t>(i - shift)];
    const double y = b[static_cast<std::size_t>(i)];
    if (std::isnan(x) || std::isnan(y)) continue;
    n += 1.0;
    sa += x;
    sb += y;
    saa += x * x;
    sbb += y * y;
    sab += x * y;
  }
  const double energy = (n * saa - sa * sa) * (n * sbb - sb * sb);
  if (n < overlap_min || !(energy > 0.0)) return kNaN;
  return std::clamp((n * sab - sa * sb) / std::sqrt(energy), -1.0, 1.0);
}

}  // namespace

std::vector<double> PublishedSignature(std::span<const double> crosscut_um) {
  std::vector<double> residual = LoessFit(crosscut_um, kFormSpan);
  for (std::size_t i = 0; i < residual.size(); ++i) {
    residual[i] = std::clamp(crosscut_um[i] - residual[i], -kClipUm, kClipUm);  // Keeps NaN.
  }
  return LoessFit(residual, kNoiseSpan);
}

std::optional<double> PublishedCcf(std::span<const double> a, std::span<const double> b) {
  const double overlap_min =
      kOverlapShare * static_cast<double>(std::min(CountMeasured(a), CountMeasured(b)));
  std::optional<double> best;
  for (std::int64_t shift = -static_cast<std::int64_t>(a.size());
       shift <= static_cast<std::int64_t>(b.size()); ++shift) {
    const double r = CorrelationAtShift(a, b, shift, std::max(2.0, overlap_min));
    if (!std::isnan(r) && (!best || r > *best)) best = r;
  }
  return best;
}

absl::StatusOr<PublishedLand> ExtractPublished(const HeightMap& oriented, double left_um,
                                               double right_um) {
  const double extent_um = static_cast<double>(oriented.width - 1) * oriented.pitch_x_um;
  if (!(left_um >= 0.0 && right_um <= extent_um && right_um - left_um >= kWidthUmMin)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("shoulders are %g and %g um; they must lie %g um apart within 0..%g um",
                        left_um, right_um, kWidthUmMin, extent_um));
  }
  const RowResampler resampler(oriented.width, oriented.pitch_x_um, kPublishedPitchUm);
  std::vector<double> chosen, before;  // Signature of the trimmed middle of the row before.
  double chosen_um = 0.0;
  double chosen_ccf = -2.0;
  std::vector<double> row_before;
  double before_um = 0.0;
  const double height_um = static_cast<double>(oriented.height - 1) * oriented.pitch_y_um;
  for (double y_um = kFirstRowUm; y_um <= height_um && chosen_ccf <= kStableCcf;
       y_um += kRowStepUm) {
    std::vector<double> row = RowAt(oriented, resampler, y_um);
    if (2 * CountMeasured(row) < static_cast<std::int64_t>(row.size())) continue;
    const auto trim = static_cast<std::size_t>(kTrimmedShare * static_cast<double>(row.size()));
    std::vector<double> middle =
        PublishedSignature(std::span(row).subspan(trim, row.size() - 2 * trim));
    const double ccf = row_before.empty() ? -1.0 : PublishedCcf(before, middle).value_or(-1.0);
    // The row alone counts too, so that a scan of one usable row gives it.
    if (ccf > chosen_ccf) {
      chosen = row_before.empty() ? row : row_before;
      chosen_um = row_before.empty() ? y_um : before_um;
      chosen_ccf = ccf;
    }
    before = std::move(middle);
    row_before = std::move(row);
    before_um = y_um;
  }
  if (chosen.empty()) {
    return absl::FailedPreconditionError("no row of the scan has half of its points measured");
  }
  const auto first = static_cast<std::size_t>(std::ceil(left_um / kPublishedPitchUm));
  const auto last = std::min(static_cast<std::size_t>(std::floor(right_um / kPublishedPitchUm)),
                             chosen.size() - 1);
  return PublishedLand{PublishedSignature(std::span(chosen).subspan(first, last - first + 1)),
                       chosen_um};
}

}  // namespace proofmark::forensics
