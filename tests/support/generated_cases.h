// SPDX-License-Identifier: Apache-2.0
#pragma once

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

}  // namespace proofmark::testing
