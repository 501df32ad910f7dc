// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/striae_features.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/striated/loess.h"

namespace proofmark::forensics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kRoughSpan = 0.3;
// Moving mean, applied twice, before peaks are sought: 27 um, an odd count of samples.
constexpr std::int64_t kSmoothSamples = 9;

// Both lands over the length they share, micrometres; NaN where either is not measured.
struct Aligned {
  std::vector<double> query;
  std::vector<double> reference;
  std::int64_t measured = 0;
};

Aligned Align(const LandSignature& query, const LandSignature& reference, std::int64_t shift) {
  Aligned out;
  const auto query_size = static_cast<std::int64_t>(query.height_nm.size());
  const auto reference_size = static_cast<std::int64_t>(reference.height_nm.size());
  for (std::int64_t i = std::max<std::int64_t>(0, shift);
       i < std::min(reference_size, query_size + shift); ++i) {
    const std::int16_t q = query.height_nm[static_cast<std::size_t>(i - shift)];
    const std::int16_t r = reference.height_nm[static_cast<std::size_t>(i)];
    const bool both = q != kSampleNotMeasured && r != kSampleNotMeasured;
    out.query.push_back(both ? q * 1e-3 : kNaN);
    out.reference.push_back(both ? r * 1e-3 : kNaN);
    out.measured += both ? 1 : 0;
  }
  return out;
}

struct Moments {
  double n = 0.0, x = 0.0, y = 0.0, xx = 0.0, yy = 0.0, xy = 0.0;

  Moments(std::span<const double> a, std::span<const double> b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (std::isnan(a[i]) || std::isnan(b[i])) continue;
      n += 1.0;
      x += a[i];
      y += b[i];
      xx += a[i] * a[i];
      yy += b[i] * b[i];
      xy += a[i] * b[i];
    }
  }
  double EnergyX() const { return Energy(x, xx); }
  double EnergyY() const { return Energy(y, yy); }
  // 0 when either is constant.
  double Correlation() const {
    const double energy = EnergyX() * EnergyY();
    return energy > 0.0 ? std::clamp((n * xy - x * y) / std::sqrt(energy), -1.0, 1.0) : 0.0;
  }

 private:
  // Zero for a constant, whose rounding must not pass for variation.
  double Energy(double sum, double squares) const {
    const double energy = n * squares - sum * sum;
    return energy > 1e-12 * n * squares ? energy : 0.0;
  }
};

// Mean over `kSmoothSamples`, of the measured ones among them; NaN stays NaN.
std::vector<double> MovingMean(std::span<const double> z) {
  constexpr std::int64_t kReach = kSmoothSamples / 2;
  std::vector<double> out(z.size(), kNaN);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(z.size()); ++i) {
    if (std::isnan(z[static_cast<std::size_t>(i)])) continue;
    double sum = 0.0;
    double count = 0.0;
    for (std::int64_t k = std::max<std::int64_t>(0, i - kReach);
         k <= std::min(i + kReach, static_cast<std::int64_t>(z.size()) - 1); ++k) {
      const double v = z[static_cast<std::size_t>(k)];
      if (std::isnan(v)) continue;
      sum += v;
      count += 1.0;
    }
    out[static_cast<std::size_t>(i)] = sum / count;
  }
  return out;
}

// A peak or valley of one land and how far it reaches.
struct Stria {
  double begin = 0.0, end = 0.0;  // In samples.
  bool peak = false;
  bool of_query = false;
  double height_um = 0.0;  // Magnitude.
};

std::vector<Stria> FindStriae(std::span<const double> height_um, bool of_query) {
  const std::vector<double> z = MovingMean(MovingMean(height_um));
  std::vector<double> place;
  std::vector<Stria> striae;
  for (std::size_t i = 1; i + 1 < z.size(); ++i) {
    // Of a plateau its first sample counts; comparisons with NaN are false.
    const bool peak = z[i] > z[i - 1] && z[i] >= z[i + 1];
    const bool valley = z[i] < z[i - 1] && z[i] <= z[i + 1];
    if (!peak && !valley) continue;
    place.push_back(static_cast<double>(i));
    striae.push_back({0.0, 0.0, peak, of_query, std::abs(height_um[i])});
  }
  if (striae.size() < 2) return {};
  for (std::size_t i = 0; i < striae.size(); ++i) {
    const double left = i > 0 ? place[i] - place[i - 1] : place[i + 1] - place[i];
    const double right = i + 1 < striae.size() ? place[i + 1] - place[i] : left;
    striae[i].begin = place[i] - left / 3.0;
    striae[i].end = place[i] + right / 3.0;
  }
  return striae;
}

// Striae of both lands that overlap, one after the other.
struct Group {
  bool matching = false;
  bool peak = false;
  double height_um = 0.0;  // Mean magnitude.
};

std::vector<Group> FormGroups(std::vector<Stria> striae) {
  std::sort(striae.begin(), striae.end(),
            [](const Stria& a, const Stria& b) { return a.begin < b.begin; });
  std::vector<Group> groups;
  for (std::size_t first = 0; first < striae.size();) {
    double end = striae[first].end;
    bool query = false, reference = false, peak = false, valley = false;
    double height_um = 0.0;
    std::size_t next = first;
    for (; next < striae.size() && (next == first || striae[next].begin < end); ++next) {
      const Stria& stria = striae[next];
      end = std::max(end, stria.end);
      (stria.of_query ? query : reference) = true;
      (stria.peak ? peak : valley) = true;
      height_um += stria.height_um;
    }
    groups.push_back({query && reference && peak != valley, peak && !valley,
                      height_um / static_cast<double>(next - first)});
    first = next;
  }
  return groups;
}

void Count(const std::vector<Group>& groups, StriaeFeatures& out) {
  std::int64_t run = 0, other_run = 0, peak_run = 0;
  for (const Group& group : groups) {
    (group.matching ? out.matches : out.mismatches) += 1;
    run = group.matching ? run + 1 : 0;
    other_run = group.matching ? 0 : other_run + 1;
    if (!group.matching) {
      peak_run = 0;
    } else {
      peak_run += group.peak ? 1 : 0;
      out.sum_peaks_um += group.height_um;
    }
    out.cms = std::max(out.cms, run);
    out.non_cms = std::max(out.non_cms, other_run);
    out.cms_peaks = std::max(out.cms_peaks, peak_run);
  }
  const auto other = [](const Group& group) { return !group.matching; };
  out.left_cms = std::find_if(groups.begin(), groups.end(), other) - groups.begin();
  out.right_cms = std::find_if(groups.rbegin(), groups.rend(), other) - groups.rbegin();
}

double RoughCorrelation(const Aligned& lands) {
  std::vector<double> shared(lands.query.size());
  for (std::size_t i = 0; i < shared.size(); ++i) {
    shared[i] = 0.5 * (lands.query[i] + lands.reference[i]);
  }
  shared = LoessFit(shared, kRoughSpan);
  std::vector<double> a(shared.size());
  std::vector<double> b(shared.size());
  for (std::size_t i = 0; i < shared.size(); ++i) {
    a[i] = lands.query[i] - shared[i];
    b[i] = lands.reference[i] - shared[i];
  }
  return Moments(a, b).Correlation();
}

absl::Status CheckSize(const char* name, const LandSignature& land) {
  const auto samples = static_cast<std::int64_t>(land.height_nm.size());
  if (samples >= kSignatureSamplesMin && samples <= kSignatureSamplesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat("%s has %d samples; it must have %d to %d",
                                                    name, samples, kSignatureSamplesMin,
                                                    kSignatureSamplesMax));
}

}  // namespace

absl::StatusOr<StriaeFeatures> CompareStriae(const LandSignature& query,
                                             const LandSignature& reference, double lag_um) {
  PM_RETURN_IF_ERROR(CheckSize("query", query));
  PM_RETURN_IF_ERROR(CheckSize("reference", reference));
  constexpr double kLagUmMax = static_cast<double>(kSignatureSamplesMax) * kSignaturePitchUm;
  if (!(std::abs(lag_um) <= kLagUmMax)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("lag_um is %g; it must be in [%g, %g]", lag_um, -kLagUmMax, kLagUmMax));
  }
  // Halves away from zero, so that the exchanged pair is laid the same way.
  const double samples = std::floor(std::abs(lag_um) / kSignaturePitchUm + 0.5);
  const auto shift = static_cast<std::int64_t>(lag_um < 0.0 ? -samples : samples);
  const Aligned lands = Align(query, reference, shift);
  const Moments moments(lands.query, lands.reference);
  if (lands.measured < kSignatureSamplesMin || moments.EnergyX() == 0.0 ||
      moments.EnergyY() == 0.0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%d samples measured in both lands at a lag of %g um, below %d, or one of "
                        "them is flat",
                        lands.measured, lag_um, kSignatureSamplesMin));
  }
  StriaeFeatures out;
  out.ccf = moments.Correlation();
  out.rough_cor = RoughCorrelation(lands);
  const std::size_t shorter = std::min(query.height_nm.size(), reference.height_nm.size());
  out.overlap_share = static_cast<double>(lands.measured) / static_cast<double>(shorter);
  out.length_mm = static_cast<double>(shorter) * kSignaturePitchUm / 1000.0;
  out.difference_um =
      std::sqrt(std::max(0.0, moments.xx - 2.0 * moments.xy + moments.yy) / moments.n);
  out.sd_sum_um = (std::sqrt(moments.EnergyX()) + std::sqrt(moments.EnergyY())) / moments.n;
  std::vector<Stria> striae = FindStriae(lands.query, true);
  const std::vector<Stria> others = FindStriae(lands.reference, false);
  striae.insert(striae.end(), others.begin(), others.end());
  Count(FormGroups(std::move(striae)), out);
  return out;
}

}  // namespace proofmark::forensics
