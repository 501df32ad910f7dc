// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_segment.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "forensics/cartridge/case_comparison.h"

namespace proofmark::forensics {
CoarseCase MakeCoarseCase(const CaseSignature& signature) {
  CoarseCase coarse;
  coarse.kind.any_turn = std::any_of(signature.impressions.begin(), signature.impressions.end(),
                                     [](const ImpressedSignature& impression) {
                                       return impression.region != ImpressedRegion::kFiringPin &&
                                              LiesAtAnyTurn(impression);
                                     });
  const ImpressedSignature* face = FindImpression(signature, ImpressedRegion::kBreechFace);
  if (face == nullptr) return coarse;
  absl::StatusOr<CoarseImpression> b1 = MakeCoarseImpression(*face, CoarseGrid::kB1);
  absl::StatusOr<CoarseImpression> b2 = MakeCoarseImpression(*face, CoarseGrid::kB2);
  if (!b1.ok() || !b2.ok() || b1->inverse_norm == 0.0F || b2->inverse_norm == 0.0F) return coarse;
  coarse.kind.extractor_version = face->extractor_version;
  coarse.b1 = *std::move(b1);
  coarse.b2 = *std::move(b2);
  return coarse;
}

void CaseSegment::Append(std::string_view id, std::uint32_t tag, const CoarseCase& coarse,
                         std::shared_ptr<const CaseSignature> signature) {
  PM_CHECK(!full() && coarse.kind == kind_);
  Record record{.id = std::string(id), .tag = tag, .signature = std::move(signature)};
  if (scored()) {
    const std::int64_t b1_bytes = CoarseBytes(CoarseGrid::kB1);
    PM_CHECK(static_cast<std::int64_t>(coarse.b1.level.size()) == b1_bytes);
    PM_CHECK(static_cast<std::int64_t>(coarse.b2.level.size()) == CoarseBytes(CoarseGrid::kB2));
    // A full segment's room from the start: the system lends memory by the page.
    b1_levels_.reserve(static_cast<std::size_t>(kSegmentCasesMax * b1_bytes));
    b1_levels_.insert(b1_levels_.end(), coarse.b1.level.begin(), coarse.b1.level.end());
    b1_inverse_norms_.push_back(coarse.b1.inverse_norm);
    record.b2 = std::make_shared<const CoarseImpression>(coarse.b2);
  }
  records_.push_back(std::move(record));
}

void CaseSegment::Erase(std::int64_t i) {
  const auto at = static_cast<std::size_t>(i);
  PM_CHECK(!records_[at].erased);
  records_[at] = {.erased = true};
  ++erased_count_;
  if (!scored()) return;
  const std::int64_t bytes = CoarseBytes(CoarseGrid::kB1);
  std::fill_n(b1_levels_.begin() + i * bytes, bytes, kCoarseNothing);
  b1_inverse_norms_[at] = 0.0F;
}

std::int64_t CaseSegment::owned_bytes() const {
  std::size_t bytes = sizeof(*this) + records_.capacity() * sizeof(Record) + b1_levels_.capacity() +
                      b1_inverse_norms_.capacity() * sizeof(float);
  for (const Record& record : records_) {
    if (record.id.size() > 15) bytes += record.id.capacity() + 1;
    // With it the counts of the pointer that shares it.
    if (record.b2) bytes += sizeof(*record.b2) + 2 * sizeof(void*) + record.b2->level.capacity();
  }
  return static_cast<std::int64_t>(bytes);
}

}  // namespace proofmark::forensics
