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
constexpr double kRowReachUm = 5.0;
constexpr double kTrimmedShare = 0.15;  // At either end, for choosing the row.
constexpr double kStableCcf = 0.9;
constexpr double kOverlapShare = 0.75;
constexpr double kWidthUmMin = 300.0;

std::int64_t CountMeasured(std::span<const double> z) {
  return std::count_if(z.begin(), z.end(), [](double v) { return !std::isnan(v); });
}

// The mean of the scan's rows about y, at kPublishedPitchUm; a point wants half of them measured.
std::vector<double> CrosscutAt(const HeightMap& map, const RowResampler& resampler, double y_um) {
  const auto row = [&](double at_um) {
    return std::clamp<std::int64_t>(
        static_cast<std::int64_t>(std::floor(at_um / map.pitch_y_um + 0.5)), 0, map.height - 1);
  };
  const std::int64_t first = row(y_um - kRowReachUm);
  const std::int64_t last = row(y_um + kRowReachUm);
  std::vector<float> mean(static_cast<std::size_t>(map.width));
  for (std::int64_t x = 0; x < map.width; ++x) {
    double sum = 0.0;
    std::int64_t count = 0;
    for (std::int64_t y = first; y <= last; ++y) {
      if (!IsMeasured(map.at(x, y))) continue;
      sum += map.at(x, y);
      ++count;
    }
    mean[static_cast<std::size_t>(x)] = 2 * count > last - first
                                            ? static_cast<float>(sum / static_cast<double>(count))
                                            : kNotMeasured;
  }
  std::vector<float> fine(static_cast<std::size_t>(resampler.samples()));
  resampler.Run(mean, fine);
  return {fine.begin(), fine.end()};
}

bool HalfMeasured(std::span<const double> row) {
  return 2 * CountMeasured(row) >= static_cast<std::int64_t>(row.size());
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

struct Crosscut {
  std::vector<double> height_um;  // Empty when there is none.
  double y_um = 0.0;
};

// The first crosscut that the next repeats, else the one most like the next.
Crosscut ChooseCrosscut(const HeightMap& map, const RowResampler& resampler) {
  Crosscut chosen, before;
  std::vector<double> middle_before;
  double chosen_ccf = -2.0;
  const double extent_um = static_cast<double>(map.height - 1) * map.pitch_y_um;
  for (double y_um = kFirstRowUm; y_um <= extent_um && chosen_ccf <= kStableCcf;
       y_um += kRowStepUm) {
    Crosscut here{CrosscutAt(map, resampler, y_um), y_um};
    if (!HalfMeasured(here.height_um)) continue;
    const std::size_t size = here.height_um.size();
    const auto trim = static_cast<std::size_t>(kTrimmedShare * static_cast<double>(size));
    std::vector<double> middle =
        PublishedSignature(std::span(here.height_um).subspan(trim, size - 2 * trim));
    const bool first = before.height_um.empty();
    const double ccf = first ? -1.0 : PublishedCcf(middle_before, middle).value_or(-1.0);
    if (ccf > chosen_ccf) {  // The first is kept until two have been compared.
      chosen = first ? here : before;
      chosen_ccf = ccf;
    }
    before = std::move(here);
    middle_before = std::move(middle);
  }
  return chosen;
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
                                               double right_um, std::optional<double> crosscut_um) {
  const double extent_x_um = static_cast<double>(oriented.width - 1) * oriented.pitch_x_um;
  const double extent_y_um = static_cast<double>(oriented.height - 1) * oriented.pitch_y_um;
  if (!(left_um >= 0.0 && right_um <= extent_x_um && right_um - left_um >= kWidthUmMin)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("shoulders are %g and %g um; they must lie %g um apart within 0..%g um",
                        left_um, right_um, kWidthUmMin, extent_x_um));
  }
  if (crosscut_um && !(*crosscut_um >= 0.0 && *crosscut_um <= extent_y_um)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("crosscut_um is %g; it must be in [0, %g]", *crosscut_um, extent_y_um));
  }
  const RowResampler resampler(oriented.width, oriented.pitch_x_um, kPublishedPitchUm);
  const Crosscut crosscut =
      crosscut_um ? Crosscut{CrosscutAt(oriented, resampler, *crosscut_um), *crosscut_um}
                  : ChooseCrosscut(oriented, resampler);
  if (crosscut.height_um.empty() || !HalfMeasured(crosscut.height_um)) {
    return absl::FailedPreconditionError("no crosscut of the scan has half of its points measured");
  }
  const auto first = static_cast<std::size_t>(std::ceil(left_um / kPublishedPitchUm));
  const auto last = std::min(static_cast<std::size_t>(std::floor(right_um / kPublishedPitchUm)),
                             crosscut.height_um.size() - 1);
  return PublishedLand{
      PublishedSignature(std::span(crosscut.height_um).subspan(first, last - first + 1)),
      crosscut.y_um};
}

}  // namespace proofmark::forensics
