// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_index.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "forensics/cartridge/case_search.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kBestCountMax = 100'000;
constexpr std::int64_t kRefinedMaxMax = 10'000'000;

}  // namespace

CaseSegment& CaseIndex::Mutable(Held& held) {
  if (held.epoch != epoch_) {
    held.segment = std::make_shared<CaseSegment>(*held.segment);
    held.epoch = epoch_;
  }
  return *held.segment;
}

void CaseIndex::EraseAt(Place place) {
  Held& held = segments_[place.segment];
  Mutable(held).Erase(place.record);
  // When nothing is left its number stays, so that places stay right; when it is still open, so
  // does the segment.
  if (held.segment->full() && held.segment->erased_count() == held.segment->size()) {
    held.segment.reset();
  }
}

std::uint32_t CaseIndex::OpenSegment(const CaseKind& kind) {
  const auto fresh = static_cast<std::uint32_t>(segments_.size());
  auto open = open_.begin();
  while (open != open_.end() && !(open->kind == kind)) ++open;
  if (open == open_.end()) {
    open_.push_back({kind, fresh});
  } else {
    const Held& held = segments_[open->segment];
    if (held.segment && !held.segment->full()) return open->segment;
    open->segment = fresh;
  }
  segments_.push_back({std::make_shared<CaseSegment>(kind), epoch_});
  return fresh;
}

void CaseIndex::Put(std::string_view record_id, std::uint32_t tag, const CoarseCase& coarse,
                    std::shared_ptr<const CaseSignature> signature) {
  base::MutexLock lock(mutex_);
  if (const auto at = places_.find(record_id); at != places_.end()) {
    EraseAt(at->second);
    places_.erase(at);
  }
  const std::uint32_t number = OpenSegment(coarse.kind);
  CaseSegment& into = Mutable(segments_[number]);
  into.Append(record_id, tag, coarse, std::move(signature));
  places_.emplace(record_id, Place{number, static_cast<std::uint32_t>(into.size() - 1)});
}

void CaseIndex::Insert(std::string_view record_id, CaseSignature signature, std::uint32_t tag) {
  const CoarseCase coarse = MakeCoarseCase(signature);
  std::shared_ptr<const CaseSignature> kept;
  if (!loader_) kept = std::make_shared<const CaseSignature>(std::move(signature));
  Put(record_id, tag, coarse, std::move(kept));
}

void CaseIndex::InsertCoarse(std::string_view record_id, const CoarseCase& coarse,
                             std::uint32_t tag) {
  PM_CHECK(loader_ != nullptr);
  Put(record_id, tag, coarse, nullptr);
}

void CaseIndex::Erase(std::string_view record_id) {
  base::MutexLock lock(mutex_);
  const auto at = places_.find(record_id);
  if (at == places_.end()) return;
  EraseAt(at->second);
  places_.erase(at);
}

std::vector<std::shared_ptr<const CaseSegment>> CaseIndex::Segments() const {
  base::MutexLock lock(mutex_);
  ++epoch_;
  std::vector<std::shared_ptr<const CaseSegment>> segments;
  segments.reserve(segments_.size());
  for (const Held& held : segments_) {
    if (held.segment && held.segment->size() > 0) segments.push_back(held.segment);
  }
  return segments;
}

std::int64_t CaseIndex::size() const {
  base::MutexLock lock(mutex_);
  return static_cast<std::int64_t>(places_.size());
}

std::int64_t CaseIndex::owned_bytes() const {
  base::MutexLock lock(mutex_);
  std::int64_t bytes = 0;
  for (const Held& held : segments_) bytes += held.segment ? held.segment->owned_bytes() : 0;
  // A node of the map: the string and the place, a pointer, the hash; the table; a long id's bytes.
  constexpr std::int64_t kNodeBytes = sizeof(std::string) + sizeof(Place) + 2 * sizeof(void*) + 48;
  return bytes + static_cast<std::int64_t>(places_.size()) * kNodeBytes +
         static_cast<std::int64_t>(places_.bucket_count() * sizeof(void*));
}

absl::StatusOr<CaseSearchResult> CaseIndex::Search(const CaseSignature& query,
                                                   const Eligible& eligible,
                                                   const CaseSearchOptions& options) const {
  if (options.best_count < 1 || options.best_count > kBestCountMax) {
    return absl::InvalidArgumentError(absl::StrFormat("best_count is %d; it must be in [1, %d]",
                                                      options.best_count, kBestCountMax));
  }
  if (options.fine_min < 1 || options.fine_min > kFineMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("fine_min is %d; it must be in [1, %d]", options.fine_min, kFineMax));
  }
  if (options.refined_max < 1 || options.refined_max > kRefinedMaxMax) {
    return absl::InvalidArgumentError(absl::StrFormat("refined_max is %d; it must be in [1, %d]",
                                                      options.refined_max, kRefinedMaxMax));
  }
  PM_RETURN_IF_ERROR(CheckSignature(query));
  CaseSearch search(query, Segments(), pool_, loader_, options);
  return search.Run(eligible);
}

}  // namespace proofmark::forensics
