// SPDX-License-Identifier: Apache-2.0
#include "client/validation/calibration_choice.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/file.h"
#include "forensics/impressed/impressed_comparison.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/striated/bullet_comparison.h"
#include "forensics/striated/land_extraction.h"

namespace proofmark::client::validation {

using forensics::Calibration;
using forensics::MarkKind;

absl::StatusOr<Calibration> ReadCalibration(const std::filesystem::path& file) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, forensics::kCalibrationBytesMax));
  absl::StatusOr<Calibration> calibration = forensics::ParseCalibration(text);
  if (!calibration.ok()) {
    return MakeFault(FaultCode::kCalibration,
                     absl::StrFormat("%s: %s", file.string(), calibration.status().message()));
  }
  return calibration;
}

absl::StatusOr<CalibrationChoice> CalibrationChoice::Read(std::span<const std::string> files) {
  CalibrationChoice choice;
  for (const std::string& file : files) {
    PM_ASSIGN_OR_RETURN(Calibration calibration, ReadCalibration(file));
    const bool bullets = calibration.info.mark == MarkKind::kBullet;
    const std::string_view extractor =
        bullets ? forensics::LandExtractorVersion() : forensics::ImpressionExtractorVersion();
    const std::string_view comparison =
        bullets ? forensics::BulletComparisonVersion() : forensics::ImpressionComparisonVersion();
    if (calibration.extractor_version != extractor ||
        calibration.comparison_version != comparison) {
      return MakeFault(FaultCode::kCalibration,
                       absl::StrFormat("%s: holds for %s; this program has %s; %s", file,
                                       calibration.info.method, extractor, comparison));
    }
    std::optional<Calibration>& place = bullets ? choice.bullets_ : choice.breech_faces_;
    if (place.has_value()) {
      return MakeFault(FaultCode::kUsage,
                       absl::StrFormat("two calibrations for the mark %s",
                                       forensics::MarkKindName(calibration.info.mark)));
    }
    place = std::move(calibration);
  }
  return choice;
}

Calibrations CalibrationChoice::get() const {
  return {.bullets = bullets_ ? &*bullets_ : &forensics::BuiltInCalibration(MarkKind::kBullet),
          .breech_faces = breech_faces_ ? &*breech_faces_
                                        : &forensics::BuiltInCalibration(MarkKind::kBreechFace)};
}

}  // namespace proofmark::client::validation
