// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// A land cut across the bullet axis into blocks, each the median of the rows within it: a profile
// across the land, free of dust and of most of the noise.
struct BlockStack {
  std::int64_t columns = 0;  // At kSignaturePitchUm; column 0 is the scan's x = 0.
  std::int64_t blocks = 0;   // Along y, from y = 0.
  double block_um = 0.0;     // Length of a block: whole rows, so near the length asked for.
  std::vector<float> height_um;

  std::span<const float> block(std::int64_t index) const {
    return std::span(height_um).subspan(static_cast<std::size_t>(index * columns),
                                        static_cast<std::size_t>(columns));
  }
  double middle_um(std::int64_t index) const {
    return (static_cast<double>(index) + 0.5) * block_um;
  }
};

// Rows left over at the far end are dropped unless they are all there is.
//   Cost      O(points).
BlockStack CutBlocks(const HeightMap& map, double block_um);

// The median over all blocks, column by column; NaN where half of them are missing.
std::vector<double> StackMedian(const BlockStack& stack);

}  // namespace proofmark::forensics
