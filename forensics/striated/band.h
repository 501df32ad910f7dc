// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "forensics/striated/block_stack.h"

namespace proofmark::forensics {

// The part of a land, along the bullet axis, whose blocks show the same striae.
struct Band {
  std::vector<double> profile_um;  // Mean of the blocks that agree, drift removed; NaN for gaps.
  std::int64_t first_block = 0;    // They lie in [first_block, last_block), with gaps maybe.
  std::int64_t last_block = 0;
  double drift_um_per_um = 0.0;   // How far right the striae move per step along y.
  double consistency = 0.0;       // Mean correlation of each averaged block with the others.
  double consistent_share = 0.0;  // Of all blocks, those that agree.
  bool damaged = false;           // No stretch agrees with itself.
};

// Chooses the band and averages it: the drift of the striae is estimated and taken out, the 0.35 mm
// whose blocks resemble each other most are the seed, and every block that agrees with it joins.
//
//   Shape     columns [from, to) are the land proper; the grooves beside it do not vote.
//   Result    with fewer than three blocks, all of them: consistency 0, not damaged.
//   Cost      O(points of the stack * (lags + band blocks)).
//   Threads   Pure.
//   Source    docs/references.md#hare-2017 for choosing by agreement.
Band ChooseBand(const BlockStack& stack, std::int64_t from, std::int64_t to, double form_cutoff_um,
                double noise_cutoff_um);

}  // namespace proofmark::forensics
