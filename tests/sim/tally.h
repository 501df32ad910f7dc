// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace proofmark::sim {

// What happened in one run or many, by kind.
struct Tally {
  using Counts = std::map<std::string, std::int64_t, std::less<>>;
  Counts acts;    // Of examiners, officers and nodes.
  Counts faults;  // Injected.
  Counts checks;  // Of each invariant.
  std::int64_t events = 0;
  std::int64_t entries = 0;  // Of all ledgers.

  static void Count(Counts& counts, std::string_view kind, std::int64_t by = 1) {
    if (by == 0) return;
    const auto at = counts.find(kind);
    if (at == counts.end()) {
      counts.emplace(kind, by);
    } else {
      at->second += by;
    }
  }
  void Add(const Tally& other) {
    for (const auto& [kind, count] : other.acts) Count(acts, kind, count);
    for (const auto& [kind, count] : other.faults) Count(faults, kind, count);
    for (const auto& [kind, count] : other.checks) Count(checks, kind, count);
    events += other.events;
    entries += other.entries;
  }
};

}  // namespace proofmark::sim
