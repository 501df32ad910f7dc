// SPDX-License-Identifier: Apache-2.0
#include "server/match/class_filter.h"

#include <algorithm>

namespace proofmark::match {

using records::kClassRules;

ClassFilter::ClassFilter(records::ItemKind item, const records::ClassCharacteristics& query,
                         std::span<const records::ClassRule> rules_off)
    : query_(query) {
  const auto contains = [](std::span<const records::ClassRule> rules, records::ClassRule rule) {
    return std::find(rules.begin(), rules.end(), rule) != rules.end();
  };
  const std::span<const records::ClassRule> of_item = records::ClassRulesOf(item);
  for (std::size_t i = 0; i < kClassRules.size(); ++i) {
    if (contains(of_item, kClassRules[i]) && !contains(rules_off, kClassRules[i])) removed_[i] = 0;
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

std::vector<std::pair<records::ClassRule, std::int64_t>> ClassFilter::removed_counts() const {
  std::vector<std::pair<records::ClassRule, std::int64_t>> counts;
  for (std::size_t i = 0; i < kClassRules.size(); ++i) {
    if (removed_[i].has_value()) counts.emplace_back(kClassRules[i], *removed_[i]);
  }
  return counts;
}

}  // namespace proofmark::match
