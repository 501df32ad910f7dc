// SPDX-License-Identifier: Apache-2.0
#include "server/match/plausibility.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/strings/str_format.h"
#include "records/mark_place.h"

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

// The same for an impression.
std::string FaultOf(const forensics::ImpressedSignature& impression) {
  std::int64_t measured = 0;
  std::int64_t sum = 0;
  std::int64_t squares = 0;
  for (const std::int8_t level : impression.relief) {
    if (level == forensics::kReliefNotMeasured) continue;
    ++measured;
    sum += level;
    squares += static_cast<std::int64_t>(level) * level;
  }
  const double sample_mm2 = impression.pitch_um * impression.pitch_um / 1e6;
  const double area_mm2 = static_cast<double>(measured) * sample_mm2;
  if (area_mm2 < kImpressionAreaMm2Min) {
    return absl::StrFormat("%.3f mm2 are measured, fewer than %.1f", area_mm2,
                           kImpressionAreaMm2Min);
  }
  const double mean = static_cast<double>(sum) / static_cast<double>(measured);
  const double variance =
      static_cast<double>(squares) / static_cast<double>(measured) - mean * mean;
  const double rms = std::sqrt(std::max(0.0, variance));
  if (rms < kReliefRmsMin || rms > kReliefRmsMax) {
    return absl::StrFormat("its levels vary by %.1f, outside %.0f..%.0f", rms, kReliefRmsMin,
                           kReliefRmsMax);
  }
  return "";
}

// Collects what can and what cannot be compared.
class Judgement {
 public:
  void Take(const std::string& what, const std::string& fault) {
    if (fault.empty()) {
      ++usable_;
    } else if (first_fault_.empty()) {
      first_fault_ = absl::StrFormat("%s: %s", what, fault);
    }
  }
  absl::Status Verdict(std::string_view nothing) const {
    if (usable_ >= kPlausibleLandsMin) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrFormat("The signature cannot be compared: %s.",
                        first_fault_.empty() ? nothing : std::string_view(first_fault_)));
  }

 private:
  std::int64_t usable_ = 0;
  std::string first_fault_;
};

std::string RegionText(forensics::ImpressedRegion region) {
  return records::MarkPlaceText({.region = static_cast<records::MarkRegion>(region)});
}

absl::Status CheckPlausible(const forensics::BulletSignature& signature) {
  Judgement judgement;
  for (std::size_t i = 0; i < signature.lands.size(); ++i) {
    if (!signature.lands[i].has_value()) continue;
    judgement.Take(absl::StrFormat("land %d", i + 1), FaultOf(*signature.lands[i]));
  }
  return judgement.Verdict("no land was measured");
}

absl::Status CheckPlausible(const forensics::CaseSignature& signature) {
  Judgement judgement;
  for (const forensics::ImpressedSignature& impression : signature.impressions) {
    judgement.Take(RegionText(impression.region), FaultOf(impression));
  }
  if (signature.aperture_shear) {
    judgement.Take(RegionText(forensics::ImpressedRegion::kApertureShear),
                   FaultOf(signature.aperture_shear->profile));
  }
  return judgement.Verdict("no mark was measured");
}

}  // namespace

absl::Status CheckPlausible(const forensics::BallisticSignature& signature) {
  return std::visit([](const auto& item) { return CheckPlausible(item); }, signature);
}

}  // namespace proofmark::match
