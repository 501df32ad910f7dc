// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "tests/sim/world.h"

namespace proofmark::sim {

// Makes that defect (of AllBugs()) part of the world, so that a test can see it found: at the seams
// where a run meets the nodes, which stay as they are.
void PlantBug(std::string_view bug, World& world);

}  // namespace proofmark::sim
