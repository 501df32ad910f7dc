// SPDX-License-Identifier: Apache-2.0
#include "server/match/case_collection.h"

#include <unordered_map>
#include <utility>

#include "base/status.h"
#include "server/match/class_filter.h"

namespace proofmark::match {

void CaseCollection::Insert(const records::ExhibitId& id, ClassData data,
                            forensics::CaseSignature signature) {
  // Index first: a search takes its class data first, so it never counts as eligible a record
  // that the index does not have yet.
  index_.Insert(id, std::move(signature));
  base::MutexLock lock(mutex_);
  classes_.insert_or_assign(id, std::move(data));
}

void CaseCollection::Erase(const records::ExhibitId& id) {
  {
    base::MutexLock lock(mutex_);
    classes_.erase(id);
  }
  index_.Erase(id);
}

absl::StatusOr<CaseFindings> CaseCollection::Search(const CaseQuery& query) const {
  ClassFilter filter(records::ItemKind::kCartridgeCase, query.characteristics, query.rules_off);
  std::unordered_map<records::ExhibitId, records::ExhibitKind> eligible;
  {
    base::MutexLock lock(mutex_);
    for (const auto& [id, data] : classes_) {
      if (query.leave_out == id) continue;
      if (filter.Admit(data.characteristics)) eligible.emplace(id, data.kind);
    }
  }

  forensics::CaseSearchOptions options;
  options.best_count = query.best_count;
  options.cancelled = query.cancelled;
  options.progress = query.progress;
  options.comparison.full_circle = query.full_circle;
  PM_ASSIGN_OR_RETURN(
      forensics::CaseSearchResult found,
      index_.Search(
          query.signature, [&](const std::string& id) { return eligible.contains(id); }, options));

  CaseFindings findings;
  for (forensics::ScoredCase& scored : found.best) {
    const records::ExhibitKind kind = eligible.at(scored.record_id);
    findings.best.push_back({.scored = std::move(scored), .kind = kind});
  }
  CollectionCounts& counts = findings.counts;
  counts.compared = found.compared_count;
  counts.refined = found.compared_count;
  counts.failed = found.failed_count;
  counts.complete = found.complete;
  // A record withdrawn between filter and comparison was not there to be searched.
  counts.held = filter.held_count() - (filter.eligible_count() - found.eligible_count);
  counts.eligible = found.eligible_count;
  counts.removed = filter.removed_counts();
  return findings;
}

}  // namespace proofmark::match
