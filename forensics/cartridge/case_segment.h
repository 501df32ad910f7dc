// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "forensics/cartridge/case_signature.h"
#include "forensics/impressed/coarse_impression.h"

namespace proofmark::forensics {

inline constexpr std::int64_t kSegmentCasesMax = 256;

// What all cases of a segment have in common, so that one question's rows serve them.
struct CaseKind {
  bool any_turn = false;  // The scan of some mark (firing pins aside) has no known orientation.
  // Of the breech face, when there is one to score coarsely.
  std::optional<std::string> extractor_version;
  friend bool operator==(const CaseKind&, const CaseKind&) = default;
};

// A case as the coarse stages of a search see it: its breech face alone.
struct CoarseCase {
  CaseKind kind;
  CoarseImpression b1, b2;  // Empty without a breech face to score.
};

// Without a breech face, or with one of which the coarse grids show nothing, there is nothing to
// score; nor is there in a signature outside its bounds.
//   Cost      some milliseconds.
//   Threads   Pure.
CoarseCase MakeCoarseCase(const CaseSignature& signature);

// Up to 256 cases of one kind: B1 of all of them one after another, B2 and the signatures behind
// pointers, so that a copy is small. Not thread-safe; const methods may run concurrently.
class CaseSegment {
 public:
  struct Record {
    std::string id;
    std::uint32_t tag = 0;  // The owner's; kept, not interpreted.
    bool erased = false;
    std::shared_ptr<const CoarseImpression> b2;      // Null without a breech face to score.
    std::shared_ptr<const CaseSignature> signature;  // Null when the owner finds it elsewhere.
  };

  explicit CaseSegment(CaseKind kind) : kind_(std::move(kind)) {}

  bool full() const { return size() == kSegmentCasesMax; }
  // Must not be full; `coarse` must be of this kind.
  void Append(std::string_view id, std::uint32_t tag, const CoarseCase& coarse,
              std::shared_ptr<const CaseSignature> signature);

  // Marks and blanks a record: nothing of its marks remains.
  void Erase(std::int64_t record);

  const CaseKind& kind() const { return kind_; }
  bool scored() const { return kind_.extractor_version.has_value(); }
  std::int64_t size() const { return static_cast<std::int64_t>(records_.size()); }
  std::int64_t erased_count() const { return erased_count_; }
  const Record& record(std::int64_t i) const { return records_[static_cast<std::size_t>(i)]; }

  // As ScoreCoarse takes them, one for each record; empty when the segment is not scored.
  std::span<const std::uint8_t> b1_levels() const { return b1_levels_; }
  std::span<const float> b1_inverse_norms() const { return b1_inverse_norms_; }

  // Memory it holds, signatures aside, bytes.
  std::int64_t owned_bytes() const;

 private:
  CaseKind kind_;
  std::vector<Record> records_;
  std::vector<std::uint8_t> b1_levels_;
  std::vector<float> b1_inverse_norms_;
  std::int64_t erased_count_ = 0;
};

}  // namespace proofmark::forensics
