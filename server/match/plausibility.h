// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "forensics/cartridge/bullet_or_case.h"

namespace proofmark::match {

// What a measured land can look like. Wide on purpose: these refuse what no instrument produces
// from a bullet and what carries too little to compare, not poor work.
inline constexpr double kAmplitudeUmMin = 0.02;  // Flatter is polished, or not a bullet.
inline constexpr double kAmplitudeUmMax = 50.0;  // Rougher than any land impression.
inline constexpr double kMissingShareMax = 0.70;
// Consecutive samples, 3.125 um apart, of a smoothed profile cannot jump further.
inline constexpr std::int32_t kStepNmMax = 20'000;
inline constexpr std::int64_t kPlausibleLandsMin = 1;

// What a measured impression can look like. Its levels are normalised to
// forensics::kReliefLevelsPerRms, whatever the depth of the mark.
inline constexpr double kImpressionAreaMm2Min = 0.1;  // Less holds no cell to compare.
inline constexpr double kReliefRmsMin = 4.0;          // Levels. Flatter is none.
inline constexpr double kReliefRmsMax = 80.0;         // Levels. Beyond it all would be clipped.

// Whether a partner's signature can come from such an item and carries enough to be compared: at
// least one land of a bullet, or one mark of a case, does.
//   kFailedPrecondition  it does not; the message says why, for the refusal QUALITY.
//   Threads  Pure.
absl::Status CheckPlausible(const forensics::BallisticSignature& signature);

}  // namespace proofmark::match
