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

ClassFilter::Verdict ClassFilter::Judge(const records::ClassCharacteristics& record) const {
  for (std::size_t i = 0; i < kClassRules.size(); ++i) {
    if (removed_[i].has_value() && records::Excludes(kClassRules[i], query_, record)) {
      return static_cast<Verdict>(i);
    }
  }
  return kAdmitted;
}

bool ClassFilter::Count(Verdict verdict) {
  ++held_count_;
  if (verdict == kAdmitted) {
    ++eligible_count_;
    return true;
  }
  ++*removed_[static_cast<std::size_t>(verdict)];
  return false;
}

std::optional<std::int64_t> ClassFilter::removed_count(records::ClassRule rule) const {
  for (std::size_t i = 0; i < kClassRules.size(); ++i) {
    if (kClassRules[i] == rule) return removed_[i];
  }
  return std::nullopt;
}

}  // namespace proofmark::match
