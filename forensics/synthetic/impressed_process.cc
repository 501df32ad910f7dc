// SPDX-License-Identifier: Apache-2.0
#include "forensics/synthetic/impressed_process.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "forensics/numeric/portable_math.h"
#include "forensics/synthetic/philox.h"

namespace proofmark::forensics {
namespace {

// Fields stand on a lattice of their own, wide enough for any turned and moved primer.
constexpr double kLatticeUm = 12.5;
constexpr std::int64_t kLatticeSide = 512;  // 6.4 mm.

// Band of the tool marks, as of granular breech faces: 30 to 300 um.
constexpr double kFineSigmaUm = 13.0;
constexpr double kCoarseSigmaUm = 75.0;
constexpr double kContactSigmaUm = 270.0;  // Contact changes over 0.8 mm.
constexpr double kMarkUm = 1.4;            // Standard deviation of the mark.
constexpr double kPrimerUm = 0.5;          // Of the primer's own roughness.
constexpr double kNoiseUm = 0.02;          // Of the instrument.
constexpr double kContactMin = 0.35;       // Below it nothing of the breech face is to be seen.
constexpr double kContactShift = 0.1;      // Of the unit field: rather more contact than not.
constexpr double kContactSlope = 2.5;
constexpr double kContactKept = 0.7;  // Correlation of the contact of two shots.
constexpr double kMoveUm = 200.0;     // Shots lie moved by up to this, either way.
constexpr double kTiltUmPerMm = 4.0;
constexpr double kBulgeUm = 6.0;  // At 2 mm from the middle.

// What a stream of random numbers is for.
enum Purpose : std::uint32_t {
  kGranular = 101,
  kLines = 102,
  kContact = 103,
  kShotMark = 104,
  kShotContact = 105,
  kPrimer = 106,
  kPose = 107,
  kInstrument = 108,
};

absl::Status CheckWithin(std::string_view name, double value, double min, double max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: %g, must be in [%g, %g]", name, value, min, max));
}

// A square field on the lattice.
class Field {
 public:
  Field() : values_(static_cast<std::size_t>(kLatticeSide * kLatticeSide)) {}

  double& at(std::int64_t x, std::int64_t y) {
    return values_[static_cast<std::size_t>(y * kLatticeSide + x)];
  }
  double at(std::int64_t x, std::int64_t y) const {
    return values_[static_cast<std::size_t>(y * kLatticeSide + x)];
  }

  // Between four lattice points; the lattice repeats itself.
  double Sample(double x_um, double y_um) const {
    const double x = x_um / kLatticeUm;
    const double y = y_um / kLatticeUm;
    const double x0 = std::floor(x);
    const double y0 = std::floor(y);
    const double u = x - x0;
    const double v = y - y0;
    const std::int64_t i = Wrap(static_cast<std::int64_t>(x0));
    const std::int64_t j = Wrap(static_cast<std::int64_t>(y0));
    const std::int64_t i1 = Wrap(i + 1);
    const std::int64_t j1 = Wrap(j + 1);
    return (1.0 - v) * ((1.0 - u) * at(i, j) + u * at(i1, j)) +
           v * ((1.0 - u) * at(i, j1) + u * at(i1, j1));
  }

  // Gaussian, around the edges.
  Field Smoothed(double sigma_um) const {
    const double sigma = sigma_um / kLatticeUm;
    const auto radius = static_cast<std::int64_t>(std::ceil(3.0 * sigma));
    std::vector<double> weights;
    for (std::int64_t k = -radius; k <= radius; ++k) {
      const double z = static_cast<double>(k) / sigma;
      weights.push_back(Exp(-0.5 * z * z));
    }
    return Along(weights, radius, true).Along(weights, radius, false);
  }

  // Mean 0, standard deviation 1.
  void Standardise() {
    double sum = 0.0;
    double squares = 0.0;
    for (const double value : values_) {
      sum += value;
      squares += value * value;
    }
    const double count = static_cast<double>(values_.size());
    const double mean = sum / count;
    const double sd = std::sqrt(squares / count - mean * mean);
    for (double& value : values_) value = (value - mean) / sd;
  }

 private:
  static std::int64_t Wrap(std::int64_t i) {
    const std::int64_t rest = i % kLatticeSide;
    return rest < 0 ? rest + kLatticeSide : rest;
  }

  Field Along(const std::vector<double>& weights, std::int64_t radius, bool rows) const {
    Field out;
    for (std::int64_t y = 0; y < kLatticeSide; ++y) {
      for (std::int64_t x = 0; x < kLatticeSide; ++x) {
        double sum = 0.0;
        for (std::int64_t k = -radius; k <= radius; ++k) {
          sum += weights[static_cast<std::size_t>(k + radius)] *
                 (rows ? at(Wrap(x + k), y) : at(x, Wrap(y + k)));
        }
        out.at(x, y) = sum;
      }
    }
    return out;
  }

  std::vector<double> values_;
};

// White noise; with `lines` the same down every column.
Field Noise(const RandomStream& stream, bool lines) {
  Field field;
  for (std::int64_t y = 0; y < kLatticeSide; ++y) {
    for (std::int64_t x = 0; x < kLatticeSide; x += 2) {
      const std::int64_t index = (lines ? x : y * kLatticeSide + x) / 2;
      const auto [a, b] = stream.NormalPair(static_cast<std::uint32_t>(index));
      field.at(x, y) = a;
      field.at(x + 1, y) = b;
    }
  }
  return field;
}

// Tool marks of unit variance in their band.
Field Marks(const RandomStream& stream, bool lines) {
  Field fine = Noise(stream, lines).Smoothed(kFineSigmaUm);
  Field coarse = fine.Smoothed(kCoarseSigmaUm);
  // Both sums are unnormalised: brought to the same scale before one is taken from the other.
  fine.Standardise();
  coarse.Standardise();
  Field band = fine;
  // The share of the coarse part in white noise smoothed twice: the ratio of the widths.
  const double share = kFineSigmaUm / kCoarseSigmaUm;
  for (std::int64_t y = 0; y < kLatticeSide; ++y) {
    for (std::int64_t x = 0; x < kLatticeSide; ++x) {
      band.at(x, y) -= (lines ? std::sqrt(share) : share) * coarse.at(x, y);
    }
  }
  band.Standardise();
  return band;
}

Field Contact(const RandomStream& stream) {
  Field field = Noise(stream, false).Smoothed(kContactSigmaUm);
  field.Standardise();
  return field;
}

// One shot: everything that makes its mark.
class Shot {
 public:
  Shot(const SyntheticSlide& slide, std::uint32_t shot, double turn_degrees_max)
      : granular_(Marks(RandomStream(slide.seed, slide.slide, 0, kGranular), false)),
        lines_(Marks(RandomStream(slide.seed, slide.slide, 0, kLines), true)),
        contact_(Contact(RandomStream(slide.seed, slide.slide, 0, kContact))),
        own_(Marks(RandomStream(slide.seed, slide.slide, shot + 1, kShotMark), false)),
        own_contact_(Contact(RandomStream(slide.seed, slide.slide, shot + 1, kShotContact))),
        primer_(Marks(RandomStream(slide.seed, slide.slide, shot + 1, kPrimer), false)),
        kept_(std::sqrt(slide.reproduction)),
        lost_(std::sqrt(1.0 - slide.reproduction)),
        lined_(std::sqrt(slide.line_share)),
        grained_(std::sqrt(1.0 - slide.line_share)) {
    const RandomStream pose(slide.seed, slide.slide, shot + 1, kPose);
    const double turns = turn_degrees_max / 360.0;
    turn_ = SinCosTurns(pose.Uniform(0, -turns, turns));
    dx_um_ = pose.Uniform(1, -kMoveUm, kMoveUm);
    dy_um_ = pose.Uniform(2, -kMoveUm, kMoveUm);
    tilt_x_ = pose.Uniform(3, -kTiltUmPerMm, kTiltUmPerMm) / 1'000.0;
    tilt_y_ = pose.Uniform(4, -kTiltUmPerMm, kTiltUmPerMm) / 1'000.0;
  }

  // The height at a point of the primer; nullopt where it did not meet the breech face.
  std::optional<double> HeightUm(double x_um, double y_um) const {
    // Where this point lay on the breech face.
    const double face_x = turn_.cos * x_um - turn_.sin * y_um + dx_um_;
    const double face_y = turn_.sin * x_um + turn_.cos * y_um + dy_um_;
    const double touch =
        kContactKept * contact_.Sample(face_x, face_y) +
        std::sqrt(1.0 - kContactKept * kContactKept) * own_contact_.Sample(x_um, y_um);
    const double c = 1.0 / (1.0 + Exp(-kContactSlope * (touch + kContactShift)));
    if (c < kContactMin) return std::nullopt;
    const double face =
        lined_ * lines_.Sample(face_x, face_y) + grained_ * granular_.Sample(face_x, face_y);
    const double mark_um = kMarkUm * (kept_ * face + lost_ * own_.Sample(x_um, y_um));
    const double rough_um = kPrimerUm * primer_.Sample(x_um, y_um);
    const double bulge_um = -kBulgeUm * (x_um * x_um + y_um * y_um) / 4e6;
    return c * mark_um + (1.0 - c) * rough_um + tilt_x_ * x_um + tilt_y_ * y_um + bulge_um;
  }

 private:
  const Field granular_, lines_, contact_, own_, own_contact_, primer_;
  const double kept_, lost_, lined_, grained_;
  SinCos turn_;
  double dx_um_ = 0.0;
  double dy_um_ = 0.0;
  double tilt_x_ = 0.0;
  double tilt_y_ = 0.0;
};

}  // namespace

absl::Status CheckSynthetic(const SyntheticSlide& slide) {
  PM_RETURN_IF_ERROR(CheckWithin("line_share", slide.line_share, 0.0, 0.8));
  return CheckWithin("reproduction", slide.reproduction, 0.0, 0.99);
}

absl::Status CheckSynthetic(const SyntheticPrimerOptions& options) {
  PM_RETURN_IF_ERROR(CheckWithin("pitch_um", options.pitch_um, 3.0, 13.0));
  PM_RETURN_IF_ERROR(CheckWithin("radius_um", options.radius_um, 1'000.0, 2'500.0));
  PM_RETURN_IF_ERROR(CheckWithin("pin_radius_um", options.pin_radius_um, 300.0,
                                 std::min(900.0, options.radius_um / 2.0)));
  return CheckWithin("turn_degrees_max", options.turn_degrees_max, 0.0, 180.0);
}

HeightMap GenerateBreechFaceScan(const SyntheticSlide& slide, std::uint32_t shot,
                                 const SyntheticPrimerOptions& options) {
  PM_CHECK(CheckSynthetic(slide).ok() && CheckSynthetic(options).ok());
  const Shot made(slide, shot, options.turn_degrees_max);
  const RandomStream instrument(slide.seed, slide.slide, shot + 1, kInstrument);
  HeightMap map;
  map.width = 2 * static_cast<std::int64_t>(options.radius_um / options.pitch_um) + 1;
  map.height = map.width;
  map.pitch_x_um = options.pitch_um;
  map.pitch_y_um = options.pitch_um;
  map.height_um.assign(static_cast<std::size_t>(map.width * map.height), kNotMeasured);
  for (std::int64_t row = 0; row < map.height; ++row) {
    for (std::int64_t column = 0; column < map.width; ++column) {
      const double x_um = options.pitch_um * static_cast<double>(column - map.width / 2);
      const double y_um = options.pitch_um * static_cast<double>(row - map.height / 2);
      const double r2 = x_um * x_um + y_um * y_um;
      if (r2 > options.radius_um * options.radius_um ||
          r2 < options.pin_radius_um * options.pin_radius_um) {
        continue;
      }
      const std::optional<double> height_um = made.HeightUm(x_um, y_um);
      if (!height_um) continue;
      const auto index = static_cast<std::uint32_t>(row * map.width + column);
      map.at(column, row) = static_cast<float>(*height_um + kNoiseUm * instrument.Normal(index));
    }
  }
  return map;
}

}  // namespace proofmark::forensics
