// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
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
  std::int64_t compared_count = 0;  // Records compared in full detail.
  std::int64_t failed_count = 0;    // Records that could not be compared (too little overlap).
  bool complete = false;            // False when the deadline or a cancellation cut it short.
};

struct BulletSearchOptions {
  std::int64_t best_count = 50;  // Records kept, >= 1.
  int threads = 2;               // Workers, >= 1.
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::function<bool()> cancelled;                           // Polled; may be empty.
  std::function<void(std::int64_t, std::int64_t)> progress;  // (done, of); may be empty.
  LandComparisonOptions comparison;
};

// The searchable bullets of one node, in memory. Thread-safe: a search sees the records inserted
// before it began, and insertions go on beside it.
class BulletIndex {
 public:
  BulletIndex();
  ~BulletIndex();

  // Adds or replaces.
  void Insert(std::string record_id, BulletSignature signature);

  // Nothing happens for an unknown id.
  void Erase(const std::string& record_id);

  std::int64_t size() const;

  // Compares `query` with every record for which `eligible` answers true, exhaustively.
  //   Result    the same for any number of threads.
  //   Errors    kInvalidArgument  `query` outside its bounds or of another extractor version.
  absl::StatusOr<BulletSearchResult> Search(const BulletSignature& query,
                                            const std::function<bool(const std::string&)>& eligible,
                                            const BulletSearchOptions& options) const;

 private:
  using Records = std::vector<std::pair<std::string, std::shared_ptr<const BulletSignature>>>;

  mutable base::Mutex mutex_;
  std::shared_ptr<const Records> records_ ABSL_GUARDED_BY(mutex_);  // Never null; by record id.
};

}  // namespace proofmark::forensics
