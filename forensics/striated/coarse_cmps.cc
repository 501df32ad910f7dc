// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/coarse_cmps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "base/check.h"
#include "forensics/striated/ballistic_signature.h"
#include "forensics/striated/inner_loops.h"

namespace proofmark::forensics {
namespace {

// Segments of all three scales about one centre are made of half-segments: 2, 4 and 8 of them.
constexpr std::int64_t kHalf = kCoarseSegment / 2;
constexpr std::int64_t kHalvesBeside = 3;  // Of the longest segment, on each side of the shortest.
constexpr std::int64_t kOverhang = (2 * kHalvesBeside + 2) * kHalf;  // 48 samples.
static_assert(kHalf == 6);
static_assert(kHalf * kCoarseLevelMax * kCoarseLevelMax <=
              std::numeric_limits<std::int16_t>::max());

// A segment's values stand by place p: the comparison's index of the shortest segment's start is
// p - kStartOffset. Beyond both ends the comparison is padded with gaps.
constexpr std::int64_t kStartOffset = kOverhang - kHalvesBeside * kHalf;  // 30.

using Samples = std::vector<std::int16_t>;
using Sums = std::vector<std::int32_t>;

Samples Squares(const Samples& level) {
  Samples result(level.size());
  std::transform(level.begin(), level.end(), result.begin(),
                 [](std::int16_t v) { return static_cast<std::int16_t>(v * v); });
  return result;
}

// What stands before index i - padding, summed; outside the profile the sums rest.
Sums RunningSums(const Samples& of, std::int64_t padding) {
  const std::size_t pad = static_cast<std::size_t>(padding);
  Sums running(of.size() + 2 * pad + 1, 0);
  for (std::size_t i = 1; i < running.size(); ++i) {
    running[i] = running[i - 1] + (i > pad && i - 1 - pad < of.size() ? of[i - 1 - pad] : 0);
  }
  return running;
}

// Products of one profile with another, summed along every shift from one half-segment of the
// first to the next: a segment's sum at a shift is the difference of two rows. Rows are made in
// order, as segments need them, and only those within reach of one are kept.
class ShiftSums {
 public:
  ShiftSums(const Samples& of, const Samples& with)
      : of_(of),
        padded_(with.size() + 2 * static_cast<std::size_t>(kOverhang)),
        segments_(static_cast<std::int64_t>(of.size()) / kCoarseSegment),
        places_(static_cast<std::int64_t>(with.size()) + kOverhang),
        width_(places_ + (segments_ - 1) * kCoarseSegment),
        rows_(static_cast<std::size_t>(kRowsKept * width_)) {
    std::copy(with.begin(), with.end(), padded_.begin() + kOverhang);
  }

  // The sums before half-segment `half`, by the places of `segment`. Ask for segments in order.
  const std::int32_t* Before(std::int64_t half, std::int64_t segment) {
    while (made_ < half) MakeNext();
    return Row(half) + Start(segment);
  }

 private:
  static constexpr std::int64_t kRowsKept = 9;  // What the longest segment spans.

  // Columns are shifts; those of a later segment begin further left.
  std::int64_t Start(std::int64_t segment) const {
    return (segments_ - 1 - segment) * kCoarseSegment;
  }
  std::int32_t* Row(std::int64_t row) { return rows_.data() + (row % kRowsKept) * width_; }

  // The next row, at the shifts at which a segment reads it. At the first row of a shift the one
  // before was never written: its sums begin at 0, and differences do not mind.
  void MakeNext() {
    const std::int64_t half = made_++;
    const std::int64_t last = std::min(segments_ - 1, (made_ + kHalvesBeside) / 2);
    const std::int64_t first = std::clamp<std::int64_t>((made_ - kHalvesBeside - 1) / 2, 0, last);
    const std::int64_t from = Start(last);
    const std::int64_t to = Start(first) + places_;
    // The padded comparison's index at column `from`; where it leaves the padding, nothing is
    // added.
    const std::int64_t at = half * kHalf + from - Start(0) + kOverhang - kStartOffset;
    const std::int64_t begin = std::clamp<std::int64_t>(from - at, from, to);
    const std::int64_t end = std::clamp<std::int64_t>(
        from - at + static_cast<std::int64_t>(padded_.size()) - (kHalf - 1), begin, to);
    const std::int32_t* before = Row(half);
    std::int32_t* row = Row(half + 1);
    std::copy(before + from, before + begin, row + from);
    SlideSix(of_.data() + half * kHalf, padded_.data() + at + begin - from, before + begin,
             row + begin, end - begin);
    std::copy(before + end, before + to, row + end);
  }

  const Samples& of_;
  Samples padded_;
  const std::int64_t segments_;
  const std::int64_t places_;
  const std::int64_t width_;
  Sums rows_;
  std::int64_t made_ = 0;  // The row that was made last.
};

// Everything about comparing all segments of one profile with another. Each of a correlation's six
// sums is the difference of two: along the shifts where the other profile's gaps can be in the way,
// else of one profile's own running sums.
class SegmentComparison {
 public:
  SegmentComparison(const CoarseProfile& reference, const CoarseProfile& comparison)
      : reference_squares_(Squares(reference.level)),
        comparison_squares_(Squares(comparison.level)),
        halves_(reference.size() / kHalf),
        comparison_size_(comparison.size()),
        places_(comparison.size() + kOverhang) {
    along_shifts_[kSxy].emplace(reference.level, comparison.level);
    if (reference.gapless) {
      running_[kN] = RunningSums(comparison.mask, kOverhang);
      running_[kSy] = RunningSums(comparison.level, kOverhang);
      running_[kSyy] = RunningSums(comparison_squares_, kOverhang);
    } else {
      along_shifts_[kN].emplace(reference.mask, comparison.mask);
      along_shifts_[kSy].emplace(reference.mask, comparison.level);
      along_shifts_[kSyy].emplace(reference.mask, comparison_squares_);
    }
    if (comparison.gapless) {
      running_[kSx] = RunningSums(reference.level, 0);
      running_[kSxx] = RunningSums(reference_squares_, 0);
      own_measured_ = RunningSums(reference.mask, 0);
      for (Sums& sums : own_) sums.resize(static_cast<std::size_t>(places_ + comparison_size_));
    } else {
      along_shifts_[kSx].emplace(reference.level, comparison.mask);
      along_shifts_[kSxx].emplace(reference_squares_, comparison.mask);
    }
    for (std::vector<float>& values : values_) values.resize(static_cast<std::size_t>(places_));
  }

  // The shift segment `segment` votes for: the best place of its longest scale, when the shorter
  // scales have a kept peak close by. Most segments of unrelated lands fail at the middle scale, so
  // the shortest, which has the most peaks, comes last. Ask for segments in order.
  std::optional<std::int64_t> Vote(std::int64_t segment) {
    const float largest = Correlate(segment, 2);
    if (largest == kCorrelationUndefined) return std::nullopt;
    const std::int64_t place = IndexOf(largest, values_[2].data(), places_);
    Correlate(segment, 1);
    if (!Confirms(values_[1], place, 3)) return std::nullopt;
    Correlate(segment, 0);
    if (!Confirms(values_[0], place, 5)) return std::nullopt;
    return place - kStartOffset - segment * kCoarseSegment;
  }

 private:
  enum Quantity : std::size_t { kN, kSx, kSxx, kSy, kSyy, kSxy, kQuantities };
  using Pointers = std::array<const std::int32_t*, kQuantities>;

  // Fills values_[scale] and returns the largest.
  float Correlate(std::int64_t segment, std::size_t scale) {
    constexpr std::array<std::int64_t, 3> kBeside = {0, 1, kHalvesBeside};
    // The half-segments that make up the segment at this scale, clipped at the ends.
    const std::int64_t begin = std::max<std::int64_t>(0, 2 * segment - kBeside[scale]);
    const std::int64_t end = std::min(halves_, 2 * segment + 2 + kBeside[scale]);
    // Place p puts reference sample t at comparison index t + p + to_index.
    const std::int64_t to_index = -kStartOffset - segment * kCoarseSegment;
    Pointers upper{};
    Pointers lower{};
    for (std::size_t q = 0; q < kQuantities; ++q) {
      if (along_shifts_[q]) {
        upper[q] = along_shifts_[q]->Before(end, segment);
        lower[q] = along_shifts_[q]->Before(begin, segment);
      } else if (q == kSx || q == kSxx) {
        upper[q] = own_[q - kSx].data();
        lower[q] = own_[q - kSx].data() + comparison_size_;
      } else {
        upper[q] = running_[q].data() + kOverhang + end * kHalf + to_index;
        lower[q] = running_[q].data() + kOverhang + begin * kHalf + to_index;
      }
    }
    const auto sums = [](const Pointers& of, std::int64_t at) {
      return CorrelationSums{of[kN] + at,  of[kSx] + at,  of[kSxx] + at,
                             of[kSy] + at, of[kSyy] + at, of[kSxy] + at};
    };
    // At least min(0.9 of the segment, 0.1 of the comparison), rounded up.
    const std::int64_t tenths = std::min(9 * (end - begin) * kHalf, comparison_size_);
    const auto overlap_min =
        static_cast<std::int32_t>(std::max<std::int64_t>(2, (tenths + 9) / 10));
    // Places outside [defined, undefined) overhang too far, and at [first, last) nothing overhangs.
    const std::int64_t left = -begin * kHalf - to_index;
    const std::int64_t right = comparison_size_ - end * kHalf - to_index + 1;
    const std::int64_t overhang_max = (end - begin) * kHalf - overlap_min;
    const std::int64_t defined = std::clamp<std::int64_t>(left - overhang_max, 0, places_);
    const std::int64_t undefined = std::clamp(right + overhang_max, defined, places_);
    float* const values = values_[scale].data();
    std::fill(values, values + defined, kCorrelationUndefined);
    std::fill(values + undefined, values + places_, kCorrelationUndefined);
    const auto correlate = [&](std::int64_t from, std::int64_t to) {
      SignedSquaredCorrelation(sums(upper, from), sums(lower, from), overlap_min, values + from,
                               to - from);
    };
    if (own_[0].empty()) {
      correlate(defined, undefined);
    } else {
      const std::int64_t first = std::clamp(left, defined, undefined);
      const std::int64_t last = std::clamp(right, first, undefined);
      SumOverhangs(begin * kHalf, end * kHalf, to_index, {defined, first, last, undefined});
      correlate(defined, first);
      SignedSquaredCorrelationOfWhole(OwnSumsOf(begin * kHalf, end * kHalf), sums(upper, first),
                                      sums(lower, first), overlap_min, values + first,
                                      last - first);
      correlate(last, undefined);
    }
    return Largest(values, places_);
  }

  // With a comparison without gaps.
  OwnSums OwnSumsOf(std::int64_t begin, std::int64_t end) const {
    const auto sum = [&](const Sums& running) {
      return running[static_cast<std::size_t>(end)] - running[static_cast<std::size_t>(begin)];
    };
    return {sum(own_measured_), sum(running_[kSx]), sum(running_[kSxx])};
  }

  // What stands before sample t of the reference's [begin, end), with a comparison without gaps,
  // for t falling from where the comparison ends at place 0: as places rise, so does the index of
  // where it ends, and comparison_size_ further that of where it begins. Only what is read at
  // places [edges[0], edges[1]) and [edges[2], edges[3]) is written.
  void SumOverhangs(std::int64_t begin, std::int64_t end, std::int64_t to_index,
                    const std::array<std::int64_t, 4>& edges) {
    const std::int64_t top = comparison_size_ - to_index;
    for (const Quantity q : {kSx, kSxx}) {
      Sums& own = own_[q - kSx];
      const auto running = running_[q].begin();
      const auto fill = [&](std::int64_t from, std::int64_t to, std::int64_t sample) {
        if (from < to) std::fill(own.begin() + from, own.begin() + to, running[sample]);
      };
      const std::int64_t size = static_cast<std::int64_t>(own.size());
      const std::int64_t after_end = std::clamp<std::int64_t>(top - end, 0, size);
      const std::int64_t after_begin = std::clamp(top - begin, after_end, size);
      fill(edges[0], std::min(edges[1], after_end), end);
      std::reverse_copy(running + (top - after_begin + 1), running + (top - after_end + 1),
                        own.begin() + after_end);
      fill(std::max(after_begin, comparison_size_ + edges[2]), comparison_size_ + edges[3], begin);
    }
  }

  // Whether one of the `kept` highest local maxima lies within the tolerance of `place`. Rather
  // than sorting the maxima: take the highest one close by, and count those above it.
  bool Confirms(const std::vector<float>& values, std::int64_t place, std::int64_t kept) const {
    const auto value = [&](std::int64_t p) {
      return p < 0 || p >= places_ ? kCorrelationUndefined : values[static_cast<std::size_t>(p)];
    };
    float highest = kCorrelationUndefined;
    for (std::int64_t p = std::max<std::int64_t>(0, place - kCoarseTolerance);
         p <= std::min(places_ - 1, place + kCoarseTolerance); ++p) {
      const float v = value(p);
      if (v >= value(p - 1) && v >= value(p + 1)) highest = std::max(highest, v);
    }
    if (highest == kCorrelationUndefined) return false;
    std::int64_t above = CountMaximaAbove(values.data(), highest, places_);
    above += value(0) > highest && value(0) >= value(1) ? 1 : 0;
    above += value(places_ - 1) > highest && value(places_ - 1) >= value(places_ - 2) ? 1 : 0;
    return above < kept;
  }

  const Samples reference_squares_;
  const Samples comparison_squares_;
  const std::int64_t halves_;
  const std::int64_t comparison_size_;
  const std::int64_t places_;
  // A quantity is in one of the two; what is the reference's own is written into `own_` where the
  // segment overhangs.
  std::array<std::optional<ShiftSums>, kQuantities> along_shifts_;
  std::array<Sums, kQuantities> running_;
  Sums own_measured_;
  std::array<Sums, 2> own_;
  std::array<std::vector<float>, 3> values_;
};

// Levels with gaps as NaN, for the general method.
std::vector<double> ToPlainProfile(const CoarseProfile& profile) {
  std::vector<double> result(profile.level.size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = profile.mask[i] != 0 ? profile.level[i] : std::numeric_limits<double>::quiet_NaN();
  }
  return result;
}

}  // namespace

CoarseProfile MakeCoarseProfile(std::span<const std::int16_t> height_nm) {
  constexpr double kLevelsPerRms = 20.0;
  CoarseProfile profile;
  const std::size_t size = (height_nm.size() + 1) / kCoarseStep;
  profile.mask.resize(size);
  profile.level.resize(size);
  std::vector<std::int32_t> twice(size);  // Twice the mean of the pair's measured samples.
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::int16_t first = height_nm[2 * i];
    const std::int16_t second = 2 * i + 1 < height_nm.size() ? height_nm[2 * i + 1] : first;
    if (first == kSampleNotMeasured && second == kSampleNotMeasured) continue;
    twice[i] = first == kSampleNotMeasured    ? 2 * second
               : second == kSampleNotMeasured ? 2 * first
                                              : first + second;
    profile.mask[i] = 1;
    ++count;
    sum += twice[i];
    squares += static_cast<std::int64_t>(twice[i]) * twice[i];
  }
  profile.gapless = count == profile.size();
  const std::int64_t scaled_variance = count * squares - sum * sum;  // Times count squared.
  if (scaled_variance <= 0) return profile;                          // Constant: all levels 0.
  const double mean = static_cast<double>(sum) / static_cast<double>(count);
  const double rms = std::sqrt(static_cast<double>(scaled_variance)) / static_cast<double>(count);
  for (std::size_t i = 0; i < size; ++i) {
    if (profile.mask[i] == 0) continue;
    const double level = std::floor(kLevelsPerRms * (twice[i] - mean) / rms + 0.5);
    profile.level[i] =
        static_cast<std::int16_t>(std::clamp<double>(level, -kCoarseLevelMax, kCoarseLevelMax));
  }
  return profile;
}

CmpsResult CompareCoarseSegments(const CoarseProfile& reference, const CoarseProfile& comparison) {
  if (reference.size() < kCoarseMultiScaleMin) {
    const absl::StatusOr<CmpsResult> result = CompareSegments(
        ToPlainProfile(reference), ToPlainProfile(comparison),
        {.segment_samples = kCoarseSegment, .tolerance_samples = kCoarseTolerance, .peaks = {5}});
    PM_CHECK(result.ok());  // Sizes and values are bounded by the signature's.
    return *result;
  }
  SegmentComparison segments(reference, comparison);
  std::vector<std::vector<std::int64_t>> votes;
  for (std::int64_t i = 0; (i + 1) * kCoarseSegment <= reference.size(); ++i) {
    votes.emplace_back();
    if (const std::optional<std::int64_t> shift = segments.Vote(i)) votes.back().push_back(*shift);
  }
  return CountVotes(votes, kCoarseTolerance);
}

}  // namespace proofmark::forensics
