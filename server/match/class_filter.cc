// SPDX-License-Identifier: Apache-2.0
#include "server/match/class_filter.h"

#include <algorithm>

namespace proofmark::match {

using records::kClassRules;

ClassFilter::ClassFilter(const records::ClassCharacteristics& query,
                         std::span<const records::ClassRule> rules_off)
    : query_(query) {
  for (std::size_t i = 0; i < kClassRules.size(); ++i) {
    const bool off =
        std::find(rules_off.begin(), rules_off.end(), kClassRules[i]) != rules_off.end();
    if (!off) removed_[i] = 0;
  }
}

bool ClassFilter::Admit(const records::ClassCharacteristics& record) {
  ++held_count_;
  for (std::size_t i = 0; i < kClassRules.size(); ++i) {
    if (removed_[i].has_value() && records::Excludes(kClassRules[i], query_, record)) {
      ++*removed_[i];
      return false;
    }
  }
  ++eligible_count_;
  return true;
}

std::optional<std::int64_t> ClassFilter::removed_count(records::ClassRule rule) const {
  for (std::size_t i = 0; i < kClassRules.size(); ++i) {
    if (kClassRules[i] == rule) return removed_[i];
  }
  return std::nullopt;
}

}  // namespace proofmark::match
