// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/bullet_index.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/striated/prepared_bullet.h"

namespace proofmark::forensics {
namespace {

constexpr std::size_t kSegmentRecords = 256;
constexpr std::int64_t kBestCountMax = 100'000;
constexpr std::int64_t kThreadsMax = 256;

absl::Status CheckRange(const char* field, std::int64_t value, std::int64_t min, std::int64_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is %d; it must be in [%d, %d]", field, value, min, max));
}

}  // namespace

struct BulletIndex::Record {
  std::string id;
  BulletSignature signature;
};

struct BulletIndex::Segment {
  std::uint64_t epoch = 0;  // Of the index when this copy was made.
  std::vector<std::shared_ptr<const Record>> records;
};

namespace {

// A record's comparison, while it is among the best.
struct Scored {
  const std::string* id = nullptr;
  BulletComparison comparison;
};

// The order of the answer. Total, so that the best are the same however the work was shared out.
bool RanksBefore(const Scored& a, const Scored& b) {
  if (a.comparison.score != b.comparison.score) return a.comparison.score > b.comparison.score;
  return *a.id < *b.id;
}

// What one worker found.
struct Findings {
  std::vector<Scored> best;  // A heap whose front ranks last.
  std::int64_t compared = 0;
  std::int64_t failed = 0;

  void Keep(Scored scored, std::size_t best_count) {
    if (best.size() == best_count) {
      if (!RanksBefore(scored, best.front())) return;
      std::pop_heap(best.begin(), best.end(), RanksBefore);
      best.pop_back();
    }
    best.push_back(std::move(scored));
    std::push_heap(best.begin(), best.end(), RanksBefore);
  }
};

// Compares the query with a list of records on several threads.
template <typename Record>
class Comparison {
 public:
  Comparison(const PreparedBullet& query, const std::vector<const Record*>& records,
             const BulletSearchOptions& options)
      : query_(query),
        records_(records),
        options_(options),
        findings_(static_cast<std::size_t>(options.threads)) {}

  // Returns when all workers have.
  void Run() {
    if (options_.cancelled && options_.cancelled()) return;  // Before any record, for certain.
    std::vector<std::jthread> workers;
    for (std::size_t w = 1; w < findings_.size(); ++w) {
      workers.emplace_back([this, w] { Work(findings_[w], [] { return false; }); });
    }
    Work(findings_[0], [this] {
      if (options_.progress) options_.progress(done_, size());
      return options_.cancelled && options_.cancelled();
    });
  }

  BulletSearchResult Collect() {
    BulletSearchResult result;
    result.eligible_count = size();
    std::vector<Scored> best;
    for (Findings& found : findings_) {
      result.compared_count += found.compared;
      result.failed_count += found.failed;
      std::move(found.best.begin(), found.best.end(), std::back_inserter(best));
    }
    std::sort(best.begin(), best.end(), RanksBefore);
    best.resize(std::min(best.size(), static_cast<std::size_t>(options_.best_count)));
    for (Scored& scored : best) {
      const LikelihoodRatio ratio = EvaluateBullets(scored.comparison);
      result.best.push_back({*scored.id, std::move(scored.comparison), ratio});
    }
    result.complete = result.compared_count + result.failed_count == result.eligible_count;
    if (result.complete && options_.progress) options_.progress(size(), size());
    return result;
  }

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(records_.size()); }

  // Takes records one by one until there are none or the search is to stop. `cancelled` is asked
  // after each; Run() asked before the first.
  template <typename Cancelled>
  void Work(Findings& findings, const Cancelled& cancelled) {
    while (!stop_) {
      if (options_.deadline && std::chrono::steady_clock::now() >= *options_.deadline) {
        stop_ = true;
        return;
      }
      const std::int64_t next = next_++;
      if (next >= size()) return;
      Compare(*records_[static_cast<std::size_t>(next)], findings);
      ++done_;
      if (cancelled()) stop_ = true;
    }
  }

  // Candidates are made ready anew each time: that costs a hundredth of comparing them, and ready
  // they would take ten times the memory.
  void Compare(const Record& record, Findings& findings) {
    absl::StatusOr<PreparedBullet> candidate = PrepareBullet(record.signature);
    if (!candidate.ok()) {
      ++findings.failed;
      return;
    }
    absl::StatusOr<BulletComparison> comparison =
        CompareBullets(query_, *candidate, options_.comparison);
    if (!comparison.ok()) {
      ++findings.failed;
      return;
    }
    ++findings.compared;
    findings.Keep({&record.id, *std::move(comparison)},
                  static_cast<std::size_t>(options_.best_count));
  }

  const PreparedBullet& query_;
  const std::vector<const Record*>& records_;
  const BulletSearchOptions& options_;
  std::vector<Findings> findings_;  // One for each worker, touched by it alone until it ends.
  std::atomic<std::int64_t> next_{0};
  std::atomic<std::int64_t> done_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace

BulletIndex::BulletIndex() = default;
BulletIndex::~BulletIndex() = default;

BulletIndex::Segment& BulletIndex::MutableSegment(std::size_t segment) {
  std::shared_ptr<Segment>& held = segments_[segment];
  if (held->epoch != epoch_) {
    held = std::make_shared<Segment>(*held);
    held->epoch = epoch_;
  }
  return *held;
}

std::shared_ptr<const BulletIndex::Record>& BulletIndex::Slot(std::size_t position) {
  return MutableSegment(position / kSegmentRecords).records[position % kSegmentRecords];
}

void BulletIndex::Insert(std::string record_id, BulletSignature signature) {
  auto record = std::make_shared<const Record>(Record{record_id, std::move(signature)});
  base::MutexLock lock(mutex_);
  const auto [at, added] = positions_.try_emplace(std::move(record_id), positions_.size());
  if (!added) {
    Slot(at->second) = std::move(record);
    return;
  }
  if (segments_.empty() || segments_.back()->records.size() == kSegmentRecords) {
    segments_.push_back(std::make_shared<Segment>());
    segments_.back()->epoch = epoch_;
    segments_.back()->records.reserve(kSegmentRecords);
  }
  MutableSegment(segments_.size() - 1).records.push_back(std::move(record));
}

void BulletIndex::Erase(const std::string& record_id) {
  base::MutexLock lock(mutex_);
  const auto at = positions_.find(record_id);
  if (at == positions_.end()) return;
  // The last record moves into the gap, so that all segments but the last stay full.
  const std::size_t position = at->second;
  const std::size_t last = positions_.size() - 1;
  if (position != last) {
    std::shared_ptr<const Record> moved = Slot(last);
    positions_[moved->id] = position;
    Slot(position) = std::move(moved);
  }
  positions_.erase(record_id);
  MutableSegment(segments_.size() - 1).records.pop_back();
  if (segments_.back()->records.empty()) segments_.pop_back();
}

std::int64_t BulletIndex::size() const {
  base::MutexLock lock(mutex_);
  return static_cast<std::int64_t>(positions_.size());
}

BulletIndex::Snapshot BulletIndex::TakeSnapshot() const {
  base::MutexLock lock(mutex_);
  ++epoch_;
  return Snapshot(segments_.begin(), segments_.end());
}

absl::StatusOr<BulletSearchResult> BulletIndex::Search(
    const BulletSignature& query, const std::function<bool(const std::string&)>& eligible,
    const BulletSearchOptions& options) const {
  PM_RETURN_IF_ERROR(CheckRange("best_count", options.best_count, 1, kBestCountMax));
  PM_RETURN_IF_ERROR(CheckRange("threads", options.threads, 1, kThreadsMax));
  PM_RETURN_IF_ERROR(CheckOptions(options.comparison));
  PM_ASSIGN_OR_RETURN(const PreparedBullet prepared, PrepareBullet(query));

  const Snapshot snapshot = TakeSnapshot();  // Keeps the records alive to the end.
  std::vector<const Record*> records;
  for (const std::shared_ptr<const Segment>& segment : snapshot) {
    for (const std::shared_ptr<const Record>& record : segment->records) {
      if (eligible(record->id)) records.push_back(record.get());
    }
  }
  Comparison<Record> comparison(prepared, records, options);
  comparison.Run();
  return comparison.Collect();
}

}  // namespace proofmark::forensics
