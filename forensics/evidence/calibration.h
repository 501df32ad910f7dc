// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
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

inline constexpr std::int64_t kCalibrationBytesMax = 1 << 20;  // Of its file.

// What a calibration is for.
enum class MarkKind { kBullet, kBreechFace };
inline constexpr std::array kMarkKinds = {MarkKind::kBullet, MarkKind::kBreechFace};
std::string_view MarkKindName(MarkKind mark);  // "bullet", "breech_face": as in its file.
std::optional<MarkKind> FindMarkKind(std::string_view name);

// What a calibration is and what stands behind it. The caps are what pairs of real firearms
// support: log10 LR <= log10(n + 1) with n the pairs of different firearms compared, each counted
// once however many of their marks were; >= -log10(m + 1) with m the firearms of which two marks
// were compared. Generated pairs may shape a model but never raise a cap.
struct CalibrationInfo {
  MarkKind mark = MarkKind::kBullet;
  std::string version;          // mark-<16 hex digits of the SHA-256 of the numbers>.
  std::string method;           // Extractor and comparison version they hold for.
  bool provisional = true;      // The model is from generated scans; real validation replaces it.
  double log10_cap = 1.0;       // No value above this is reported, >= 0,
  double log10_floor = -1.0;    // and none below this, <= 0.
  std::int64_t same_pairs = 0;  // That the model was fitted to.
  std::int64_t different_pairs = 0;
  std::int64_t firearms = 0;
  std::int64_t real_same_pairs = 0;  // Of real firearms: what the caps rest on.
  std::int64_t real_different_pairs = 0;
  std::int64_t real_firearms = 0;
  std::int64_t real_firearm_pairs = 0;  // n and m of the caps.
  std::int64_t real_same_firearms = 0;
  std::string statement;  // For people: what it was made from and how it did.
};

// One calibration: numbers and what they are (calibration_data.h; docs/formats/calibration.md).
// Constant once made; share it as std::shared_ptr<const Calibration> where a node can change it.
struct Calibration;

// The built-in calibrations; made from forensics/evidence/builtin/*.json. Never destroyed.
const Calibration& BuiltInCalibration(MarkKind mark);
// The same, as it is held where another may take its place.
std::shared_ptr<const Calibration> ShareBuiltIn(MarkKind mark);
const CalibrationInfo& InfoOf(const Calibration& calibration);
const CalibrationInfo& BulletCalibration();  // InfoOf the built-in one for bullets.

// What a bullet comparison is worth, given how many lands were compared and how many phases were
// tried (more chances make a high score worth less): the model's value, at most what the pairs of
// the validation set showed at such values (PAV), within the caps.
//   Result    monotone in score at a fixed number of lands and phases.
//   Threads   Pure.
//   Errors    `calibration` is for bullets (checked).
//   Source    docs/design/calibration.md
LikelihoodRatio EvaluateBullets(const BulletComparison& comparison, const Calibration& calibration);
LikelihoodRatio EvaluateBullets(const BulletComparison& comparison);  // By the built-in one.

// The same for breech faces, by the score of their comparison, [0, 1].
LikelihoodRatio EvaluateBreechFaces(double score, const Calibration& calibration);

// The level of a comparison whose model says `log10_lr_model`: within bounds and caps as above.
// For borders that are told more cautiously than by the model itself.
Level LevelOfModel(double log10_lr_model, const Calibration& calibration);

// What the model says, as log10, of the highest score there is: of bullets with so many lands
// compared; of breech faces whatever `lands_compared` is.
double HighestOfModel(std::int64_t lands_compared, const Calibration& calibration);

// Expected number of different-source records among `searched` scoring at least as high: the
// empirical tail of different-source pairs, beyond its 99 % quantile a generalised Pareto tail. In
// [0, searched]; never below what the number of lands and phases allows.
double ExpectedFalseLeads(const BulletComparison& comparison, std::int64_t searched,
                          const Calibration& calibration);
double ExpectedFalseLeads(const BulletComparison& comparison, std::int64_t searched);
double ExpectedFalseFaces(double score, std::int64_t searched, const Calibration& calibration);

}  // namespace proofmark::forensics
