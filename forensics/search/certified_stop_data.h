// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "forensics/search/certified_stop.h"

namespace proofmark::forensics {

inline constexpr std::int64_t kStopModelLands = 6;

// [whole lands, overlap][one direction, both][lands - 1].
using StopModels = std::array<std::array<std::array<StopModel, kStopModelLands>, 2>, 2>;
extern const StopModels kStopModels;    // Of the coarse score.
extern const StopModels kScreenModels;  // Of the agreement.

}  // namespace proofmark::forensics
