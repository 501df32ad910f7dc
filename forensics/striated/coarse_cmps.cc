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
        products_(reference.level, comparison.level) {
    if (reference.gapless && comparison.gapless) {
      reference_running_ = RunningSums(reference.level, 0);
      comparison_running_ = RunningSums(comparison.level, kOverhang);
    } else {
      const std::vector<std::int16_t> reference_squares = Squares(reference.level);
      const std::vector<std::int16_t> comparison_squares = Squares(comparison.level);
      masked_.emplace_back(reference.mask, comparison.mask);
      masked_.emplace_back(reference.level, comparison.mask);
      masked_.emplace_back(reference_squares, comparison.mask);
      masked_.emplace_back(reference.mask, comparison.level);
      masked_.emplace_back(reference.mask, comparison_squares);
    }
    for (Sums& sums : sums_) sums.resize(static_cast<std::size_t>(places_));
    for (std::vector<float>& values : values_) values.resize(static_cast<std::size_t>(places_));
  }

  // The shift segment `segment` votes for: the best place of its longest scale, when the shorter
  // scales have a kept peak close by. Most segments of unrelated lands fail at the middle scale, so
  // the shortest, which has the most peaks, comes last.
  std::optional<std::int64_t> Vote(std::int64_t segment) {
    Clear();
    Correlate(segment, 0, 1);
    const float largest = Correlate(segment, 1, 2);
    if (largest == kCorrelationUndefined) return std::nullopt;
    const std::int64_t place =
        std::find(values_[2].begin(), values_[2].end(), largest) - values_[2].begin();
    if (!Confirms(values_[1], place, 3)) return std::nullopt;
    Clear();
    Correlate(segment, 0, 0);
    if (!Confirms(values_[0], place, 5)) return std::nullopt;
    return place - kStartOffset - segment * kCoarseSegment;
  }

 private:
  using Sums = std::vector<std::int32_t>;
  enum Quantity : std::size_t { kN, kSx, kSxx, kSy, kSyy, kSxy, kQuantities };

  // Sums of levels and of their squares before index i - padding; outside the profile they rest.
  struct Running {
    Sums level;
    Sums square;
  };

  static std::vector<std::int16_t> Squares(const std::vector<std::int16_t>& level) {
    std::vector<std::int16_t> result(level.size());
    std::transform(level.begin(), level.end(), result.begin(),
                   [](std::int16_t v) { return static_cast<std::int16_t>(v * v); });
    return result;
  }

  static Running RunningSums(const std::vector<std::int16_t>& level, std::int64_t padding) {
    Running running;
    const std::size_t pad = static_cast<std::size_t>(padding);
    running.level.assign(level.size() + 2 * pad + 1, 0);
    running.square.assign(level.size() + 2 * pad + 1, 0);
    for (std::size_t i = 1; i < running.level.size(); ++i) {
      const bool inside = i > pad && i - 1 - pad < level.size();
      const std::int32_t v = inside ? level[i - 1 - pad] : 0;
      running.level[i] = running.level[i - 1] + v;
      running.square[i] = running.square[i - 1] + v * v;
    }
    return running;
  }

  // The half-segments that make up a segment at one scale, [begin, end), clipped at the ends.
  struct Halves {
    std::int64_t begin;
    std::int64_t end;
  };
  Halves HalvesOf(std::int64_t segment, std::size_t scale) const {
    constexpr std::array<std::int64_t, 3> kBefore = {0, 1, kHalvesBefore};
    return {std::max<std::int64_t>(0, 2 * segment - kBefore[scale]),
            std::min(products_.halves(), 2 * segment + 2 + kBefore[scale])};
  }

  void Clear() {
    std::fill(sums_[kSxy].begin(), sums_[kSxy].end(), 0);
    if (masked_.empty()) return;  // The others are set, not added to.
    for (std::size_t q = 0; q < masked_.size(); ++q) std::fill(sums_[q].begin(), sums_[q].end(), 0);
  }

  // Fills values_[scale] and returns the largest. The sums hold the halves of the smaller scale
  // `held`, or nothing when that is 0.
  float Correlate(std::int64_t segment, std::size_t held, std::size_t scale) {
    const Halves halves = HalvesOf(segment, scale);
    const Halves before = held == 0 ? Halves{halves.end, halves.end} : HalvesOf(segment, held);
    for (std::int64_t half = halves.begin; half < halves.end; ++half) {
      if (half >= before.begin && half < before.end) continue;
      AddHalf(half, (half - 2 * segment + kHalvesBefore) * kHalf);
    }
    if (masked_.empty()) SetGaplessSums(segment, halves.begin * kHalf, halves.end * kHalf);
    // At least min(0.9 of the segment, 0.1 of the comparison), rounded up.
    const std::int64_t tenths = std::min(9 * (halves.end - halves.begin) * kHalf, comparison_size_);
    return SignedSquaredCorrelation(
        {sums_[kN].data(), sums_[kSx].data(), sums_[kSxx].data(), sums_[kSy].data(),
         sums_[kSyy].data(), sums_[kSxy].data()},
        static_cast<std::int32_t>(std::max<std::int64_t>(2, (tenths + 9) / 10)),
        values_[scale].data(), places_);
  }

  void AddHalf(std::int64_t half, std::int64_t offset) {
    AddTo(products_.Row(half) + offset, sums_[kSxy].data(), places_);
    for (std::size_t q = 0; q < masked_.size(); ++q) {
      AddTo(masked_[q].Row(half) + offset, sums_[q].data(), places_);
    }
  }

  // Without gaps the sums other than of products are differences of running sums, and those of the
  // reference's samples [begin, end) are the same at every place but where they overhang.
  void SetGaplessSums(std::int64_t segment, std::int64_t begin, std::int64_t end) {
    // Place p puts reference sample t at comparison index t + p + to_index.
    const std::int64_t to_index = -kStartOffset - segment * kCoarseSegment;
    const std::int64_t at = kOverhang + begin + to_index;
    WindowSums(comparison_running_.level.data() + at, end - begin, sums_[kSy].data(), places_);
    WindowSums(comparison_running_.square.data() + at, end - begin, sums_[kSyy].data(), places_);
    const auto set = [&](std::int64_t from_place, std::int64_t to_place) {
      if (from_place >= to_place) return;
      const std::int64_t low = std::clamp(-from_place - to_index, begin, end);
      const std::int64_t high = std::clamp(comparison_size_ - from_place - to_index, low, end);
      const std::size_t b = static_cast<std::size_t>(low);
      const std::size_t e = static_cast<std::size_t>(high);
      const auto fill = [&](Quantity q, std::int32_t value) {
        std::fill(sums_[q].begin() + from_place, sums_[q].begin() + to_place, value);
      };
      fill(kN, static_cast<std::int32_t>(high - low));
      fill(kSx, reference_running_.level[e] - reference_running_.level[b]);
      fill(kSxx, reference_running_.square[e] - reference_running_.square[b]);
    };
    const std::int64_t inside = std::clamp<std::int64_t>(-begin - to_index, 0, places_);
    const std::int64_t outside =
        std::clamp<std::int64_t>(comparison_size_ - end - to_index + 1, inside, places_);
    for (std::int64_t p = 0; p < inside; ++p) set(p, p + 1);
    set(inside, outside);
    for (std::int64_t p = outside; p < places_; ++p) set(p, p + 1);
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
  const HalfSums products_;
  std::vector<HalfSums> masked_;  // kN .. kSyy when there are gaps, else empty.
  Running reference_running_;     // When there are none.
  Running comparison_running_;
  std::array<Sums, kQuantities> sums_;
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
