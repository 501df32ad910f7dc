// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/land_extraction.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/striated/band.h"
#include "forensics/striated/block_stack.h"
#include "forensics/striated/orientation.h"
#include "forensics/striated/shoulders.h"
#include "forensics/surface/gaussian_filter.h"
#include "forensics/surface/resample.h"
#include "forensics/surface/robust.h"
#include "forensics/surface/ruling.h"

namespace proofmark::forensics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

constexpr double kPitchUmMin = 0.1;
constexpr double kPitchUmMax = 15.0;
constexpr double kExtentUmMax = 20'000.0;  // Of a scan, either way.
constexpr double kHeightUmMax = 100'000.0;
constexpr double kReliefUmMin = 1.0;  // Between the 0.1 % and 99.9 % quantiles.
constexpr double kReliefUmMax = 5'000.0;
constexpr double kMeasuredShareMin = 0.25;
constexpr double kCoherenceMin = 0.2;
constexpr double kMissingShareMax = 0.5;  // Between the shoulders.
constexpr std::int64_t kProfileSamplesMax = 1 << 20;
// Which blocks show the same striae is judged by the striae alone, whatever form is kept later.
constexpr double kBandFormCutoffUm = 250.0;

absl::Status CheckRange(const char* name, double value, double min, double max, const char* unit) {
  if (value >= min && value <= max) return absl::OkStatus();  // False for NaN.
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is %g %s, outside %g..%g", name, value, unit, min, max));
}

absl::Status CheckOptions(const LandExtractionOptions& options) {
  PM_RETURN_IF_ERROR(CheckRange("form_cutoff_um", options.form_cutoff_um, 100.0, 2000.0, "um"));
  PM_RETURN_IF_ERROR(CheckRange("noise_cutoff_um", options.noise_cutoff_um, 2.0, 60.0, "um"));
  PM_RETURN_IF_ERROR(CheckRange("block_um", options.block_um, 5.0, 100.0, "um"));
  return CheckRange("shoulder_step_in_um", options.shoulder_step_in_um, 0.0, 200.0, "um");
}

absl::Status CheckMap(const HeightMap& map) {
  PM_RETURN_IF_ERROR(CheckRange("pitch_x_um", map.pitch_x_um, kPitchUmMin, kPitchUmMax, "um"));
  PM_RETURN_IF_ERROR(CheckRange("pitch_y_um", map.pitch_y_um, kPitchUmMin, kPitchUmMax, "um"));
  const double points_max = kExtentUmMax / kPitchUmMin;
  PM_RETURN_IF_ERROR(CheckRange("width", static_cast<double>(map.width), 1, points_max, "points"));
  PM_RETURN_IF_ERROR(
      CheckRange("height", static_cast<double>(map.height), 1, points_max, "points"));
  PM_RETURN_IF_ERROR(CheckRange("extent along x", static_cast<double>(map.width) * map.pitch_x_um,
                                0.0, kExtentUmMax, "um"));
  PM_RETURN_IF_ERROR(CheckRange("extent along y", static_cast<double>(map.height) * map.pitch_y_um,
                                0.0, kExtentUmMax, "um"));
  if (static_cast<std::int64_t>(map.height_um.size()) != map.width * map.height) {
    return absl::InvalidArgumentError(absl::StrFormat("the map holds %d heights, not %d x %d",
                                                      map.height_um.size(), map.width, map.height));
  }
  std::int64_t measured = 0;
  float highest = 0.0F;
  for (const float z : map.height_um) {
    measured += IsMeasured(z) ? 1 : 0;
    highest = std::max(highest, std::abs(z));  // Passes NaN by.
  }
  PM_RETURN_IF_ERROR(CheckRange("largest height", highest, 0.0, kHeightUmMax, "um"));
  const double share = static_cast<double>(measured) / static_cast<double>(map.height_um.size());
  if (share < kMeasuredShareMin) {
    return absl::FailedPreconditionError(
        absl::StrFormat("measured share of the scan is %.3f, below %g", share, kMeasuredShareMin));
  }
  return absl::OkStatus();
}

// Below the pitch of a signature there is nothing to smooth.
double NoiseCutoffUm(const LandExtractionOptions& options) {
  return std::max(options.noise_cutoff_um, kSignaturePitchUm);
}

// The scan's heights as millimetres read as micrometres, or the reverse, show here.
absl::Status CheckRelief(std::span<const double> heights_um) {
  std::vector<double> measured;
  for (const double z : heights_um) {
    if (!std::isnan(z)) measured.push_back(z);
  }
  if (measured.empty()) return absl::FailedPreconditionError("no point of the land was measured");
  const auto quantile = [&](double q) {
    const auto at = measured.begin() +
                    static_cast<std::ptrdiff_t>(q * static_cast<double>(measured.size() - 1));
    std::nth_element(measured.begin(), at, measured.end());
    return *at;
  };
  const double low = quantile(0.001);
  return CheckRange("relief (0.1 % to 99.9 % of the heights)", quantile(0.999) - low, kReliefUmMin,
                    kReliefUmMax, "um");
}

// A scan lying as the method wants it.
struct OrientedLand {
  HeightMap map;
  BlockStack stack;
  double coherence = 0.0;
  bool turned = false;
  Heel heel = Heel::kUndecided;
  std::int64_t from = 0;  // Columns [from, to) of the stack: the land without its grooves.
  std::int64_t to = 0;
};

// Columns inside the shoulders, or those within the middle where none can be found.
void MarkLand(OrientedLand& land) {
  const std::optional<Shoulders> found =
      FindShoulders(StackMedian(land.stack), kSignaturePitchUm, 0.0);
  const auto columns = static_cast<double>(land.stack.columns);
  land.from = static_cast<std::int64_t>(found ? found->left : 0.15 * columns);
  land.to = static_cast<std::int64_t>(found ? found->right : 0.85 * columns);
}

absl::StatusOr<OrientedLand> Orient(const HeightMap& scan, double block_um) {
  OrientedLand land;
  const Ruling ruling = MeasureRuling(scan);
  // A single profile, or a strip too thin to have a direction, lies along its longer side.
  const bool strip = !ruling.measured();
  land.turned = strip ? scan.height > scan.width : ruling.along_x > ruling.along_y;
  land.map = land.turned ? QuarterTurn(scan) : scan;
  land.coherence = ruling.Coherence();
  if (!strip && land.coherence < kCoherenceMin) {
    return absl::FailedPreconditionError(
        absl::StrFormat("not a striated land: coherence of the surface is %.3f, below %g",
                        land.coherence, kCoherenceMin));
  }
  land.stack = CutBlocks(land.map, block_um);
  MarkLand(land);
  land.heel = FindHeel(land.stack, land.from, land.to);
  if (land.turned && land.heel == Heel::kAtEnd) {
    land.map = HalfTurn(std::move(land.map));
    land.stack = CutBlocks(land.map, block_um);
    MarkLand(land);
    land.heel = Heel::kAtStart;
  }
  // Measured again after a turn: the same surface then gives the same bits whichever way it lay.
  if (land.turned && !strip) land.coherence = MeasureRuling(land.map).Coherence();
  return land;
}

// What is ruled into the land: heights less form, smoothed. `form_um` receives the form.
std::vector<double> Detail(std::span<const double> land_um, const LandExtractionOptions& options,
                           std::vector<double>& form_um) {
  form_um = ProfileForm(land_um, GaussianKernel(options.form_cutoff_um, kSignaturePitchUm));
  std::vector<double> detail(land_um.begin(), land_um.end());
  for (std::size_t i = 0; i < detail.size(); ++i) detail[i] -= form_um[i];
  return SmoothProfile(detail, GaussianKernel(NoiseCutoffUm(options), kSignaturePitchUm));
}

// Rounds to nanometres and counts what was measured.
void Store(std::span<const double> detail_um, LandSignature& signature) {
  double sum = 0.0;
  double squares = 0.0;
  double count = 0.0;
  for (const double z : detail_um) {
    if (std::isnan(z)) {
      signature.height_nm.push_back(kSampleNotMeasured);
      continue;
    }
    const double nm = std::clamp(std::floor(z * 1000.0 + 0.5), -32767.0, 32767.0);
    signature.height_nm.push_back(static_cast<std::int16_t>(nm));
    sum += nm;
    squares += nm * nm;
    count += 1.0;
  }
  LandQuality& quality = signature.quality;
  quality.missing_share = 1.0 - count / static_cast<double>(detail_um.size());
  if (count == 0.0) return;
  const double mean = sum / count;
  quality.amplitude_um = std::sqrt(std::max(0.0, squares / count - mean * mean)) / 1000.0;
}

// The part both kinds of input share: from a profile across the land to its signature.
// `origin_um` is the x of the first sample.
absl::StatusOr<LandExtraction> Describe(const std::vector<double>& profile_um, double origin_um,
                                        const LandExtractionOptions& options) {
  PM_RETURN_IF_ERROR(CheckRelief(profile_um));
  const std::optional<Shoulders> shoulders =
      FindShoulders(profile_um, kSignaturePitchUm, options.shoulder_step_in_um);
  const auto first = shoulders ? static_cast<std::int64_t>(std::ceil(shoulders->left)) : 0;
  const auto last = shoulders ? static_cast<std::int64_t>(std::floor(shoulders->right)) : -1;
  const std::int64_t samples = last - first + 1;
  if (samples < kSignatureSamplesMin || samples > kSignatureSamplesMax) {
    return absl::FailedPreconditionError(
        absl::StrFormat("land between the shoulders is %g um wide, outside %g..%g um",
                        std::max(0.0, static_cast<double>(samples) * kSignaturePitchUm),
                        static_cast<double>(kSignatureSamplesMin) * kSignaturePitchUm,
                        static_cast<double>(kSignatureSamplesMax) * kSignaturePitchUm));
  }
  std::vector<double> form;
  const std::vector<double> detail =
      Detail(std::span(profile_um)
                 .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(samples)),
             options, form);

  LandExtraction out;
  LandSignature& signature = out.signature;
  Store(detail, signature);
  if (signature.quality.missing_share > kMissingShareMax) {
    return absl::FailedPreconditionError(
        absl::StrFormat("share of the land not measured is %.3f, above %g",
                        signature.quality.missing_share, kMissingShareMax));
  }
  signature.left_shoulder_um = origin_um + static_cast<double>(first) * kSignaturePitchUm;
  signature.right_shoulder_um = origin_um + static_cast<double>(last) * kSignaturePitchUm;
  if (shoulders->left_assumed) signature.set(LandFlag::kLeftShoulderAssumed);
  if (shoulders->right_assumed) signature.set(LandFlag::kRightShoulderAssumed);

  out.trace.left_shoulder_um = signature.left_shoulder_um;
  out.trace.right_shoulder_um = signature.right_shoulder_um;
  out.trace.profile_um.assign(profile_um.begin(), profile_um.end());
  out.trace.form_um.assign(profile_um.size(), kNotMeasured);
  std::copy(form.begin(), form.end(), out.trace.form_um.begin() + first);
  return out;
}

}  // namespace

std::string_view LandExtractorVersion() {
  return "land-2 form=iso-order2-1000um noise=iso-16um band=250um block=25um step=15um";
}

absl::StatusOr<LandExtraction> ExtractLand(const HeightMap& scan,
                                           const LandExtractionOptions& options) {
  PM_RETURN_IF_ERROR(CheckOptions(options));
  PM_RETURN_IF_ERROR(CheckMap(scan));
  PM_ASSIGN_OR_RETURN(OrientedLand land, Orient(scan, options.block_um));
  const Band band =
      ChooseBand(land.stack, land.from, land.to,
                 std::min(options.form_cutoff_um, kBandFormCutoffUm), NoiseCutoffUm(options));
  PM_ASSIGN_OR_RETURN(LandExtraction out, Describe(band.profile_um, 0.0, options));

  LandSignature& signature = out.signature;
  LandQuality& quality = signature.quality;
  quality.consistency = band.consistency;
  quality.consistent_share = band.consistent_share;
  quality.coherence = land.coherence;
  quality.drift_um_per_mm = band.drift_um_per_um * 1000.0;
  quality.band_from_um = static_cast<double>(band.first_block) * land.stack.block_um;
  quality.band_to_um = static_cast<double>(band.last_block) * land.stack.block_um;
  if (land.heel == Heel::kAtEnd) {
    const double extent_um = static_cast<double>(land.map.height) * land.map.pitch_y_um;
    quality.band_from_um = extent_um - quality.band_from_um;
    quality.band_to_um = extent_um - quality.band_to_um;
    std::swap(quality.band_from_um, quality.band_to_um);
  }
  const bool from_profile = land.stack.blocks < 3;
  if (from_profile) signature.set(LandFlag::kFromProfile);
  if (band.damaged) signature.set(LandFlag::kDamaged);
  if (land.turned) signature.set(LandFlag::kTransposed);
  // A turned scan shows that the usual layout was not kept, and a heel at the far end that the scan
  // was either turned or mirrored: one scan cannot tell which, and they differ in the direction of
  // the profile. x is left alone, and the comparison has to try both. The direction of a single
  // profile is that of whoever cut it.
  if (!from_profile && (land.turned || land.heel != Heel::kAtStart)) {
    signature.set(LandFlag::kHeelUncertain);
  }
  out.trace.oriented = std::move(land.map);
  return out;
}

namespace {

absl::Status CheckProfile(const std::vector<double>& x_um, const std::vector<double>& height_um) {
  if (x_um.size() != height_um.size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d positions but %d heights", x_um.size(), height_um.size()));
  }
  PM_RETURN_IF_ERROR(CheckRange("profile length", static_cast<double>(x_um.size()), 2,
                                static_cast<double>(kProfileSamplesMax), "samples"));
  for (std::size_t i = 0; i < x_um.size(); ++i) {
    PM_RETURN_IF_ERROR(CheckRange("height", height_um[i], -kHeightUmMax, kHeightUmMax, "um"));
    if (i > 0 && !(x_um[i] > x_um[i - 1])) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "position %d is %g um, not beyond the one before, %g um", i, x_um[i], x_um[i - 1]));
    }
  }
  PM_RETURN_IF_ERROR(CheckRange("first position", x_um.front(), -1e6, 1e6, "um"));
  return CheckRange("extent of the profile", x_um.back() - x_um.front(), 0.0, kExtentUmMax, "um");
}

// Heights at kSignaturePitchUm from the first position on: the mean of the samples within half a
// step, or the line between two neighbours not farther apart than `gap_um`.
std::vector<double> OntoGrid(const std::vector<double>& x_um, const std::vector<double>& height_um,
                             double gap_um) {
  const auto cells = static_cast<std::size_t>((x_um.back() - x_um.front()) / kSignaturePitchUm) + 1;
  std::vector<double> out(cells, kNaN);
  std::size_t next = 0;  // First sample not left of the cell.
  for (std::size_t i = 0; i < cells; ++i) {
    const double centre = x_um.front() + static_cast<double>(i) * kSignaturePitchUm;
    while (next < x_um.size() && x_um[next] < centre - 0.5 * kSignaturePitchUm) ++next;
    double sum = 0.0;
    std::size_t k = next;
    for (; k < x_um.size() && x_um[k] < centre + 0.5 * kSignaturePitchUm; ++k) sum += height_um[k];
    if (k > next) {
      out[i] = sum / static_cast<double>(k - next);
    } else if (next > 0 && next < x_um.size() && x_um[next] - x_um[next - 1] <= gap_um) {
      const double t = (centre - x_um[next - 1]) / (x_um[next] - x_um[next - 1]);
      out[i] = height_um[next - 1] + t * (height_um[next] - height_um[next - 1]);
    }
  }
  return out;
}

}  // namespace

absl::StatusOr<LandExtraction> ExtractLandFromProfile(const std::vector<double>& x_um,
                                                      const std::vector<double>& height_um,
                                                      const LandExtractionOptions& options) {
  PM_RETURN_IF_ERROR(CheckOptions(options));
  PM_RETURN_IF_ERROR(CheckProfile(x_um, height_um));
  std::vector<double> steps;
  for (std::size_t i = 1; i < x_um.size(); ++i) steps.push_back(x_um[i] - x_um[i - 1]);
  const double pitch_um = Median(steps).value_or(0.0);
  PM_RETURN_IF_ERROR(
      CheckRange("median step of the positions", pitch_um, kPitchUmMin, kPitchUmMax, "um"));
  const std::vector<double> profile_um = OntoGrid(x_um, height_um, 1.5 * pitch_um);
  PM_ASSIGN_OR_RETURN(LandExtraction out, Describe(profile_um, x_um.front(), options));
  out.signature.set(LandFlag::kFromProfile);
  out.trace.oriented = {.width = static_cast<std::int64_t>(profile_um.size()),
                        .height = 1,
                        .pitch_x_um = kSignaturePitchUm,
                        .pitch_y_um = kSignaturePitchUm,
                        .height_um = out.trace.profile_um};
  return out;
}

}  // namespace proofmark::forensics
