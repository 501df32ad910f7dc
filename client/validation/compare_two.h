// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "client/validation/compare_all.h"

// Two items laid side by side for an examiner.
namespace proofmark::client::validation {

enum class SideKind { kAutomatic, kLand, kBreechFace };

// One item as it takes part. A bullet's missing or unusable lands stay in their places.
struct Side {
  std::string name;
  std::variant<forensics::LandSignature, forensics::BulletSignature, forensics::ImpressedExtraction>
      mark;
  std::vector<std::string> remarks;  // For people: what was noticed, lands that were not usable.
};

// A file is a land or a breech face (kAutomatic: a surface at least kBreechFaceSideUmMin wide and
// high is a breech face; lands are narrow strips); a folder is a bullet, its scans taken in the
// order of their names.
//   Errors    kCannotRead, kUnusableScan, kUsage (faults).
inline constexpr double kBreechFaceSideUmMin = 2'200.0;
absl::StatusOr<Side> LoadSide(const std::filesystem::path& path, SideKind kind);
absl::StatusOr<SideKind> GuessKind(const std::filesystem::path& file);
// Why a scan could not be used whose kind was guessed: the other kind may be meant.
absl::Status OfGuessedKind(const absl::Status& status, SideKind guess);

// The exhibit or case that the manifest names so.
//   Errors    also kManifest, kNotFound (faults).
absl::StatusOr<Side> LoadSide(const std::filesystem::path& manifest, std::string_view label);

// What a comparison found; which alternative follows from the sides.
struct TwoCompared {
  std::variant<forensics::LandComparison, forensics::BulletComparison,
               forensics::ImpressedComparison>
      comparison;
  bool turned = false;  // Lands: the first was turned end for end (an uncertain heel).
  forensics::LikelihoodRatio ratio;
  forensics::CalibrationInfo calibration;
};

// Two lands are evaluated as bullets of which one land each is known.
//   Errors    kUsage (fault) for sides of different sorts; kUnusableScan (fault) when nothing in
//             them can be compared.
absl::StatusOr<TwoCompared> CompareTwo(const Side& query, const Side& reference,
                                       const Calibrations& calibrations,
                                       forensics::TurnSearch turns);

// What the extractor noticed of a breech face, in words.
std::string FlagsText(const forensics::ImpressedSignature& signature);

// ENFSI's words for a likelihood ratio, in either direction: "moderate support for the same source
// rather than different sources".
std::string EvidenceWords(double log10_lr);

// What a likelihood ratio means, as a sentence that can stand in a report.
std::string MeaningOf(const TwoCompared& compared);

}  // namespace proofmark::client::validation
