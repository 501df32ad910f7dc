// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "forensics/striated/block_stack.h"
#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// Which end of the land is the heel, the base of the bullet: there the metal breaks off, so that
// more is missing and what is left changes more from block to block.
enum class Heel { kAtStart, kAtEnd, kUndecided };

// Looks at the outer 0.1 mm at either end, columns [from, to).
Heel FindHeel(const BlockStack& stack, std::int64_t from, std::int64_t to);

// The surface turned by 180 degrees.
HeightMap HalfTurn(HeightMap map);

}  // namespace proofmark::forensics
