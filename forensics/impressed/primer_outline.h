// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// z = a + b x + c y, x and y in micrometres from the middle of the map.
struct TiltedPlane {
  double a = 0.0, b = 0.0, c = 0.0;

  double At(const HeightMap& map, std::int64_t x, std::int64_t y) const {
    return a +
           b * (static_cast<double>(x) - 0.5 * static_cast<double>(map.width - 1)) *
               map.pitch_x_um +
           c * (static_cast<double>(y) - 0.5 * static_cast<double>(map.height - 1)) *
               map.pitch_y_um;
  }
};

// The plane that most of the measured points within `radius_um` of the middle lie near, refined by
// least squares on those within kPlaneBandUm of it. nullopt with too few points.
//   Result    deterministic: the triples tried come from a fixed sequence.
std::optional<TiltedPlane> FindPlane(const HeightMap& map, double radius_um);

inline constexpr double kPlaneBandUm = 20.0;  // Heights of a breech face lie so near its plane.

// Share of the measured points farther than kPlaneBandUm from the plane.
double ShareOffPlane(const HeightMap& map, const TiltedPlane& plane);

struct Circle {
  double x_um = 0.0, y_um = 0.0;  // In the map's coordinates: sample 0 at 0.
  double radius_um = 0.0;
};

// Where the breech face touched a primer.
struct PrimerOutline {
  std::vector<std::uint8_t> inside;  // One a point of the map.
  Circle outer;                      // Fitted to where the primer rolls off.
  std::optional<Circle> inner;       // Around the firing-pin hole and its rim.
};

// Outlines the breech face in the scan of a whole primer: the largest connected part near the
// plane, without its steep edges, between two circles. `map` has a square pitch of 10..50 um.
// nullopt when nothing there is large and round enough.
//   Cost      O(points).
//   Source    docs/references.md#zemmels-2023
std::optional<PrimerOutline> OutlinePrimer(const HeightMap& map, const TiltedPlane& plane);

// The circle that the outer edge of a mark lies on, also where only a part of the mark is there:
// the one of a primer's size that most edge points lie near and hardly any lie outside of. `inside`
// has a value for each of `width` columns and the rows under it, non-zero where the mark is.
// nullopt when less than 40 degrees of the circle are there.
//   Result    deterministic: the triples tried come from a fixed sequence.
//   Cost      O(points).
std::optional<Circle> FitOuterEdge(std::span<const std::uint8_t> inside, std::int64_t width,
                                   double pitch_um);

}  // namespace proofmark::forensics
