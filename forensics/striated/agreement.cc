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

std::vector<std::int16_t> Squares(const std::vector<std::int16_t>& level) {
  std::vector<std::int16_t> squares(level.size());
  std::transform(level.begin(), level.end(), squares.begin(),
                 [](std::int16_t v) { return static_cast<std::int16_t>(v * v); });
  return squares;
}

// Mean correlation of the query's segments at every shift from `first` on.
class Agreement {
 public:
  Agreement(const LevelProfile& query, const LevelProfile& reference, std::int64_t first,
            std::int64_t shifts)
      : query_(query),
        reference_(reference),
        first_(first),
        shifts_(shifts),
        gapless_(query.gapless && reference.gapless),
        total_(static_cast<std::size_t>(shifts), 0.0F),
        segments_(static_cast<std::size_t>(shifts), 0) {
    for (std::vector<std::int32_t>& sums : sums_) sums.resize(total_.size());
    if (gapless_) {
      running_ = RunningSums(reference.level);
    } else {
      query_squares_ = Squares(query.level);
      reference_squares_ = Squares(reference.level);
    }
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

  struct Running {
    std::vector<std::int32_t> level;
    std::vector<std::int32_t> square;
  };
  static Running RunningSums(const std::vector<std::int16_t>& level) {
    Running running{{0}, {0}};
    for (const std::int16_t v : level) {
      running.level.push_back(running.level.back() + v);
      running.square.push_back(running.square.back() + v * v);
    }
    return running;
  }

  // The segment that begins at sample `begin` of the query, at every shift at which all of it lies
  // on the reference.
  void AddSegment(std::int64_t begin) {
    const std::int64_t from = std::max<std::int64_t>(0, -begin - first_);
    const std::int64_t to = std::min(shifts_, reference_.size() - kSegment - begin - first_ + 1);
    if (from >= to) return;
    const std::int64_t count = to - from;
    const std::int64_t at = begin + first_ + from;  // In the reference, at the first such shift.
    Products(kSxy, query_.level, reference_.level, begin, at, count);
    if (gapless_) {
      std::int32_t sum = 0;
      std::int32_t squares = 0;
      for (std::int64_t i = begin; i < begin + kSegment; ++i) {
        const std::int32_t v = query_.level[static_cast<std::size_t>(i)];
        sum += v;
        squares += v * v;
      }
      Fill(kN, static_cast<std::int32_t>(kSegment), count);
      Fill(kSx, sum, count);
      Fill(kSxx, squares, count);
      WindowSums(running_.level.data() + at, kSegment, sums_[kSy].data(), count);
      WindowSums(running_.square.data() + at, kSegment, sums_[kSyy].data(), count);
    } else {
      Products(kN, query_.mask, reference_.mask, begin, at, count);
      Products(kSx, query_.level, reference_.mask, begin, at, count);
      Products(kSxx, query_squares_, reference_.mask, begin, at, count);
      Products(kSy, query_.mask, reference_.level, begin, at, count);
      Products(kSyy, query_.mask, reference_squares_, begin, at, count);
    }
    AddCorrelation({sums_[kN].data(), sums_[kSx].data(), sums_[kSxx].data(), sums_[kSy].data(),
                    sums_[kSyy].data(), sums_[kSxy].data()},
                   static_cast<std::int32_t>(kMeasuredMin), total_.data() + from,
                   segments_.data() + from, count);
  }

  void Fill(Quantity quantity, std::int32_t value, std::int64_t count) {
    std::fill_n(sums_[quantity].begin(), count, value);
  }

  void Products(Quantity quantity, const std::vector<std::int16_t>& of,
                const std::vector<std::int16_t>& with, std::int64_t begin, std::int64_t at,
                std::int64_t count) {
    Fill(quantity, 0, count);
    for (std::int64_t i = 0; i < kSegment; i += 6) {
      AddSix(of.data() + begin + i, with.data() + at + i, sums_[quantity].data(), count);
    }
  }

  const LevelProfile& query_;
  const LevelProfile& reference_;
  const std::int64_t first_;
  const std::int64_t shifts_;
  const bool gapless_;
  Running running_;                          // When there are no gaps.
  std::vector<std::int16_t> query_squares_;  // When there are.
  std::vector<std::int16_t> reference_squares_;
  std::array<std::vector<std::int32_t>, kQuantities> sums_;
  std::vector<float> total_;
  std::vector<std::int32_t> segments_;
};

}  // namespace

LevelProfile MakeLevelProfile(std::span<const std::int16_t> height_nm) {
  LevelProfile profile;
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
  if (scaled_variance <= 0) return profile;                          // Constant: all levels 0.
  const double mean = static_cast<double>(sum) / static_cast<double>(count);
  const double rms = std::sqrt(static_cast<double>(scaled_variance)) / static_cast<double>(count);
  for (std::size_t i = 0; i < height_nm.size(); ++i) {
    if (profile.mask[i] == 0) continue;
    const double level = std::floor(kLevelsPerRms * (height_nm[i] - mean) / rms + 0.5);
    profile.level[i] = static_cast<std::int16_t>(std::clamp<double>(level, -kLevelMax, kLevelMax));
  }
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
