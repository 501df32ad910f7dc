// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/search/bullet_index.h"
#include "records/class_filter.h"
#include "records/exhibit.h"
#include "server/match/class_table.h"

namespace proofmark::match {

// One question to the collection.
struct CollectionQuery {
  const forensics::BulletSignature& signature;
  const records::ClassCharacteristics& characteristics;
  std::vector<records::ClassRule> rules_off;
  std::optional<records::ExhibitId> leave_out;  // The exhibit asked about, when it is our own.
  std::int64_t best_count = 20;                 // Candidates kept, >= 1.
  bool exhaustive = false;                      // Compare every eligible record in full.
  bool reportable_only = false;                 // Only what has a level is wanted.
  const forensics::Calibration* calibration = nullptr;  // Outlives the search. Null: built-in.
  std::function<bool()> cancelled;                      // Polled; may be empty.
  // (done, of): of the eligible records, in proportion to the work done; may be empty.
  std::function<void(std::int64_t, std::int64_t)> progress;
  // The same by stage, for who wants to show it; may be empty.
  std::function<void(const forensics::SearchProgress&)> stage_progress;
};

// How many records took part. held = removed by each rule + eligible; when the search is complete,
// every eligible record was scored coarsely, and those that could matter were compared in full.
struct CollectionCounts {
  std::int64_t held = 0;
  std::int64_t eligible = 0;
  std::int64_t compared = 0;  // Searched: scored coarsely, and not found impossible to compare.
  std::int64_t coarse_scored = 0;  // All eligible ones, when complete.
  std::int64_t refined = 0;        // Compared in full.
  std::int64_t failed = 0;         // Too little overlap to compare, or another extractor version.
  // Of the certified stop (forensics::BulletSearchResult); true, 1 and 0 when all were refined.
  bool certified = true;
  double quantile = 1.0;
  double missed_probability = 0.0;
  std::vector<std::pair<records::ClassRule, std::int64_t>> removed;  // Rules applied, in order.
  bool complete = false;
};

struct CollectionCandidate {
  forensics::ScoredBullet scored;  // record_id is the exhibit id.
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
};

struct CollectionResult {
  std::vector<CollectionCandidate> best;  // By score, highest first; ties by exhibit id.
  CollectionCounts counts;
};

// Every active exhibit of the node: class data for the filter, and the index of signatures.
// Thread-safe: a search sees what was there when it began, changes go on beside it.
class BulletCollection {
 public:
  // `threads` workers shared by all searches, 1..forensics::WorkerPool::kThreadsMax. With `loader`
  // signatures are read when a search needs them instead of being kept in memory.
  explicit BulletCollection(int threads, forensics::BulletIndex::SignatureLoader loader = nullptr)
      : pool_(threads), index_(pool_, std::move(loader)) {}

  // Adds or replaces.
  void Insert(const records::ExhibitId& id, ClassData data, forensics::BulletSignature signature);

  // Nothing happens for an unknown id.
  void Erase(const records::ExhibitId& id);

  std::int64_t size() const { return index_.size(); }

  // How often Insert and Erase were called: files made at another number are behind.
  std::int64_t changes() const { return changes_; }

  // Adds the records of an index segment read from a file (server/match/index_files.h). `class_of`
  // gives a record's class data, or nothing for a record that is no more. Needs a loader.
  //   Result  records added.
  std::int64_t Adopt(
      std::shared_ptr<forensics::BulletSegment> segment,
      const std::function<std::optional<ClassData>(const records::ExhibitId&)>& class_of);

  // What there is, for writing it to files.
  std::vector<std::shared_ptr<const forensics::BulletSegment>> Segments() const {
    return index_.Segments();
  }

  // Class filter, then every record left is searched.
  //   Errors  as of forensics::BulletIndex::Search.
  absl::StatusOr<CollectionResult> Search(const CollectionQuery& query) const;

 private:
  // Do their own locking.
  forensics::WorkerPool pool_;
  forensics::BulletIndex index_;
  std::atomic<std::int64_t> changes_ = 0;
  ClassTable classes_;
};

}  // namespace proofmark::match
