// SPDX-License-Identifier: Apache-2.0
#include "server/match/plausibility.h"

#include <cmath>
#include <cstdlib>
#include <optional>

#include "absl/strings/str_format.h"

namespace proofmark::match {
namespace {

// Why the samples of a land can be none of a bullet, or carry too little; empty when they can.
std::string FaultOf(const forensics::LandSignature& land) {
  std::int64_t measured = 0;
  double sum = 0.0;
  double squares = 0.0;
  std::optional<std::int32_t> before;
  for (const std::int16_t sample : land.height_nm) {
    if (sample == forensics::kSampleNotMeasured) {
      before.reset();
      continue;
    }
    const std::int32_t height_nm = sample;
    if (before.has_value() && std::abs(height_nm - *before) > kStepNmMax) {
      return absl::StrFormat("heights jump by more than %d nm", kStepNmMax);
    }
    before = height_nm;
    ++measured;
    sum += height_nm;
    squares += static_cast<double>(height_nm) * height_nm;
  }
  // Judged from the samples: the quality values are the asker's word.
  const double share = static_cast<double>(measured) / static_cast<double>(land.height_nm.size());
  if (measured == 0 || 1.0 - share > kMissingShareMax) {
    return absl::StrFormat("more than %.0f %% of the samples are missing",
                           100.0 * kMissingShareMax);
  }
  const double mean = sum / static_cast<double>(measured);
  const double variance = squares / static_cast<double>(measured) - mean * mean;
  const double amplitude_um = std::sqrt(std::max(0.0, variance)) / 1'000.0;
  if (amplitude_um < kAmplitudeUmMin || amplitude_um > kAmplitudeUmMax) {
    return absl::StrFormat("the amplitude is %.3g um, outside %.2f..%.0f", amplitude_um,
                           kAmplitudeUmMin, kAmplitudeUmMax);
  }
  return "";
}

}  // namespace

absl::Status CheckPlausible(const forensics::BulletSignature& signature) {
  std::int64_t usable = 0;
  std::string first_fault = "no land was measured";
  for (std::size_t i = 0; i < signature.lands.size(); ++i) {
    if (!signature.lands[i].has_value()) continue;
    const std::string fault = FaultOf(*signature.lands[i]);
    if (fault.empty()) {
      ++usable;
    } else if (first_fault == "no land was measured") {
      first_fault = absl::StrFormat("land %d: %s", i + 1, fault);
    }
  }
  if (usable >= kPlausibleLandsMin) return absl::OkStatus();
  return absl::FailedPreconditionError("The signature cannot be compared: " + first_fault + ".");
}

}  // namespace proofmark::match
