// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "records/class_filter.h"
#include "records/exhibit.h"

namespace proofmark::match {

// The class rules of one search: those of the kind of item but those switched off. Every record
// is counted under the first rule that removes it, so that the counts add up to what was held.
// One search, one filter; not thread-safe.
class ClassFilter {
 public:
  ClassFilter(records::ItemKind item, const records::ClassCharacteristics& query,
              std::span<const records::ClassRule> rules_off);

  // Whether a record takes part; counts it either way.
  bool Admit(const records::ClassCharacteristics& record) { return Count(Judge(record)); }

  // Admit in two steps, for many records of which many are alike: what becomes of such a record,
  // and the counting of one.
  using Verdict = std::int8_t;  // kAdmitted, or the place in records::kClassRules of the rule that
                                // removes it.
  static constexpr Verdict kAdmitted = -1;
  Verdict Judge(const records::ClassCharacteristics& record) const;
  bool Count(Verdict verdict);

  std::int64_t held_count() const { return held_count_; }
  std::int64_t eligible_count() const { return eligible_count_; }

  // Records removed by `rule`; nullopt when the rule was not applied.
  std::optional<std::int64_t> removed_count(records::ClassRule rule) const;
  // The same of every rule applied, in their order.
  std::vector<std::pair<records::ClassRule, std::int64_t>> removed_counts() const;

 private:
  const records::ClassCharacteristics query_;
  std::array<std::optional<std::int64_t>, records::kClassRules.size()> removed_;
  std::int64_t held_count_ = 0;
  std::int64_t eligible_count_ = 0;
};

}  // namespace proofmark::match
