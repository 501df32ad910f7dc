// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "forensics/evidence/calibration.h"
#include "forensics/striated/ballistic_signature.h"
#include "forensics/striated/bullet_comparison.h"

namespace proofmark::forensics {

// One record that took part in a search.
struct ScoredBullet {
  std::string record_id;
  BulletComparison comparison;
  LikelihoodRatio likelihood_ratio;
};

struct BulletSearchResult {
  std::vector<ScoredBullet> best;   // By score, highest first; ties by record id.
  std::int64_t eligible_count = 0;  // Records for which `eligible` answered true.
  std::int64_t compared_count = 0;  // Of these, compared in full detail.
  std::int64_t failed_count = 0;    // Of these, impossible to compare: too little overlap, outside
                                    // their bounds, or of another extractor version.
  // False when the deadline or a cancellation cut it short; then compared_count + failed_count <
  // eligible_count, and which records were reached depends on timing.
  bool complete = false;
};

struct BulletSearchOptions {
  std::int64_t best_count = 50;  // Records kept; [1, 100000].
  int threads = 2;               // Workers, the calling thread among them; [1, 256].
  std::optional<std::chrono::steady_clock::time_point> deadline;
  // Both are called on the calling thread only, between two of its records; may be empty.
  std::function<bool()> cancelled;
  std::function<void(std::int64_t, std::int64_t)> progress;  // (done, of).
  LandComparisonOptions comparison;
};

// The searchable bullets of one node, in memory. Thread-safe: a search sees the records inserted
// before it began, and insertions go on beside it.
//
// Records stand in segments of 256. A search takes a snapshot, which freezes the segments it lists;
// a change to a frozen segment copies that segment first.
//   Cost      insert, erase   O(1), plus one segment's 256 pointers after a search
//             snapshot        one pointer for 256 records: 40 us at 10^6
//             memory          the signature (about 8 KB for six lands) and about 200 bytes
class BulletIndex {
 public:
  BulletIndex();
  ~BulletIndex();
  BulletIndex(const BulletIndex&) = delete;
  BulletIndex& operator=(const BulletIndex&) = delete;

  // Adds or replaces.
  void Insert(std::string record_id, BulletSignature signature);

  // Nothing happens for an unknown id.
  void Erase(const std::string& record_id);

  std::int64_t size() const;

  // Compares `query` with every record for which `eligible` answers true, exhaustively. `eligible`
  // is called on the calling thread, before the comparisons.
  //   Result    the same for any number of threads and any order of insertion.
  //   Errors    kInvalidArgument  `query` or an option outside its bounds.
  absl::StatusOr<BulletSearchResult> Search(const BulletSignature& query,
                                            const std::function<bool(const std::string&)>& eligible,
                                            const BulletSearchOptions& options) const;

 private:
  struct Record;
  struct Segment;
  using Snapshot = std::vector<std::shared_ptr<const Segment>>;

  Snapshot TakeSnapshot() const;
  // The segment, copied first when a snapshot may still hold it.
  Segment& MutableSegment(std::size_t segment) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<const Record>& Slot(std::size_t position) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  // Bumped by every snapshot: segments of an earlier epoch are frozen.
  mutable std::uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  // All full but the last, none empty.
  std::vector<std::shared_ptr<Segment>> segments_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, std::size_t> positions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::forensics
