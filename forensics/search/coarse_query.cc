// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/coarse_query.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "forensics/search/coarse_loops.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kOverlapMin = 48;  // 0.6 mm, as in bullet_comparison.h.
// A stretch of a candidate that is nearly flat must not make a coefficient of noise.
constexpr float kEnergyFloorShare = 0.35F;
constexpr int kDirections = 2;

CoarseLand ClippedForQuery(CoarseLand land) {
  land.energy = 0;
  for (std::int8_t& level : land.level) {
    level = static_cast<std::int8_t>(
        std::clamp<int>(level, -kCoarseQueryLevelsMax, kCoarseQueryLevelsMax));
    land.energy += level * level;
  }
  return land;
}

}  // namespace

// One query land in one direction, laid out for segments of one kind.
struct CoarseQuery::Row {
  std::size_t land = 0;
  int direction = 0;
  float inverse_norm = 0.0F;
  std::vector<std::int8_t> padded;
  std::int64_t origin = 0;  // Of the slot's sample 0 in `padded`.
  std::int64_t begin = 0;   // Of the land in the slot, at shift 0; may be negative.
  std::int64_t end = 0;
  std::vector<std::int32_t> correction;  // For each shift: 128 times the sum of the levels.
  std::vector<float> overlap_energy;     // For each shift: of the levels within the slot.
};

// How a query meets segments of one kind.
struct CoarseQuery::Plan {
  std::int64_t slot_width = 0;
  std::int64_t shift_max = 0;
  CoarseMode mode = CoarseMode::kWholeLand;
  int directions = 1;
  std::vector<Row> rows;

  std::int64_t shift_count() const { return 2 * shift_max + 1; }
};

// What scoring a block needs besides its bytes; reused from block to block.
class CoarseQuery::Scratch {
 public:
  explicit Scratch(std::size_t lands) : land_scores(kDirections * lands * kBlockLanes) {}

  float* scores_of(int direction, std::size_t land) {
    const std::size_t lands = land_scores.size() / kBlockLanes / kDirections;
    return land_scores.data() + (static_cast<std::size_t>(direction) * lands + land) * kBlockLanes;
  }

  alignas(64) std::int32_t dots[kBlockGroups][kDotShifts * kDotLanes];
  alignas(64) std::int32_t best[kBlockGroups][kDotLanes];
  LargestRatios ratios[kBlockGroups];
  std::vector<float> land_scores;  // [direction][query land][lane].
};

CoarseQuery::CoarseQuery(const BulletSignature& bullet, DotKernel kernel) : kernel_(kernel) {
  PM_CHECK(IsSupported(kernel));
  for (const auto& land : bullet.lands) {
    lands_.emplace_back();
    if (!land) continue;
    lands_.back() = ClippedForQuery(MakeCoarseLand(*land));
    if (lands_.back().energy > 0) ++lands_present_;
    if (land->has(LandFlag::kHeelUncertain)) heel_uncertain_ = true;
    if (land->has(LandFlag::kLeftShoulderAssumed) || land->has(LandFlag::kRightShoulderAssumed)) {
      edges_known_ = false;
    }
  }
  const bool whole = edges_known_ && lands_present_ == static_cast<std::int64_t>(lands_.size());
  default_mode_ = whole ? CoarseMode::kWholeLand : CoarseMode::kOverlap;
}

CoarseQuery::Plan CoarseQuery::MakePlan(const SegmentKind& kind, CoarseMode mode) const {
  Plan plan;
  plan.slot_width = kind.slot_width;
  plan.mode = mode;
  plan.directions = heel_uncertain_ || kind.heel_uncertain ? 2 : 1;
  plan.shift_max = kCoarseShiftMax;
  std::int64_t longest = 0;
  for (const CoarseLand& land : lands_) {
    longest = std::max(longest, static_cast<std::int64_t>(land.level.size()));
  }
  if (!edges_known_ || !kind.edges_known) {
    const std::int64_t overlap_min =
        std::max(kOverlapMin, (std::min(longest, kind.slot_width) + 1) / 2);
    plan.shift_max = std::max(plan.shift_max, (longest + kind.slot_width) / 2 - overlap_min);
  }
  const std::int64_t tiles = (plan.shift_count() + kDotShifts - 1) / kDotShifts;
  const std::int64_t margin =
      plan.shift_max + tiles * kDotShifts - plan.shift_count() + longest + kDotWord;

  for (std::size_t land = 0; land < lands_.size(); ++land) {
    if (lands_[land].energy == 0) continue;
    const std::int64_t count = static_cast<std::int64_t>(lands_[land].level.size());
    for (int direction = 0; direction < plan.directions; ++direction) {
      Row row;
      row.land = land;
      row.direction = direction;
      row.inverse_norm =
          static_cast<float>(1.0 / std::sqrt(static_cast<double>(lands_[land].energy)));
      row.origin = margin;
      row.begin = (kind.slot_width - count) / 2;
      row.end = row.begin + count;
      row.padded.resize(static_cast<std::size_t>(kind.slot_width + 2 * margin));
      const auto place = row.padded.begin() + margin + row.begin;
      if (direction == 0) {
        std::copy(lands_[land].level.begin(), lands_[land].level.end(), place);
      } else {
        std::copy(lands_[land].level.rbegin(), lands_[land].level.rend(), place);
      }
      for (std::int64_t i = 0; i < tiles * kDotShifts; ++i) {
        const std::int64_t shift = i - plan.shift_max;
        std::int32_t sum = 0;
        std::int32_t energy = 0;
        for (std::int64_t k = 0; k < kind.slot_width; ++k) {
          const int level = row.padded[static_cast<std::size_t>(margin + k - shift)];
          sum += level;
          energy += level * level;
        }
        row.correction.push_back(128 * sum);
        row.overlap_energy.push_back(static_cast<float>(energy));
      }
      plan.rows.push_back(std::move(row));
    }
  }
  return plan;
}

void CoarseQuery::ScoreBlock(const Plan& plan, const BlockView& block, Scratch& scratch) const {
  const std::int64_t group_bytes = plan.slot_width * kDotLanes;
  for (const Row& row : plan.rows) {
    for (std::int64_t g = 0; g < kBlockGroups; ++g) {
      std::fill_n(scratch.best[g], kDotLanes, std::numeric_limits<std::int32_t>::min());
      std::fill_n(scratch.ratios[g].numerator, kDotLanes, -1.0F);
      std::fill_n(scratch.ratios[g].denominator, kDotLanes, 1.0F);
    }
    for (std::int64_t first = 0; first < plan.shift_count(); first += kDotShifts) {
      const std::int64_t shifts = std::min(kDotShifts, plan.shift_count() - first);
      const std::int64_t shift = first - plan.shift_max;
      // Only the words that the land reaches at one of these shifts.
      const std::int64_t begin = std::max<std::int64_t>(0, row.begin + shift) / kDotWord;
      const std::int64_t end =
          (std::min(plan.slot_width, row.end + shift + kDotShifts - 1) + kDotWord - 1) / kDotWord;
      if (end <= begin) continue;
      const std::int8_t* query = row.padded.data() + row.origin + begin * kDotWord - shift;
      const std::uint8_t* rows = block.levels + begin * kDotRowBytes;
      const std::size_t at = static_cast<std::size_t>(first);
      if (plan.mode == CoarseMode::kWholeLand) {
        KeepLargestShiftDots(kernel_, rows, group_bytes, kBlockGroups, end - begin, query,
                             row.correction.data() + at, shifts, scratch.best[0]);
        continue;
      }
      ShiftDotsOfTwo(kernel_, rows, rows + group_bytes, end - begin, query, scratch.dots[0],
                     scratch.dots[1]);
      ShiftDots(kernel_, rows + 2 * group_bytes, end - begin, query, scratch.dots[2]);
      for (std::int64_t g = 0; g < kBlockGroups; ++g) {
        std::array<OverlapTerms, kDotShifts> terms;
        for (std::int64_t s = 0; s < shifts; ++s) {
          const std::int64_t from = std::max<std::int64_t>(0, row.begin + shift + s);
          const std::int64_t to = std::min(plan.slot_width, row.end + shift + s);
          const std::size_t i = at + static_cast<std::size_t>(s);
          OverlapTerms& term = terms[static_cast<std::size_t>(s)];
          term.correction = row.correction[i];
          term.query_energy = std::max(row.overlap_energy[i], 1.0F);
          term.energy_min = kEnergyFloorShare * static_cast<float>(kCoarseRmsLevels) *
                            static_cast<float>(kCoarseRmsLevels) *
                            static_cast<float>(std::max<std::int64_t>(to - from, 1));
          const std::uint16_t* energies = block.energy_before + g * kDotLanes;
          term.energy_begin = energies + from / kEnergyStep * kBlockLanes;
          term.energy_end =
              energies +
              std::max(from / kEnergyStep, (to + kEnergyStep - 1) / kEnergyStep) * kBlockLanes;
        }
        KeepLargestRatio(scratch.dots[g], terms.data(), shifts, scratch.ratios[g]);
      }
    }
    float* scores = scratch.scores_of(row.direction, row.land);
    for (std::int64_t lane = 0; lane < kBlockLanes; ++lane) {
      const std::int64_t g = lane / kDotLanes;
      const std::int64_t l = lane % kDotLanes;
      if (plan.mode == CoarseMode::kWholeLand) {
        scores[lane] =
            static_cast<float>(scratch.best[g][l]) * (row.inverse_norm * block.inverse_norm[lane]);
      } else {
        const float ratio = scratch.ratios[g].numerator[l] / scratch.ratios[g].denominator[l];
        scores[lane] = ratio < 0.0F ? -std::sqrt(-ratio) : std::sqrt(ratio);
      }
    }
  }
}

namespace {

// The candidate lands of one bullet within a block.
struct Candidate {
  std::int64_t lane = 0;
  std::int64_t lands = 0;
  const float* inverse_norm = nullptr;
};

// Mean land score of the best phase in one direction and order. As UsablePhases in
// forensics/striated/bullet_comparison.cc: a phase counts when it has at least half as many pairs
// as the fullest.
float BestPhase(const std::vector<const float*>& query_scores, const Candidate& candidate,
                bool order_reversed) {
  const std::int64_t query_lands = static_cast<std::int64_t>(query_scores.size());
  const std::int64_t n = std::max(query_lands, candidate.lands);
  std::array<float, kBulletLandsMax> sums;
  std::array<std::int64_t, kBulletLandsMax> pairs;
  std::int64_t most = 0;
  for (std::int64_t p = 0; p < n; ++p) {
    float sum = 0.0F;
    std::int64_t count = 0;
    std::int64_t j = p;
    for (std::int64_t i = 0; i < query_lands; ++i) {
      const float* scores = query_scores[static_cast<std::size_t>(i)];
      if (scores != nullptr && j < candidate.lands &&
          candidate.inverse_norm[candidate.lane + j] > 0.0F) {
        sum += scores[candidate.lane + j];
        ++count;
      }
      if (order_reversed) {
        j = j == 0 ? n - 1 : j - 1;
      } else {
        j = j + 1 == n ? 0 : j + 1;
      }
    }
    sums[static_cast<std::size_t>(p)] = sum;
    pairs[static_cast<std::size_t>(p)] = count;
    most = std::max(most, count);
  }
  float best = kNoCoarseScore;
  for (std::int64_t p = 0; p < n; ++p) {
    const std::int64_t count = pairs[static_cast<std::size_t>(p)];
    if (count == 0 || 2 * count < most) continue;
    best = std::max(best, sums[static_cast<std::size_t>(p)] / static_cast<float>(count));
  }
  return best;
}

}  // namespace

void CoarseQuery::Score(const BulletSegment& segment, std::span<const std::uint8_t> wanted,
                        CoarseMode mode, std::span<float> scores) const {
  PM_CHECK(static_cast<std::int64_t>(wanted.size()) == segment.size());
  PM_CHECK(scores.size() == wanted.size());
  const Plan plan = MakePlan(segment.kind(), mode);
  Scratch scratch(lands_.size());
  std::array<std::vector<const float*>, kDirections> query_scores;
  for (auto& of_direction : query_scores) of_direction.resize(lands_.size());
  for (const Row& row : plan.rows) {
    query_scores[static_cast<std::size_t>(row.direction)][row.land] =
        scratch.scores_of(row.direction, row.land);
  }
  std::int64_t scored = -1;
  BlockView block;
  for (std::int64_t i = 0; i < segment.size(); ++i) {
    if (wanted[static_cast<std::size_t>(i)] == 0) continue;
    const BulletSegment::Record& record = segment.record(i);
    float& best = scores[static_cast<std::size_t>(i)];
    best = kNoCoarseScore;
    if (record.land_count == 0 || plan.rows.empty()) continue;
    if (record.block != scored) {
      scored = record.block;
      block = segment.block(scored);
      ScoreBlock(plan, block, scratch);
    }
    const Candidate candidate{record.lane, record.land_count, block.inverse_norm};
    for (int direction = 0; direction < plan.directions; ++direction) {
      const auto& of_direction = query_scores[static_cast<std::size_t>(direction)];
      best = std::max(best, BestPhase(of_direction, candidate, false));
      if (plan.directions == 2) best = std::max(best, BestPhase(of_direction, candidate, true));
    }
  }
}

}  // namespace proofmark::forensics
