// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_comparison.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace proofmark::forensics {
namespace {

// A shear mark is a few tenths of a millimetre long: a third of a land must be enough.
constexpr LandComparisonOptions kShearOptions = {.lag_um_max = 400.0, .overlap_um_min = 250.0};

// The score at which half of its range is reached: as many congruent cells as hold between most
// unrelated and most related breech faces.
constexpr double kCellsAtHalfScore = 10.0;

// A shear profile counts like so many cells at full agreement: a quarter of a breech face.
constexpr double kShearCells = 8.0;

// How many congruent cells a comparison is worth. The correlation of the images decides between
// equal counts, which are whole numbers.
double CellsOf(const MarkComparison& mark) {
  if (const ImpressedComparison* impressed = mark.impressed()) {
    return static_cast<double>(impressed->cmc) +
           std::clamp(impressed->features.image_correlation, 0.0, 1.0);
  }
  return kShearCells * std::clamp(mark.striated()->score, 0.0, 1.0);
}

double ScoreOf(const std::vector<MarkComparison>& marks) {
  double cells = 0.0;
  for (const MarkComparison& mark : marks) cells += CellsOf(mark);
  return cells / (cells + kCellsAtHalfScore);
}

// Only what says that this pair of marks cannot be compared; what is wrong with the call is not.
bool IsUncomparable(const absl::Status& status) { return absl::IsFailedPrecondition(status); }

absl::StatusOr<MarkComparison> CompareMark(const PreparedCase::Impression& query,
                                           const PreparedCase::Impression& reference,
                                           const CaseComparisonOptions& options) {
  ImpressionComparisonOptions how;
  if (options.full_circle || query.any_turn || reference.any_turn) {
    how.turns = TurnSearch::kFullCircle;
  }
  PM_ASSIGN_OR_RETURN(ImpressedComparison comparison,
                      CompareImpressions(query.prepared, reference.prepared, how));
  return MarkComparison{.region = query.region, .measures = std::move(comparison)};
}

absl::StatusOr<MarkComparison> CompareShear(const PreparedCase::Shear& query,
                                            const PreparedCase::Shear& reference) {
  if (query.extractor_version != reference.extractor_version) {
    return absl::InvalidArgumentError(
        absl::StrFormat("aperture_shear: extractor versions differ, \"%s\" and \"%s\"",
                        query.extractor_version, reference.extractor_version));
  }
  PM_ASSIGN_OR_RETURN(LandComparison comparison,
                      CompareLands(query.profile, false, reference.profile, kShearOptions));
  return MarkComparison{.region = ImpressedRegion::kApertureShear,
                        .measures = std::move(comparison)};
}

}  // namespace

const MarkComparison* CaseComparison::Find(ImpressedRegion region) const {
  const auto found = std::find_if(marks.begin(), marks.end(), [region](const MarkComparison& mark) {
    return mark.region == region;
  });
  return found == marks.end() ? nullptr : &*found;
}

bool LiesAtAnyTurn(const ImpressedSignature& impression) {
  return impression.region == ImpressedRegion::kFiringPin ||
         impression.has(ImpressedFlag::kOrientationUnknown);
}

bool LiesAtAnyTurn(const CaseSignature& signature) {
  return std::any_of(
      signature.impressions.begin(), signature.impressions.end(),
      [](const ImpressedSignature& impression) { return LiesAtAnyTurn(impression); });
}

const std::string& CaseComparisonVersion() {
  static const std::string* const version = new std::string(absl::StrFormat(
      "case/1; %s; %s", ImpressionComparisonVersion(), BulletComparisonVersion()));  // Never freed.
  return *version;
}

absl::StatusOr<PreparedCase> PrepareCase(const CaseSignature& signature, TurnSearch turns) {
  PM_RETURN_IF_ERROR(CheckSignature(signature));
  PreparedCase prepared;
  for (const ImpressedSignature& impression : signature.impressions) {
    const bool any_turn = LiesAtAnyTurn(impression);
    const TurnSearch at = any_turn ? std::max(turns, TurnSearch::kFullCircle) : turns;
    absl::StatusOr<PreparedImpression> ready = PrepareImpression(impression, at);
    if (IsUncomparable(ready.status())) continue;
    PM_RETURN_IF_ERROR(ready.status());
    prepared.impressions.push_back({.region = impression.region,
                                    .turns = at,
                                    .any_turn = any_turn,
                                    .prepared = *std::move(ready)});
  }
  if (const std::optional<ShearSignature>& shear = signature.aperture_shear) {
    PM_ASSIGN_OR_RETURN(PreparedLand profile, PrepareLand(shear->profile));
    prepared.aperture_shear = PreparedCase::Shear{.extractor_version = shear->extractor_version,
                                                  .profile = std::move(profile)};
  }
  if (prepared.impressions.empty() && !prepared.aperture_shear) {
    return absl::FailedPreconditionError("no mark has enough measured to be compared");
  }
  return prepared;
}

absl::StatusOr<CaseComparison> CompareCases(const PreparedCase& query,
                                            const PreparedCase& reference,
                                            const CaseComparisonOptions& options) {
  CaseComparison comparison;
  const auto take = [&comparison](absl::StatusOr<MarkComparison> mark) {
    if (IsUncomparable(mark.status())) return absl::OkStatus();
    PM_RETURN_IF_ERROR(mark.status());
    comparison.marks.push_back(*std::move(mark));
    return absl::OkStatus();
  };
  for (const PreparedCase::Impression& impression : query.impressions) {
    for (const PreparedCase::Impression& other : reference.impressions) {
      if (other.region != impression.region) continue;
      PM_RETURN_IF_ERROR(take(CompareMark(impression, other, options)));
    }
  }
  if (query.aperture_shear && reference.aperture_shear) {
    PM_RETURN_IF_ERROR(take(CompareShear(*query.aperture_shear, *reference.aperture_shear)));
  }
  if (comparison.marks.empty()) {
    return absl::FailedPreconditionError("the cases have no mark in common that can be compared");
  }
  std::sort(comparison.marks.begin(), comparison.marks.end(),
            [](const MarkComparison& a, const MarkComparison& b) { return a.region < b.region; });
  comparison.score = ScoreOf(comparison.marks);
  return comparison;
}

}  // namespace proofmark::forensics
