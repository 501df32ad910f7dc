// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "forensics/impressed/impressed_signature.h"
#include "forensics/x3p/x3p.h"

namespace proofmark::forensics {

// Which points of a scan its annotation mask gives to `region`: one value a point, 1 where it does;
// empty when the scan has no mask or the mask does not say. Chosen in this order: labels that name
// the region; for a breech face pure red, the colour of the exchange conventions; the brightest
// colour of a mask whose colours have no labels and are shades of grey.
std::vector<std::uint8_t> RegionMask(const X3pScan& scan, ImpressedRegion region);

}  // namespace proofmark::forensics
