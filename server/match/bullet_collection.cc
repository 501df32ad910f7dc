// SPDX-License-Identifier: Apache-2.0
#include "server/match/bullet_collection.h"

#include <cmath>
#include <utility>

#include "base/status.h"
#include "server/match/class_filter.h"

namespace proofmark::match {
void BulletCollection::Insert(const records::ExhibitId& id, ClassData data,
                              forensics::BulletSignature signature) {
  index_.Insert(id, std::move(signature), classes_.TagOf(std::move(data)));
  ++changes_;
}

void BulletCollection::Erase(const records::ExhibitId& id) {
  index_.Erase(id);
  ++changes_;
}

std::int64_t BulletCollection::Adopt(
    std::shared_ptr<forensics::BulletSegment> segment,
    const std::function<std::optional<ClassData>(const records::ExhibitId&)>& class_of) {
  return index_.Adopt(std::move(segment), [&](std::string_view id) -> std::optional<std::uint32_t> {
    std::optional<ClassData> data = class_of(records::ExhibitId(id));
    if (!data) return std::nullopt;
    return classes_.TagOf(*std::move(data));
  });
}

absl::StatusOr<CollectionResult> BulletCollection::Search(const CollectionQuery& query) const {
  ClassFilter filter(records::ItemKind::kBullet, query.characteristics, query.rules_off);
  // By tag. A record whose class data came later came later itself, and is not there yet.
  const std::vector<ClassTable::Row> rows = classes_.Judge(filter);

  forensics::BulletSearchOptions options;
  options.best_count = query.best_count;
  options.exhaustive = query.exhaustive;
  options.reportable_only = query.reportable_only;
  options.calibration = query.calibration;
  options.cancelled = query.cancelled;
  std::int64_t eligible_count = 0;
  if (query.progress || query.stage_progress) {
    options.progress = [&](const forensics::SearchProgress& progress) {
      if (query.stage_progress) query.stage_progress(progress);
      if (!query.progress) return;
      const double done = std::floor(progress.share * static_cast<double>(eligible_count));
      query.progress(static_cast<std::int64_t>(done), eligible_count);
    };
  }
  const auto eligible = [&](std::string_view id, std::uint32_t tag) {
    if (tag >= rows.size() || (query.leave_out && id == *query.leave_out)) return false;
    if (!filter.Count(rows[tag].verdict)) return false;
    ++eligible_count;
    return true;
  };
  PM_ASSIGN_OR_RETURN(forensics::BulletSearchResult found,
                      index_.Search(query.signature, eligible, options));

  CollectionResult result;
  for (forensics::ScoredBullet& scored : found.best) {
    const records::ExhibitKind kind = rows[scored.tag].kind;
    result.best.push_back({.scored = std::move(scored), .kind = kind});
  }
  CollectionCounts& counts = result.counts;
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
  return result;
}

}  // namespace proofmark::match
