// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/cmps.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kProfileSamplesMax = 1 << 14;
constexpr std::size_t kScalesMax = 4;
constexpr double kUndefined = -2.0;

absl::Status CheckProfile(const char* name, std::span<const double> profile) {
  const std::int64_t size = static_cast<std::int64_t>(profile.size());
  if (size < 2 || size > kProfileSamplesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s has %d samples; it must have 2 to %d", name, size, kProfileSamplesMax));
  }
  for (const double z : profile) {
    if (std::isinf(z) || std::abs(z) > 1e9) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s holds %g; heights must be within 1e9", name, z));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOptions(const CmpsOptions& options) {
  if (options.segment_samples < 2 || options.segment_samples > kProfileSamplesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("segment_samples is %d; it must be in [2, %d]", options.segment_samples,
                        kProfileSamplesMax));
  }
  if (options.tolerance_samples < 0 || options.tolerance_samples > kProfileSamplesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("tolerance_samples is %d; it must be in [0, %d]", options.tolerance_samples,
                        kProfileSamplesMax));
  }
  if (options.peaks.empty() || options.peaks.size() > kScalesMax) {
    return absl::InvalidArgumentError(absl::StrFormat("peaks names %d scales; it must name 1 to %d",
                                                      options.peaks.size(), kScalesMax));
  }
  for (const std::int64_t kept : options.peaks) {
    if (kept < 1) {
      return absl::InvalidArgumentError(absl::StrFormat("peaks holds %d; it must be >= 1", kept));
    }
  }
  return absl::OkStatus();
}

// Heights about their mean, zero in gaps, and a mask: sums over both then skip gaps by themselves.
struct Samples {
  std::vector<double> height;
  std::vector<double> mask;

  explicit Samples(std::span<const double> profile) : height(profile.size()), mask(profile.size()) {
    double sum = 0.0;
    double count = 0.0;
    for (const double z : profile) {
      if (std::isnan(z)) continue;
      sum += z;
      count += 1.0;
    }
    const double mean = count > 0.0 ? sum / count : 0.0;
    for (std::size_t i = 0; i < profile.size(); ++i) {
      const bool measured = !std::isnan(profile[i]);
      height[i] = measured ? profile[i] - mean : 0.0;
      mask[i] = measured ? 1.0 : 0.0;
    }
  }
  std::int64_t size() const { return static_cast<std::int64_t>(height.size()); }
};

// Correlation of reference[begin, end) moved right by `shift` with the comparison.
double SegmentCorrelation(const Samples& reference, std::int64_t begin, std::int64_t end,
                          const Samples& comparison, std::int64_t shift, double overlap_min) {
  const std::int64_t from = std::max(begin, -shift);
  const std::int64_t to = std::min(end, comparison.size() - shift);
  double n = 0.0, sf = 0.0, sg = 0.0, sff = 0.0, sgg = 0.0, sfg = 0.0;
  for (std::int64_t t = from; t < to; ++t) {
    const std::size_t i = static_cast<std::size_t>(t);
    const std::size_t j = static_cast<std::size_t>(t + shift);
    const double m = reference.mask[i] * comparison.mask[j];
    const double f = reference.height[i] * m;
    const double g = comparison.height[j] * m;
    n += m;
    sf += f;
    sg += g;
    sff += f * f;
    sgg += g * g;
    sfg += f * g;
  }
  if (n < overlap_min || n < 2.0) return kUndefined;
  const double variance_f = n * sff - sf * sf;
  const double variance_g = n * sgg - sg * sg;
  // Relative floor: rounding of a constant stretch must not pass for variation.
  if (variance_f <= 1e-12 * n * sff || variance_g <= 1e-12 * n * sgg) return kUndefined;
  return (n * sfg - sf * sg) / std::sqrt(variance_f * variance_g);
}

// Positions of the `kept` highest local maxima (plateaus count; ends too), highest first.
std::vector<std::int64_t> HighestMaxima(const std::vector<double>& values, std::int64_t kept) {
  std::vector<std::int64_t> maxima;
  const std::int64_t size = static_cast<std::int64_t>(values.size());
  for (std::int64_t i = 0; i < size; ++i) {
    const double value = values[static_cast<std::size_t>(i)];
    if (value == kUndefined) continue;
    if (i > 0 && values[static_cast<std::size_t>(i - 1)] > value) continue;
    if (i + 1 < size && values[static_cast<std::size_t>(i + 1)] > value) continue;
    maxima.push_back(i);
  }
  std::stable_sort(maxima.begin(), maxima.end(), [&](std::int64_t a, std::int64_t b) {
    return values[static_cast<std::size_t>(a)] > values[static_cast<std::size_t>(b)];
  });
  if (static_cast<std::int64_t>(maxima.size()) > kept) {
    maxima.resize(static_cast<std::size_t>(kept));
  }
  return maxima;
}

// Shifts at which one segment's kept peaks of every scale agree.
std::vector<std::int64_t> SegmentVotes(const Samples& reference, const Samples& comparison,
                                       std::int64_t begin, const CmpsOptions& options) {
  const std::int64_t first_shift = -reference.size();
  const std::int64_t last_shift = comparison.size();
  std::vector<std::vector<std::int64_t>> peaks;
  std::int64_t length = options.segment_samples;
  for (const std::int64_t kept : options.peaks) {
    const std::int64_t centre_twice = 2 * begin + options.segment_samples;
    const std::int64_t from = std::max<std::int64_t>(0, (centre_twice - length) / 2);
    const std::int64_t to = std::min(reference.size(), (centre_twice + length) / 2);
    const double overlap_min = std::min(0.9 * static_cast<double>(to - from),
                                        0.1 * static_cast<double>(comparison.size()));
    std::vector<double> values;
    for (std::int64_t shift = first_shift; shift <= last_shift; ++shift) {
      values.push_back(SegmentCorrelation(reference, from, to, comparison, shift, overlap_min));
    }
    peaks.push_back(HighestMaxima(values, kept));
    length *= 2;
  }
  std::vector<std::int64_t> votes;
  for (const std::int64_t candidate : peaks.back()) {
    const bool confirmed = std::all_of(peaks.begin(), peaks.end(), [&](const auto& scale) {
      return std::any_of(scale.begin(), scale.end(), [&](std::int64_t peak) {
        return std::abs(peak - candidate) <= options.tolerance_samples;
      });
    });
    if (confirmed) votes.push_back(candidate + first_shift);
  }
  return votes;
}

}  // namespace

CmpsResult CountVotes(const std::vector<std::vector<std::int64_t>>& votes,
                      std::int64_t tolerance_samples) {
  CmpsResult result;
  result.segment_count = static_cast<std::int64_t>(votes.size());
  std::vector<std::int64_t> candidates;
  for (const auto& segment : votes) {
    candidates.insert(candidates.end(), segment.begin(), segment.end());
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  std::vector<std::int64_t> best;
  for (const std::int64_t candidate : candidates) {
    const std::int64_t count = std::count_if(votes.begin(), votes.end(), [&](const auto& segment) {
      return std::any_of(segment.begin(), segment.end(), [&](std::int64_t vote) {
        return std::abs(vote - candidate) <= tolerance_samples;
      });
    });
    if (count > result.count) {
      result.count = count;
      best.clear();
    }
    if (count == result.count) best.push_back(candidate);
  }
  if (!best.empty()) result.shift = best[best.size() / 2];
  return result;
}

absl::StatusOr<CmpsResult> CompareSegments(std::span<const double> reference,
                                           std::span<const double> comparison,
                                           const CmpsOptions& options) {
  PM_RETURN_IF_ERROR(CheckProfile("reference", reference));
  PM_RETURN_IF_ERROR(CheckProfile("comparison", comparison));
  PM_RETURN_IF_ERROR(CheckOptions(options));
  const Samples from(reference);
  const Samples in(comparison);
  std::vector<std::vector<std::int64_t>> votes;
  for (std::int64_t begin = 0; begin + options.segment_samples <= from.size();
       begin += options.segment_samples) {
    votes.push_back(SegmentVotes(from, in, begin, options));
  }
  return CountVotes(votes, options.tolerance_samples);
}

}  // namespace proofmark::forensics
