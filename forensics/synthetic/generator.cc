// SPDX-License-Identifier: Apache-2.0
#include "forensics/synthetic/generator.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "forensics/numeric/portable_math.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/synthetic/philox.h"
#include "forensics/synthetic/striation_process.h"

namespace proofmark::forensics {
namespace {

constexpr double kDropOutsPerMm = 0.3;
constexpr double kShoulderErrorUm = 30.0;  // Standard deviation of where a shoulder is seen.
constexpr double kSignatureNoiseUm = 0.008;

absl::Status CheckRange(const char* field, double value, double min, double max) {
  if (value >= min && value <= max) return absl::OkStatus();  // NaN fails.
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is %g; it must be in [%g, %g]", field, value, min, max));
}

double TwistSlope(const SyntheticBarrel& barrel) {
  const SinCos twist = SinCosTurns(barrel.twist_deg / 360.0);
  return twist.sin / twist.cos;
}

// Stretches of the land where nothing was measured: Poisson along x, 20 to 150 um long.
struct DropOut {
  double from_um;
  double to_um;
};
std::vector<DropOut> DrawDropOuts(const RandomStream& stream, double width_um) {
  std::vector<DropOut> drop_outs;
  double at_um = 0.0;
  for (std::uint32_t i = 0; drop_outs.size() < 64; i += 2) {
    at_um += -Log(stream.Uniform(i)) * 1000.0 / kDropOutsPerMm;
    if (at_um >= width_um) break;
    drop_outs.push_back({at_um, at_um + stream.Uniform(i + 1, 20.0, 150.0)});
  }
  return drop_outs;
}

// --- Direct signatures ----------------------------------------------------------------------

std::int16_t ToNanometres(double height_um) {
  return static_cast<std::int16_t>(
      std::clamp(std::floor(height_um * 1000.0 + 0.5), -32767.0, 32767.0));
}

double AmplitudeUm(const std::vector<std::int16_t>& height_nm) {
  double sum = 0.0;
  double sum_squares = 0.0;
  double count = 0.0;
  for (const std::int16_t z : height_nm) {
    if (z == kSampleNotMeasured) continue;
    sum += z;
    sum_squares += static_cast<double>(z) * z;
    count += 1.0;
  }
  if (count == 0.0) return 0.0;
  const double variance = sum_squares / count - (sum / count) * (sum / count);
  return std::sqrt(std::max(0.0, variance)) / 1000.0;
}

LandSignature DrawLandSignature(const SyntheticBarrel& barrel, std::uint32_t shot,
                                std::int64_t land) {
  constexpr double kStepInUm = 30.0;       // As the extractor cuts inside each shoulder.
  constexpr double kScanMarginUm = 250.0;  // Of groove before the left shoulder.
  const RandomStream geometry(barrel.seed, barrel.barrel, shot,
                              PurposeWord(RandomPurpose::kGeometry, land));
  const double shift_um = geometry.Uniform(0, -150.0, 150.0);
  const double left_um = shift_um + kShoulderErrorUm * geometry.Normal(2);
  const double right_um =
      std::max(left_um + 0.8 * barrel.land_width_um,
               barrel.land_width_um + shift_um + kShoulderErrorUm * geometry.Normal(3));
  const double first_um = left_um + kStepInUm;
  const std::int64_t count =
      1 + static_cast<std::int64_t>((right_um - kStepInUm - first_um) / kSignaturePitchUm);
  const LandTexture texture =
      DrawLandTexture(barrel, shot, land, TextureUse::kSignature, first_um, right_um);
  const RandomStream noise(barrel.seed, barrel.barrel, shot,
                           PurposeWord(RandomPurpose::kSamplingNoise, land));
  const std::vector<DropOut> drop_outs = DrawDropOuts(
      RandomStream(barrel.seed, barrel.barrel, shot, PurposeWord(RandomPurpose::kDropOuts, land)),
      right_um - left_um);

  LandSignature signature;
  signature.left_shoulder_um = left_um - shift_um + kScanMarginUm;
  signature.right_shoulder_um = right_um - shift_um + kScanMarginUm;
  signature.height_nm.resize(static_cast<std::size_t>(count));
  std::int64_t missing = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double inside_um = static_cast<double>(i) * kSignaturePitchUm;
    const bool dropped = std::any_of(drop_outs.begin(), drop_outs.end(), [&](const DropOut& hole) {
      return inside_um >= hole.from_um && inside_um < hole.to_um;
    });
    missing += dropped ? 1 : 0;
    signature.height_nm[static_cast<std::size_t>(i)] =
        dropped ? kSampleNotMeasured
                : ToNanometres(texture.At(first_um + inside_um) +
                               kSignatureNoiseUm * noise.Normal(static_cast<std::uint32_t>(i)));
  }
  const double reproducibility = LandReproducibility(barrel, land);
  signature.quality.consistency = 0.75 + 0.2 * reproducibility;
  signature.quality.consistent_share = 0.6 + 0.4 * reproducibility;
  signature.quality.missing_share = static_cast<double>(missing) / static_cast<double>(count);
  signature.quality.coherence = 0.9;
  signature.quality.amplitude_um = AmplitudeUm(signature.height_nm);
  signature.quality.drift_um_per_mm = 1000.0 * TwistSlope(barrel);
  signature.quality.band_from_um = 100.0;
  signature.quality.band_to_um = 475.0;
  return signature;
}

// --- Scans ----------------------------------------------------------------------------------

// The rise from the land into the groove on one side.
struct Shoulder {
  double height_um;
  double width_um;

  // `outside_um` beyond the land's edge.
  double Rise(double outside_um) const {
    const double t = std::clamp(outside_um / width_um, 0.0, 1.0);
    return height_um * t * t * (3.0 - 2.0 * t);
  }
  // How much of the land's texture is left there.
  double TextureShare(double outside_um) const {
    return 1.0 - std::clamp(outside_um / width_um, 0.0, 1.0);
  }
};

// Everything about one scan but its points.
class LandScene {
 public:
  LandScene(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land,
            const SyntheticScanOptions& options)
      : barrel_(barrel),
        options_(options),
        slope_(TwistSlope(barrel)),
        amplitude_um_(LandAmplitudeUm(barrel, land)),
        texture_(DrawLandTexture(barrel, shot, land, TextureUse::kSurface, -Margin(),
                                 barrel.land_width_um + Margin())),
        groove_texture_(DrawOwnTexture(barrel, shot, land, TextureUse::kSurface, 0, -Margin(),
                                       barrel.land_width_um + Margin())),
        patches_(barrel.seed, barrel.barrel, shot,
                 PurposeWord(RandomPurpose::kDamage, land, 1U << 8)) {
    const RandomStream geometry(barrel.seed, barrel.barrel, 0,
                                PurposeWord(RandomPurpose::kGeometry, land));
    left_ = {geometry.Uniform(8, 20.0, 60.0), geometry.Uniform(9, 60.0, 150.0)};
    right_ = {geometry.Uniform(10, 20.0, 60.0), geometry.Uniform(11, 60.0, 150.0)};
    const RandomStream placing(barrel.seed, barrel.barrel, shot,
                               PurposeWord(RandomPurpose::kGeometry, land, 1U << 8));
    const double play_um = 0.3 * options.groove_um;
    left_edge_um_ = options.groove_um + placing.Uniform(0, -play_um, play_um);
    tilt_x_ = placing.Uniform(1, -0.02, 0.02);
    tilt_y_ = placing.Uniform(2, -0.02, 0.02);
    break_off_um_ = placing.Uniform(3, 50.0, 100.0);
    break_off_share_ = placing.Uniform(4, 0.3, 0.8);
    drop_outs_ = DrawDropOuts(
        RandomStream(barrel.seed, barrel.barrel, shot, PurposeWord(RandomPurpose::kDropOuts, land)),
        barrel.land_width_um);
    for (std::uint32_t i = 0; i <= static_cast<std::uint32_t>(options.length_um / kDriftUm) + 1;
         ++i) {
      changes_.push_back(DrawOwnTexture(barrel, shot, land, TextureUse::kSurface, 1 + i, -Margin(),
                                        barrel.land_width_um + Margin()));
    }
  }

  // Height without instrument noise.
  double HeightUm(double x_um, double y_um) const {
    const double along_um = LandX(x_um, y_um);
    const double outside_um = std::max({-along_um, along_um - barrel_.land_width_um, 0.0});
    const Shoulder& shoulder = along_um < 0.0 ? left_ : right_;
    const double land_share = shoulder.TextureShare(outside_um);
    double z = CircleUm(x_um) + tilt_x_ * x_um + tilt_y_ * y_um + shoulder.Rise(outside_um);
    if (land_share > 0.0) z += land_share * LandMarksUm(along_um, y_um);
    if (land_share < 1.0) z += (1.0 - land_share) * 0.4 * groove_texture_.At(along_um);
    if (y_um < break_off_um_) z += 4.0 * (Patch(x_um, y_um, 1) - 0.5);
    return z;
  }

  // Whether the instrument sees nothing there; `steepness` is the slope's absolute tangent.
  bool Missing(double x_um, double y_um, double steepness) const {
    if (y_um < break_off_um_ && Patch(x_um, y_um, 0) < break_off_share_) return true;
    if (steepness > 0.7 && Patch(x_um, y_um, 2) < 0.3) return true;
    const double along_um = LandX(x_um, y_um);
    // A drop-out is a patch about as long as it is wide, at its own place along the axis.
    for (std::size_t i = 0; i < drop_outs_.size(); ++i) {
      const DropOut& hole = drop_outs_[i];
      const double centre_y_um =
          patches_.Uniform(static_cast<std::uint32_t>(i)) * options_.length_um;
      if (along_um >= hole.from_um && along_um < hole.to_um &&
          std::abs(y_um - centre_y_um) < hole.to_um - hole.from_um) {
        return true;
      }
    }
    return false;
  }

 private:
  static constexpr double kDriftUm = 100.0;   // Along the axis, until the marks have changed.
  static constexpr double kDriftShare = 0.2;  // Of the variance, that changes along the axis.
  static constexpr double kPatchUm = 12.5;
  static constexpr double kFullContactUm = 150.0;  // From the heel, until the marks are whole.

  double Margin() const { return 1.4 * options_.groove_um + 250.0; }

  // Place across the land: the striae and shoulders run with the twist.
  double LandX(double x_um, double y_um) const {
    return x_um - left_edge_um_ - slope_ * (y_um - 0.5 * options_.length_um);
  }

  double CircleUm(double x_um) const {
    const double from_top_um = x_um - options_.groove_um - 0.5 * barrel_.land_width_um;
    const double radius_um = barrel_.bullet_radius_um;
    return std::sqrt(std::max(0.0, radius_um * radius_um - from_top_um * from_top_um)) - radius_um;
  }

  // The land's marks: what runs through, and what changes along the axis.
  double LandMarksUm(double along_um, double y_um) const {
    const double step = y_um / kDriftUm;
    const double floor = std::floor(step);
    const std::size_t i = static_cast<std::size_t>(floor);
    const SinCos blend = SinCosTurns(0.25 * (step - floor));
    const double changing =
        blend.cos * changes_[i].At(along_um) + blend.sin * changes_[i + 1].At(along_um);
    static const double kSteady = std::sqrt(1.0 - kDriftShare);
    static const double kChanging = std::sqrt(kDriftShare);
    const double contact = std::clamp(0.3 + 0.7 * y_um / kFullContactUm, 0.3, 1.0);
    return contact * (kSteady * texture_.At(along_um) + kChanging * amplitude_um_ * changing);
  }

  // Uniform, constant over small squares.
  double Patch(double x_um, double y_um, std::uint32_t kind) const {
    const std::uint32_t column = static_cast<std::uint32_t>(x_um / kPatchUm);
    const std::uint32_t row = static_cast<std::uint32_t>(y_um / kPatchUm);
    return patches_.Uniform((1U << 24) + ((kind << 22) | (row << 12) | column));
  }

  const SyntheticBarrel& barrel_;
  const SyntheticScanOptions& options_;
  const double slope_;
  const double amplitude_um_;
  const LandTexture texture_;
  const LandTexture groove_texture_;
  const RandomStream patches_;
  std::vector<LandTexture> changes_;
  std::vector<DropOut> drop_outs_;
  Shoulder left_{};
  Shoulder right_{};
  double left_edge_um_ = 0.0;
  double tilt_x_ = 0.0;
  double tilt_y_ = 0.0;
  double break_off_um_ = 0.0;
  double break_off_share_ = 0.0;
};

}  // namespace

absl::Status CheckSynthetic(const SyntheticBarrel& barrel) {
  PM_RETURN_IF_ERROR(CheckRange("land_count", static_cast<double>(barrel.land_count), 1.0,
                                static_cast<double>(kBulletLandsMax)));
  PM_RETURN_IF_ERROR(CheckRange("land_width_um", barrel.land_width_um, 600.0, 6'000.0));
  PM_RETURN_IF_ERROR(CheckRange("bullet_radius_um", barrel.bullet_radius_um,
                                std::max(2'000.0, barrel.land_width_um), 12'000.0));
  return CheckRange("twist_deg", barrel.twist_deg, -12.0, 12.0);
}

absl::Status CheckSynthetic(const SyntheticScanOptions& options) {
  PM_RETURN_IF_ERROR(CheckRange("pitch_um", options.pitch_um, 0.5, 10.0));
  PM_RETURN_IF_ERROR(CheckRange("length_um", options.length_um, 200.0, 3'000.0));
  return CheckRange("groove_um", options.groove_um, 0.0, 1'000.0);
}

HeightMap GenerateLandScan(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land,
                           const SyntheticScanOptions& options) {
  constexpr double kNoiseUm = 0.020;
  constexpr double kNoisePerSlopeUm = 0.005;
  PM_CHECK(CheckSynthetic(barrel).ok());
  PM_CHECK(CheckSynthetic(options).ok());
  PM_CHECK(land >= 0 && land < barrel.land_count);
  const LandScene scene(barrel, shot, land, options);
  const RandomStream noise(barrel.seed, barrel.barrel, shot,
                           PurposeWord(RandomPurpose::kPointNoise, land));
  const double across_um = barrel.land_width_um + 2.0 * options.groove_um;

  HeightMap map;
  map.width = 1 + static_cast<std::int64_t>(across_um / options.pitch_um);
  map.height = 1 + static_cast<std::int64_t>(options.length_um / options.pitch_um);
  map.pitch_x_um = options.pitch_um;
  map.pitch_y_um = options.pitch_um;
  map.height_um.resize(static_cast<std::size_t>(map.width * map.height));
  std::vector<double> row(static_cast<std::size_t>(map.width));
  for (std::int64_t y = 0; y < map.height; ++y) {
    const double y_um = static_cast<double>(y) * options.pitch_um;
    for (std::int64_t x = 0; x < map.width; ++x) {
      row[static_cast<std::size_t>(x)] =
          scene.HeightUm(static_cast<double>(x) * options.pitch_um, y_um);
    }
    for (std::int64_t x = 0; x < map.width; ++x) {
      const std::size_t at = static_cast<std::size_t>(x);
      const std::size_t next = static_cast<std::size_t>(std::min(x + 1, map.width - 1));
      const double steepness = std::abs(row[next] - row[at]) / options.pitch_um;
      const double sd_um = kNoiseUm + kNoisePerSlopeUm * steepness;
      const std::uint32_t point = static_cast<std::uint32_t>(y * map.width + x);
      map.at(x, y) = scene.Missing(static_cast<double>(x) * options.pitch_um, y_um, steepness)
                         ? kNotMeasured
                         : static_cast<float>(row[at] + sd_um * noise.Normal(point));
    }
  }
  return map;
}

BulletSignature GenerateBulletSignature(const SyntheticBarrel& barrel, std::uint32_t shot) {
  PM_CHECK(CheckSynthetic(barrel).ok());
  BulletSignature bullet;
  bullet.extractor_version = std::string(LandExtractorVersion());
  for (std::int64_t land = 0; land < barrel.land_count; ++land) {
    bullet.lands.push_back(DrawLandSignature(barrel, shot, land));
  }
  return bullet;
}

}  // namespace proofmark::forensics
