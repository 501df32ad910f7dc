// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_index.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kBestCountMax = 100'000;

struct Record {
  std::string id;
  std::shared_ptr<const CaseSignature> signature;
};

struct Scored {
  const Record* record = nullptr;
  CaseComparison comparison;
};

bool RanksBefore(const Scored& a, const Scored& b) {
  if (a.comparison.score != b.comparison.score) return a.comparison.score > b.comparison.score;
  return a.record->id < b.record->id;
}

// What the workers of one search found. Thread-safe; a comparison takes so long that nobody waits.
class Findings {
 public:
  explicit Findings(std::int64_t best_count) : best_count_(static_cast<std::size_t>(best_count)) {}

  void Keep(Scored scored) {
    base::MutexLock lock(mutex_);
    ++compared_;
    best_.push_back(std::move(scored));
    std::push_heap(best_.begin(), best_.end(), RanksBefore);
    if (best_.size() > best_count_) {
      std::pop_heap(best_.begin(), best_.end(), RanksBefore);
      best_.pop_back();
    }
  }
  void Fail() {
    base::MutexLock lock(mutex_);
    ++failed_;
  }

  CaseSearchResult Collect(std::int64_t eligible_count) {
    base::MutexLock lock(mutex_);
    std::sort(best_.begin(), best_.end(), RanksBefore);
    CaseSearchResult result;
    for (Scored& scored : best_) {
      CaseEvidence evidence = EvaluateCases(scored.comparison);
      result.best.push_back({scored.record->id, std::move(scored.comparison), std::move(evidence)});
    }
    result.eligible_count = eligible_count;
    result.compared_count = compared_;
    result.failed_count = failed_;
    result.complete = compared_ + failed_ == eligible_count;
    return result;
  }

 private:
  const std::size_t best_count_;

  base::Mutex mutex_;
  std::vector<Scored> best_ ABSL_GUARDED_BY(mutex_);  // A heap whose top ranks last.
  std::int64_t compared_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t failed_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The record is made ready anew each time: ready it would take fifty times the memory.
absl::StatusOr<CaseComparison> CompareRecord(const absl::StatusOr<PreparedCase>& prepared,
                                             const CaseSignature& query,
                                             const CaseSignature& record,
                                             const CaseComparisonOptions& options) {
  PM_RETURN_IF_ERROR(prepared.status());
  const std::array<const CaseSignature*, 1> others = {&query};
  PM_ASSIGN_OR_RETURN(const PreparedCase candidate, PrepareCase(record, others, options));
  return CompareCases(*prepared, candidate, options);
}

}  // namespace

void CaseIndex::Insert(std::string record_id, CaseSignature signature) {
  auto record = std::make_shared<const CaseSignature>(std::move(signature));
  base::MutexLock lock(mutex_);
  records_.insert_or_assign(std::move(record_id), std::move(record));
}

void CaseIndex::Erase(const std::string& record_id) {
  base::MutexLock lock(mutex_);
  records_.erase(record_id);
}

std::int64_t CaseIndex::size() const {
  base::MutexLock lock(mutex_);
  return static_cast<std::int64_t>(records_.size());
}

absl::StatusOr<CaseSearchResult> CaseIndex::Search(
    const CaseSignature& query, const std::function<bool(const std::string&)>& eligible,
    const CaseSearchOptions& options) const {
  if (options.best_count < 1 || options.best_count > kBestCountMax) {
    return absl::InvalidArgumentError(absl::StrFormat("best_count is %d; it must be in [1, %d]",
                                                      options.best_count, kBestCountMax));
  }
  std::vector<Record> records;  // The snapshot: keeps the signatures alive to the end.
  {
    base::MutexLock lock(mutex_);
    records.reserve(records_.size());
    for (const auto& [id, signature] : records_) records.push_back({id, signature});
  }
  std::erase_if(records, [&](const Record& record) { return !eligible(record.id); });

  std::vector<const CaseSignature*> candidates;
  candidates.reserve(records.size());
  for (const Record& record : records) candidates.push_back(record.signature.get());
  const absl::StatusOr<PreparedCase> prepared = PrepareCase(query, candidates, options.comparison);
  // Without a mark in common with any of them, every comparison fails, and the counts say so.
  if (!prepared.ok() && !absl::IsFailedPrecondition(prepared.status())) return prepared.status();

  Findings findings(options.best_count);
  const auto count = static_cast<std::int64_t>(records.size());
  WorkerPool::Watch watch{
      .deadline = options.deadline, .cancelled = options.cancelled, .progress = nullptr};
  if (options.progress) {
    watch.progress = [&](std::int64_t done) { options.progress(done, count); };
  }
  const auto compare = [&](std::int64_t index) {
    const Record& record = records[static_cast<std::size_t>(index)];
    absl::StatusOr<CaseComparison> comparison =
        CompareRecord(prepared, query, *record.signature, options.comparison);
    if (comparison.ok()) {
      findings.Keep({&record, *std::move(comparison)});
    } else {
      findings.Fail();
    }
  };
  pool_.Run(count, compare, watch);
  return findings.Collect(count);
}

}  // namespace proofmark::forensics
