// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "forensics/impressed/impressed_extraction.h"
#include "forensics/surface/height_map.h"

namespace proofmark::testing {

// A surface of random hollows, about 1.5 um rms, wavelengths of 60 to 300 um: it can be asked for
// its height anywhere, so turned and moved scans of one breech face can be made.
class MadeSurface {
 public:
  explicit MadeSurface(std::uint32_t seed) {
    std::mt19937 random(seed);
    const auto uniform = [&] { return static_cast<double>(random() >> 8U) / 16'777'216.0; };
    for (int i = 0; i < 120; ++i) {
      const double wavelength_um = 60.0 + 240.0 * uniform();
      const double direction = 6.283185307 * uniform();
      waves_.push_back({6.283185307 / wavelength_um * std::cos(direction),
                        6.283185307 / wavelength_um * std::sin(direction),
                        6.283185307 * uniform()});
    }
  }

  double HeightUm(double x_um, double y_um) const {
    double sum = 0.0;
    for (const Wave& w : waves_) sum += std::sin(w.kx * x_um + w.ky * y_um + w.phase);
    return 0.19 * sum;
  }

 private:
  struct Wave {
    double kx = 0.0, ky = 0.0, phase = 0.0;
  };
  std::vector<Wave> waves_;
};

struct ScanOf {
  double turn_degrees = 0.0;  // The mark is turned by this, counter-clockwise.
  double dx_um = 0.0, dy_um = 0.0;
  double pitch_um = 12.5;
  double outer_um = 1'700.0;  // The ring that was measured.
  double inner_um = 700.0;
  double tilt = 0.0;  // Slope along x.
};

// A processed scan: a ring of the surface, everything else missing.
inline forensics::HeightMap RingScan(const MadeSurface& surface, const ScanOf& scan) {
  const auto side = static_cast<std::int64_t>(3'600.0 / scan.pitch_um) | 1;
  forensics::HeightMap map{.width = side,
                           .height = side,
                           .pitch_x_um = scan.pitch_um,
                           .pitch_y_um = scan.pitch_um,
                           .height_um = {}};
  const double c = std::cos(scan.turn_degrees * 0.0174532925199);
  const double s = std::sin(scan.turn_degrees * 0.0174532925199);
  for (std::int64_t y = 0; y < side; ++y) {
    for (std::int64_t x = 0; x < side; ++x) {
      const double px = static_cast<double>(x - side / 2) * scan.pitch_um - scan.dx_um;
      const double py = static_cast<double>(y - side / 2) * scan.pitch_um - scan.dy_um;
      const double r2 = px * px + py * py;
      const bool inside =
          r2 <= scan.outer_um * scan.outer_um && r2 >= scan.inner_um * scan.inner_um;
      map.height_um.push_back(
          inside ? static_cast<float>(surface.HeightUm(c * px + s * py, -s * px + c * py) +
                                      scan.tilt * px)
                 : forensics::kNotMeasured);
    }
  }
  return map;
}

}  // namespace proofmark::testing
