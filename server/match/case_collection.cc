// SPDX-License-Identifier: Apache-2.0
#include "server/match/case_collection.h"

#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/match/class_filter.h"

namespace proofmark::match {

void CaseCollection::Insert(const records::ExhibitId& id, ClassData data,
                            forensics::CaseSignature signature) {
  index_.Insert(id, std::move(signature), classes_.TagOf(std::move(data)));
}

void CaseCollection::Erase(const records::ExhibitId& id) { index_.Erase(id); }

absl::StatusOr<CaseFindings> CaseCollection::Search(const CaseQuery& query) const {
  ClassFilter filter(records::ItemKind::kCartridgeCase, query.characteristics, query.rules_off);
  // By tag. A record whose class data came later came later itself, and is not there yet.
  const std::vector<ClassTable::Row> rows = classes_.Judge(filter);

  forensics::CaseSearchOptions options;
  options.best_count = query.best_count;
  options.exhaustive = query.exhaustive;
  options.reportable_only = query.reportable_only;
  options.calibration = query.calibration;
  options.cancelled = query.cancelled;
  options.progress = query.progress;
  options.comparison.full_circle = query.full_circle;
  const auto eligible = [&](std::string_view id, std::uint32_t tag) {
    if (tag >= rows.size() || (query.leave_out && id == *query.leave_out)) return false;
    return filter.Count(rows[tag].verdict);
  };
  PM_ASSIGN_OR_RETURN(forensics::CaseSearchResult found,
                      index_.Search(query.signature, eligible, options));

  CaseFindings findings;
  for (forensics::ScoredCase& scored : found.best) {
    const records::ExhibitKind kind = rows[scored.tag].kind;
    findings.best.push_back({.scored = std::move(scored), .kind = kind});
  }
  CollectionCounts& counts = findings.counts;
  counts.held = filter.held_count();
  counts.eligible = found.eligible_count;
  counts.coarse_scored = found.coarse_count;
  counts.refined = found.refined_count;
  counts.failed = found.failed_count;
  counts.compared = found.coarse_count - found.failed_count;
  counts.certified = found.certified;
  counts.quantile = found.quantile;
  counts.missed_probability = found.missed_probability;
  counts.complete = found.complete;
  counts.removed = filter.removed_counts();
  return findings;
}

}  // namespace proofmark::match
