// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/status.h"

namespace proofmark::forensics {
namespace {

// Refined between two looks at the stop, and without a stop. Constants, so that what is refined
// does not depend on the number of threads.
constexpr std::size_t kBatch = 16;
constexpr std::size_t kBatchWithoutStop = 256;
// Records of a task of the second stage: a whole number of tiles of its kernel.
constexpr std::size_t kFineTask = 36;
// Shares of a search's work, for progress. Over the full circle each is some five times as much.
constexpr SearchMeter::Work kWork{.coarse_us = 10.0,  // B1, and B2 of the few that B1 passes on.
                                  .refine_us = 40'000.0};

const ImpressedSignature* FaceToScore(const CaseSignature& query) {
  const ImpressedSignature* face = FindImpression(query, ImpressedRegion::kBreechFace);
  if (face == nullptr) return nullptr;
  const auto coarse = MakeCoarseImpression(*face, CoarseGrid::kB1);
  return coarse.ok() && coarse->inverse_norm > 0.0F ? face : nullptr;
}

// What the coarse scores of a question are to those that the stop knows, of whole marks; 0 where
// nothing can be said.
double CoarseScale(const ImpressedSignature* face) {
  if (face == nullptr || face->has(ImpressedFlag::kMiddleUnknown)) return 0.0;
  return face->has(ImpressedFlag::kPart) ? std::sqrt(MeasuredDirections(*face)) : 1.0;
}

}  // namespace

// What became of one candidate.
struct CaseSearch::Refined {
  std::optional<CaseComparison> comparison;
};

CaseSearch::CaseSearch(const CaseSignature& query,
                       std::vector<std::shared_ptr<const CaseSegment>> segments, WorkerPool& pool,
                       const CaseIndex::SignatureLoader& loader, const CaseSearchOptions& options)
    : query_(query),
      segments_(std::move(segments)),
      pool_(pool),
      loader_(loader),
      options_(options),
      calibration_(options.calibration != nullptr ? *options.calibration
                                                  : BuiltInCalibration(MarkKind::kBreechFace)),
      meter_(options.progress, kWork),
      face_(FaceToScore(query)),
      query_any_turn_(face_ != nullptr && LiesAtAnyTurn(*face_)),
      coarse_scale_(CoarseScale(face_)) {}

// Both orders are total, so that the answer is the same however the work was shared out.
bool CaseSearch::RanksBefore(const Candidate& a, const Candidate& b) const {
  if (a.score != b.score) return a.score > b.score;
  return RecordOf(a).id < RecordOf(b).id;
}

bool CaseSearch::ScoresBefore(const Scored& a, const Scored& b) {
  if (a.comparison.score != b.comparison.score) return a.comparison.score > b.comparison.score;
  return a.id < b.id;
}

bool CaseSearch::FullCircle(const CaseKind& kind) const {
  return options_.comparison.full_circle || query_any_turn_ || kind.any_turn;
}

void CaseSearch::SortBest(std::vector<Candidate>& candidates, std::size_t count) const {
  const auto before = [this](const Candidate& a, const Candidate& b) { return RanksBefore(a, b); };
  const auto middle = candidates.begin() + static_cast<std::ptrdiff_t>(count);
  if (middle != candidates.end()) {
    std::nth_element(candidates.begin(), middle, candidates.end(), before);
  }
  std::sort(candidates.begin(), middle, before);
}

absl::StatusOr<CaseSearchResult> CaseSearch::Run(const CaseIndex::Eligible& eligible) {
  SelectEligible(eligible);
  meter_.Plan(result_.eligible_count, options_.exhaustive
                                          ? result_.eligible_count
                                          : std::min(result_.eligible_count, RefinedAtLeast()));
  PM_RETURN_IF_ERROR(PrepareQuery());
  Questions b1, b2;
  PM_RETURN_IF_ERROR(MakeQuestions(CoarseGrid::kB1, b1));
  if (ScoreB1(b1)) {
    PM_RETURN_IF_ERROR(MakeQuestions(CoarseGrid::kB2, b2));
    result_.complete = ScoreB2(b2) && Refine() && RefineUnscored();
  }
  std::sort(best_.begin(), best_.end(), ScoresBefore);
  for (Scored& scored : best_) {
    CaseEvidence evidence = EvaluateCases(scored.comparison, calibration_);
    result_.best.push_back(
        {std::string(scored.id), scored.tag, std::move(scored.comparison), std::move(evidence)});
  }
  if (result_.complete) meter_.End(result_.refined_count);
  return std::move(result_);
}

void CaseSearch::SelectEligible(const CaseIndex::Eligible& eligible) {
  wanted_.resize(segments_.size());
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    const CaseSegment& segment = *segments_[s];
    const bool scored = segment.scored() && face_ != nullptr;
    // Signatures of different extractor versions are never compared.
    const bool comparable =
        !scored || *segment.kind().extractor_version == face_->extractor_version;
    for (std::int64_t i = 0; i < segment.size(); ++i) {
      const CaseSegment::Record& record = segment.record(i);
      if (record.erased || !eligible(record.id, record.tag)) continue;
      ++result_.eligible_count;
      const auto number = static_cast<std::uint32_t>(i);
      if (!comparable) {
        ++result_.failed_count;
      } else if (scored) {
        wanted_[s].push_back(number);
      } else {
        unscored_.push_back({.segment = static_cast<std::uint32_t>(s), .record = number});
      }
    }
    if (!wanted_[s].empty()) {
      (FullCircle(segment.kind()) ? any_full_circle_ : any_directed_) = true;
    }
  }
}

// For both searches that records may need: what they are is not known before they are loaded.
absl::Status CaseSearch::PrepareQuery() {
  CaseSignature at_any_turn = query_;
  std::vector<const CaseSignature*> others = {&query_};
  const bool any_turn = std::any_of(segments_.begin(), segments_.end(),
                                    [](const auto& segment) { return segment->kind().any_turn; });
  if (any_turn) {
    for (ImpressedSignature& impression : at_any_turn.impressions) {
      impression.set(ImpressedFlag::kOrientationUnknown);
    }
    others.push_back(&at_any_turn);
  }
  prepared_ = PrepareCase(query_, others, options_.comparison);
  // With too little measured of every mark each comparison fails, and the counts say so.
  if (absl::IsFailedPrecondition(prepared_.status())) return absl::OkStatus();
  return prepared_.status();
}

absl::Status CaseSearch::MakeQuestions(CoarseGrid grid, Questions& questions) const {
  if (any_directed_) {
    PM_ASSIGN_OR_RETURN(questions.directed,
                        ImpressionQuery::Make(*face_, grid, TurnSearch::kDirected));
  }
  if (any_full_circle_) {
    PM_ASSIGN_OR_RETURN(questions.full_circle,
                        ImpressionQuery::Make(*face_, grid, TurnSearch::kFullCircle));
  }
  return absl::OkStatus();
}

std::int64_t CaseSearch::RefinedAtLeast() const {
  if (options_.reportable_only) return kCasesReportableRefinedMin;
  return std::max(kCasesRefinedMin, kCasesRefinedPerResult * options_.best_count);
}

WorkerPool::Watch CaseSearch::WatchOf(SearchStage stage, std::int64_t before, std::int64_t of) {
  return {.deadline = options_.deadline,
          .cancelled = options_.cancelled,
          .progress = [this, stage, before, of](std::int64_t done) {
            meter_.Tell(stage, before + done, of);
          }};
}

bool CaseSearch::ScoreB1(const Questions& questions) {
  const auto bytes = static_cast<std::size_t>(CoarseBytes(CoarseGrid::kB1));
  std::vector<std::size_t> tasks;  // Segments.
  std::vector<std::int64_t> before = {0};
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    if (wanted_[s].empty()) continue;
    tasks.push_back(s);
    before.push_back(before.back() + static_cast<std::int64_t>(wanted_[s].size()));
  }
  candidates_.resize(static_cast<std::size_t>(before.back()));
  const auto score = [&](std::int64_t task) {
    const std::size_t s = tasks[static_cast<std::size_t>(task)];
    const CaseSegment& segment = *segments_[s];
    const std::vector<std::uint32_t>& wanted = wanted_[s];
    // Those wanted side by side; all are where they stand.
    std::vector<std::uint8_t> levels;
    std::vector<float> norms;
    std::span<const std::uint8_t> scored_levels = segment.b1_levels();
    std::span<const float> scored_norms = segment.b1_inverse_norms();
    if (static_cast<std::int64_t>(wanted.size()) < segment.size()) {
      levels.reserve(wanted.size() * bytes);
      for (const std::uint32_t i : wanted) {
        const auto from = scored_levels.begin() + static_cast<std::ptrdiff_t>(i * bytes);
        levels.insert(levels.end(), from, from + static_cast<std::ptrdiff_t>(bytes));
        norms.push_back(scored_norms[i]);
      }
      scored_levels = levels;
      scored_norms = norms;
    }
    std::vector<float> scores(wanted.size());
    const auto& question = FullCircle(segment.kind()) ? questions.full_circle : questions.directed;
    ScoreCoarse(*question, scored_levels, scored_norms, scores);
    Candidate* const out = candidates_.data() + before[static_cast<std::size_t>(task)];
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      out[i] = {scores[i], static_cast<std::uint32_t>(s), wanted[i]};
    }
  };
  WorkerPool::Watch watch = WatchOf(SearchStage::kCoarse, 0, before.back());
  watch.progress = [&](std::int64_t done) {
    meter_.Tell(SearchStage::kCoarse, before[static_cast<std::size_t>(done)], before.back());
  };
  const auto count = static_cast<std::int64_t>(tasks.size());
  const std::int64_t ran = pool_.Run(count, score, watch);
  result_.coarse_count = before[static_cast<std::size_t>(ran)] + result_.failed_count;
  return ran == count && !(options_.cancelled && count == 0 && options_.cancelled());
}

bool CaseSearch::ScoreB2(const Questions& questions) {
  const auto held = static_cast<std::int64_t>(candidates_.size());
  const auto share = static_cast<std::int64_t>(kFineShare * static_cast<double>(held));
  const std::int64_t fine = std::max(
      {std::clamp(share, options_.fine_min, kFineMax), RefinedAtLeast(), options_.refined_max});
  const auto kept = static_cast<std::size_t>(options_.exhaustive ? held : std::min(held, fine));
  SortBest(candidates_, kept);
  left_by_b1_.assign(candidates_.begin() + static_cast<std::ptrdiff_t>(kept), candidates_.end());
  candidates_.resize(kept);
  result_.fine_count = static_cast<std::int64_t>(kept);

  // One task, one question.
  const auto middle = std::stable_partition(
      candidates_.begin(), candidates_.end(),
      [this](const Candidate& c) { return !FullCircle(SegmentOf(c).kind()); });
  struct Task {
    std::size_t begin = 0, end = 0;
    const ImpressionQuery* question = nullptr;
  };
  std::vector<Task> tasks;
  const auto add = [&](std::size_t begin, std::size_t end,
                       const std::optional<ImpressionQuery>& question) {
    for (; begin < end; begin += kFineTask) {
      tasks.push_back({begin, std::min(end, begin + kFineTask), &*question});
    }
  };
  const auto directed = static_cast<std::size_t>(middle - candidates_.begin());
  add(0, directed, questions.directed);
  add(directed, kept, questions.full_circle);
  const auto score = [&](std::int64_t number) {
    const Task& task = tasks[static_cast<std::size_t>(number)];
    std::vector<std::uint8_t> levels;
    std::vector<float> norms;
    for (std::size_t i = task.begin; i < task.end; ++i) {
      const CoarseImpression& b2 = *RecordOf(candidates_[i]).b2;
      levels.insert(levels.end(), b2.level.begin(), b2.level.end());
      norms.push_back(b2.inverse_norm);
    }
    std::vector<float> scores(norms.size());
    ScoreCoarse(*task.question, levels, norms, scores);
    for (std::size_t i = task.begin; i < task.end; ++i) {
      candidates_[i].score = scores[i - task.begin];
    }
  };
  WorkerPool::Watch watch = WatchOf(SearchStage::kCoarse, 0, held);
  watch.progress = nullptr;  // Some tenths of a second.
  const auto count = static_cast<std::int64_t>(tasks.size());
  if (pool_.Run(count, score, watch) < count) return false;
  SortBest(candidates_, candidates_.size());
  return true;
}

double CaseSearch::ProbabilityBelow(const CaseStopModel& model, float score) const {
  return coarse_scale_ > 0.0 ? model.ProbabilityBelow(static_cast<double>(score) / coarse_scale_)
                             : 1.0;
}

// As sure as the quantile asks that nothing reportable of the same source scores so low.
bool CaseSearch::MayStop(std::size_t next) const {
  return ProbabilityBelow(stop_models().b2, candidates_[next].score) <= 1.0 - kCaseStopQuantile;
}

bool CaseSearch::Refine() {
  const std::size_t held = candidates_.size();
  const auto refined_max =
      options_.exhaustive ? held : std::min(held, static_cast<std::size_t>(options_.refined_max));
  const std::size_t refined_min =
      options_.exhaustive ? held
                          : std::min(refined_max, static_cast<std::size_t>(RefinedAtLeast()));
  std::size_t begin = 0;
  while (begin < refined_max) {
    if (begin >= refined_min && MayStop(begin)) break;
    const std::size_t end = begin < refined_min ? std::min(refined_min, begin + kBatchWithoutStop)
                                                : std::min(refined_max, begin + kBatch);
    if (!RefineBatch(candidates_, begin, end,
                     static_cast<std::int64_t>(std::max(refined_min, end)))) {
      return false;
    }
    begin = end;
  }
  JudgeStop(begin);
  return true;
}

void CaseSearch::JudgeStop(std::size_t refined) {
  const CaseStopModels& models = stop_models();
  double missed = 0.0;
  result_.certified = true;
  const auto leave_out = [&](const CaseStopModel& model, float best_score) {
    const double probability = ProbabilityBelow(model, best_score);
    missed += probability;
    if (probability > 1.0 - kCaseStopQuantile) result_.certified = false;
    result_.quantile = kCaseStopQuantile;
  };
  if (!left_by_b1_.empty()) {
    leave_out(models.b1, std::max_element(left_by_b1_.begin(), left_by_b1_.end(),
                                          [](const Candidate& a, const Candidate& b) {
                                            return a.score < b.score;
                                          })
                             ->score);
  }
  if (refined < candidates_.size()) leave_out(models.b2, candidates_[refined].score);
  result_.missed_probability = std::min(missed, 1.0);
}

bool CaseSearch::RefineUnscored() {
  SortBest(unscored_, unscored_.size());
  const auto of = result_.refined_count + static_cast<std::int64_t>(unscored_.size());
  for (std::size_t begin = 0; begin < unscored_.size(); begin += kBatchWithoutStop) {
    const std::size_t end = std::min(unscored_.size(), begin + kBatchWithoutStop);
    if (!RefineBatch(unscored_, begin, end, of)) return false;
  }
  return true;
}

bool CaseSearch::RefineBatch(const std::vector<Candidate>& candidates, std::size_t begin,
                             std::size_t end, std::int64_t of) {
  std::vector<Refined> refined(end - begin);
  const auto count = static_cast<std::int64_t>(refined.size());
  const std::int64_t ran = pool_.Run(
      count,
      [&](std::int64_t task) {
        const auto i = static_cast<std::size_t>(task);
        Compare(candidates[begin + i], refined[i]);
      },
      WatchOf(SearchStage::kRefine, result_.refined_count, of));
  for (std::int64_t task = 0; task < ran; ++task) {
    const auto i = static_cast<std::size_t>(task);
    if (!refined[i].comparison) {
      ++result_.failed_count;
      continue;
    }
    ++result_.refined_count;
    const CaseSegment::Record& record = RecordOf(candidates[begin + i]);
    Keep({record.id, record.tag, *std::move(refined[i].comparison)});
  }
  if (&candidates == &unscored_) result_.coarse_count += ran;
  return ran == count;
}

// The record is made ready anew each time: ready it would take fifty times the memory.
void CaseSearch::Compare(const Candidate& candidate, Refined& refined) const {
  if (!prepared_.ok()) return;
  const CaseSegment::Record& record = RecordOf(candidate);
  std::shared_ptr<const CaseSignature> signature = record.signature;
  if (signature == nullptr && loader_) {
    absl::StatusOr<CaseSignature> loaded = loader_(record.id);
    if (!loaded.ok()) return;
    signature = std::make_shared<const CaseSignature>(*std::move(loaded));
  }
  if (signature == nullptr) return;
  const std::array<const CaseSignature*, 1> others = {&query_};
  const absl::StatusOr<PreparedCase> prepared =
      PrepareCase(*signature, others, options_.comparison);
  if (!prepared.ok()) return;
  absl::StatusOr<CaseComparison> comparison =
      CompareCases(*prepared_, *prepared, options_.comparison);
  if (comparison.ok()) refined.comparison = *std::move(comparison);
}

void CaseSearch::Keep(Scored scored) {
  if (static_cast<std::int64_t>(best_.size()) == options_.best_count) {
    if (!ScoresBefore(scored, best_.front())) return;
    std::pop_heap(best_.begin(), best_.end(), ScoresBefore);
    best_.pop_back();
  }
  best_.push_back(std::move(scored));
  std::push_heap(best_.begin(), best_.end(), ScoresBefore);
}

}  // namespace proofmark::forensics
