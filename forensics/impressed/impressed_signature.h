// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace proofmark::forensics {

// Marks of a cartridge case, each a mark of its own with its own likelihood ratio. Stored and sent;
// never renumber.
enum class ImpressedRegion : std::uint8_t {
  kBreechFace = 1,
  kFiringPin = 2,
  kApertureShear = 3,  // Striated: extracted and compared by forensics/striated, never here.
  kEjector = 4,
};

// Sides of a relief in samples. At the pitch of a breech face 5.6 mm: the largest primer.
inline constexpr std::int64_t kReliefSideMin = 48;
inline constexpr std::int64_t kReliefSideMax = 448;

// Step of a stored relief, micrometres: 12.5 for breech face and ejector, 3.125 for the firing pin.
double ReliefPitchUm(ImpressedRegion region);

// Relief is stored in levels, kReliefLevelsPerRms of them to the rms of its surroundings, clipped
// to [-kReliefLevelMax, kReliefLevelMax].
inline constexpr std::int8_t kReliefNotMeasured = std::numeric_limits<std::int8_t>::min();
inline constexpr std::int32_t kReliefLevelMax = 127;
inline constexpr double kReliefLevelsPerRms = 24.0;

// What the extractor noticed. Stored and sent as a bit set; never renumber.
enum class ImpressedFlag : std::uint32_t {
  kUnitCorrected = 1U << 0,       // The file was not in metres and was corrected (set by callers).
  kMaskFromFile = 1U << 1,        // The mark was outlined by a mask in the file.
  kMaskFound = 1U << 2,           // Whole primer: the mark was outlined by the extractor.
  kMaskFromGaps = 1U << 3,        // Processed scan: everything outside the mark was missing.
  kOrientationUnknown = 1U << 4,  // The scan's orientation is not standardised: full circle.
  kInverted = 1U << 5,            // A negative cast: heights and the x axis were turned back.
  kSmallArea = 1U << 6,           // Little of the mark was measured: expect a low level at best.
  kPart = 1U << 7,                // A part of a mark: the primer's edge told where its middle is.
  kMiddleUnknown = 1U << 8,       // Too little of the primer's edge to tell: found only where the
                                  // middle of what was measured happens to be the mark's.
};

// How far a signature can be trusted.
struct ImpressedQuality {
  double valid_area_mm2 = 0.0;   // Of the relief stored.
  double missing_share = 0.0;    // Not measured within the outline of the mark, [0, 1].
  double rms_um = 0.0;           // Of the band-passed heights before normalisation, micrometres.
  double tilt_um_per_mm = 0.0;   // Slope of the plane that was removed.
  double outer_radius_um = 0.0;  // Of the circle trimmed to; 0 without (see the mask flags).
  double inner_radius_um = 0.0;  // Of the firing-pin hole; 0 without.
  friend bool operator==(const ImpressedQuality&, const ImpressedQuality&) = default;
};

// The ballistic signature of one impressed mark: its band-passed, locally normalised relief on a
// square grid. Every coarser record (coarse_impression.h) and every comparison derives from it.
struct ImpressedSignature {
  std::string extractor_version;  // Signatures of different versions are never compared.
  ImpressedRegion region = ImpressedRegion::kBreechFace;
  std::int64_t width = 0;           // Samples, [kReliefSideMin, kReliefSideMax].
  std::int64_t height = 0;          // The same.
  double pitch_um = 0.0;            // ReliefPitchUm(region).
  std::vector<std::int8_t> relief;  // width * height levels, x fastest; kReliefNotMeasured.
  ImpressedQuality quality;
  std::uint32_t flags = 0;  // ImpressedFlag bits.

  bool has(ImpressedFlag flag) const { return (flags & static_cast<std::uint32_t>(flag)) != 0; }
  void set(ImpressedFlag flag) { flags |= static_cast<std::uint32_t>(flag); }
  friend bool operator==(const ImpressedSignature&, const ImpressedSignature&) = default;
};

// kInvalidArgument naming the first field outside its bounds. For signatures from a store or peer.
absl::Status CheckSignature(const ImpressedSignature& signature);

// One or two sentences for a report: which method serves the region and on what it was tried. Where
// no real marks of known source were at hand it says so.
std::string_view MethodStatement(ImpressedRegion region);

}  // namespace proofmark::forensics
