// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "forensics/search/bullet_index.h"
#include "forensics/search/certified_stop.h"
#include "forensics/search/coarse_query.h"
#include "forensics/striated/prepared_bullet.h"

namespace proofmark::forensics {

// One search over a snapshot of an index. Used once, by one thread.
class BulletSearch {
 public:
  // All references must outlive it.
  BulletSearch(const BulletSignature& query, const PreparedBullet& prepared,
               std::vector<std::shared_ptr<const BulletSegment>> segments, WorkerPool& pool,
               const BulletIndex::SignatureLoader& loader, const BulletSearchOptions& options);

  BulletSearchResult Run(const BulletIndex::Eligible& eligible);

 private:
  // A record in the order of its coarse score.
  struct Candidate {
    float coarse = kNoCoarseScore;
    std::uint32_t segment = 0;
    std::uint32_t record = 0;
  };
  // A candidate of one batch, and what is known of it so far.
  struct Refined {
    std::shared_ptr<const BulletSignature> signature;
    std::optional<double> agreement;
    std::optional<BulletComparison> comparison;
  };
  // A record's full comparison, while it is among the best.
  struct Scored {
    std::string_view id;
    std::uint32_t tag = 0;
    BulletComparison comparison;
  };

  bool RanksBefore(const Candidate& a, const Candidate& b) const;
  static bool ScoresBefore(const Scored& a, const Scored& b);

  void SelectEligible(const BulletIndex::Eligible& eligible);
  bool ScoreCoarsely();
  void ListCandidates();
  std::int64_t RefinedAtLeast() const;
  bool Refine();
  // Compares those of candidates [begin, end) in full that may belong among the best by their
  // agreement; false when it was cut short.
  bool RefineBatch(std::size_t begin, std::size_t end);
  void Screen(const Candidate& candidate, Refined& refined) const;
  // Places in `batch` of those to compare in full.
  std::vector<std::size_t> Choose(const std::vector<Refined>& batch);
  void Compare(Refined& refined) const;
  void Keep(Scored scored);
  // Sorts as much of the candidates as the next batch needs.
  void SortUpTo(std::size_t end);
  bool MayStop(std::size_t next) const;
  // What a record left out must exceed to be missed.
  double MissedAbove() const;
  const StopModel& stop_model() const;
  const StopModel& screen_model() const;
  WorkerPool::Watch WatchOf(SearchStage stage, std::int64_t before, std::int64_t of);

  const PreparedBullet& prepared_;
  const std::vector<std::shared_ptr<const BulletSegment>> segments_;
  WorkerPool& pool_;
  const BulletIndex::SignatureLoader& loader_;
  const BulletSearchOptions& options_;
  const Calibration& calibration_;
  SearchMeter meter_;
  const CoarseQuery coarse_;
  const CoarseMode mode_;

  std::vector<std::vector<std::uint8_t>> wanted_;  // [segment][record].
  std::vector<std::vector<float>> scores_;
  bool both_ends_ = false;  // Of the query or of any candidate an end is uncertain.
  std::vector<Candidate> candidates_;
  std::size_t sorted_ = 0;
  std::vector<Scored> best_;         // A heap whose front ranks last.
  std::vector<float> screened_out_;  // Agreements of candidates not compared in full.
  BulletSearchResult result_;
};

}  // namespace proofmark::forensics
