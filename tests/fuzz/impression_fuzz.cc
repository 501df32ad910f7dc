// SPDX-License-Identifier: Apache-2.0
// Any map of heights gives an impression within its bounds or one clear error, twice the same; and
// any two signatures within their bounds compare alike in either order.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "base/check.h"
#include "forensics/impressed/impressed_comparison.h"
#include "forensics/impressed/impressed_extraction.h"

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
                                              0.499,
                                              16.001};
  return code < kHostile.size() ? kHostile[code] : 4.0 + static_cast<double>(code) * 0.047;
}

float Height(std::uint8_t code, float unit_um) {
  switch (code) {
    case 0xFF:
      return kNotMeasured;
    case 0xFE:
      return std::numeric_limits<float>::infinity();
    case 0xFD:
      return -std::numeric_limits<float>::max();
    default:
      return unit_um * (static_cast<float>(code) - 126.0F);
  }
}

// Bytes: width, height, pitch x, pitch y, unit of height, radius of a hole; then heights, repeated
// from the first on with a stride that keeps rows from being alike.
HeightMap MakeMap(std::span<const std::uint8_t> bytes) {
  HeightMap map{.width = bytes[0] + 1,
                .height = bytes[1] % 128 + 1,
                .pitch_x_um = Pitch(bytes[2]),
                .pitch_y_um = Pitch(bytes[3]),
                .height_um = {}};
  const float unit_um = std::ldexp(1.0F, bytes[4] % 16 - 10);
  const std::span<const std::uint8_t> heights = bytes.subspan(kHeaderBytes);
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      const std::int64_t dx = x - map.width / 2, dy = y - map.height / 2;
      const bool hole = dx * dx + dy * dy < bytes[5] * bytes[5] / 4;
      const auto at = static_cast<std::size_t>(x + y * (map.width + 3)) % heights.size();
      map.height_um.push_back(hole ? kNotMeasured : Height(heights[at], unit_um));
    }
  }
  return map;
}

void CheckBounds(const ImpressedExtraction& out) {
  PM_CHECK(CheckSignature(out.signature).ok());
  PM_CHECK(out.trace.outline.size() == out.trace.levelled.height_um.size());
}

// A signature straight from bytes, as a hostile peer could send it.
ImpressedSignature MakeSignature(std::span<const std::uint8_t> bytes, std::size_t shift) {
  ImpressedSignature out;
  out.extractor_version = "fuzz";
  out.width = kReliefSideMin + bytes[0] % 64;
  out.height = kReliefSideMin + bytes[1] % 64;
  out.pitch_um = ReliefPitchUm(out.region);
  for (std::int64_t i = 0; i < out.width * out.height; ++i) {
    const auto at = (static_cast<std::size_t>(i) + shift) % bytes.size();
    out.relief.push_back(static_cast<std::int8_t>(bytes[at]));
  }
  return out;
}

void CompareBothWays(std::span<const std::uint8_t> bytes) {
  const auto a = PrepareImpression(MakeSignature(bytes, 0), TurnSearch::kDirected);
  const auto b = PrepareImpression(MakeSignature(bytes, bytes.size() / 2), TurnSearch::kDirected);
  if (!a.ok() || !b.ok()) return;
  const auto forth = CompareImpressions(*a, *b, {});
  const auto back = CompareImpressions(*b, *a, {});
  PM_CHECK(forth.ok() && back.ok());
  PM_CHECK(forth->cmc == back->cmc && forth->cells_eligible == back->cells_eligible);
  PM_CHECK(forth->cmc >= 0 && forth->cmc <= forth->cells_eligible);
  PM_CHECK(std::abs(forth->features.image_correlation) <= 1.0 + 1e-9);
  PM_CHECK(std::isfinite(forth->features.place_disagreement_um));
  for (const CellDirection& direction : forth->directions) {
    for (const CellMatch& cell : direction.cells)
      PM_CHECK(std::abs(cell.correlation) <= 1.0 + 1e-9);
  }
}

}  // namespace
}  // namespace proofmark::forensics

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proofmark::forensics;  // NOLINT(google-build-using-namespace)
  if (size <= kHeaderBytes) return 0;
  const HeightMap map = MakeMap({data, size});

  const absl::StatusOr<ImpressedExtraction> once = ExtractImpression(map, {}, {});
  const absl::StatusOr<ImpressedExtraction> twice = ExtractImpression(map, {}, {});

  PM_CHECK(once.status() == twice.status());
  if (once.ok()) {
    CheckBounds(*once);
    PM_CHECK(once->signature == twice->signature);
  } else {
    PM_CHECK(!once.status().message().empty());
  }
  CompareBothWays({data, size});
  return 0;
}
