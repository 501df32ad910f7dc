// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "forensics/striated/ballistic_signature.h"

namespace proofmark::match {

// What a measured land can look like. Wide on purpose: these refuse what no instrument produces
// from a bullet and what carries too little to compare, not poor work.
inline constexpr double kAmplitudeUmMin = 0.02;  // Flatter is polished, or not a bullet.
inline constexpr double kAmplitudeUmMax = 50.0;  // Rougher than any land impression.
inline constexpr double kMissingShareMax = 0.70;
// Consecutive samples, 3.125 um apart, of a smoothed profile cannot jump further.
inline constexpr std::int32_t kStepNmMax = 20'000;
inline constexpr std::int64_t kPlausibleLandsMin = 1;

// Whether a partner's signature can come from a bullet and carries enough to be compared.
//   kFailedPrecondition  it does not; the message says why, for the refusal QUALITY.
//   Threads  Pure.
absl::Status CheckPlausible(const forensics::BulletSignature& signature);

}  // namespace proofmark::match
