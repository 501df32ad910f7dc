// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/agreement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "forensics/striated/ballistic_signature.h"
#include "forensics/striated/inner_loops.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kSegment = 24;  // 75 um.
constexpr std::int64_t kStep = kSegment / 2;
constexpr std::int64_t kMeasuredMin = kSegment / 2;  // Samples of a segment.
constexpr double kLevelsPerRms = 40.0;
constexpr std::int64_t kLevelMax = 170;
static_assert(kSegment * kSegment * kLevelMax * kLevelMax <= 1 << 24);

// Mean correlation of the query's segments at every shift from `first` on.
class Agreement {
 public:
  Agreement(const LevelProfile& query, const LevelProfile& reference, std::int64_t first,
            std::int64_t shifts)
      : query_(query),
        reference_(reference),
        first_(first),
        shifts_(shifts),
        total_(static_cast<std::size_t>(shifts), 0.0F),
        segments_(static_cast<std::size_t>(shifts), 0) {
    for (std::vector<std::int32_t>& sums : sums_) sums.resize(total_.size());
    for (std::int64_t begin = 0; begin + kSegment <= query.size(); begin += kStep) {
      AddSegment(begin);
    }
  }

  std::int64_t segments(std::int64_t at) const { return segments_[static_cast<std::size_t>(at)]; }
  double mean(std::int64_t at) const {
    return static_cast<double>(total_[static_cast<std::size_t>(at)]) /
           static_cast<double>(segments(at));
  }

 private:
  enum Quantity : std::size_t { kN, kSx, kSxx, kSy, kSyy, kSxy, kQuantities };

  // The segment that begins at sample `begin` of the query, at every shift at which all of it lies
  // on the reference.
  void AddSegment(std::int64_t begin) {
    const std::int64_t from = std::max<std::int64_t>(0, -begin - first_);
    const std::int64_t to = std::min(shifts_, reference_.size() - kSegment - begin - first_ + 1);
    if (from >= to) return;
    const std::int64_t count = to - from;
    const std::int64_t at = begin + first_ + from;  // In the reference, at the first such shift.
    Products(kSxy, query_.level, reference_.level, begin, at, 0, count);
    const auto of_segment = [begin](const std::vector<std::int32_t>& before) {
      return before[static_cast<std::size_t>(begin + kSegment)] -
             before[static_cast<std::size_t>(begin)];
    };
    const std::int32_t measured = of_segment(query_.measured_before);
    const std::int32_t sum = of_segment(query_.level_before);
    const std::int32_t squares = of_segment(query_.square_before);
    // As long as the other window has no gap, sums over one's own samples stand still.
    Fill(kN, measured, 0, count);
    Fill(kSx, sum, 0, count);
    Fill(kSxx, squares, 0, count);
    if (measured == kSegment) {
      WindowSums(reference_.measured_before.data() + at, kSegment, sums_[kN].data(), count);
      WindowSums(reference_.level_before.data() + at, kSegment, sums_[kSy].data(), count);
      WindowSums(reference_.square_before.data() + at, kSegment, sums_[kSyy].data(), count);
      if (!reference_.gapless) SumOverGaps(begin, at, count);
    } else {
      Products(kSy, query_.mask, reference_.level, begin, at, 0, count);
      Products(kSyy, query_.mask, reference_.square, begin, at, 0, count);
      if (!reference_.gapless) {
        Products(kN, query_.mask, reference_.mask, begin, at, 0, count);
        Products(kSx, query_.level, reference_.mask, begin, at, 0, count);
        Products(kSxx, query_.square, reference_.mask, begin, at, 0, count);
      }
    }
    AddCorrelation({sums_[kN].data(), sums_[kSx].data(), sums_[kSxx].data(), sums_[kSy].data(),
                    sums_[kSyy].data(), sums_[kSxy].data()},
                   static_cast<std::int32_t>(kMeasuredMin), total_.data() + from,
                   segments_.data() + from, count);
  }

  // Sums of the query's own samples for the runs of shifts at which the reference's window has
  // gaps.
  void SumOverGaps(std::int64_t begin, std::int64_t at, std::int64_t count) {
    const std::vector<std::int32_t>& measured = sums_[kN];
    for (std::int64_t from = 0; from < count;) {
      if (measured[static_cast<std::size_t>(from)] == kSegment) {
        ++from;
        continue;
      }
      std::int64_t to = from;
      while (to < count && measured[static_cast<std::size_t>(to)] != kSegment) ++to;
      Products(kSx, query_.level, reference_.mask, begin, at, from, to);
      Products(kSxx, query_.square, reference_.mask, begin, at, from, to);
      from = to;
    }
  }

  void Fill(Quantity quantity, std::int32_t value, std::int64_t from, std::int64_t to) {
    std::fill(sums_[quantity].begin() + from, sums_[quantity].begin() + to, value);
  }

  // At shifts [from, to) of those that begin at sample `at` of the reference.
  void Products(Quantity quantity, const std::vector<std::int16_t>& of,
                const std::vector<std::int16_t>& with, std::int64_t begin, std::int64_t at,
                std::int64_t from, std::int64_t to) {
    Fill(quantity, 0, from, to);
    for (std::int64_t i = 0; i < kSegment; i += 6) {
      AddSix(of.data() + begin + i, with.data() + at + from + i, sums_[quantity].data() + from,
             to - from);
    }
  }

  const LevelProfile& query_;
  const LevelProfile& reference_;
  const std::int64_t first_;
  const std::int64_t shifts_;
  std::array<std::vector<std::int32_t>, kQuantities> sums_;
  std::vector<float> total_;
  std::vector<std::int32_t> segments_;
};

}  // namespace

namespace {

void AddSums(LevelProfile& profile) {
  const std::size_t size = profile.level.size();
  profile.square.resize(size);
  profile.measured_before.resize(size + 1);
  profile.level_before.resize(size + 1);
  profile.square_before.resize(size + 1);
  for (std::size_t i = 0; i < size; ++i) {
    const std::int32_t level = profile.level[i];  // 0 where not measured.
    profile.square[i] = static_cast<std::int16_t>(level * level);
    profile.measured_before[i + 1] = profile.measured_before[i] + profile.mask[i];
    profile.level_before[i + 1] = profile.level_before[i] + level;
    profile.square_before[i + 1] = profile.square_before[i] + level * level;
  }
}

void SetLevels(std::span<const std::int16_t> height_nm, LevelProfile& profile) {
  profile.level.resize(height_nm.size());
  profile.mask.resize(height_nm.size());
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < height_nm.size(); ++i) {
    const std::int64_t z = height_nm[i];
    if (z == kSampleNotMeasured) continue;
    profile.mask[i] = 1;
    ++count;
    sum += z;
    squares += z * z;
  }
  profile.gapless = count == profile.size();
  const std::int64_t scaled_variance = count * squares - sum * sum;  // Times count squared.
  if (scaled_variance <= 0) return;                                  // Constant: all levels 0.
  const double mean = static_cast<double>(sum) / static_cast<double>(count);
  const double rms = std::sqrt(static_cast<double>(scaled_variance)) / static_cast<double>(count);
  for (std::size_t i = 0; i < height_nm.size(); ++i) {
    if (profile.mask[i] == 0) continue;
    const double level = std::floor(kLevelsPerRms * (height_nm[i] - mean) / rms + 0.5);
    profile.level[i] = static_cast<std::int16_t>(std::clamp<double>(level, -kLevelMax, kLevelMax));
  }
}

}  // namespace

LevelProfile MakeLevelProfile(std::span<const std::int16_t> height_nm) {
  LevelProfile profile;
  SetLevels(height_nm, profile);
  AddSums(profile);
  return profile;
}

std::optional<AgreementPeak> BestAgreement(const LevelProfile& query, const LevelProfile& reference,
                                           const CorrelationWindow& window) {
  CorrelationWindow enough = window;
  enough.overlap_min = std::max(kSegment, window.overlap_min);
  const ShiftRange range = ShiftsOf(enough, query.size(), reference.size());
  const std::int64_t first = range.first;
  const std::int64_t last = range.last;
  if (first > last) return std::nullopt;

  const Agreement agreement(query, reference, first, last - first + 1);
  // Segments may lie anyhow in the overlap, which costs a step.
  const std::int64_t segments_min = std::max<std::int64_t>(1, enough.overlap_min / kStep - 2);
  const auto defined = [&](std::int64_t at) { return agreement.segments(at) >= segments_min; };
  std::int64_t best = -1;
  for (std::int64_t at = 0; at <= last - first; ++at) {
    if (!defined(at)) continue;
    if (best >= 0) {
      const bool nearer = range.TwiceDistance(at + first) < range.TwiceDistance(best + first);
      const double value = agreement.mean(at);
      const double highest = agreement.mean(best);
      if (value < highest || (value == highest && !nearer)) continue;
    }
    best = at;
  }
  if (best < 0) return std::nullopt;

  AgreementPeak result{agreement.mean(best), static_cast<double>(best + first),
                       agreement.segments(best)};
  if (best == 0 || best == last - first || !defined(best - 1) || !defined(best + 1)) return result;
  const double left = agreement.mean(best - 1);
  const double right = agreement.mean(best + 1);
  const double bend = left - 2.0 * result.agreement + right;
  if (bend >= 0.0) return result;
  const double offset = 0.5 * (left - right) / bend;
  result.shift += offset;
  result.agreement = std::min(1.0, result.agreement - 0.25 * (left - right) * offset);
  return result;
}

}  // namespace proofmark::forensics
