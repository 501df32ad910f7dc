// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/cartridge/case_signature.h"
#include "forensics/impressed/impressed_comparison.h"
#include "forensics/striated/bullet_comparison.h"
#include "forensics/striated/prepared_bullet.h"

namespace proofmark::forensics {

struct CaseComparisonOptions {
  // Every turn of one impression against the other, also where both scans claim to lie as the
  // standard asks. Scans whose orientation is unknown are always turned through the full circle.
  bool full_circle = false;
};

// One mark that both cases have.
struct MarkComparison {
  ImpressedRegion region = ImpressedRegion::kBreechFace;
  std::variant<ImpressedComparison, LandComparison> measures;  // Lands for the aperture shear.

  const ImpressedComparison* impressed() const {
    return std::get_if<ImpressedComparison>(&measures);
  }
  const LandComparison* striated() const { return std::get_if<LandComparison>(&measures); }
};

// Two cartridge cases, compared mark by mark.
struct CaseComparison {
  std::vector<MarkComparison> marks;  // By region; those that could be compared, at least one.
  // What candidates are ranked by: rises with the congruent cells of all marks, [0, 1). Not a
  // probability.
  double score = 0.0;

  const MarkComparison* Find(ImpressedRegion region) const;
};

// A case made ready to be compared many times. Constant; usable from several threads.
struct PreparedCase {
  struct Impression {
    ImpressedRegion region = ImpressedRegion::kBreechFace;
    TurnSearch turns = TurnSearch::kDirected;  // The search it is made ready for.
    bool any_turn = false;                     // It may lie at any turn, whatever is asked.
    PreparedImpression prepared;
  };
  struct Shear {
    std::string extractor_version;
    PreparedLand profile;
  };
  std::vector<Impression> impressions;  // By region.
  std::optional<Shear> aperture_shear;
};

// Whether a mark may lie at any turn: its scan's orientation is unknown, or, as a firing pin's, it
// has none.
bool LiesAtAnyTurn(const ImpressedSignature& impression);
bool LiesAtAnyTurn(const CaseSignature& signature);  // Any of its impressions.

// Name of this method and those it rests on. Changes when a result may.
const std::string& CaseComparisonVersion();

// Makes ready for comparisons at `turns`; marks that may lie at any turn for the full circle. A
// mark with too little measured to be compared is left out.
//   Errors    kInvalidArgument     CheckSignature fails.
//             kFailedPrecondition  no mark is left.
//   Cost      some milliseconds for each impression, four times that for the full circle.
absl::StatusOr<PreparedCase> PrepareCase(const CaseSignature& signature, TurnSearch turns);

// Compares each mark that both have; at every turn when that is asked or either may lie so.
//   Result    unchanged, directions exchanged, when query and reference are exchanged.
//   Errors    kInvalidArgument     extractor versions differ, or a mark was made ready for fewer
//                                  turns than are needed.
//             kFailedPrecondition  no mark could be compared.
//   Threads   Pure.
absl::StatusOr<CaseComparison> CompareCases(const PreparedCase& query,
                                            const PreparedCase& reference,
                                            const CaseComparisonOptions& options);

}  // namespace proofmark::forensics
