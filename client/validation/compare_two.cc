// SPDX-License-Identifier: Apache-2.0
#include "client/validation/compare_two.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/file.h"
#include "client/submission.h"
#include "forensics/evidence/calibration_data.h"
#include "forensics/x3p/x3p.h"
#include "records/manifest.h"
#include "records/submission.h"

namespace proofmark::client::validation {
namespace {

namespace fs = std::filesystem;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

absl::Status Unusable(const absl::Status& status) {
  return MakeFault(FaultCode::kUnusableScan, std::string(status.message()));
}

absl::Status About(const std::string& name, const absl::Status& status) {
  return MakeFault(FaultOf(status), absl::StrFormat("%s: %s", name, status.message()));
}

absl::StatusOr<Side> LoadFile(const fs::path& file, SideKind kind) {
  Side side{.name = file.filename().string()};
  if (kind == SideKind::kAutomatic) {
    const absl::StatusOr<SideKind> guess = GuessKind(file);
    if (!guess.ok()) return About(side.name, guess.status());
    absl::StatusOr<Side> guessed = LoadFile(file, *guess);
    return guessed.ok() ? std::move(guessed) : OfGuessedKind(guessed.status(), *guess);
  }
  if (kind == SideKind::kBreechFace) {
    absl::StatusOr<ExtractedCase> scan = ExtractCase(file);
    if (!scan.ok()) return About(side.name, scan.status());
    side.remarks = std::move(scan->warnings);
    side.mark = std::move(scan->impression);
    return side;
  }
  absl::StatusOr<ExtractedScan> scan = ExtractScan(file);
  if (!scan.ok()) return About(side.name, scan.status());
  side.remarks = std::move(scan->warnings);
  side.mark = std::move(scan->land.signature);
  return side;
}

// Files that are lands 1, 2, ... or `lands` of one bullet.
absl::StatusOr<Side> LoadBullet(std::string name, const std::vector<fs::path>& files,
                                const std::vector<std::int32_t>& lands) {
  Side side{.name = std::move(name)};
  forensics::BulletSignature bullet;
  bullet.extractor_version = std::string(forensics::LandExtractorVersion());
  std::int64_t usable = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::size_t place = static_cast<std::size_t>(lands[i] - 1);
    if (bullet.lands.size() <= place) bullet.lands.resize(place + 1);
    absl::StatusOr<ExtractedScan> scan = ExtractScan(files[i]);
    if (!scan.ok()) {
      side.remarks.push_back(
          absl::StrFormat("land %d is not usable: %s", lands[i], scan.status().message()));
      continue;
    }
    bullet.lands[place] = std::move(scan->land.signature);
    ++usable;
  }
  if (usable == 0) {
    return MakeFault(FaultCode::kUnusableScan,
                     absl::StrFormat("%s: no land of it is usable", side.name));
  }
  side.mark = std::move(bullet);
  return side;
}

absl::StatusOr<Side> LoadFolder(const fs::path& folder) {
  PM_ASSIGN_OR_RETURN(const SubmissionPlan plan, PlanFolder(folder, {}));
  if (plan.submissions.size() != 1) {
    return MakeFault(FaultCode::kUsage,
                     absl::StrFormat("%s: holds %d bullets; name the folder of one",
                                     folder.string(), plan.submissions.size()));
  }
  const Submission& bullet = plan.submissions.front();
  std::vector<std::int32_t> lands;
  for (const records::ScanAnnouncement& scan : bullet.header.scans) {
    if (scan.place.region != records::MarkRegion::kLand) {
      return MakeFault(FaultCode::kUsage,
                       absl::StrFormat("%s: holds the marks of a cartridge case; name the scan of "
                                       "one of them",
                                       folder.string()));
    }
    lands.push_back(scan.place.land_number);
  }
  PM_ASSIGN_OR_RETURN(Side side, LoadBullet(bullet.header.identity.label, bullet.files, lands));
  for (const Skipped& other : plan.skipped) {
    side.remarks.push_back(absl::StrFormat("%s: %s", other.what, other.reason));
  }
  return side;
}

absl::StatusOr<TwoCompared> CompareLandsOf(const forensics::LandSignature& query,
                                           const forensics::LandSignature& reference,
                                           const forensics::Calibration& calibration) {
  const absl::StatusOr<forensics::PreparedLand> a = forensics::PrepareLand(query);
  const absl::StatusOr<forensics::PreparedLand> b = forensics::PrepareLand(reference);
  if (!a.ok()) return Unusable(a.status());
  if (!b.ok()) return Unusable(b.status());
  absl::StatusOr<forensics::LandComparison> best =
      forensics::CompareLands(*a, false, *b, forensics::LandComparisonOptions{});
  TwoCompared result;
  forensics::BulletComparison as_bullets{.phases_tried = 1, .lands_compared = 1};
  if (a->heel_uncertain || b->heel_uncertain) {
    as_bullets.phases_tried = 2;
    const absl::StatusOr<forensics::LandComparison> other =
        forensics::CompareLands(*a, true, *b, forensics::LandComparisonOptions{});
    result.turned = other.ok() && (!best.ok() || other->score > best->score);
    if (result.turned) best = other;
  }
  if (!best.ok()) return Unusable(best.status());
  as_bullets.score = best->score;
  result.ratio = forensics::EvaluateBullets(as_bullets, calibration);
  result.comparison = *std::move(best);
  return result;
}

absl::StatusOr<TwoCompared> CompareCases(const forensics::ImpressedSignature& query,
                                         const forensics::ImpressedSignature& reference,
                                         const forensics::Calibration& calibration,
                                         forensics::TurnSearch turns) {
  const auto a = forensics::PrepareImpression(query, turns);
  const auto b = forensics::PrepareImpression(reference, turns);
  if (!a.ok()) return Unusable(a.status());
  if (!b.ok()) return Unusable(b.status());
  absl::StatusOr<forensics::ImpressedComparison> comparison =
      forensics::CompareImpressions(*a, *b, {.turns = turns});
  if (!comparison.ok()) return Unusable(comparison.status());
  TwoCompared result;
  result.ratio = forensics::EvaluateBreechFaces(comparison->score, calibration);
  result.comparison = *std::move(comparison);
  return result;
}

// "15" or "0.04": two significant digits are all that it supports.
std::string RatioWords(double log10_lr) {
  const double times = std::pow(10.0, std::abs(log10_lr));
  return times < 10.0 ? absl::StrFormat("%.2g", times) : absl::StrFormat("%.0f", times);
}

}  // namespace

// By its size alone: reading the whole file twice costs less than being wrong.
absl::StatusOr<SideKind> GuessKind(const fs::path& file) {
  if (file.extension() == ".csv") return SideKind::kLand;
  PM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file, records::kScanBytesMax));
  const absl::StatusOr<forensics::X3pScan> scan = forensics::ReadX3p(base::AsBytes(bytes));
  if (!scan.ok()) return Unusable(scan.status());
  const forensics::HeightMap& map = scan->map;
  const double narrow = std::min(static_cast<double>(map.width) * map.pitch_x_um,
                                 static_cast<double>(map.height) * map.pitch_y_um);
  return narrow >= kBreechFaceSideUmMin ? SideKind::kBreechFace : SideKind::kLand;
}

absl::Status OfGuessedKind(const absl::Status& status, SideKind guess) {
  const bool land = guess == SideKind::kLand;
  return MakeFault(FaultOf(status),
                   absl::StrFormat("%s (taken for a %s by its size; if it is none, say --kind %s)",
                                   status.message(), land ? "land" : "breech face",
                                   land ? "breech-face" : "land"));
}

std::string FlagsText(const forensics::ImpressedSignature& signature) {
  using forensics::ImpressedFlag;
  std::string text;
  for (const auto& [flag, name] :
       {std::pair(ImpressedFlag::kUnitCorrected, "unit corrected"),
        std::pair(ImpressedFlag::kMaskFromFile, "outlined by the file's mask"),
        std::pair(ImpressedFlag::kMaskFound, "outlined by the extractor"),
        std::pair(ImpressedFlag::kMaskFromGaps, "came outlined"),
        std::pair(ImpressedFlag::kOrientationUnknown, "orientation not standardised"),
        std::pair(ImpressedFlag::kInverted, "a cast, turned back"),
        std::pair(ImpressedFlag::kSmallArea, "little of the mark measured"),
        std::pair(ImpressedFlag::kPart, "a part of a mark"),
        std::pair(ImpressedFlag::kMiddleUnknown, "too little of the primer's edge")}) {
    if (signature.has(flag)) text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text.empty() ? "nothing noticed" : text;
}

absl::StatusOr<Side> LoadSide(const fs::path& path, SideKind kind) {
  std::error_code error;
  return fs::is_directory(path, error) ? LoadFolder(path) : LoadFile(path, kind);
}

absl::StatusOr<Side> LoadSide(const fs::path& manifest, std::string_view label) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(manifest, records::kManifestBytesMax));
  const absl::StatusOr<records::Manifest> parsed = records::ParseManifest(text);
  if (!parsed.ok()) {
    return MakeFault(FaultCode::kManifest,
                     absl::StrFormat("%s: %s", manifest.string(), parsed.status().message()));
  }
  const fs::path folder = manifest.parent_path();
  for (const records::ManifestExhibit& exhibit : parsed->exhibits) {
    if (exhibit.label != label) continue;
    std::vector<fs::path> files;
    std::vector<std::int32_t> lands;
    for (const records::ManifestRow& row : exhibit.rows) {
      files.push_back(folder / row.file);
      lands.push_back(row.land.value_or(1));
    }
    return LoadBullet(exhibit.label, files, lands);
  }
  for (const records::ManifestCase& mark : parsed->cases) {
    if (mark.label != label) continue;
    PM_ASSIGN_OR_RETURN(Side side, LoadFile(folder / mark.row.file, SideKind::kBreechFace));
    side.name = mark.label;
    return side;
  }
  return MakeFault(FaultCode::kNotFound,
                   absl::StrFormat("%s names no exhibit \"%s\"", manifest.string(), label));
}

absl::StatusOr<TwoCompared> CompareTwo(const Side& query, const Side& reference,
                                       const Calibrations& calibrations,
                                       forensics::TurnSearch turns) {
  if (query.mark.index() != reference.mark.index()) {
    return MakeFault(FaultCode::kUsage,
                     absl::StrFormat("%s and %s are of different sorts: two lands, two bullets or "
                                     "two breech faces can be compared",
                                     query.name, reference.name));
  }
  const auto bullets = [&](const forensics::BulletSignature& a) -> absl::StatusOr<TwoCompared> {
    absl::StatusOr<forensics::BulletComparison> comparison =
        forensics::CompareBullets(a, std::get<forensics::BulletSignature>(reference.mark), {});
    if (!comparison.ok()) return Unusable(comparison.status());
    TwoCompared result;
    result.ratio = forensics::EvaluateBullets(*comparison, *calibrations.bullets);
    result.comparison = *std::move(comparison);
    return result;
  };
  PM_ASSIGN_OR_RETURN(
      TwoCompared result,
      std::visit(
          Overloaded{[&](const forensics::LandSignature& a) {
                       return CompareLandsOf(a, std::get<forensics::LandSignature>(reference.mark),
                                             *calibrations.bullets);
                     },
                     bullets,
                     [&](const forensics::ImpressedExtraction& a) {
                       return CompareCases(
                           a.signature,
                           std::get<forensics::ImpressedExtraction>(reference.mark).signature,
                           *calibrations.breech_faces, turns);
                     }},
          query.mark));
  const bool cases = std::holds_alternative<forensics::ImpressedExtraction>(query.mark);
  result.calibration =
      forensics::InfoOf(cases ? *calibrations.breech_faces : *calibrations.bullets);
  return result;
}

std::string EvidenceWords(double log10_lr) {
  constexpr double kLog10Of2 = 0.30102999566398120;
  const double size = std::abs(log10_lr);
  if (size < kLog10Of2) return "no support for one over the other";
  const char* strength = size >= 6.0   ? "extremely strong"
                         : size >= 4.0 ? "very strong"
                         : size >= 3.0 ? "strong"
                         : size >= 2.0 ? "moderately strong"
                         : size >= 1.0 ? "moderate"
                                       : "weak";
  return absl::StrFormat("%s support for %s", strength,
                         log10_lr > 0.0 ? "the same source rather than different sources"
                                        : "different sources rather than the same source");
}

std::string MeaningOf(const TwoCompared& compared) {
  const forensics::LikelihoodRatio& ratio = compared.ratio;
  const bool bullets = compared.calibration.mark == forensics::MarkKind::kBullet;
  const char* same = bullets ? "both were fired from one barrel" : "both came from one firearm";
  const char* different = bullets ? "they were fired from different barrels of the same class"
                                  : "they came from different firearms of the same class";
  return absl::StrFormat(
      "What was found is about %s times more probable if %s than if %s: %s. This is not the "
      "probability of either.",
      RatioWords(ratio.log10_lr), ratio.log10_lr >= 0.0 ? same : different,
      ratio.log10_lr >= 0.0 ? different : same, EvidenceWords(ratio.log10_lr));
}

}  // namespace proofmark::client::validation
