// SPDX-License-Identifier: Apache-2.0
#include "server/match/bullet_collection.h"

#include <cmath>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "server/match/class_filter.h"

namespace proofmark::match {
namespace {

// Equal for equal class data, and only for them.
std::string KeyOf(const ClassData& data) {
  const records::ClassCharacteristics& c = data.characteristics;
  return absl::StrFormat(
      "%d/%d/%d/%d/%a/%d:%s/%s", static_cast<int>(data.kind), c.land_count.value_or(0),
      c.twist ? static_cast<int>(*c.twist) : 0, c.rifling ? static_cast<int>(*c.rifling) : 0,
      c.land_width_mean_um.value_or(0.0), c.calibre_code.size(), c.calibre_code, c.bullet_class);
}

}  // namespace

std::uint32_t BulletCollection::TagOf(ClassData data) {
  std::string key = KeyOf(data);
  base::MutexLock lock(mutex_);
  const auto [at, added] =
      tags_.try_emplace(std::move(key), static_cast<std::uint32_t>(classes_.size()));
  if (added) classes_.push_back(std::move(data));
  return at->second;
}

void BulletCollection::Insert(const records::ExhibitId& id, ClassData data,
                              forensics::BulletSignature signature) {
  index_.Insert(id, std::move(signature), TagOf(std::move(data)));
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
    return TagOf(*std::move(data));
  });
}

absl::StatusOr<CollectionResult> BulletCollection::Search(const CollectionQuery& query) const {
  ClassFilter filter(records::ItemKind::kBullet, query.characteristics, query.rules_off);
  // By tag. A record whose class data came later came later itself, and is not there yet.
  std::vector<ClassFilter::Verdict> verdicts;
  std::vector<records::ExhibitKind> kinds;
  {
    base::MutexLock lock(mutex_);
    for (const ClassData& data : classes_) {
      verdicts.push_back(filter.Judge(data.characteristics));
      kinds.push_back(data.kind);
    }
  }

  forensics::BulletSearchOptions options;
  options.best_count = query.best_count;
  options.exhaustive = query.exhaustive;
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
    if (tag >= verdicts.size() || (query.leave_out && id == *query.leave_out)) return false;
    if (!filter.Count(verdicts[tag])) return false;
    ++eligible_count;
    return true;
  };
  PM_ASSIGN_OR_RETURN(forensics::BulletSearchResult found,
                      index_.Search(query.signature, eligible, options));

  CollectionResult result;
  for (forensics::ScoredBullet& scored : found.best) {
    const records::ExhibitKind kind = kinds[scored.tag];
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
