// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_index.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kBestCountMax = 100'000;
constexpr std::int64_t kThreadsMax = 256;

absl::Status CheckRange(std::string_view name, std::int64_t value, std::int64_t min,
                        std::int64_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: %d, must be %d..%d", name, value, min, max));
}

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

// What one worker found.
struct Findings {
  std::vector<Scored> best;  // A heap whose top ranks last.
  std::int64_t compared = 0;
  std::int64_t failed = 0;

  void Keep(Scored scored, std::size_t best_count) {
    best.push_back(std::move(scored));
    std::push_heap(best.begin(), best.end(), RanksBefore);
    if (best.size() > best_count) {
      std::pop_heap(best.begin(), best.end(), RanksBefore);
      best.pop_back();
    }
  }
};

// One search under way: every record is taken by one of the workers.
class CaseSearch {
 public:
  CaseSearch(const PreparedCase& query, TurnSearch turns, const std::vector<Record>& records,
             const CaseSearchOptions& options)
      : query_(query),
        turns_(turns),
        records_(records),
        options_(options),
        findings_(static_cast<std::size_t>(options.threads)) {}

  CaseSearchResult Run() {
    stop_ = options_.cancelled && options_.cancelled();
    std::vector<std::jthread> workers;
    for (std::size_t i = 1; i < findings_.size(); ++i) {
      workers.emplace_back([this, i] { Work(findings_[i], [] { return false; }); });
    }
    Work(findings_[0], [this] {
      if (options_.progress) options_.progress(done_, size());
      return options_.cancelled && options_.cancelled();
    });
    workers.clear();  // Waits for them.
    return Collect();
  }

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(records_.size()); }

  template <typename AfterEach>
  void Work(Findings& findings, const AfterEach& is_cancelled) {
    while (!stop_) {
      if (options_.deadline && std::chrono::steady_clock::now() >= *options_.deadline) stop_ = true;
      const std::int64_t next = stop_ ? size() : next_++;
      if (next >= size()) return;
      Compare(records_[static_cast<std::size_t>(next)], findings);
      ++done_;
      if (is_cancelled()) stop_ = true;
    }
  }

  // Records are made ready anew each time: ready they would take fifty times the memory.
  void Compare(const Record& record, Findings& findings) const {
    const absl::StatusOr<PreparedCase> candidate = PrepareCase(*record.signature, turns_);
    absl::StatusOr<CaseComparison> comparison =
        candidate.ok() ? CompareCases(query_, *candidate, options_.comparison)
                       : absl::StatusOr<CaseComparison>(candidate.status());
    if (!comparison.ok()) {
      ++findings.failed;
      return;
    }
    ++findings.compared;
    findings.Keep({&record, *std::move(comparison)}, static_cast<std::size_t>(options_.best_count));
  }

  CaseSearchResult Collect() {
    CaseSearchResult result;
    std::vector<Scored> best;
    for (Findings& found : findings_) {
      result.compared_count += found.compared;
      result.failed_count += found.failed;
      std::move(found.best.begin(), found.best.end(), std::back_inserter(best));
    }
    std::sort(best.begin(), best.end(), RanksBefore);
    best.resize(std::min(best.size(), static_cast<std::size_t>(options_.best_count)));
    for (Scored& scored : best) {
      CaseEvidence evidence = EvaluateCases(scored.comparison);
      result.best.push_back({scored.record->id, std::move(scored.comparison), std::move(evidence)});
    }
    result.eligible_count = size();
    result.complete = result.compared_count + result.failed_count == result.eligible_count;
    if (result.complete && options_.progress) options_.progress(size(), size());
    return result;
  }

  const PreparedCase& query_;
  const TurnSearch turns_;  // That records are made ready for.
  const std::vector<Record>& records_;
  const CaseSearchOptions& options_;
  std::vector<Findings> findings_;  // One for each worker, touched by it alone until it ends.
  std::atomic<std::int64_t> next_{0};
  std::atomic<std::int64_t> done_{0};
  std::atomic<bool> stop_{false};
};

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
  PM_RETURN_IF_ERROR(CheckRange("best_count", options.best_count, 1, kBestCountMax));
  PM_RETURN_IF_ERROR(CheckRange("threads", options.threads, 1, kThreadsMax));
  std::vector<Record> records;  // The snapshot: keeps the signatures alive to the end.
  {
    base::MutexLock lock(mutex_);
    records.reserve(records_.size());
    for (const auto& [id, signature] : records_) records.push_back({id, signature});
  }
  std::erase_if(records, [&](const Record& record) { return !eligible(record.id); });

  // Both sides are made ready for the full circle where any pair may need it.
  const TurnSearch asked =
      options.comparison.full_circle ? TurnSearch::kFullCircle : TurnSearch::kDirected;
  const bool any_turn = std::any_of(records.begin(), records.end(), [](const Record& record) {
    return LiesAtAnyTurn(*record.signature);
  });
  PM_ASSIGN_OR_RETURN(const PreparedCase prepared,
                      PrepareCase(query, any_turn ? TurnSearch::kFullCircle : asked));
  return CaseSearch(prepared, LiesAtAnyTurn(query) ? TurnSearch::kFullCircle : asked, records,
                    options)
      .Run();
}

}  // namespace proofmark::forensics
