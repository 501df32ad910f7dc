// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace proofmark::forensics {

// Step of a stored land signature, micrometres.
inline constexpr double kSignaturePitchUm = 3.125;
inline constexpr std::int64_t kSignatureSamplesMin = 96;     // 0.3 mm.
inline constexpr std::int64_t kSignatureSamplesMax = 4'096;  // 12.8 mm.
inline constexpr std::int64_t kBulletLandsMax = 24;

// A sample that was not measured. Measured samples are clipped to [-32767, 32767] nm.
inline constexpr std::int16_t kSampleNotMeasured = std::numeric_limits<std::int16_t>::min();

// What the extractor noticed. Stored and sent as a bit set; never renumber.
enum class LandFlag : std::uint32_t {
  kHeelUncertain = 1U << 0,         // Which end is the base was undecided: search reversed too.
  kDamaged = 1U << 1,               // No stretch of the land repeats along the bullet axis.
  kLeftShoulderAssumed = 1U << 2,   // No groove seen on the left: the edge of the scan was taken.
  kRightShoulderAssumed = 1U << 3,  // The same on the right.
  kTransposed = 1U << 4,            // The scan ran across y and was turned by 90 degrees.
  kUnitCorrected = 1U << 5,         // The file was not in metres and was corrected.
  kFromProfile = 1U << 6,           // Made from a single profile, so repeatability is unknown.
};

// How far one land signature can be trusted.
struct LandQuality {
  double consistency = 0.0;       // Mean correlation of the averaged blocks, [-1, 1].
  double consistent_share = 0.0;  // Share of blocks that agree with the rest, [0, 1].
  double missing_share = 0.0;     // Share of samples between the shoulders not measured, [0, 1].
  double coherence = 0.0;         // Of the structure tensor: 0 no direction, 1 perfect striae.
  double amplitude_um = 0.0;      // Standard deviation of the measured samples, micrometres.
  double drift_um_per_mm = 0.0;   // Sideways drift of the striae along the bullet axis.
  double band_from_um = 0.0;      // Along the axis, from the heel: the stretch that was averaged.
  double band_to_um = 0.0;
  friend bool operator==(const LandQuality&, const LandQuality&) = default;
};

// The striation signature of one land engraved area: heights after form removal and smoothing,
// along x from the left shoulder to the right one.
struct LandSignature {
  std::vector<std::int16_t> height_nm;  // At kSignaturePitchUm; kSampleNotMeasured for gaps.
  double left_shoulder_um = 0.0;        // In the coordinates of the scan's x axis.
  double right_shoulder_um = 0.0;
  LandQuality quality;
  std::uint32_t flags = 0;  // LandFlag bits.

  double width_um() const { return right_shoulder_um - left_shoulder_um; }
  bool has(LandFlag flag) const { return (flags & static_cast<std::uint32_t>(flag)) != 0; }
  void set(LandFlag flag) { flags |= static_cast<std::uint32_t>(flag); }
  friend bool operator==(const LandSignature&, const LandSignature&) = default;
};

// The ballistic signature of one bullet: its lands in the order in which they follow each other
// around the bullet. A missing or unusable land stays in its place as nullopt.
struct BulletSignature {
  std::string extractor_version;  // Signatures of different versions are never compared.
  std::vector<std::optional<LandSignature>> lands;  // 1..kBulletLandsMax.
  friend bool operator==(const BulletSignature&, const BulletSignature&) = default;
};

// Mean width between the shoulders of the measured lands, micrometres; nullopt without any whose
// two shoulders were both seen.
std::optional<double> MeanLandWidthUm(const BulletSignature& bullet);

}  // namespace proofmark::forensics
