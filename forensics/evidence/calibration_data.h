// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/evidence/calibration.h"
#include "forensics/evidence/fit.h"

namespace proofmark::forensics {

inline constexpr std::int64_t kBoundStepsMax = 256;
inline constexpr double kLog10LrMax = 300.0;  // Of anything in a calibration.

// What a score is worth.
struct ScoreModel {
  std::int64_t lands_compared = 0;  // kBullet: it is for so many; 0 for breech faces.
  LogisticModel model;
  Interval log_lr;  // Natural logarithm.
  NullTail null;
};

// From pairs with known truth; the interval by kBootstrapDraws draws over firearms.
//   Errors    kInvalidArgument  as FitLogistic(), FitNullTail() and BootstrapFirearms().
absl::StatusOr<ScoreModel> FitScoreModel(std::span<const ScoredPair> pairs,
                                         std::int64_t lands_compared, std::uint64_t seed);

// From a model value of `log10_from` on, no more (above 1) or less (below 1) than `log10_lr`.
struct EvidenceBound {
  double log10_from = 0.0;
  double log10_lr = 0.0;
};

struct Calibration {
  CalibrationInfo info;
  std::string extractor_version;
  std::string comparison_version;
  std::int64_t phases_tried = 0;      // kBullet: in every comparison it was made from.
  std::vector<ScoreModel> models;     // kBullet: for 1, 2, 3 ... lands; kBreechFace: one.
  std::vector<EvidenceBound> bounds;  // By log10_from, both rising. May be empty.
};

// Reads and checks a calibration file: JSON with exactly the members of the format, every number
// in its range, and the version that its content hashes to.
//   Errors    kInvalidArgument    naming the member and what is wrong with it.
//             kResourceExhausted  larger than kCalibrationBytesMax.
//   Threads   Pure.
//   Source    docs/formats/calibration.md
absl::StatusOr<Calibration> ParseCalibration(std::string_view text);

// The file of a calibration. Numbers keep six significant digits: call Finish() first, so that what
// is written is what is used.
std::string CalibrationText(const Calibration& calibration);

// Rounds every number to what a file holds, and gives the calibration the version and method that
// follow from its content.
void Finish(Calibration& calibration);

// Caps from counts of real firearms (see CalibrationInfo). While the model is provisional the upper
// one stays below the second level, whatever the counts.
void SetCaps(Calibration& calibration);

// The bound from real pairs whose score is their model log10 LR: pool-adjacent-violators with one
// more different-source pair above all and one more same-source pair below all, so that no stretch
// says more than its counts do. Empty without pairs of both classes.
std::vector<EvidenceBound> BoundFrom(std::span<const ScoredPair> log10_lrs);

}  // namespace proofmark::forensics
