// SPDX-License-Identifier: Apache-2.0
// Any map of heights gives a signature within its bounds or one clear error, and twice the same.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "base/check.h"
#include "forensics/striated/land_extraction.h"

namespace proofmark::forensics {
namespace {

constexpr std::size_t kHeaderBytes = 6;

// A pitch for each byte: most plausible, some not.
double Pitch(std::uint8_t code) {
  constexpr std::array<double, 8> kHostile = {0.0,
                                              -1.0,
                                              1e-300,
                                              1e300,
                                              std::numeric_limits<double>::infinity(),
                                              std::numeric_limits<double>::quiet_NaN(),
                                              0.099,
                                              15.001};
  return code < kHostile.size() ? kHostile[code] : 0.1 + static_cast<double>(code) * 0.0583;
}

float Height(std::uint8_t code, float unit_um) {
  switch (code) {
    case 0xFF:
      return kNotMeasured;
    case 0xFE:
      return std::numeric_limits<float>::infinity();
    case 0xFD:
      return -std::numeric_limits<float>::max();
    case 0xFC:
      return std::numeric_limits<float>::denorm_min();
    default:
      return unit_um * (static_cast<float>(code) - 126.0F);
  }
}

// Bytes: width, height, pitch x, pitch y, unit of height, bend of the surface; then heights. Too
// few heights are repeated from the first on: a row's worth of them makes perfect striae.
HeightMap MakeMap(std::span<const std::uint8_t> bytes) {
  HeightMap map{.width = bytes[0] + 1,
                .height = bytes[1] % 32 + 1,
                .pitch_x_um = Pitch(bytes[2]),
                .pitch_y_um = Pitch(bytes[3]),
                .height_um = {}};
  const float unit_um = std::ldexp(1.0F, bytes[4] % 24 - 12);
  const float bend_um = 0.001F * (static_cast<float>(bytes[5]) - 128.0F);
  const std::span<const std::uint8_t> heights = bytes.subspan(kHeaderBytes);
  for (std::int64_t i = 0; i < map.width * map.height; ++i) {
    const auto from_middle = static_cast<float>(i % map.width - map.width / 2);
    map.height_um.push_back(Height(heights[static_cast<std::size_t>(i) % heights.size()], unit_um) +
                            bend_um * from_middle * from_middle);
  }
  return map;
}

bool IsShare(double value) { return value >= 0.0 && value <= 1.0; }

void CheckBounds(const LandExtraction& out) {
  const LandSignature& signature = out.signature;
  const LandQuality& quality = signature.quality;
  const auto samples = static_cast<std::int64_t>(signature.height_nm.size());
  PM_CHECK(samples >= kSignatureSamplesMin && samples <= kSignatureSamplesMax);
  PM_CHECK(signature.width_um() > 0.0);
  PM_CHECK(IsShare(quality.missing_share) && IsShare(quality.consistent_share));
  PM_CHECK(IsShare(quality.coherence) && std::abs(quality.consistency) <= 1.0 + 1e-9);
  PM_CHECK(quality.amplitude_um >= 0.0 && quality.amplitude_um <= 32.767 + 1e-9);
  PM_CHECK(std::isfinite(quality.drift_um_per_mm));
  PM_CHECK(quality.band_from_um >= -1e-9 && quality.band_from_um <= quality.band_to_um);
  PM_CHECK(out.trace.profile_um.size() == out.trace.form_um.size());
}

}  // namespace
}  // namespace proofmark::forensics

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proofmark::forensics;  // NOLINT(google-build-using-namespace)
  if (size <= kHeaderBytes) return 0;
  const HeightMap map = MakeMap({data, size});

  const absl::StatusOr<LandExtraction> once = ExtractLand(map, {});
  const absl::StatusOr<LandExtraction> twice = ExtractLand(map, {});

  PM_CHECK(once.status() == twice.status());
  if (once.ok()) {
    CheckBounds(*once);
    PM_CHECK(once->signature == twice->signature);
  } else {
    PM_CHECK(!once.status().message().empty());
  }
  return 0;
}
