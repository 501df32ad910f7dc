// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// Makes single points that no optical instrument can have measured kNotMeasured: a slope of more
// than 60 degrees leads to them from a measured neighbour, and they lie as far off the median of
// the 7 x 7 points about them. What a surface has of steps and grain stays.
//   Result    the number of points dropped.
//   Cost      O(points), and a median for each point beside such a slope.
std::int64_t DropSpikes(HeightMap& map);

}  // namespace proofmark::forensics
