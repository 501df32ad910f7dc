// SPDX-License-Identifier: Apache-2.0
#include "server/match/bullet_collection.h"

#include <unordered_map>
#include <utility>

#include "base/status.h"
#include "server/match/class_filter.h"

namespace proofmark::match {

void BulletCollection::Insert(const records::ExhibitId& id, ClassData data,
                              forensics::BulletSignature signature) {
  // Index first: a search takes its class data first, so it never counts as eligible a record
  // that the index does not have yet.
  index_.Insert(id, std::move(signature));
  base::MutexLock lock(mutex_);
  classes_.insert_or_assign(id, std::move(data));
}

void BulletCollection::Erase(const records::ExhibitId& id) {
  {
    base::MutexLock lock(mutex_);
    classes_.erase(id);
  }
  index_.Erase(id);
}

absl::StatusOr<CollectionResult> BulletCollection::Search(const CollectionQuery& query) const {
  ClassFilter filter(query.characteristics, query.rules_off);
  std::unordered_map<std::string, records::ExhibitKind> eligible;
  {
    base::MutexLock lock(mutex_);
    for (const auto& [id, data] : classes_) {
      if (query.leave_out == id) continue;
      if (filter.Admit(data.characteristics)) eligible.emplace(id, data.kind);
    }
  }

  forensics::BulletSearchOptions options;
  options.best_count = query.best_count;
  options.threads = threads_;
  options.cancelled = query.cancelled;
  options.progress = query.progress;
  PM_ASSIGN_OR_RETURN(
      forensics::BulletSearchResult found,
      index_.Search(
          query.signature, [&](const std::string& id) { return eligible.contains(id); }, options));

  CollectionResult result;
  for (forensics::ScoredBullet& scored : found.best) {
    const records::ExhibitKind kind = eligible.at(scored.record_id);
    result.best.push_back({.scored = std::move(scored), .kind = kind});
  }
  CollectionCounts& counts = result.counts;
  counts.compared = found.compared_count;
  counts.failed = found.failed_count;
  counts.complete = found.complete;
  // A record withdrawn between filter and comparison was not there to be searched.
  counts.held = filter.held_count() - (filter.eligible_count() - found.eligible_count);
  counts.eligible = found.eligible_count;
  for (const records::ClassRule rule : records::kClassRules) {
    if (const std::optional<std::int64_t> removed = filter.removed_count(rule)) {
      counts.removed.emplace_back(rule, *removed);
    }
  }
  return result;
}

}  // namespace proofmark::match
