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

// The level of a likelihood ratio. A value one rounding below a bound belongs below it.
Level LevelOf(double log10_lr);

// A likelihood ratio for one comparison, with what supports it. Propositions: the bullets were
// fired from one barrel; from different barrels of the same class.
struct LikelihoodRatio {
  double log10_lr = 0.0;        // After the cap, which holds both ways: |log10_lr| <= log10_cap.
  double log10_lr_model = 0.0;  // Before the cap.
  double log10_low = 0.0;       // 5 % and 95 % of the bootstrap over firearms, after the cap.
  double log10_high = 0.0;
  Level level = Level::kNone;  // Of log10_lr.
};

// The built-in calibration of bullet scores. The cap is what validation on real firearms supports.
// Generated pairs shape the model but never raise the cap: while only they stand behind it
// (`provisional`), the cap stays inside the lowest reportable level and no comparison, however
// alike, is reported above L1.
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

// What a bullet comparison is worth under the built-in calibration, given how many lands were
// compared and how many phases were tried (more chances make a high score worth less).
//   Result    monotone in score at a fixed number of lands and phases.
//   Threads   Pure.
//   Source    docs/design/calibration.md
LikelihoodRatio EvaluateBullets(const BulletComparison& comparison);

// Expected number of different-source records among `searched` scoring at least as high: the
// empirical tail of generated different-source pairs, beyond its 99 % quantile a generalised
// Pareto tail. In [0, searched]; never below what the number of lands and phases allows.
double ExpectedFalseLeads(const BulletComparison& comparison, std::int64_t searched);

}  // namespace proofmark::forensics
