// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "forensics/cartridge/case_comparison.h"
#include "forensics/cartridge/case_evidence.h"
#include "forensics/cartridge/case_segment.h"
#include "forensics/cartridge/case_signature.h"
#include "forensics/search/search_progress.h"
#include "forensics/search/worker_pool.h"

namespace proofmark::forensics {

// One record that took part in a search.
struct ScoredCase {
  std::string record_id;
  std::uint32_t tag = 0;  // As given to Insert.
  CaseComparison comparison;
  CaseEvidence evidence;
};

// Every eligible record with a breech face is scored on the grid B1, the best of them on B2; in
// descending order of that score they are refined, that is compared in full, until no other is
// likely to belong among the best. Where query or record has no breech face to score, the record is
// refined whatever it is.
struct CaseSearchResult {
  std::vector<ScoredCase> best;     // By full score, highest first; ties by record id.
  std::int64_t eligible_count = 0;  // Records for which `eligible` answered true.
  // Of these, scored by B1, or, where there is no breech face to score, refined: all, when
  // complete.
  std::int64_t coarse_count = 0;
  std::int64_t fine_count = 0;     // Of these, scored by B2.
  std::int64_t refined_count = 0;  // Of these, compared in full.
  std::int64_t failed_count = 0;  // Eligible, but impossible to compare as far as was seen: no mark
                                  // in common, too little measured, another extractor version, or
                                  // no signature to be had.
  // Of the stop. A record is missed when its source is the question's and its breech face would be
  // reported (level L1 at least), but it was left out; other marks change no level.
  // `missed_probability` is that of a record of which the first two hold, `quantile` how surely one
  // stage should find it: `certified` is false when the bounds of either stage ended it before.
  // 1 and 0 when all were refined.
  bool certified = true;
  double quantile = 1.0;
  double missed_probability = 0.0;
  // False when the deadline or a cancellation cut it short; which records were reached then depends
  // on timing.
  bool complete = false;
};

// The best of B1 that are scored by B2: this share of them, within these bounds.
inline constexpr double kFineShare = 0.05;
inline constexpr std::int64_t kFineMin = 3'000;  // Costs a few tenths of a second.
inline constexpr std::int64_t kFineMax = 50'000;
// Refined at the least, however sure the stop is.
inline constexpr std::int64_t kCasesRefinedMin = 50;
inline constexpr std::int64_t kCasesReportableRefinedMin = 16;
inline constexpr std::int64_t kCasesRefinedPerResult = 2;
inline constexpr std::int64_t kCasesRefinedMaxDefault = 300;

struct CaseSearchOptions {
  std::int64_t best_count = 50;  // Records kept; [1, 100000].
  bool exhaustive = false;       // Refine every eligible record.
  // Nobody wants to see what is not reported: none is refined for the list's sake.
  bool reportable_only = false;
  // Refined unless exhaustive, those without a breech face to score aside; [1, 10^7].
  std::int64_t refined_max = kCasesRefinedMaxDefault;
  std::int64_t fine_min = kFineMin;  // Scored by B2 at the least; [1, kFineMax].
  std::optional<std::chrono::steady_clock::time_point> deadline;
  // Both are called on the calling thread only; may be empty.
  std::function<bool()> cancelled;
  std::function<void(const SearchProgress&)> progress;
  CaseComparisonOptions comparison;
  // For breech faces; outlives the search. Null: built-in.
  const Calibration* calibration = nullptr;
};

// The searchable cartridge cases of one node: coarse breech faces in memory, signatures in memory
// or wherever the owner keeps them. Thread-safe: a search sees the records inserted before it
// began, and insertions go on beside it.
//
// As in BulletIndex records stand in segments of one kind each; a search takes a snapshot, which
// freezes the segments it lists, and a change to a frozen segment copies that segment first.
//   Cost      insert, erase   making the coarse grids, some milliseconds; after a search a copy of
//                             0.3 MB
//             snapshot        one pointer a segment: 4 000 at 10^6
//             memory          5 KB with the id; the signature (80 KB) if kept here
class CaseIndex {
 public:
  // Finds a record's signature when the index does not hold it. Called on the pool's threads, many
  // at once. A record whose signature is not to be had counts as failed.
  using SignatureLoader = std::function<absl::StatusOr<CaseSignature>(std::string_view record_id)>;

  // `pool` must outlive the index. Without `loader` the index keeps the signatures.
  explicit CaseIndex(WorkerPool& pool, SignatureLoader loader = nullptr)
      : pool_(pool), loader_(std::move(loader)) {}
  CaseIndex(const CaseIndex&) = delete;
  CaseIndex& operator=(const CaseIndex&) = delete;

  // Adds or replaces. `tag` is the owner's, handed back to `eligible`.
  void Insert(std::string_view record_id, CaseSignature signature, std::uint32_t tag = 0);

  // The same for a case whose coarse grids were made before. Needs a loader.
  void InsertCoarse(std::string_view record_id, const CoarseCase& coarse, std::uint32_t tag = 0);

  // Nothing happens for an unknown id.
  void Erase(std::string_view record_id);

  std::int64_t size() const;
  // Memory held for the records, signatures aside, bytes.
  std::int64_t owned_bytes() const;

  // `eligible` is called on the calling thread, before anything is scored.
  using Eligible = std::function<bool(std::string_view record_id, std::uint32_t tag)>;

  //   Result    the same for any number of threads, any kernel and any order of insertion; every
  //             eligible record is scored by B1, or refined for want of a breech face.
  //   Errors    kInvalidArgument  `query` or an option outside its bounds.
  absl::StatusOr<CaseSearchResult> Search(const CaseSignature& query, const Eligible& eligible,
                                          const CaseSearchOptions& options) const;

 private:
  struct Place {
    std::uint32_t segment = 0;
    std::uint32_t record = 0;
  };
  struct Held {
    std::shared_ptr<CaseSegment> segment;  // Null when all its records are gone.
    std::uint64_t epoch = 0;               // Of the index when this copy was made.
  };
  // Of a kind met so far, the segment that new records go to.
  struct Open {
    CaseKind kind;
    std::uint32_t segment = 0;
  };
  struct IdHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
  };

  void Put(std::string_view record_id, std::uint32_t tag, const CoarseCase& coarse,
           std::shared_ptr<const CaseSignature> signature);
  CaseSegment& Mutable(Held& held) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EraseAt(Place place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The number of the segment that new records of `kind` go to; not full.
  std::uint32_t OpenSegment(const CaseKind& kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<std::shared_ptr<const CaseSegment>> Segments() const;

  // Constant after construction.
  WorkerPool& pool_;
  const SignatureLoader loader_;

  mutable base::Mutex mutex_;
  // Bumped by every snapshot: segments of an earlier epoch are frozen.
  mutable std::uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 1;
  std::vector<Held> segments_ ABSL_GUARDED_BY(mutex_);
  std::vector<Open> open_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, Place, IdHash, std::equal_to<>> places_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::forensics
