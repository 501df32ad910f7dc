// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/bullet_index.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "forensics/search/bullet_search.h"
#include "forensics/striated/prepared_bullet.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kBestCountMax = 100'000;
constexpr std::int64_t kRefinedMaxMax = 10'000'000;

}  // namespace

BulletIndex::BulletIndex(WorkerPool& pool, SignatureLoader loader)
    : pool_(pool), loader_(std::move(loader)) {}

BulletIndex::~BulletIndex() = default;

BulletSegment& BulletIndex::Mutable(Held& held) {
  if (held.epoch != epoch_) {
    held.segment = std::make_shared<BulletSegment>(*held.segment);
    held.epoch = epoch_;
  }
  return *held.segment;
}

void BulletIndex::EraseAt(Place place) {
  Held& held = segments_[place.segment];
  Mutable(held).Erase(place.record);
  if (held.segment->erased_count() < held.segment->size()) return;
  // Nothing left. Its number stays, so that places stay right.
  if (std::find(open_.begin(), open_.end(), place.segment) == open_.end()) held.segment.reset();
}

void BulletIndex::Insert(std::string_view record_id, BulletSignature signature, std::uint32_t tag) {
  PM_CHECK(static_cast<std::int64_t>(record_id.size()) <= kRecordIdBytesMax);
  SegmentKind kind = BulletSegment::KindOf(signature);
  const auto shared = std::make_shared<const BulletSignature>(std::move(signature));
  const std::shared_ptr<const BulletSignature> kept = loader_ ? nullptr : shared;
  base::MutexLock lock(mutex_);
  if (const auto at = places_.find(record_id); at != places_.end()) {
    EraseAt(at->second);
    places_.erase(at);
  }
  auto open = open_.begin();
  while (open != open_.end() && !(segments_[*open].segment->kind() == kind)) ++open;
  if (open == open_.end() || !Mutable(segments_[*open]).Append(record_id, tag, *shared, kept)) {
    const auto number = static_cast<std::uint32_t>(segments_.size());
    segments_.push_back({std::make_shared<BulletSegment>(std::move(kind)), epoch_});
    if (open == open_.end()) {
      open_.push_back(number);
      open = open_.end() - 1;
    } else {
      Held& full = segments_[*open];
      if (full.segment->erased_count() == full.segment->size()) full.segment.reset();
      *open = number;
    }
    PM_CHECK(segments_[number].segment->Append(record_id, tag, *shared, kept));
  }
  const BulletSegment& into = *segments_[*open].segment;
  places_.emplace(record_id, Place{*open, static_cast<std::uint32_t>(into.size() - 1)});
}

void BulletIndex::Erase(std::string_view record_id) {
  base::MutexLock lock(mutex_);
  const auto at = places_.find(record_id);
  if (at == places_.end()) return;
  EraseAt(at->second);
  places_.erase(at);
}

std::int64_t BulletIndex::Adopt(
    std::shared_ptr<BulletSegment> segment,
    const std::function<std::optional<std::uint32_t>(std::string_view)>& tag_of) {
  PM_CHECK(loader_ != nullptr);
  std::vector<std::optional<std::uint32_t>> tags;
  for (std::int64_t i = 0; i < segment->size(); ++i) {
    tags.push_back(segment->record(i).erased ? std::nullopt : tag_of(segment->id(i)));
  }
  base::MutexLock lock(mutex_);
  const auto number = static_cast<std::uint32_t>(segments_.size());
  std::int64_t added = 0;
  for (std::int64_t i = 0; i < segment->size(); ++i) {
    if (segment->record(i).erased) continue;
    const auto& tag = tags[static_cast<std::size_t>(i)];
    if (tag &&
        places_
            .try_emplace(std::string(segment->id(i)), Place{number, static_cast<std::uint32_t>(i)})
            .second) {
      segment->SetTag(i, *tag);
      ++added;
    } else {
      segment->Erase(i);
    }
  }
  // Frozen from the start: whoever read the file goes by this object being what the file has.
  constexpr std::uint64_t kFrozen = 0;
  if (added > 0) segments_.push_back({std::move(segment), kFrozen});
  return added;
}

std::vector<std::shared_ptr<const BulletSegment>> BulletIndex::Segments() const {
  base::MutexLock lock(mutex_);
  ++epoch_;
  std::vector<std::shared_ptr<const BulletSegment>> segments;
  segments.reserve(segments_.size());
  for (const Held& held : segments_) {
    if (held.segment && held.segment->size() > 0) segments.push_back(held.segment);
  }
  return segments;
}

std::int64_t BulletIndex::size() const {
  base::MutexLock lock(mutex_);
  return static_cast<std::int64_t>(places_.size());
}

std::int64_t BulletIndex::owned_bytes() const {
  base::MutexLock lock(mutex_);
  std::int64_t bytes = 0;
  for (const Held& held : segments_) bytes += held.segment ? held.segment->owned_bytes() : 0;
  // A node of the map: the string and the place, a pointer, the hash; the table; a long id's bytes.
  constexpr std::int64_t kNodeBytes = sizeof(std::string) + sizeof(Place) + 2 * sizeof(void*) + 48;
  return bytes + static_cast<std::int64_t>(places_.size()) * kNodeBytes +
         static_cast<std::int64_t>(places_.bucket_count() * sizeof(void*));
}

absl::StatusOr<BulletSearchResult> BulletIndex::Search(const BulletSignature& query,
                                                       const Eligible& eligible,
                                                       const BulletSearchOptions& options) const {
  if (options.best_count < 1 || options.best_count > kBestCountMax) {
    return absl::InvalidArgumentError(absl::StrFormat("best_count is %d; it must be in [1, %d]",
                                                      options.best_count, kBestCountMax));
  }
  if (options.refined_max < 1 || options.refined_max > kRefinedMaxMax) {
    return absl::InvalidArgumentError(absl::StrFormat("refined_max is %d; it must be in [1, %d]",
                                                      options.refined_max, kRefinedMaxMax));
  }
  PM_RETURN_IF_ERROR(CheckOptions(options.comparison));
  PM_ASSIGN_OR_RETURN(const PreparedBullet prepared, PrepareBullet(query));
  BulletSearch search(query, prepared, Segments(), pool_, loader_, options);
  return search.Run(eligible);
}

}  // namespace proofmark::forensics
