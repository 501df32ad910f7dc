// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "forensics/cartridge/case_signature.h"
#include "forensics/striated/ballistic_signature.h"

// What somebody who climbs does to a signature between two questions.
namespace proofmark::testing {

struct SignatureChange {
  std::string name;
  forensics::BulletSignature changed;
  bool lands_keep_places = true;  // Land i is what land i was.
};

// (1 - share) of the land's variance and `share` of the other's, sample by sample.
inline forensics::LandSignature MixedLand(const forensics::LandSignature& land,
                                          const forensics::LandSignature& other, double share) {
  const auto deviation = [](const forensics::LandSignature& of) {
    double squares = 0.0;
    double count = 0.0;
    for (const std::int16_t h : of.height_nm) {
      if (h == forensics::kSampleNotMeasured) continue;
      squares += static_cast<double>(h) * h;
      count += 1.0;
    }
    return std::sqrt(std::max(1.0, squares / std::max(1.0, count)));
  };
  const double gain = deviation(land) / deviation(other);
  forensics::LandSignature mixed = land;
  for (std::size_t i = 0; i < mixed.height_nm.size(); ++i) {
    if (mixed.height_nm[i] == forensics::kSampleNotMeasured || i >= other.height_nm.size() ||
        other.height_nm[i] == forensics::kSampleNotMeasured) {
      continue;
    }
    const double height =
        std::sqrt(1.0 - share) * land.height_nm[i] + std::sqrt(share) * gain * other.height_nm[i];
    mixed.height_nm[i] =
        static_cast<std::int16_t>(std::clamp(std::round(height), -32'767.0, 32'767.0));
  }
  return mixed;
}

inline forensics::BulletSignature Mixed(const forensics::BulletSignature& bullet,
                                        const forensics::BulletSignature& other, double share) {
  forensics::BulletSignature mixed = bullet;
  for (std::size_t i = 0; i < mixed.lands.size(); ++i) {
    mixed.lands[i] = MixedLand(*bullet.lands[i], *other.lands[i % other.lands.size()], share);
  }
  return mixed;
}

// Shifted by a part of a sample, linear between samples.
inline forensics::LandSignature ShiftedLand(const forensics::LandSignature& land, double samples) {
  forensics::LandSignature shifted = land;
  for (std::size_t i = 0; i < land.height_nm.size(); ++i) {
    const double x = static_cast<double>(i) - samples;
    const double left = std::floor(x);
    const auto a = static_cast<std::int64_t>(left);
    if (a < 0 || a + 1 >= static_cast<std::int64_t>(land.height_nm.size())) continue;
    const double before = land.height_nm[static_cast<std::size_t>(a)];
    const double after = land.height_nm[static_cast<std::size_t>(a) + 1];
    shifted.height_nm[i] =
        static_cast<std::int16_t>(std::round(before + (x - left) * (after - before)));
  }
  return shifted;
}

inline std::vector<SignatureChange> SignatureChanges(const forensics::BulletSignature& probe,
                                                     const forensics::BulletSignature& other) {
  std::vector<SignatureChange> changes;
  for (const double share : {0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5}) {
    changes.push_back({absl::StrFormat("%5.1f %% of another's variance mixed in", 100 * share),
                       Mixed(probe, other, share)});
  }
  const auto each = [&](std::string name, const auto& change) {
    forensics::BulletSignature changed = probe;
    for (auto& land : changed.lands) land = change(*land);
    changes.push_back({std::move(name), std::move(changed)});
  };
  each("shifted by half a sample", [](const auto& land) { return ShiftedLand(land, 0.5); });
  each("shifted by 7.5 samples", [](const auto& land) { return ShiftedLand(land, 7.5); });
  each("turned end for end", [](forensics::LandSignature land) {
    std::reverse(land.height_nm.begin(), land.height_nm.end());
    return land;
  });
  each("one sample raised by 5 um", [](forensics::LandSignature land) {
    land.height_nm[land.height_nm.size() / 3] = static_cast<std::int16_t>(
        std::min(32'767, land.height_nm[land.height_nm.size() / 3] + 5'000));
    return land;
  });
  each("half of it twice as loud", [](forensics::LandSignature land) {
    for (std::size_t i = 0; i < land.height_nm.size() / 2; ++i) {
      if (land.height_nm[i] == forensics::kSampleNotMeasured) continue;
      land.height_nm[i] =
          static_cast<std::int16_t>(std::clamp(2 * land.height_nm[i], -32'767, 32'767));
    }
    return land;
  });
  forensics::BulletSignature rotated = probe;
  std::rotate(rotated.lands.begin(), rotated.lands.begin() + 2, rotated.lands.end());
  changes.push_back({"lands in another order", std::move(rotated), false});
  forensics::BulletSignature junk = other;
  junk.lands[0] = probe.lands[3];
  changes.push_back({"all lands but one replaced", std::move(junk), false});
  return changes;
}

struct CaseChange {
  std::string name;
  forensics::CaseSignature changed;
};

inline std::vector<CaseChange> CaseChanges(const forensics::CaseSignature& probe,
                                           const forensics::CaseSignature& other) {
  std::vector<CaseChange> changes;
  const forensics::ImpressedSignature& face = probe.impressions[0];
  const forensics::ImpressedSignature& junk = other.impressions[0];
  // Sample `from` of the changed relief, not measured outside.
  const auto with = [&](std::string name, const auto& level_at) {
    forensics::CaseSignature changed = probe;
    for (std::int64_t y = 0; y < face.height; ++y) {
      for (std::int64_t x = 0; x < face.width; ++x) {
        changed.impressions[0].relief[static_cast<std::size_t>(y * face.width + x)] =
            level_at(x, y);
      }
    }
    changes.push_back({std::move(name), std::move(changed)});
  };
  const auto of = [](const forensics::ImpressedSignature& s, std::int64_t x, std::int64_t y) {
    const bool inside = x >= 0 && y >= 0 && x < s.width && y < s.height;
    return inside ? s.relief[static_cast<std::size_t>(y * s.width + x)]
                  : forensics::kReliefNotMeasured;
  };
  for (const double share : {0.01, 0.05, 0.1, 0.3, 0.5}) {
    with(absl::StrFormat("%5.1f %% of another's variance mixed in", 100 * share),
         [&](std::int64_t x, std::int64_t y) {
           const std::int8_t a = of(face, x, y);
           const std::int8_t b = of(junk, x, y);
           if (a == forensics::kReliefNotMeasured || b == forensics::kReliefNotMeasured) return a;
           return static_cast<std::int8_t>(
               std::clamp(std::sqrt(1 - share) * a + std::sqrt(share) * b, -127.0, 127.0));
         });
  }
  with("shifted by 3 and 2 samples",
       [&](std::int64_t x, std::int64_t y) { return of(face, x - 3, y - 2); });
  const double turn = 10.5 * 0.017453292519943295;
  with("turned by 10.5 degrees", [&](std::int64_t x, std::int64_t y) {
    const double dx = static_cast<double>(x) - 0.5 * static_cast<double>(face.width);
    const double dy = static_cast<double>(y) - 0.5 * static_cast<double>(face.height);
    return of(face,
              std::llround(0.5 * static_cast<double>(face.width) + std::cos(turn) * dx -
                           std::sin(turn) * dy),
              std::llround(0.5 * static_cast<double>(face.height) + std::sin(turn) * dx +
                           std::cos(turn) * dy));
  });
  return changes;
}

}  // namespace proofmark::testing
