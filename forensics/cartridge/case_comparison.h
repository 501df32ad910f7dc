// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
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
  // What candidates are ranked by: rises with the support of all marks, (0, 1). Not a probability.
  double score = 0.0;

  const MarkComparison* Find(ImpressedRegion region) const;
};

// A case made ready for comparisons. Constant; usable from several threads.
struct PreparedCase {
  struct Impression {
    ImpressedRegion region = ImpressedRegion::kBreechFace;
    bool any_turn = false;  // It may lie at any turn, whatever is asked.
    // For the searches that its pairs need, one or both.
    std::optional<PreparedImpression> directed;
    std::optional<PreparedImpression> full_circle;
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

// Name of this method and those it rests on. Changes when a result may.
const std::string& CaseComparisonVersion();

// Makes `signature` ready to be compared with `others`: each impression that one of them has too,
// for the turns that those pairs need. A mark with too little measured is left out.
//   Errors    kInvalidArgument     CheckSignature fails.
//             kFailedPrecondition  no mark is left.
//   Cost      some milliseconds for each impression, four times that for the full circle.
absl::StatusOr<PreparedCase> PrepareCase(const CaseSignature& signature,
                                         std::span<const CaseSignature* const> others,
                                         const CaseComparisonOptions& options);

// Compares each mark that both have; at every turn when that is asked or either may lie so.
//   Result    unchanged, directions exchanged, when query and reference are exchanged.
//   Errors    kInvalidArgument     extractor versions differ, or a mark was not made ready for the
//                                  turns that are needed.
//             kFailedPrecondition  no mark could be compared.
//   Threads   Pure.
absl::StatusOr<CaseComparison> CompareCases(const PreparedCase& query,
                                            const PreparedCase& reference,
                                            const CaseComparisonOptions& options);

}  // namespace proofmark::forensics
