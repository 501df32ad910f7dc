// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/correlation.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "forensics/striated/inner_loops.h"

namespace proofmark::forensics {
namespace {

// Terms whose sum cannot leave an int32, so that the inner loop stays in 32 bits.
std::int64_t BlockLength(const MaskedProfile& a, const MaskedProfile& b) {
  const std::int64_t product_max = std::max<std::int64_t>(1, a.height_nm_max * b.height_nm_max);
  return std::numeric_limits<std::int32_t>::max() / product_max;  // >= 2: heights are <= 32 767.
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

struct ShiftValue {
  double ccf = 0.0;
  std::int64_t overlap = 0;  // 0: undefined.
};

// Bounds: 4 096 samples of 15 bits, so every product of sums below stays under 2^54.
ShiftValue ValueAt(const MaskedProfile& query, const MaskedProfile& reference, std::int64_t shift,
                   std::int64_t overlap_min, std::int64_t block) {
  const MaskedSums q = SumsUnder(query, reference, -shift);
  if (q.count < overlap_min) return {};
  const MaskedSums r = SumsUnder(reference, query, shift);
  const std::int64_t variance_q = q.count * q.squares - q.sum * q.sum;
  const std::int64_t variance_r = r.count * r.squares - r.sum * r.sum;
  if (variance_q <= 0 || variance_r <= 0) return {};
  const std::int64_t begin = std::max<std::int64_t>(0, shift);  // In the reference.
  const std::int64_t end = std::min(reference.size(), query.size() + shift);
  const std::int64_t products = DotProduct(query.height_nm.data() + (begin - shift),
                                           reference.height_nm.data() + begin, end - begin, block);
  const std::int64_t covariance = q.count * products - q.sum * r.sum;
  const double ccf = static_cast<double>(covariance) /
                     std::sqrt(static_cast<double>(variance_q) * static_cast<double>(variance_r));
  return {std::clamp(ccf, -1.0, 1.0), q.count};
}

}  // namespace

std::optional<double> CorrelationAt(const MaskedProfile& query, const MaskedProfile& reference,
                                    std::int64_t shift, std::int64_t overlap_min) {
  const ShiftValue value = ValueAt(query, reference, shift, std::max<std::int64_t>(2, overlap_min),
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
  std::vector<ShiftValue> values(static_cast<std::size_t>(last - first + 1));
  std::int64_t best = -1;
  for (std::int64_t shift = first; shift <= last; ++shift) {
    const std::int64_t at = shift - first;
    const ShiftValue value = ValueAt(query, reference, shift, overlap_min, block);
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
