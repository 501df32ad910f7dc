// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "forensics/evidence/fit.h"

namespace proofmark::forensics {

// The numbers of one calibration, for one count of lands compared.
struct LandCountModel {
  std::int64_t lands_compared = 0;
  LogisticModel model;
  Interval log_lr;  // Natural logarithm.
  NullTail null;
};

struct CalibrationData {
  std::string_view version;
  std::string_view extractor_version;
  std::string_view comparison_version;
  std::int64_t phases_tried = 0;  // In every comparison it was made from.
  std::int64_t same_pairs = 0;
  std::int64_t different_pairs = 0;
  std::int64_t firearms = 0;
  std::span<const LandCountModel> models;  // lands_compared 1, 2, 3 ...
};

// provisional_calibration.cc, written by proofmark_calibrate_synthetic.
const CalibrationData& ProvisionalCalibrationData();

}  // namespace proofmark::forensics
