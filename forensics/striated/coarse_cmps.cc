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

// Segments of all three scales about one centre are made of half-segments: 2, 4 and 8 of them. The
// products of each half-segment with every place in the comparison are summed once, in 16 bits,
// and every scale adds up what it needs.
constexpr std::int64_t kHalf = kCoarseSegment / 2;
constexpr std::int64_t kHalvesBefore = 3;  // Of the longest segment, before the shortest begins.
constexpr std::int64_t kHalvesAfter = 3;
constexpr std::int64_t kOverhang = (kHalvesBefore + kHalvesAfter + 2) * kHalf;  // 48 samples.
static_assert(kHalf * kCoarseLevelMax * kCoarseLevelMax <=
              std::numeric_limits<std::int16_t>::max());

// A row holds one value for each place p: the comparison's index of the segment's start is
// p - kStartOffset. Beyond both ends the comparison is padded with gaps.
constexpr std::int64_t kStartOffset = kOverhang - kHalvesBefore * kHalf;  // 30.

// One quantity of every half-segment at every place: products, counts or squares.
class HalfSums {
 public:
  // Row h, place p: sum over t < kHalf of of[h kHalf + t] * with[p - kOverhang + t].
  HalfSums(const std::vector<std::int16_t>& of, const std::vector<std::int16_t>& with)
      : halves_(static_cast<std::int64_t>(of.size()) / kHalf),
        places_(static_cast<std::int64_t>(with.size()) + 2 * kOverhang - kHalf),
        sums_(static_cast<std::size_t>(halves_ * places_)) {
    static_assert(kHalf == 6);
    std::vector<std::int16_t> padded(with.size() + 2 * static_cast<std::size_t>(kOverhang));
    std::copy(with.begin(), with.end(), padded.begin() + kOverhang);
    for (std::int64_t h = 0; h < halves_; ++h) {
      SlideSix(of.data() + h * kHalf, padded.data(), sums_.data() + h * places_, places_);
    }
  }

  const std::int16_t* Row(std::int64_t half) const { return sums_.data() + half * places_; }
  std::int64_t halves() const { return halves_; }

 private:
  std::int64_t halves_;
  std::int64_t places_;
  std::vector<std::int16_t> sums_;
};

// Everything about comparing all segments of one profile with another.
class SegmentComparison {
 public:
  SegmentComparison(const CoarseProfile& reference, const CoarseProfile& comparison)
      : comparison_size_(comparison.size()),
        places_(comparison.size() + kOverhang),
        halves_{HalfSums(reference.mask, comparison.mask),
                HalfSums(reference.level, comparison.mask),
                HalfSums(Squares(reference.level), comparison.mask),
                HalfSums(reference.mask, comparison.level),
                HalfSums(reference.mask, Squares(comparison.level)),
                HalfSums(reference.level, comparison.level)} {
    for (Sums& sums : sums_) sums.resize(static_cast<std::size_t>(places_));
    for (std::vector<float>& values : values_) values.resize(static_cast<std::size_t>(places_));
  }

  // The shift segment `segment` votes for: the best place of its longest scale, when the shorter
  // scales have a kept peak close by.
  std::optional<std::int64_t> Vote(std::int64_t segment) {
    Correlate(segment);
    if (largest_[2] == kCorrelationUndefined) return std::nullopt;
    const std::int64_t place =
        std::find(values_[2].begin(), values_[2].end(), largest_[2]) - values_[2].begin();
    if (!Confirms(values_[0], place, 5) || !Confirms(values_[1], place, 3)) return std::nullopt;
    return place - kStartOffset - segment * kCoarseSegment;
  }

 private:
  using Sums = std::vector<std::int32_t>;

  static std::vector<std::int16_t> Squares(const std::vector<std::int16_t>& level) {
    std::vector<std::int16_t> result(level.size());
    std::transform(level.begin(), level.end(), result.begin(),
                   [](std::int16_t v) { return static_cast<std::int16_t>(v * v); });
    return result;
  }

  // Fills values_ for one segment, scale by scale: each adds its outer halves to the one before.
  void Correlate(std::int64_t segment) {
    for (Sums& sums : sums_) std::fill(sums.begin(), sums.end(), 0);
    std::int64_t from = 2 * segment;  // Halves already in the sums, [from, to).
    std::int64_t to = from;
    constexpr std::array<std::int64_t, 3> kBefore = {0, 1, kHalvesBefore};
    for (std::size_t scale = 0; scale < kBefore.size(); ++scale) {
      const std::int64_t begin = std::max<std::int64_t>(0, 2 * segment - kBefore[scale]);
      const std::int64_t end = std::min(halves_[0].halves(), 2 * segment + 2 + kBefore[scale]);
      for (std::int64_t half = begin; half < end; ++half) {
        if (half >= from && half < to) continue;
        const std::int64_t offset = (half - 2 * segment + kHalvesBefore) * kHalf;
        for (std::size_t q = 0; q < halves_.size(); ++q) {
          AddTo(halves_[q].Row(half) + offset, sums_[q].data(), places_);
        }
      }
      from = begin;
      to = end;
      // At least min(0.9 of the segment, 0.1 of the comparison), rounded up.
      const std::int64_t tenths = std::min(9 * (end - begin) * kHalf, comparison_size_);
      largest_[scale] = SignedSquaredCorrelation(
          {sums_[0].data(), sums_[1].data(), sums_[2].data(), sums_[3].data(), sums_[4].data(),
           sums_[5].data()},
          static_cast<std::int32_t>(std::max<std::int64_t>(2, (tenths + 9) / 10)),
          values_[scale].data(), places_);
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

  const std::int64_t comparison_size_;
  const std::int64_t places_;
  const std::array<HalfSums, 6> halves_;  // n, sx, sxx, sy, syy, sxy.
  std::array<Sums, 6> sums_;
  std::array<std::vector<float>, 3> values_;
  std::array<float, 3> largest_{};
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
