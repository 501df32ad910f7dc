// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/bullet_search.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "forensics/search/certified_stop.h"

namespace proofmark::forensics {
namespace {

// Refined between two looks at the stop. A constant, so that what is refined does not depend on the
// number of threads.
constexpr std::size_t kBatch = 64;
// Candidates put in order at a time.
constexpr std::size_t kSortStep = 4'096;
// Share of a search's work that is the coarse stage, for progress: at 10^6 records about a half, of
// few next to nothing.
constexpr SearchMeter::Work kWork{.coarse_us = 4.0,
                                  .refine_us = 2'000.0};  // Most of them by agreement alone.

// The lowest score that is reported for so many lands compared in so many phases, to 1e-4; above 1
// when none is.
double LowestReportableScore(std::int64_t lands, std::int64_t phases,
                             const Calibration& calibration) {
  const auto is_reported = [&](double score) {
    BulletComparison comparison;
    comparison.score = score;
    comparison.lands_compared = lands;
    comparison.phases_tried = phases;
    return EvaluateBullets(comparison, calibration).level != Level::kNone;
  };
  double low = 0.0;
  double high = 1.0001;
  while (high - low > 1e-4) {
    const double middle = 0.5 * (low + high);
    (is_reported(middle) ? high : low) = middle;
  }
  return low;
}

}  // namespace

BulletSearch::BulletSearch(const BulletSignature& query, const PreparedBullet& prepared,
                           std::vector<std::shared_ptr<const BulletSegment>> segments,
                           WorkerPool& pool, const BulletIndex::SignatureLoader& loader,
                           const BulletSearchOptions& options)
    : prepared_(prepared),
      segments_(std::move(segments)),
      pool_(pool),
      loader_(loader),
      options_(options),
      calibration_(options.calibration != nullptr ? *options.calibration
                                                  : BuiltInCalibration(MarkKind::kBullet)),
      meter_(options.progress, kWork),
      coarse_(query, FastestDotKernel()),
      mode_(options.mode.value_or(coarse_.default_mode())),
      both_ends_(coarse_.heel_uncertain()) {}

// Both orders are total, so that the answer is the same however the work was shared out.
bool BulletSearch::RanksBefore(const Candidate& a, const Candidate& b) const {
  if (a.coarse != b.coarse) return a.coarse > b.coarse;
  return segments_[a.segment]->id(a.record) < segments_[b.segment]->id(b.record);
}

bool BulletSearch::ScoresBefore(const Scored& a, const Scored& b) {
  if (a.comparison.score != b.comparison.score) return a.comparison.score > b.comparison.score;
  return a.id < b.id;
}

BulletSearchResult BulletSearch::Run(const BulletIndex::Eligible& eligible) {
  SelectEligible(eligible);
  meter_.Plan(result_.eligible_count, options_.exhaustive
                                          ? result_.eligible_count
                                          : std::min(result_.eligible_count, RefinedAtLeast()));
  if (ScoreCoarsely()) {
    ListCandidates();
    result_.complete = Refine();
  }
  std::sort(best_.begin(), best_.end(), ScoresBefore);
  for (Scored& scored : best_) {
    const LikelihoodRatio ratio = EvaluateBullets(scored.comparison, calibration_);
    result_.best.push_back(
        {std::string(scored.id), scored.tag, std::move(scored.comparison), ratio});
  }
  if (result_.complete) meter_.End(result_.refined_count);
  return std::move(result_);
}

void BulletSearch::SelectEligible(const BulletIndex::Eligible& eligible) {
  for (const auto& segment : segments_) {
    std::vector<std::uint8_t>& wanted = wanted_.emplace_back(segment->size());
    // Signatures of different extractor versions are never compared.
    const bool comparable = segment->kind().extractor_version == prepared_.extractor_version;
    for (std::int64_t i = 0; i < segment->size(); ++i) {
      const BulletSegment::Record& record = segment->record(i);
      if (record.erased || !eligible(segment->id(i), record.tag)) continue;
      ++result_.eligible_count;
      if (!comparable) ++result_.failed_count;
      wanted[static_cast<std::size_t>(i)] = comparable ? 1 : 0;
    }
  }
}

WorkerPool::Watch BulletSearch::WatchOf(SearchStage stage, std::int64_t before, std::int64_t of) {
  return {.deadline = options_.deadline,
          .cancelled = options_.cancelled,
          .progress = [this, stage, before, of](std::int64_t done) {
            meter_.Tell(stage, before + done, of);
          }};
}

bool BulletSearch::ScoreCoarsely() {
  scores_.resize(segments_.size());
  std::vector<std::size_t> with_wanted;
  std::vector<std::int64_t> wanted_before = {0};
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const std::int64_t wanted = std::count(wanted_[i].begin(), wanted_[i].end(), 1);
    if (wanted == 0) continue;
    both_ends_ = both_ends_ || segments_[i]->kind().heel_uncertain;
    with_wanted.push_back(i);
    wanted_before.push_back(wanted_before.back() + wanted);
    scores_[i].resize(wanted_[i].size(), kNoCoarseScore);
  }
  WorkerPool::Watch watch = WatchOf(SearchStage::kCoarse, 0, wanted_before.back());
  watch.progress = [&](std::int64_t done) {
    meter_.Tell(SearchStage::kCoarse, wanted_before[static_cast<std::size_t>(done)],
                wanted_before.back());
  };
  const std::int64_t count = static_cast<std::int64_t>(with_wanted.size());
  const std::int64_t ran = pool_.Run(
      count,
      [&](std::int64_t task) {
        const std::size_t i = with_wanted[static_cast<std::size_t>(task)];
        coarse_.Score(*segments_[i], wanted_[i], mode_, scores_[i]);
      },
      watch);
  result_.coarse_count = wanted_before[static_cast<std::size_t>(ran)] + result_.failed_count;
  return ran == count && !(options_.cancelled && count == 0 && options_.cancelled());
}

void BulletSearch::ListCandidates() {
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    for (std::size_t i = 0; i < scores_[s].size(); ++i) {
      if (wanted_[s][i] == 0) continue;
      if (segments_[s]->record(static_cast<std::int64_t>(i)).land_count == 0) {
        ++result_.failed_count;
        continue;
      }
      candidates_.push_back(
          {scores_[s][i], static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(i)});
    }
  }
}

void BulletSearch::SortUpTo(std::size_t end) {
  while (sorted_ < end) {
    const std::size_t next = std::min(candidates_.size(), sorted_ + kSortStep);
    const auto before = [this](const Candidate& a, const Candidate& b) {
      return RanksBefore(a, b);
    };
    const auto begin = candidates_.begin() + static_cast<std::ptrdiff_t>(sorted_);
    const auto middle = candidates_.begin() + static_cast<std::ptrdiff_t>(next);
    if (middle != candidates_.end()) std::nth_element(begin, middle, candidates_.end(), before);
    std::sort(begin, middle, before);
    sorted_ = next;
  }
}

const StopModel& BulletSearch::stop_model() const {
  return FindStopModel(mode_, both_ends_, std::max<std::int64_t>(1, coarse_.lands_present()));
}

const StopModel& BulletSearch::screen_model() const {
  return FindScreenModel(mode_, both_ends_, std::max<std::int64_t>(1, coarse_.lands_present()));
}

// The order among records that nobody may report is chance, and not worth its cost.
double BulletSearch::MissedAbove() const {
  const std::int64_t lands = std::max<std::int64_t>(1, coarse_.lands_present());
  const std::int64_t phases =
      static_cast<std::int64_t>(prepared_.lands.size()) * (both_ends_ ? 4 : 1);
  const double reportable = LowestReportableScore(lands, phases, calibration_);
  if (static_cast<std::int64_t>(best_.size()) < options_.best_count) return reportable;
  return std::max(reportable, best_.front().comparison.score);
}

bool BulletSearch::MayStop(std::size_t next) const {
  if (options_.exhaustive) return false;
  return stop_model().UpperBound(candidates_[next].coarse) < MissedAbove();
}

std::int64_t BulletSearch::RefinedAtLeast() const {
  if (options_.reportable_only) return kReportableRefinedMin;
  return std::max(kRefinedMin, kRefinedPerResult * options_.best_count);
}

bool BulletSearch::Refine() {
  const std::int64_t held = static_cast<std::int64_t>(candidates_.size());
  const auto refined_max =
      static_cast<std::size_t>(options_.exhaustive ? held : std::min(held, options_.refined_max));
  const std::size_t refined_min = std::min(refined_max, static_cast<std::size_t>(RefinedAtLeast()));
  std::size_t begin = 0;
  while (begin < refined_max) {
    if (begin >= refined_min && MayStop(begin)) break;
    const std::size_t end =
        begin < refined_min ? refined_min : std::min(refined_max, begin + kBatch);
    SortUpTo(std::min(candidates_.size(), end + 1));
    if (!RefineBatch(begin, end)) return false;
    begin = end;
  }
  result_.certified = begin == candidates_.size() || MayStop(begin);
  const bool all = begin == candidates_.size() && screened_out_.empty();
  result_.quantile = all ? 1.0 : kStopQuantile;
  std::vector<float> left;
  for (std::size_t i = begin; i < candidates_.size(); ++i) left.push_back(candidates_[i].coarse);
  const double stopped = ProbabilityAnyAbove(stop_model(), left, MissedAbove());
  const double screened = ProbabilityAnyAbove(screen_model(), screened_out_, MissedAbove());
  result_.missed_probability = 1.0 - (1.0 - stopped) * (1.0 - screened);
  return true;
}

bool BulletSearch::RefineBatch(std::size_t begin, std::size_t end) {
  std::vector<Refined> batch(end - begin);
  const WorkerPool::Watch watch =
      WatchOf(SearchStage::kRefine, static_cast<std::int64_t>(begin),
              static_cast<std::int64_t>(options_.exhaustive ? candidates_.size() : end));
  const auto screen = [&](std::int64_t task) {
    const std::size_t i = static_cast<std::size_t>(task);
    Screen(candidates_[begin + i], batch[i]);
  };
  const std::int64_t count = static_cast<std::int64_t>(batch.size());
  if (pool_.Run(count, screen, watch) != count) return false;

  const std::vector<std::size_t> chosen = Choose(batch);
  WorkerPool::Watch quiet = watch;  // What is done was told when it was screened.
  quiet.progress = nullptr;
  const std::int64_t ran = pool_.Run(
      static_cast<std::int64_t>(chosen.size()),
      [&](std::int64_t task) { Compare(batch[chosen[static_cast<std::size_t>(task)]]); }, quiet);
  for (std::int64_t task = 0; task < ran; ++task) {
    const std::size_t i = chosen[static_cast<std::size_t>(task)];
    if (!batch[i].comparison) {
      ++result_.failed_count;
      continue;
    }
    ++result_.refined_count;
    const Candidate& candidate = candidates_[begin + i];
    const BulletSegment& segment = *segments_[candidate.segment];
    Keep({segment.id(candidate.record), segment.record(candidate.record).tag,
          *std::move(batch[i].comparison)});
  }
  return ran == static_cast<std::int64_t>(chosen.size());
}

void BulletSearch::Screen(const Candidate& candidate, Refined& refined) const {
  const BulletSegment& segment = *segments_[candidate.segment];
  refined.signature = segment.signature(candidate.record);
  if (refined.signature == nullptr && loader_) {
    absl::StatusOr<BulletSignature> loaded = loader_(segment.id(candidate.record));
    if (!loaded.ok()) return;
    refined.signature = std::make_shared<const BulletSignature>(*std::move(loaded));
  }
  if (refined.signature == nullptr || options_.exhaustive) return;
  const absl::StatusOr<PreparedBullet> prepared = PrepareBullet(*refined.signature);
  if (!prepared.ok()) return;
  const absl::StatusOr<double> agreement =
      CompareAgreement(prepared_, *prepared, options_.comparison);
  if (agreement.ok()) refined.agreement = *agreement;
}

// Those whose full score may still belong among the best, and as many more of the highest agreement
// as there is room for: an examiner sees the likeliest few also where nothing is reportable.
std::vector<std::size_t> BulletSearch::Choose(const std::vector<Refined>& batch) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const bool usable =
        batch[i].signature != nullptr && (options_.exhaustive || batch[i].agreement.has_value());
    if (usable) {
      chosen.push_back(i);
    } else {
      ++result_.failed_count;
    }
  }
  if (options_.exhaustive) return chosen;
  std::stable_sort(chosen.begin(), chosen.end(), [&](std::size_t a, std::size_t b) {
    return *batch[a].agreement > *batch[b].agreement;
  });
  const std::int64_t at_least =
      options_.reportable_only ? 0 : std::max(options_.best_count, kComparedMin);
  const auto room =
      static_cast<std::size_t>(std::max<std::int64_t>(0, at_least - result_.refined_count));
  const double above = MissedAbove();
  std::size_t kept = 0;
  while (kept < chosen.size() &&
         (kept < room || screen_model().UpperBound(*batch[chosen[kept]].agreement) >= above)) {
    ++kept;
  }
  for (std::size_t i = kept; i < chosen.size(); ++i) {
    screened_out_.push_back(static_cast<float>(*batch[chosen[i]].agreement));
  }
  chosen.resize(kept);
  return chosen;
}

// Candidates are made ready anew each time: that costs a hundredth of comparing them, and ready
// they would take ten times the memory.
void BulletSearch::Compare(Refined& refined) const {
  const absl::StatusOr<PreparedBullet> prepared = PrepareBullet(*refined.signature);
  if (!prepared.ok()) return;
  absl::StatusOr<BulletComparison> comparison =
      CompareBullets(prepared_, *prepared, options_.comparison);
  if (comparison.ok()) refined.comparison = *std::move(comparison);
}

void BulletSearch::Keep(Scored scored) {
  if (static_cast<std::int64_t>(best_.size()) == options_.best_count) {
    if (!ScoresBefore(scored, best_.front())) return;
    std::pop_heap(best_.begin(), best_.end(), ScoresBefore);
    best_.pop_back();
  }
  best_.push_back(std::move(scored));
  std::push_heap(best_.begin(), best_.end(), ScoresBefore);
}

}  // namespace proofmark::forensics
