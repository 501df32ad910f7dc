// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "forensics/cartridge/case_signature.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/synthetic/impressed_process.h"
#include "forensics/x3p/x3p.h"

namespace proofmark::testing {

// The scan of a generated breech face. Made once in a process.
inline const forensics::HeightMap& GeneratedBreechFace(std::uint32_t slide, std::uint32_t shot) {
  static base::Mutex mutex;
  static std::map<std::pair<std::uint32_t, std::uint32_t>, forensics::HeightMap> made;
  base::MutexLock lock(mutex);
  const auto [at, is_new] = made.try_emplace({slide, shot});
  if (is_new) {
    at->second = forensics::GenerateBreechFaceScan({.seed = 3, .slide = slide, .reproduction = 0.9},
                                                   shot, {.pitch_um = 12.5, .radius_um = 1'700.0});
  }
  return at->second;  // A map's values stay where they are.
}

inline std::string GeneratedBreechFaceFile(std::uint32_t slide, std::uint32_t shot) {
  auto file = forensics::WriteX3p(GeneratedBreechFace(slide, shot));
  PM_CHECK(file.ok());
  return *std::move(file);
}

// The signature of a case with that breech face alone.
inline forensics::CaseSignature GeneratedCase(std::uint32_t slide, std::uint32_t shot) {
  auto extraction = forensics::ExtractImpression(GeneratedBreechFace(slide, shot), {}, {});
  PM_CHECK(extraction.ok());
  return {.impressions = {std::move(extraction->signature)}, .aperture_shear = std::nullopt};
}

// A breech face made for speed: a granular field straight on the relief's grid, sample by sample
// from a hash, so that shots of one slide share it and nothing needs a scan.
inline forensics::CaseSignature QuickCase(std::uint32_t slide, std::uint32_t shot) {
  constexpr std::int64_t kSide = 301;
  constexpr std::int64_t kGrain = 8;  // Samples: 0.1 mm.
  const auto node = [](std::uint32_t seed, std::int64_t i, std::int64_t j) {
    auto h = static_cast<std::uint32_t>(i * 73'856'093 ^ j * 19'349'663) ^ (seed * 83'492'791U);
    h = (h ^ (h >> 15U)) * 0x2C1B3C6DU;
    h = (h ^ (h >> 12U)) * 0x297A2D39U;
    return static_cast<double>((h ^ (h >> 15U)) & 0xFFFFU) / 32'768.0 - 1.0;
  };
  const auto field = [&](std::uint32_t seed, std::int64_t x, std::int64_t y) {
    const double u = static_cast<double>(x % kGrain) / kGrain;
    const double v = static_cast<double>(y % kGrain) / kGrain;
    const std::int64_t i = x / kGrain, j = y / kGrain;
    return (1 - v) * ((1 - u) * node(seed, i, j) + u * node(seed, i + 1, j)) +
           v * ((1 - u) * node(seed, i, j + 1) + u * node(seed, i + 1, j + 1));
  };
  forensics::ImpressedSignature face{
      .extractor_version = std::string(forensics::ImpressionExtractorVersion()),
      .region = forensics::ImpressedRegion::kBreechFace,
      .width = kSide,
      .height = kSide,
      .pitch_um = forensics::ReliefPitchUm(forensics::ImpressedRegion::kBreechFace)};
  face.relief.assign(static_cast<std::size_t>(kSide * kSide), forensics::kReliefNotMeasured);
  for (std::int64_t y = 0; y < kSide; ++y) {
    for (std::int64_t x = 0; x < kSide; ++x) {
      const std::int64_t dx = x - kSide / 2, dy = y - kSide / 2;
      const std::int64_t r2 = dx * dx + dy * dy;
      if (r2 < 58 * 58 || r2 > 105 * 105) continue;
      const double level =
          45.0 * field(slide, x, y) + 25.0 * field(1'000 * (slide + 1) + shot, x, y);
      face.relief[static_cast<std::size_t>(y * kSide + x)] =
          static_cast<std::int8_t>(std::clamp(level, -127.0, 127.0));
    }
  }
  return {.impressions = {std::move(face)}, .aperture_shear = std::nullopt};
}

}  // namespace proofmark::testing
