// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "forensics/search/bullet_index.h"
#include "records/class_filter.h"
#include "records/exhibit.h"

namespace proofmark::match {

// What a search needs to know of a record besides its signature.
struct ClassData {
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  records::ClassCharacteristics characteristics;
};

// One question to the collection.
struct CollectionQuery {
  const forensics::BulletSignature& signature;
  const records::ClassCharacteristics& characteristics;
  std::vector<records::ClassRule> rules_off;
  std::optional<records::ExhibitId> leave_out;  // The exhibit asked about, when it is our own.
  std::int64_t best_count = 20;                 // Candidates kept, >= 1.
  std::function<bool()> cancelled;              // Polled; may be empty.
  std::function<void(std::int64_t, std::int64_t)> progress;  // (compared, of); may be empty.
};

// How many records took part. held = removed by each rule + eligible; when the search is
// complete, eligible = compared + failed.
struct CollectionCounts {
  std::int64_t held = 0;
  std::int64_t eligible = 0;
  std::int64_t compared = 0;
  std::int64_t failed = 0;  // Too little overlap to compare.
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

// Every active exhibit of the node, in memory: class data for the filter, signatures for the
// comparison. Thread-safe: a search sees what was there when it began, changes go on beside it.
class BulletCollection {
 public:
  // `threads` workers a search, >= 1.
  explicit BulletCollection(int threads) : threads_(threads) {}

  // Adds or replaces.
  void Insert(const records::ExhibitId& id, ClassData data, forensics::BulletSignature signature);

  // Nothing happens for an unknown id.
  void Erase(const records::ExhibitId& id);

  std::int64_t size() const { return index_.size(); }

  // Class filter, then every record left is compared in full detail.
  //   Errors  as of forensics::BulletIndex::Search.
  absl::StatusOr<CollectionResult> Search(const CollectionQuery& query) const;

 private:
  using Classes = std::map<records::ExhibitId, ClassData>;

  // Constant after construction.
  const int threads_;
  // Does its own locking.
  forensics::BulletIndex index_;

  mutable base::Mutex mutex_;
  Classes classes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::match
