// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "client/validation/compare_all.h"
#include "client/validation/evaluation.h"
#include "forensics/evidence/calibration_data.h"

// Calibrations from labelled sets.
namespace proofmark::client::validation {

// What a set must hold before a model is fitted to it. Below, its model would be noise that looks
// like numbers.
inline constexpr std::int64_t kFitFirearmsMin = 8;  // Of which two items were compared.
inline constexpr std::int64_t kFitSamePairsMin = 20;
inline constexpr std::int64_t kFitDifferentPairsMin = 1'000;

// What pairs of one sort in a set amount to.
struct SetCounts {
  std::int64_t same_pairs = 0;
  std::int64_t different_pairs = 0;
  std::int64_t firearms = 0;
  std::int64_t firearm_pairs = 0;  // Different firearms compared, each two counted once.
  std::int64_t same_firearms = 0;  // Of which two items were compared.
  std::int64_t generated_items = 0;
};
SetCounts CountPairs(const Comparisons& comparisons);

// kFailedPrecondition fault kSetTooSmall that says what is missing, when no model can be fitted.
absl::Status CheckLargeEnough(const SetCounts& counts);

struct CalibrateOptions {
  RunOptions run;
  // Keeps the model of this calibration, and takes caps, bounds and statement from the set: for a
  // set too small to fit a model to. nullptr to fit.
  const forensics::Calibration* base = nullptr;
};

// From all pairs of bullets of the set; models for fewer lands from the same bullets with only so
// many consecutive lands kept. A set with generated bullets gives a provisional one without caps.
//   Errors    kSetTooSmall, kInterrupted, kUsage (faults).
absl::StatusOr<forensics::Calibration> CalibrateBullets(const ScanSet& set,
                                                        const CalibrateOptions& options);

// From all pairs of breech faces of the set.
//   Errors    kSetTooSmall, kInterrupted, kUsage (faults).
absl::StatusOr<forensics::Calibration> CalibrateBreechFaces(const ScanSet& set,
                                                            const CalibrateOptions& options);

}  // namespace proofmark::client::validation
