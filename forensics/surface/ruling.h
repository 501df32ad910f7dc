// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// How strongly a surface is ruled along either axis: the diagonal of its structure tensor, each
// gradient taken from heights averaged at right angles to it, over 0.1 mm. Striae along an axis
// survive that averaging; grain, dust and scars do not.
struct Ruling {
  double along_x = 0.0;  // Mean square of the gradient along y, so of striae along x.
  double along_y = 0.0;  // Mean square of the gradient along x, so of striae along y.

  bool measured() const { return along_x + along_y > 0.0; }
  // |l1 - l2| / (l1 + l2): 0 no direction, 1 perfect striae along one axis.
  double Coherence() const;
};

// Of wavelengths from 25 to 250 um. Steep places are clipped, so that edges and scars do not
// outweigh the striae. A quarter turn of the surface exchanges the two values. Both are zero for a
// surface too small or too full of gaps to tell.
//   Cost      O(points).
//   Threads   Pure.
//   Source    docs/references.md#bigun-1987
Ruling MeasureRuling(const HeightMap& map);

}  // namespace proofmark::forensics
