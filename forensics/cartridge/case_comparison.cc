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

// What a shear profile at full agreement adds: no real ones were at hand, so that it decides little
// beside a breech face.
constexpr double kShearSupport = 8.0;

double SupportOf(const MarkComparison& mark) {
  if (const ImpressedComparison* impressed = mark.impressed()) {
    return PositiveSupport(impressed->support);
  }
  return kShearSupport * std::clamp(mark.striated()->score, 0.0, 1.0);
}

double ScoreOf(const std::vector<MarkComparison>& marks) {
  double support = 0.0;
  for (const MarkComparison& mark : marks) support += SupportOf(mark);
  return ScoreOfPositive(support);
}

// Only what says that this pair of marks cannot be compared; what is wrong with the call is not.
bool IsUncomparable(const absl::Status& status) { return absl::IsFailedPrecondition(status); }

absl::StatusOr<MarkComparison> CompareMark(const PreparedCase::Impression& query,
                                           const PreparedCase::Impression& reference,
                                           const CaseComparisonOptions& options) {
  const bool circle = options.full_circle || query.any_turn || reference.any_turn;
  const auto& a = circle ? query.full_circle : query.directed;
  const auto& b = circle ? reference.full_circle : reference.directed;
  if (!a || !b) {
    return absl::InvalidArgumentError("a mark was not made ready for the turns that are needed");
  }
  ImpressionComparisonOptions how;
  how.turns = circle ? TurnSearch::kFullCircle : TurnSearch::kDirected;
  PM_ASSIGN_OR_RETURN(ImpressedComparison comparison, CompareImpressions(*a, *b, how));
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

// Which searches an impression takes part in.
struct SearchesNeeded {
  bool directed = false;
  bool full_circle = false;
};

SearchesNeeded SearchesOf(const ImpressedSignature& impression,
                          std::span<const CaseSignature* const> others,
                          const CaseComparisonOptions& options) {
  SearchesNeeded needed;
  for (const CaseSignature* other : others) {
    const ImpressedSignature* const same = FindImpression(*other, impression.region);
    if (same == nullptr) continue;
    const bool circle = options.full_circle || LiesAtAnyTurn(impression) || LiesAtAnyTurn(*same);
    (circle ? needed.full_circle : needed.directed) = true;
  }
  return needed;
}

// nullopt where the mark is not needed or has too little measured.
absl::StatusOr<std::optional<PreparedImpression>> PrepareMark(const ImpressedSignature& impression,
                                                              bool needed, TurnSearch turns) {
  if (!needed) return std::optional<PreparedImpression>();
  absl::StatusOr<PreparedImpression> ready = PrepareImpression(impression, turns);
  if (IsUncomparable(ready.status())) return std::optional<PreparedImpression>();
  PM_RETURN_IF_ERROR(ready.status());
  return std::optional<PreparedImpression>(*std::move(ready));
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

const std::string& CaseComparisonVersion() {
  static const std::string* const version = new std::string(absl::StrFormat(
      "case/2; %s; %s", ImpressionComparisonVersion(), BulletComparisonVersion()));  // Never freed.
  return *version;
}

absl::StatusOr<PreparedCase> PrepareCase(const CaseSignature& signature,
                                         std::span<const CaseSignature* const> others,
                                         const CaseComparisonOptions& options) {
  PM_RETURN_IF_ERROR(CheckSignature(signature));
  PreparedCase prepared;
  for (const ImpressedSignature& impression : signature.impressions) {
    const SearchesNeeded needed = SearchesOf(impression, others, options);
    PreparedCase::Impression ready{.region = impression.region,
                                   .any_turn = LiesAtAnyTurn(impression)};
    PM_ASSIGN_OR_RETURN(ready.directed,
                        PrepareMark(impression, needed.directed, TurnSearch::kDirected));
    PM_ASSIGN_OR_RETURN(ready.full_circle,
                        PrepareMark(impression, needed.full_circle, TurnSearch::kFullCircle));
    if (ready.directed || ready.full_circle) prepared.impressions.push_back(std::move(ready));
  }
  const bool shear_needed =
      std::any_of(others.begin(), others.end(),
                  [](const CaseSignature* other) { return other->aperture_shear.has_value(); });
  if (const std::optional<ShearSignature>& shear = signature.aperture_shear;
      shear && shear_needed) {
    PM_ASSIGN_OR_RETURN(PreparedLand profile, PrepareLand(shear->profile));
    prepared.aperture_shear = PreparedCase::Shear{.extractor_version = shear->extractor_version,
                                                  .profile = std::move(profile)};
  }
  if (prepared.impressions.empty() && !prepared.aperture_shear) {
    return absl::FailedPreconditionError("the cases have no mark in common that can be compared");
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
