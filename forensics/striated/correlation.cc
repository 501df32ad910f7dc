// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/correlation.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "forensics/striated/inner_loops.h"

namespace proofmark::forensics {
namespace {

// Largest sum of squares of `length` samples in a row.
std::int64_t LargestSquares(const MaskedProfile& profile, std::int64_t length) {
  const std::vector<std::int64_t>& before = profile.square_before;
  const std::size_t step = static_cast<std::size_t>(length);
  if (before.size() <= step) return before.back();
  std::int64_t largest = 0;
  for (std::size_t i = 0; i + step < before.size(); ++i) {
    largest = std::max(largest, before[i + step] - before[i]);
  }
  return largest;
}

// How many products may be added up in 32 bits. By Cauchy and Schwarz no sum of any of the products
// of a stretch exceeds the root of its two sums of squares.
std::int64_t BlockLength(const MaskedProfile& a, const MaskedProfile& b) {
  constexpr double kSumMax = 2'147'483'000.0;
  const std::int64_t whole = std::max(a.size(), b.size());
  for (const std::int64_t length : {whole, whole / 2, std::int64_t{256}, std::int64_t{64}}) {
    const double squares = static_cast<double>(LargestSquares(a, length)) *
                           static_cast<double>(LargestSquares(b, length));
    if (squares <= kSumMax * kSumMax) return std::max<std::int64_t>(2, length);
  }
  return 2;  // Heights are at most 32 767.
}

struct MaskedSums {
  std::int64_t count = 0;
  std::int64_t sum = 0;
  std::int64_t squares = 0;
};

// Sums of `of` over the samples where `mask`, moved right by `shift`, is measured too.
MaskedSums SumsUnder(const MaskedProfile& of, const MaskedProfile& mask, std::int64_t shift) {
  MaskedSums sums;
  for (const MeasuredRun& run : mask.runs) {
    const std::int64_t begin = std::clamp<std::int64_t>(run.begin + shift, 0, of.size());
    const std::int64_t end = std::clamp<std::int64_t>(run.end + shift, 0, of.size());
    const std::size_t b = static_cast<std::size_t>(begin);
    const std::size_t e = static_cast<std::size_t>(end);
    sums.count += of.count_before[e] - of.count_before[b];
    sums.sum += of.sum_before[e] - of.sum_before[b];
    sums.squares += of.square_before[e] - of.square_before[b];
  }
  return sums;
}

// The same at `shifts` shifts in a row, from `first` on.
class SlidingSums {
 public:
  SlidingSums(const MaskedProfile& of, const MaskedProfile& mask, std::int64_t first,
              std::int64_t shifts)
      : count_(Slide(of.count_before, mask, first, shifts)),
        sum_(Slide(of.sum_before, mask, first, shifts)),
        squares_(Slide(of.square_before, mask, first, shifts)) {}

  MaskedSums At(std::int64_t index) const {
    const std::size_t i = static_cast<std::size_t>(index);
    return {.count = count_[i], .sum = sum_[i], .squares = squares_[i]};
  }

 private:
  template <typename Number>
  static std::vector<std::int64_t> Slide(const std::vector<Number>& before,
                                         const MaskedProfile& mask, std::int64_t first,
                                         std::int64_t shifts) {
    // What stands before each place that a run's end comes to, beyond the profile's ends too.
    const std::int64_t places = mask.size() + shifts;
    const std::int64_t last = static_cast<std::int64_t>(before.size()) - 1;
    std::vector<std::int64_t> reached(static_cast<std::size_t>(places), 0);
    const std::int64_t begin = std::clamp<std::int64_t>(-first, 0, places);
    const std::int64_t end = std::clamp<std::int64_t>(last - first, begin, places);
    std::copy(before.begin() + (begin + first), before.begin() + (end + first),
              reached.begin() + begin);
    std::fill(reached.begin() + end, reached.end(), before.back());
    std::vector<std::int64_t> sums(static_cast<std::size_t>(shifts), 0);
    for (const MeasuredRun& run : mask.runs) {
      AddDifferences(reached.data() + run.end, reached.data() + run.begin, sums.data(), shifts);
    }
    return sums;
  }

  std::vector<std::int64_t> count_, sum_, squares_;
};

struct ShiftValue {
  double ccf = 0.0;
  std::int64_t overlap = 0;  // 0: undefined.
};

// Bounds: 4 096 samples of 15 bits, so every product of sums below stays under 2^54.
ShiftValue ValueAt(const MaskedProfile& query, const MaskedProfile& reference, std::int64_t shift,
                   const MaskedSums& q, const MaskedSums& r, std::int64_t block) {
  const std::int64_t variance_q = q.count * q.squares - q.sum * q.sum;
  const std::int64_t variance_r = r.count * r.squares - r.sum * r.sum;
  if (variance_q <= 0 || variance_r <= 0) return {};
  const std::int64_t begin = std::max<std::int64_t>(0, shift);  // In the reference.
  const std::int64_t end = std::min(reference.size(), query.size() + shift);
  constexpr std::int64_t kStep = MaskedProfile::kPadding;
  const std::int64_t count = (end - begin + kStep - 1) / kStep * kStep;  // The rest is zeros.
  const std::int64_t products = DotProduct(query.height_nm.data() + (begin - shift),
                                           reference.height_nm.data() + begin, count, block);
  const std::int64_t covariance = q.count * products - q.sum * r.sum;
  const double ccf = static_cast<double>(covariance) /
                     std::sqrt(static_cast<double>(variance_q) * static_cast<double>(variance_r));
  return {std::clamp(ccf, -1.0, 1.0), q.count};
}

}  // namespace

std::optional<double> CorrelationAt(const MaskedProfile& query, const MaskedProfile& reference,
                                    std::int64_t shift, std::int64_t overlap_min) {
  const MaskedSums sums = SumsUnder(query, reference, -shift);
  if (sums.count < std::max<std::int64_t>(2, overlap_min)) return std::nullopt;
  const ShiftValue value =
      ValueAt(query, reference, shift, sums, SumsUnder(reference, query, shift),
              BlockLength(query, reference));
  if (value.overlap == 0) return std::nullopt;
  return value.ccf;
}

ShiftRange ShiftsOf(const CorrelationWindow& window, std::int64_t query_size,
                    std::int64_t reference_size) {
  const std::int64_t longer = reference_size - query_size;  // Left ends meet at 0, right ends here.
  ShiftRange range;
  range.twice_anchor = window.anchor == Anchor::kLeftEnds    ? 0
                       : window.anchor == Anchor::kRightEnds ? 2 * longer
                                                             : longer;
  const std::int64_t overlap_min = std::max<std::int64_t>(2, window.overlap_min);
  const std::int64_t reach = 2 * window.shift_max;
  // Shifts are rounded inwards: an odd anchor lies between two.
  range.first =
      std::max<std::int64_t>(overlap_min - query_size, (range.twice_anchor - reach + 1) >> 1);
  range.last =
      std::min<std::int64_t>(reference_size - overlap_min, (range.twice_anchor + reach) >> 1);
  return range;
}

std::int64_t OverlapAt(const MaskedProfile& query, const MaskedProfile& reference,
                       std::int64_t shift) {
  return SumsUnder(query, reference, -shift).count;
}

std::optional<CorrelationPeak> BestCorrelation(const MaskedProfile& query,
                                               const MaskedProfile& reference,
                                               const CorrelationWindow& window) {
  const std::int64_t overlap_min = std::max<std::int64_t>(2, window.overlap_min);
  const ShiftRange range = ShiftsOf(window, query.size(), reference.size());
  const std::int64_t first = range.first;
  const std::int64_t last = range.last;
  if (first > last) return std::nullopt;

  const std::int64_t block = BlockLength(query, reference);
  const std::int64_t shifts = last - first + 1;
  const SlidingSums of_query(query, reference, -last, shifts);
  const SlidingSums of_reference(reference, query, first, shifts);
  std::vector<ShiftValue> values(static_cast<std::size_t>(shifts));
  std::int64_t best = -1;
  for (std::int64_t shift = first; shift <= last; ++shift) {
    const std::int64_t at = shift - first;
    const MaskedSums q = of_query.At(last - shift);
    if (q.count < overlap_min) continue;
    const ShiftValue value = ValueAt(query, reference, shift, q, of_reference.At(at), block);
    values[static_cast<std::size_t>(at)] = value;
    if (value.overlap == 0) continue;
    if (best >= 0) {
      const double highest = values[static_cast<std::size_t>(best)].ccf;
      const bool nearer = range.TwiceDistance(shift) < range.TwiceDistance(best + first);
      if (value.ccf < highest || (value.ccf == highest && !nearer)) continue;
    }
    best = at;
  }
  if (best < 0) return std::nullopt;

  const ShiftValue& peak = values[static_cast<std::size_t>(best)];
  CorrelationPeak result{peak.ccf, static_cast<double>(best + first), peak.overlap};
  if (best == 0 || best == last - first) return result;
  const ShiftValue& left = values[static_cast<std::size_t>(best - 1)];
  const ShiftValue& right = values[static_cast<std::size_t>(best + 1)];
  const double bend = left.ccf - 2.0 * peak.ccf + right.ccf;
  if (left.overlap == 0 || right.overlap == 0 || bend >= 0.0) return result;
  const double offset = 0.5 * (left.ccf - right.ccf) / bend;  // |offset| <= 1/2: peak is highest.
  result.shift += offset;
  result.ccf = std::min(1.0, peak.ccf - 0.25 * (left.ccf - right.ccf) * offset);
  return result;
}

}  // namespace proofmark::forensics
