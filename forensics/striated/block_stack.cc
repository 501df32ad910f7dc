// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/block_stack.h"

#include <algorithm>
#include <cmath>

#include "forensics/striated/ballistic_signature.h"
#include "forensics/surface/resample.h"

namespace proofmark::forensics {

BlockStack CutBlocks(const HeightMap& map, double block_um) {
  const RowResampler resampler(map.width, map.pitch_x_um, kSignaturePitchUm);
  const std::int64_t rows = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(std::floor(block_um / map.pitch_y_um + 0.5)), 1, map.height);
  BlockStack stack{.columns = resampler.samples(),
                   .blocks = map.height / rows,
                   .block_um = static_cast<double>(rows) * map.pitch_y_um,
                   .height_um = {}};
  const auto columns = static_cast<std::size_t>(stack.columns);
  stack.height_um.resize(columns * static_cast<std::size_t>(stack.blocks));
  std::vector<float> block(columns * static_cast<std::size_t>(rows));
  for (std::int64_t b = 0; b < stack.blocks; ++b) {
    for (std::int64_t r = 0; r < rows; ++r) {
      const auto source = static_cast<std::size_t>((b * rows + r) * map.width);
      resampler.Run(std::span(map.height_um).subspan(source, static_cast<std::size_t>(map.width)),
                    std::span(block).subspan(columns * static_cast<std::size_t>(r), columns));
    }
    ColumnMedians(
        block, stack.columns,
        std::span(stack.height_um).subspan(columns * static_cast<std::size_t>(b), columns));
  }
  return stack;
}

std::vector<double> StackMedian(const BlockStack& stack) {
  std::vector<float> rows = stack.height_um;
  std::vector<float> median(static_cast<std::size_t>(stack.columns));
  ColumnMedians(rows, stack.columns, median);
  return {median.begin(), median.end()};
}

}  // namespace proofmark::forensics
