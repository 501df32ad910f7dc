// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// Turns rows of one pitch into rows of another: sample i of the result lies at i * target pitch.
// To a coarser pitch each sample is the mean over its width, to a finer one it is interpolated;
// either way a sample is measured when at least half of its weight is.
//
//   Units     micrometres; source samples >= 1.
//   Threads   Constant after construction.
class RowResampler {
 public:
  RowResampler(std::int64_t source_samples, double source_pitch_um, double target_pitch_um);

  std::int64_t samples() const { return static_cast<std::int64_t>(taps_.size()); }

  // `source` has source_samples, `target` samples().
  void Run(std::span<const float> source, std::span<float> target) const;

 private:
  struct Taps {
    std::int64_t first = 0;   // Source sample of the first weight.
    std::int64_t weight = 0;  // Its place in weights_.
    std::int64_t count = 0;
  };
  std::vector<Taps> taps_;
  std::vector<float> weights_;
};

// Means over square cells of `cell_um` (one source point at least), each measured when half of its
// points are. Cells left over at the far edges are dropped.
HeightMap CellMeans(const HeightMap& map, double cell_um);

// The surface turned by 90 degrees, not mirrored: its first row becomes the last column.
HeightMap QuarterTurn(const HeightMap& map);

// The median of each column of `rows` (equally long, row after row); NaN where fewer than half of
// them are measured. Of two middle values, their mean. `rows` is left in disorder.
//   Cost      O(n log^2 n) per column of n rows, several columns at a time.
void ColumnMedians(std::span<float> rows, std::int64_t columns, std::span<float> median);

}  // namespace proofmark::forensics
