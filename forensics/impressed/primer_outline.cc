// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/primer_outline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "forensics/impressed/areal_filter.h"
#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kTriples = 400;
constexpr double kInlierUm = 4.0;
constexpr std::int64_t kRays = 360;
constexpr double kOuterRadiusUmMin = 1'200.0;
constexpr double kOuterRadiusUmMax = 2'800.0;
constexpr double kInnerRadiusUmMin = 250.0;
constexpr double kOuterTrimUm = 50.0;  // Roll-off of the primer's edge.
constexpr double kInnerTrimUm = 50.0;  // Rim of the hole, and shear beside it.
constexpr double kSlopeCutoffUm = 150.0;
constexpr double kSlopeMax = 0.20;  // Of the smoothed surface: grain is flatter, edges steeper.

// How near the circle of a mark its edge points lie, how far outside some stray, and how many. No
// straight edge lies that near a circle of a primer's size over as many turns.
constexpr double kEdgeNearUm = 30.0;
constexpr double kEdgeStrayUm = 60.0;
constexpr double kEdgeStrayShare = 0.10;
constexpr double kEdgeTurnsMin = 0.7;  // Of the circle, radians.
constexpr std::size_t kEdgePoints = 600;

struct Point {
  double x = 0.0, y = 0.0, z = 0.0;
};

// The C library's hypot may differ in its last bit between machines.
double Distance(double x, double y) { return std::sqrt(x * x + y * y); }

// SplitMix64: which triples are tried must not depend on a library.
std::uint64_t Mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

std::vector<Point> PointsNearMiddle(const HeightMap& map, double radius_um) {
  std::vector<Point> points;
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      const double px =
          (static_cast<double>(x) - 0.5 * static_cast<double>(map.width - 1)) * map.pitch_x_um;
      const double py =
          (static_cast<double>(y) - 0.5 * static_cast<double>(map.height - 1)) * map.pitch_y_um;
      if (!IsMeasured(map.at(x, y)) || px * px + py * py > radius_um * radius_um) continue;
      points.push_back({px, py, static_cast<double>(map.at(x, y))});
    }
  }
  return points;
}

std::optional<TiltedPlane> PlaneThrough(const Point& p, const Point& q, const Point& r) {
  const double ux = q.x - p.x, uy = q.y - p.y, uz = q.z - p.z;
  const double vx = r.x - p.x, vy = r.y - p.y, vz = r.z - p.z;
  const double nz = ux * vy - uy * vx;
  if (std::abs(nz) < 1e4) return std::nullopt;  // Under 0.01 mm2: nearly on a line.
  const double b = (uz * vy - uy * vz) / nz;
  const double c = (ux * vz - uz * vx) / nz;
  return TiltedPlane{p.z - b * p.x - c * p.y, b, c};
}

double Residual(const TiltedPlane& plane, const Point& p) {
  return p.z - (plane.a + plane.b * p.x + plane.c * p.y);
}

// Least squares over the points within `band_um` of `plane`.
std::optional<TiltedPlane> Refit(const std::vector<Point>& points, const TiltedPlane& plane,
                                 double band_um) {
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0, sz = 0, sxz = 0, syz = 0;
  for (const Point& p : points) {
    const double z = Residual(plane, p);
    if (std::abs(z) > band_um) continue;
    n += 1, sx += p.x, sy += p.y, sz += z;
    sxx += p.x * p.x, sxy += p.x * p.y, syy += p.y * p.y, sxz += p.x * z, syz += p.y * z;
  }
  if (n < 3) return std::nullopt;
  const double cxx = sxx - sx * sx / n, cxy = sxy - sx * sy / n, cyy = syy - sy * sy / n;
  const double cxz = sxz - sx * sz / n, cyz = syz - sy * sz / n;
  const double determinant = cxx * cyy - cxy * cxy;
  if (determinant <= 1e-9 * cxx * cyy) return std::nullopt;
  const double b = (cxz * cyy - cyz * cxy) / determinant;
  const double c = (cyz * cxx - cxz * cxy) / determinant;
  return TiltedPlane{plane.a + (sz - b * sx - c * sy) / n, plane.b + b, plane.c + c};
}

// Points near the plane and not steep, 1 or 0.
std::vector<std::uint8_t> FlatPoints(const HeightMap& map, const TiltedPlane& plane) {
  HeightMap near = map;
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      const double z = static_cast<double>(map.at(x, y)) - plane.At(map, x, y);
      near.at(x, y) = std::abs(z) <= 3.0 * kPlaneBandUm ? static_cast<float>(z) : kNotMeasured;
    }
  }
  const HeightMap smooth = ArealMean(near, kSlopeCutoffUm);
  std::vector<std::uint8_t> flat(map.height_um.size(), 0);
  for (std::int64_t y = 1; y + 1 < map.height; ++y) {
    for (std::int64_t x = 1; x + 1 < map.width; ++x) {
      if (!(std::abs(near.at(x, y)) <= static_cast<float>(kPlaneBandUm))) continue;
      const float dx = smooth.at(x + 1, y) - smooth.at(x - 1, y);
      const float dy = smooth.at(x, y + 1) - smooth.at(x, y - 1);
      const double slope = std::sqrt(static_cast<double>(dx) * dx + static_cast<double>(dy) * dy) /
                           (2.0 * map.pitch_x_um);
      if (slope <= kSlopeMax) flat[static_cast<std::size_t>(y * map.width + x)] = 1;
    }
  }
  return flat;
}

// Keeps the largest part of `points` that hangs together side by side.
void KeepLargestPart(std::vector<std::uint8_t>& points, std::int64_t width, std::int64_t height) {
  std::vector<std::int32_t> part(points.size(), 0);
  std::vector<std::int64_t> open;
  std::int32_t parts = 0;
  std::int32_t largest = 0;
  std::size_t largest_size = 0;
  for (std::size_t seed = 0; seed < points.size(); ++seed) {
    if (points[seed] == 0 || part[seed] != 0) continue;
    ++parts;
    std::size_t size = 0;
    const auto take = [&](std::int64_t at) {
      const auto i = static_cast<std::size_t>(at);
      if (points[i] == 0 || part[i] != 0) return;
      part[i] = parts;
      ++size;
      open.push_back(at);
    };
    take(static_cast<std::int64_t>(seed));
    while (!open.empty()) {
      const std::int64_t at = open.back();
      open.pop_back();
      if (at % width > 0) take(at - 1);
      if (at % width + 1 < width) take(at + 1);
      if (at >= width) take(at - width);
      if (at + width < width * height) take(at + width);
    }
    if (size > largest_size) {
      largest_size = size;
      largest = parts;
    }
  }
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = part[i] == largest && largest > 0;
}

// Least squares through the points (Kasa), then again without the far ones; nullopt when they do
// not fix a circle.
std::optional<Circle> FitCircle(std::vector<std::array<double, 2>> points) {
  std::optional<Circle> circle;
  for (int round = 0; round < 6; ++round) {
    if (points.size() < static_cast<std::size_t>(kRays / 4)) return std::nullopt;
    double mx = 0, my = 0;
    for (const auto& p : points) mx += p[0], my += p[1];
    const auto n = static_cast<double>(points.size());
    mx /= n, my /= n;
    double suu = 0, suv = 0, svv = 0, suq = 0, svq = 0, sq = 0;
    for (const auto& p : points) {
      const double u = p[0] - mx, v = p[1] - my, q = u * u + v * v;
      suu += u * u, suv += u * v, svv += v * v, suq += u * q, svq += v * q, sq += q;
    }
    const double determinant = suu * svv - suv * suv;
    if (determinant <= 1e-6 * suu * svv) return std::nullopt;
    const double cu = 0.5 * (suq * svv - svq * suv) / determinant;
    const double cv = 0.5 * (svq * suu - suq * suv) / determinant;
    circle = Circle{mx + cu, my + cv, std::sqrt(cu * cu + cv * cv + sq / n)};
    std::vector<double> off;
    for (const auto& p : points) {
      off.push_back(
          std::abs(Distance(p[0] - circle->x_um, p[1] - circle->y_um) - circle->radius_um));
    }
    std::vector<double> sorted = off;
    std::nth_element(sorted.begin(),
                     sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
    const double limit = std::max(3.0 * sorted[sorted.size() / 2], 30.0);
    std::vector<std::array<double, 2>> kept;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (off[i] <= limit) kept.push_back(points[i]);
    }
    if (kept.size() == points.size()) break;
    points = std::move(kept);
  }
  return circle;
}

// Walks rays outward from (x_um, y_um) and takes on each the first or the last point inside.
std::vector<std::array<double, 2>> BoundaryPoints(const HeightMap& map,
                                                  const std::vector<std::uint8_t>& inside,
                                                  double x_um, double y_um, bool first) {
  std::vector<std::array<double, 2>> found;
  const double step = 0.5 * map.pitch_x_um;
  for (std::int64_t ray = 0; ray < kRays; ++ray) {
    const SinCos turn = SinCosTurns(static_cast<double>(ray) / static_cast<double>(kRays));
    std::optional<std::array<double, 2>> hit;
    for (double r = 0.0; r <= 2.0 * kOuterRadiusUmMax; r += step) {
      const double px = x_um + r * turn.cos;
      const double py = y_um + r * turn.sin;
      const auto ix = static_cast<std::int64_t>(std::floor(px / map.pitch_x_um + 0.5));
      const auto iy = static_cast<std::int64_t>(std::floor(py / map.pitch_y_um + 0.5));
      if (ix < 0 || iy < 0 || ix >= map.width || iy >= map.height) break;
      if (inside[static_cast<std::size_t>(iy * map.width + ix)] == 0) continue;
      hit = {px, py};
      if (first) break;
    }
    if (hit) found.push_back(*hit);
  }
  return found;
}

// Middle of what the outline leaves out within the inner half of the outer circle: the firing-pin
// hole need not lie in the middle of the primer. nullopt when hardly anything is left out.
std::optional<std::array<double, 2>> MiddleOfHole(const HeightMap& map,
                                                  const std::vector<std::uint8_t>& inside,
                                                  const Circle& outer) {
  double n = 0, sx = 0, sy = 0;
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      const double px = static_cast<double>(x) * map.pitch_x_um;
      const double py = static_cast<double>(y) * map.pitch_y_um;
      if (inside[static_cast<std::size_t>(y * map.width + x)] != 0) continue;
      if (Distance(px - outer.x_um, py - outer.y_um) > 0.6 * outer.radius_um) continue;
      n += 1, sx += px, sy += py;
    }
  }
  if (n * map.pitch_x_um * map.pitch_y_um < 0.2e6) return std::nullopt;  // 0.2 mm2.
  return std::array<double, 2>{sx / n, sy / n};
}

// Points of a mark beside one that is none, micrometres.
std::vector<std::array<double, 2>> EdgePoints(std::span<const std::uint8_t> inside,
                                              std::int64_t width, double pitch_um) {
  std::vector<std::array<double, 2>> points;
  const auto count = static_cast<std::int64_t>(inside.size());
  for (std::int64_t i = 0; i < count; ++i) {
    if (inside[static_cast<std::size_t>(i)] == 0) continue;
    const auto outside = [&](std::int64_t at) { return inside[static_cast<std::size_t>(at)] == 0; };
    const std::int64_t x = i % width;
    if (x == 0 || x + 1 == width || i < width || i + width >= count || outside(i - 1) ||
        outside(i + 1) || outside(i - width) || outside(i + width)) {
      points.push_back(
          {static_cast<double>(x) * pitch_um, static_cast<double>(i / width) * pitch_um});
    }
  }
  return points;
}

std::optional<Circle> CircleThrough(const std::array<double, 2>& p, const std::array<double, 2>& q,
                                    const std::array<double, 2>& r) {
  const double ux = q[0] - p[0], uy = q[1] - p[1], vx = r[0] - p[0], vy = r[1] - p[1];
  const double cross = 2.0 * (ux * vy - uy * vx);
  if (std::abs(cross) < 1.0) return std::nullopt;  // On a line.
  const double u = ux * ux + uy * uy, v = vx * vx + vy * vy;
  const double x = (vy * u - uy * v) / cross, y = (ux * v - vx * u) / cross;
  const double radius = std::sqrt(x * x + y * y);
  if (radius < kOuterRadiusUmMin || radius > kOuterRadiusUmMax) return std::nullopt;
  return Circle{p[0] + x, p[1] + y, radius};
}

// How many points lie near a circle; 0 where too many lie outside of it.
std::size_t NearCircle(const std::vector<std::array<double, 2>>& points, const Circle& circle) {
  const auto square = [](double x) { return x * x; };
  const double from = square(circle.radius_um - kEdgeNearUm);
  const double to = square(circle.radius_um + kEdgeNearUm);
  const double stray = square(circle.radius_um + kEdgeStrayUm);
  std::size_t near = 0, strays = 0;
  for (const auto& p : points) {
    const double r2 = square(p[0] - circle.x_um) + square(p[1] - circle.y_um);
    near += r2 >= from && r2 <= to ? 1 : 0;
    strays += r2 > stray ? 1 : 0;
  }
  const double limit = kEdgeStrayShare * static_cast<double>(points.size());
  return static_cast<double>(strays) > limit ? 0 : near;
}

// One step of least squares of the distances of the points near a circle.
std::optional<Circle> Improve(const std::vector<std::array<double, 2>>& points,
                              const Circle& circle) {
  // Rows (ux, uy, 1) . (dx, dy, dr) = distance - radius; the 3 x 3 normal equations by cofactors.
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0, sd = 0, sxd = 0, syd = 0;
  for (const auto& p : points) {
    const double dx = p[0] - circle.x_um, dy = p[1] - circle.y_um;
    const double r = Distance(dx, dy), off = r - circle.radius_um;
    if (std::abs(off) > kEdgeNearUm) continue;
    const double ux = dx / r, uy = dy / r;
    n += 1, sx += ux, sy += uy, sxx += ux * ux, sxy += ux * uy, syy += uy * uy;
    sd += off, sxd += ux * off, syd += uy * off;
  }
  if (n < 3) return std::nullopt;
  const double cxx = sxx - sx * sx / n, cxy = sxy - sx * sy / n, cyy = syy - sy * sy / n;
  const double cxd = sxd - sx * sd / n, cyd = syd - sy * sd / n;
  const double determinant = cxx * cyy - cxy * cxy;
  if (determinant <= 1e-9 * n * n) return std::nullopt;
  const double dx = (cxd * cyy - cyd * cxy) / determinant;
  const double dy = (cyd * cxx - cxd * cxy) / determinant;
  return Circle{circle.x_um + dx, circle.y_um + dy,
                circle.radius_um + (sd - dx * sx - dy * sy) / n};
}

}  // namespace

std::optional<TiltedPlane> FindPlane(const HeightMap& map, double radius_um) {
  const std::vector<Point> points = PointsNearMiddle(map, radius_um);
  if (points.size() < 100) return std::nullopt;
  const std::size_t stride = std::max<std::size_t>(points.size() / 2'000, 1);
  std::optional<TiltedPlane> best;
  std::size_t best_inliers = 0;
  std::uint64_t state = 0;
  for (std::int64_t i = 0; i < kTriples; ++i) {
    const auto draw = [&] { return points[Mix(state++) % points.size()]; };
    const Point p = draw(), q = draw(), r = draw();
    const std::optional<TiltedPlane> plane = PlaneThrough(p, q, r);
    if (!plane) continue;
    std::size_t inliers = 0;
    for (std::size_t k = 0; k < points.size(); k += stride) {
      inliers += std::abs(Residual(*plane, points[k])) <= kInlierUm ? 1 : 0;
    }
    if (inliers <= best_inliers) continue;
    best_inliers = inliers;
    best = plane;
  }
  for (const double band : {3.0 * kInlierUm, 2.0 * kInlierUm, 2.0 * kInlierUm}) {
    if (best) best = Refit(points, *best, band);
  }
  return best;
}

double ShareOffPlane(const HeightMap& map, const TiltedPlane& plane) {
  double measured = 0;
  double off = 0;
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      if (!IsMeasured(map.at(x, y))) continue;
      measured += 1;
      off += std::abs(static_cast<double>(map.at(x, y)) - plane.At(map, x, y)) > kPlaneBandUm;
    }
  }
  return measured > 0 ? off / measured : 0.0;
}

std::optional<PrimerOutline> OutlinePrimer(const HeightMap& map, const TiltedPlane& plane) {
  PrimerOutline out{.inside = FlatPoints(map, plane), .outer = {}, .inner = std::nullopt};
  KeepLargestPart(out.inside, map.width, map.height);
  double n = 0, sx = 0, sy = 0;
  for (std::size_t i = 0; i < out.inside.size(); ++i) {
    if (out.inside[i] == 0) continue;
    n += 1;
    sx += static_cast<double>(static_cast<std::int64_t>(i) % map.width) * map.pitch_x_um;
    sy += static_cast<double>(static_cast<std::int64_t>(i) / map.width) * map.pitch_y_um;
  }
  if (n == 0) return std::nullopt;
  const std::optional<Circle> outer =
      FitCircle(BoundaryPoints(map, out.inside, sx / n, sy / n, /*first=*/false));
  if (!outer || outer->radius_um < kOuterRadiusUmMin || outer->radius_um > kOuterRadiusUmMax) {
    return std::nullopt;
  }
  out.outer = *outer;
  if (const auto hole = MiddleOfHole(map, out.inside, *outer)) {
    const std::optional<Circle> inner =
        FitCircle(BoundaryPoints(map, out.inside, (*hole)[0], (*hole)[1], /*first=*/true));
    if (inner && inner->radius_um >= kInnerRadiusUmMin && inner->radius_um < outer->radius_um) {
      out.inner = inner;
    }
  }
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      const double px = static_cast<double>(x) * map.pitch_x_um;
      const double py = static_cast<double>(y) * map.pitch_y_um;
      std::uint8_t& inside = out.inside[static_cast<std::size_t>(y * map.width + x)];
      if (Distance(px - outer->x_um, py - outer->y_um) > outer->radius_um - kOuterTrimUm) {
        inside = 0;
      }
      if (out.inner && Distance(px - out.inner->x_um, py - out.inner->y_um) <
                           out.inner->radius_um + kInnerTrimUm) {
        inside = 0;
      }
    }
  }
  return out;
}

std::optional<Circle> FitOuterEdge(std::span<const std::uint8_t> inside, std::int64_t width,
                                   double pitch_um) {
  const std::vector<std::array<double, 2>> all = EdgePoints(inside, width, pitch_um);
  if (all.size() < 3) return std::nullopt;
  const std::size_t stride = std::max<std::size_t>(all.size() / kEdgePoints, 1);
  std::vector<std::array<double, 2>> points;
  for (std::size_t i = 0; i < all.size(); i += stride) points.push_back(all[i]);
  std::optional<Circle> best;
  std::size_t most = 0;
  std::uint64_t state = 0;
  for (std::int64_t i = 0; i < kTriples; ++i) {
    const auto draw = [&] { return points[Mix(state++) % points.size()]; };
    const auto p = draw(), q = draw(), r = draw();
    const std::optional<Circle> circle = CircleThrough(p, q, r);
    const std::size_t near = circle ? NearCircle(points, *circle) : 0;
    if (near <= most) continue;
    most = near;
    best = circle;
  }
  for (int round = 0; round < 8 && best; ++round) best = Improve(all, *best);
  if (!best || best->radius_um < kOuterRadiusUmMin || best->radius_um > kOuterRadiusUmMax) {
    return std::nullopt;
  }
  const double length_um = static_cast<double>(NearCircle(all, *best)) * pitch_um;
  return length_um >= kEdgeTurnsMin * best->radius_um ? best : std::nullopt;
}

}  // namespace proofmark::forensics
