// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "forensics/cartridge/case_comparison.h"
#include "forensics/cartridge/case_evidence.h"
#include "forensics/cartridge/case_signature.h"
#include "forensics/search/worker_pool.h"

namespace proofmark::forensics {

// One record that took part in a search.
struct ScoredCase {
  std::string record_id;
  CaseComparison comparison;
  CaseEvidence evidence;
};

struct CaseSearchResult {
  std::vector<ScoredCase> best;     // By score, highest first; ties by record id.
  std::int64_t eligible_count = 0;  // Records for which `eligible` answered true.
  std::int64_t compared_count = 0;  // Of these, compared in full detail.
  std::int64_t failed_count = 0;  // Of these, impossible to compare: no mark in common, too little
                                  // measured, or of another extractor version.
  // False when the deadline or a cancellation cut it short; then compared_count + failed_count <
  // eligible_count, and which records were reached depends on timing.
  bool complete = false;
};

struct CaseSearchOptions {
  std::int64_t best_count = 50;  // Records kept; [1, 100000].
  std::optional<std::chrono::steady_clock::time_point> deadline;
  // Both are called on the calling thread only; may be empty.
  std::function<bool()> cancelled;
  std::function<void(std::int64_t, std::int64_t)> progress;  // (done, of).
  CaseComparisonOptions comparison;
};

// The searchable cartridge cases of one node, in memory. Thread-safe: a search sees the records
// inserted before it began, and insertions go on beside it.
//
// A search copies one pointer a record and then compares each in full detail: tens of milliseconds
// a record and thread, so what the snapshot costs does not show.
//   Cost      memory  the signature: about 80 KB for a breech face
class CaseIndex {
 public:
  // `pool` must outlive the index.
  explicit CaseIndex(WorkerPool& pool) : pool_(pool) {}
  CaseIndex(const CaseIndex&) = delete;
  CaseIndex& operator=(const CaseIndex&) = delete;

  // Adds or replaces.
  void Insert(std::string record_id, CaseSignature signature);

  // Nothing happens for an unknown id.
  void Erase(const std::string& record_id);

  std::int64_t size() const;

  // Compares `query` with every record for which `eligible` answers true, exhaustively. `eligible`
  // is called on the calling thread, before the comparisons.
  //   Result    the same for any number of threads and any order of insertion.
  //   Errors    kInvalidArgument  `query` or an option outside its bounds.
  absl::StatusOr<CaseSearchResult> Search(const CaseSignature& query,
                                          const std::function<bool(const std::string&)>& eligible,
                                          const CaseSearchOptions& options) const;

 private:
  // Does its own locking.
  WorkerPool& pool_;

  mutable base::Mutex mutex_;
  std::map<std::string, std::shared_ptr<const CaseSignature>> records_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::forensics
