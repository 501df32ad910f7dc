// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/orientation.h"

#include <algorithm>
#include <cmath>

#include "forensics/surface/robust.h"

namespace proofmark::forensics {
namespace {

constexpr double kEndUm = 100.0;
constexpr double kRatioMin = 1.3;
// Added to both sides of a ratio: differences below these are chance.
constexpr double kMissingShareFloor = 0.02;
constexpr double kRoughnessUmFloor = 0.1;
constexpr double kRoughnessUmMax = 5.0;  // A cliff counts as this much.

struct End {
  double missing_share = 0.0;
  double roughness_um = 0.0;  // Mean bend along y: the tilt of the scan does not count.

  double Brokenness() const {
    return (missing_share + kMissingShareFloor) * (roughness_um + kRoughnessUmFloor);
  }
};

// Blocks [first, first + count).
End LookAt(const BlockStack& stack, std::int64_t first, std::int64_t count, std::int64_t from,
           std::int64_t to) {
  double missing = 0.0;
  double bends = 0.0;
  double bend_sum = 0.0;
  for (std::int64_t b = first; b < first + count; ++b) {
    for (std::int64_t x = from; x < to; ++x) {
      const auto k = static_cast<std::size_t>(x);
      const float here = stack.block(b)[k];
      missing += IsMeasured(here) ? 0.0 : 1.0;
      if (b < first + 1 || b + 1 >= first + count) continue;
      const double bend = std::abs(static_cast<double>(stack.block(b - 1)[k]) - 2.0 * here +
                                   static_cast<double>(stack.block(b + 1)[k]));
      if (std::isnan(bend)) continue;
      bend_sum += std::min(bend, kRoughnessUmMax);
      bends += 1.0;
    }
  }
  return {.missing_share = missing / static_cast<double>(count * (to - from)),
          .roughness_um = bends > 0.0 ? bend_sum / bends : 0.0};
}

}  // namespace

Heel FindHeel(const BlockStack& stack, std::int64_t from, std::int64_t to) {
  const std::int64_t count = std::max<std::int64_t>(
      3, static_cast<std::int64_t>(std::floor(kEndUm / stack.block_um + 0.5)));
  if (stack.blocks < 2 * count || to <= from) return Heel::kUndecided;
  const double start = LookAt(stack, 0, count, from, to).Brokenness();
  const double end = LookAt(stack, stack.blocks - count, count, from, to).Brokenness();
  if (start >= kRatioMin * end) return Heel::kAtStart;
  if (end >= kRatioMin * start) return Heel::kAtEnd;
  return Heel::kUndecided;
}

HeightMap HalfTurn(HeightMap map) {
  std::reverse(map.height_um.begin(), map.height_um.end());
  return map;
}

}  // namespace proofmark::forensics
