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
#include "forensics/evidence/calibration.h"
#include "forensics/search/bullet_segment.h"
#include "forensics/search/coarse_query.h"
#include "forensics/search/search_progress.h"
#include "forensics/search/worker_pool.h"
#include "forensics/striated/ballistic_signature.h"
#include "forensics/striated/bullet_comparison.h"

namespace proofmark::forensics {

// One record that took part in a search.
struct ScoredBullet {
  std::string record_id;
  std::uint32_t tag = 0;  // As given to Insert.
  BulletComparison comparison;
  LikelihoodRatio likelihood_ratio;
};

// Every eligible record is scored coarsely; in descending order of that score they are screened by
// their agreement at full resolution, until no other is likely to belong among the best; those that
// may are refined, that is compared in full.
struct BulletSearchResult {
  std::vector<ScoredBullet> best;   // By full score, highest first; ties by record id.
  std::int64_t eligible_count = 0;  // Records for which `eligible` answered true.
  std::int64_t coarse_count = 0;    // Of these, scored coarsely: all, when complete.
  std::int64_t refined_count = 0;   // Of these, compared in full.
  std::int64_t failed_count = 0;    // Eligible, but impossible to compare as far as was seen: too
                                    // little overlap, outside their bounds, another extractor
                                    // version, or no signature to be had.
  // Of the stop. A record left out is missed when it would be reportable (level L1 at least) and
  // better than the worst of the best. For a single record that is less probable than
  // 1 - quantile; `missed_probability` is that of any, over all left out. 1 and 0 when all were
  // refined. `certified` is false when refined_max ended the screening first: the probability
  // says what that may have cost.
  bool certified = true;
  double quantile = 1.0;
  double missed_probability = 0.0;
  // False when the deadline or a cancellation cut it short; which records were reached then depends
  // on timing.
  bool complete = false;
};

// Screened at the least, however sure the stop is.
inline constexpr std::int64_t kRefinedMin = 300;
inline constexpr std::int64_t kRefinedPerResult = 10;
// Compared in full at the least, the highest agreements first.
inline constexpr std::int64_t kComparedMin = 40;
// Looked at where only what is reported is wanted.
inline constexpr std::int64_t kReportableRefinedMin = 16;
// Fragments and single lands would have nearly everything screened: their coarse score says little.
inline constexpr std::int64_t kRefinedMaxDefault = 2'000;

struct BulletSearchOptions {
  std::int64_t best_count = 50;  // Records kept; [1, 100000].
  bool exhaustive = false;       // Refine every eligible record.
  // Nobody wants to see what is not reported: none is looked at or compared for the list's sake.
  // Whether there is anything to report, the stop alone says.
  bool reportable_only = false;
  std::int64_t refined_max = kRefinedMaxDefault;  // Screened unless exhaustive; [1, 10^7].
  std::optional<std::chrono::steady_clock::time_point> deadline;
  // Both are called on the calling thread only; may be empty.
  std::function<bool()> cancelled;
  std::function<void(const SearchProgress&)> progress;
  LandComparisonOptions comparison;
  // For bullets; outlives the search. Null: built-in.
  const Calibration* calibration = nullptr;
  // None: what suits the query. For measurements.
  std::optional<CoarseMode> mode;
};

// The searchable bullets of one node: coarse lands in memory or mapped from files, signatures in
// memory or wherever the owner keeps them. Thread-safe: a search sees the records inserted before
// it began, and insertions go on beside it.
//
// Records stand in segments of one kind each. A search takes a snapshot, which freezes the segments
// it lists; a change to a frozen segment, or to one mapped from a file, copies that segment first.
//   Cost      insert, erase   10 us; after a search or on a mapped segment, a copy of 0.3 MB
//             snapshot        one pointer a segment: 4 000 at 10^6
//             memory          1.25 KB for six lands, and the id; the signature (8 KB) if kept here
class BulletIndex {
 public:
  // Finds a record's signature when the index does not hold it. Called on the pool's threads, many
  // at once.
  using SignatureLoader =
      std::function<absl::StatusOr<BulletSignature>(std::string_view record_id)>;

  // `pool` must outlive the index. Without `loader` the index keeps the signatures.
  explicit BulletIndex(WorkerPool& pool, SignatureLoader loader = nullptr);
  ~BulletIndex();
  BulletIndex(const BulletIndex&) = delete;
  BulletIndex& operator=(const BulletIndex&) = delete;

  // Adds or replaces. `tag` is the owner's, handed back to `eligible`.
  void Insert(std::string_view record_id, BulletSignature signature, std::uint32_t tag = 0);

  // Nothing happens for an unknown id.
  void Erase(std::string_view record_id);

  // Adds the records of a segment read from a file. `tag_of` gives each record's tag, or nothing
  // for a record that is no more. Needs a loader.
  //   Result  records added; those already here are not.
  std::int64_t Adopt(std::shared_ptr<BulletSegment> segment,
                     const std::function<std::optional<std::uint32_t>(std::string_view)>& tag_of);

  // The segments as they are now, for writing them to files. Frozen: a later change copies first.
  std::vector<std::shared_ptr<const BulletSegment>> Segments() const;

  std::int64_t size() const;
  // Memory held for the records, mapped files and signatures aside, bytes.
  std::int64_t owned_bytes() const;

  // `eligible` is called on the calling thread, before anything is scored.
  using Eligible = std::function<bool(std::string_view record_id, std::uint32_t tag)>;

  //   Result    the same for any number of threads, any kernel and any order of insertion; the
  //             coarse stage scores every eligible record.
  //   Errors    kInvalidArgument  `query` or an option outside its bounds.
  absl::StatusOr<BulletSearchResult> Search(const BulletSignature& query, const Eligible& eligible,
                                            const BulletSearchOptions& options) const;

 private:
  struct Place {
    std::uint32_t segment = 0;
    std::uint32_t record = 0;
  };
  struct Held {
    std::shared_ptr<BulletSegment> segment;  // Null when all its records are gone.
    std::uint64_t epoch = 0;                 // Of the index when this copy was made.
  };
  struct IdHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
  };

  BulletSegment& Mutable(Held& held) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EraseAt(Place place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  WorkerPool& pool_;
  const SignatureLoader loader_;

  mutable base::Mutex mutex_;
  // Bumped by every snapshot: segments of an earlier epoch are frozen.
  mutable std::uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 1;
  std::vector<Held> segments_ ABSL_GUARDED_BY(mutex_);
  // Of each kind met so far, the segment that new records go to.
  std::vector<std::uint32_t> open_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, Place, IdHash, std::equal_to<>> places_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::forensics
