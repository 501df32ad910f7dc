// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "forensics/striated/ballistic_signature.h"
#include "forensics/synthetic/generator.h"

namespace proofmark::forensics {

// A bullet's signature for sets of a million: the model of GenerateBulletSignature with white noise
// on a grid of 12.5 um instead of 3.125, uniform instead of normal before the filter, in floats,
// and without wear. A hundred times as fast, of the same spectrum, reproducibility and chance
// correlations (docs/design/generator.md), but other marks: the two are never mixed in one set.
//   Shape     `barrel` as CheckSynthetic has it, land_width_um at most 3 800.
//   Result    the same bits on every machine; nothing depends on what was generated before.
//   Cost      under 50 us for six lands of 1.9 mm.
//   Threads   Pure.
BulletSignature GenerateScaleBullet(const SyntheticBarrel& barrel, std::uint32_t shot);

}  // namespace proofmark::forensics
