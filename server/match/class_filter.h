// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "records/class_filter.h"
#include "records/exhibit.h"

namespace proofmark::match {

// The class rules of one search: all of records::kClassRules but those switched off. Every record
// is counted under the first rule that removes it, so that the counts add up to what was held.
// One search, one filter; not thread-safe.
class ClassFilter {
 public:
  ClassFilter(const records::ClassCharacteristics& query,
              std::span<const records::ClassRule> rules_off);

  // Whether a record takes part; counts it either way.
  bool Admit(const records::ClassCharacteristics& record);

  std::int64_t held_count() const { return held_count_; }
  std::int64_t eligible_count() const { return eligible_count_; }

  // Records removed by `rule`; nullopt when the rule was switched off.
  std::optional<std::int64_t> removed_count(records::ClassRule rule) const;

 private:
  const records::ClassCharacteristics query_;
  std::array<std::optional<std::int64_t>, records::kClassRules.size()> removed_;
  std::int64_t held_count_ = 0;
  std::int64_t eligible_count_ = 0;
};

}  // namespace proofmark::match
