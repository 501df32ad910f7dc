// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace proofmark::sim {

using Names = std::set<std::string, std::less<>>;

// Kinds of faults and of defects, as `--faults` and `--bug` name them. docs/design/simulator.md.
const Names& AllFaults();
const Names& AllBugs();

// All that decides about a run.
struct Plan {
  std::uint64_t seed = 1;
  int acts = 40;  // Of people, before the faults end.
  Names faults = AllFaults();
  std::string bug;  // One of AllBugs(), planted to see that it is found; empty: none.
  std::function<void(std::string_view line)> tell;  // Hears each line of the trace; may be empty.
};

}  // namespace proofmark::sim
