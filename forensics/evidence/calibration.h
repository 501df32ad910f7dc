// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "forensics/striated/bullet_comparison.h"

namespace proofmark::forensics {

// Strength of support for "same tool", each step at least ten times the one before. Stored and
// sent; never renumber. Words: ENFSI LR3..LR6.
enum class Level : std::int32_t {
  kNone = 0,  // LR < 10: no reportable association.
  kL1 = 1,    // [10, 100): moderate support.
  kL2 = 2,    // [100, 1 000): moderately strong support.
  kL3 = 3,    // [1 000, 10 000): strong support.
  kL4 = 4,    // >= 10 000: very strong support or more.
};
std::string_view LevelName(Level level);   // "NONE", "L1" .. "L4".
std::string_view LevelWords(Level level);  // ENFSI's words in ours.

// A likelihood ratio for one comparison, with what supports it.
struct LikelihoodRatio {
  double log10_lr = 0.0;        // After the cap.
  double log10_lr_model = 0.0;  // Before the cap.
  double log10_low = 0.0;       // 5 % and 95 % of the bootstrap over firearms, after the cap.
  double log10_high = 0.0;
  Level level = Level::kNone;
};

// The built-in calibration of bullet scores.
struct CalibrationInfo {
  std::string version;      // Of the numbers.
  std::string method;       // Extractor and comparison version they hold for.
  bool provisional = true;  // From generated scans; real validation replaces it.
  double log10_cap = 1.0;   // No value above this is reported.
  std::int64_t same_pairs = 0;
  std::int64_t different_pairs = 0;
  std::int64_t firearms = 0;
  std::string statement;  // One sentence for people: what it was made from.
};
const CalibrationInfo& BulletCalibration();

// What a bullet comparison is worth under the built-in calibration. Monotone in score at a fixed
// number of lands compared.
LikelihoodRatio EvaluateBullets(const BulletComparison& comparison);

// Expected number of different-source records among `searched` scoring at least as high.
double ExpectedFalseLeads(const BulletComparison& comparison, std::int64_t searched);

}  // namespace proofmark::forensics
