// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/cartridge/case_index.h"
#include "forensics/cartridge/case_stop.h"

namespace proofmark::forensics {

// One search over a snapshot of an index. Used once, by one thread.
class CaseSearch {
 public:
  // All references must outlive it. `query` and `options` are within their bounds.
  CaseSearch(const CaseSignature& query, std::vector<std::shared_ptr<const CaseSegment>> segments,
             WorkerPool& pool, const CaseIndex::SignatureLoader& loader,
             const CaseSearchOptions& options);

  absl::StatusOr<CaseSearchResult> Run(const CaseIndex::Eligible& eligible);

 private:
  // A record on its way through the stages.
  struct Candidate {
    float score = 0.0F;  // Of the last stage that it has passed.
    std::uint32_t segment = 0;
    std::uint32_t record = 0;
  };
  // A record's full comparison, while it is among the best.
  struct Scored {
    std::string_view id;
    std::uint32_t tag = 0;
    CaseComparison comparison;
  };
  struct Refined;
  // Of one grid: the question within the usual turns and over the full circle, made when needed.
  struct Questions {
    std::optional<ImpressionQuery> directed, full_circle;
  };

  const CaseSegment& SegmentOf(const Candidate& candidate) const {
    return *segments_[candidate.segment];
  }
  const CaseSegment::Record& RecordOf(const Candidate& candidate) const {
    return SegmentOf(candidate).record(candidate.record);
  }
  bool RanksBefore(const Candidate& a, const Candidate& b) const;
  static bool ScoresBefore(const Scored& a, const Scored& b);
  bool FullCircle(const CaseKind& kind) const;
  void SortBest(std::vector<Candidate>& candidates, std::size_t count) const;

  void SelectEligible(const CaseIndex::Eligible& eligible);
  absl::Status PrepareQuery();
  absl::Status MakeQuestions(CoarseGrid grid, Questions& questions) const;
  // Each false when it was cut short.
  bool ScoreB1(const Questions& questions);
  bool ScoreB2(const Questions& questions);
  bool Refine();
  bool RefineUnscored();
  bool RefineBatch(const std::vector<Candidate>& candidates, std::size_t begin, std::size_t end,
                   std::int64_t of);
  void Compare(const Candidate& candidate, Refined& refined) const;
  void Keep(Scored scored);
  // That a reportable record of the same source scores below `score`.
  double ProbabilityBelow(const CaseStopModel& model, float score) const;
  bool MayStop(std::size_t next) const;
  void JudgeStop(std::size_t refined);
  std::int64_t RefinedAtLeast() const;
  const CaseStopModels& stop_models() const { return FindCaseStopModels(any_full_circle_); }
  WorkerPool::Watch WatchOf(SearchStage stage, std::int64_t before, std::int64_t of);

  const CaseSignature& query_;
  const std::vector<std::shared_ptr<const CaseSegment>> segments_;
  WorkerPool& pool_;
  const CaseIndex::SignatureLoader& loader_;
  const CaseSearchOptions& options_;
  const Calibration& calibration_;
  SearchMeter meter_;
  const ImpressedSignature* const face_;  // Of the query; null without one to score.
  const bool query_any_turn_;
  const double coarse_scale_;  // Its coarse scores to those of a whole mark; 0: unknown.

  absl::StatusOr<PreparedCase> prepared_;
  bool any_directed_ = false;  // Of the coarse comparisons.
  bool any_full_circle_ = false;
  std::vector<std::vector<std::uint32_t>> wanted_;  // [segment]: its records to be scored.
  std::vector<Candidate> candidates_;               // Scored, best first once sorted.
  std::vector<Candidate> left_by_b1_;
  std::vector<Candidate> unscored_;
  std::vector<Scored> best_;  // A heap whose front ranks last.
  CaseSearchResult result_;
};

}  // namespace proofmark::forensics
