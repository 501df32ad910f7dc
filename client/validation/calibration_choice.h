// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "client/validation/compare_all.h"
#include "forensics/evidence/calibration_data.h"

namespace proofmark::client::validation {

// kCannotRead, kCalibration (faults).
absl::StatusOr<forensics::Calibration> ReadCalibration(const std::filesystem::path& file);

// The calibrations in force: the built-in ones, or others from files instead.
class CalibrationChoice {
 public:
  // At most one file for each mark; each for the extractor and comparison of this program.
  //   Errors    kCannotRead, kCalibration, kUsage (faults).
  static absl::StatusOr<CalibrationChoice> Read(std::span<const std::string> files);

  // Views into this.
  Calibrations get() const;

 private:
  std::optional<forensics::Calibration> bullets_;
  std::optional<forensics::Calibration> breech_faces_;
};

}  // namespace proofmark::client::validation
