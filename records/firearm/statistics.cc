// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/statistics.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace proofmark::firearm {
namespace {

constexpr std::size_t kDimensionsMax = 3;
constexpr std::string_view kUnknownKey = "UNKNOWN";
constexpr std::string_view kDimensionCodes[] = {"STANDARD", "YEAR",    "ENTITY",
                                                "CLASS",    "COUNTRY", "DEFECT"};

std::string OrUnknown(std::string text) {
  return text.empty() ? std::string(kUnknownKey) : std::move(text);
}

// The texts under which a record is counted in one dimension: one, or one for each defect.
std::vector<std::string> KeysIn(Dimension dimension, const ConformityFacts& facts) {
  switch (dimension) {
    case Dimension::kStandard:
      return {std::string(CodeOf(facts.standard))};
    case Dimension::kYear:
      return {OrUnknown(facts.year)};
    case Dimension::kEntity:
      return {OrUnknown(facts.entity)};
    case Dimension::kClass:
      return {std::string(CodeOf(facts.firearm_class))};
    case Dimension::kCountry:
      return {OrUnknown(facts.country)};
    case Dimension::kDefect:
      return facts.defects;
  }
  PM_CHECK(false);
}

bool IsSmall(std::int64_t count, std::int64_t smallest) { return count > 0 && count < smallest; }

SharedCount Shared(const ConformityCount& count, std::int64_t smallest) {
  SharedCount shared{.key = count.key, .records = std::nullopt, .conforming = std::nullopt};
  if (IsSmall(count.records, smallest)) return shared;
  shared.records = count.records;
  // A split tells both of its sides.
  if (!IsSmall(count.conforming, smallest) &&
      !IsSmall(count.records - count.conforming, smallest)) {
    shared.conforming = count.conforming;
  }
  return shared;
}

using Value = std::int64_t (*)(const ConformityCount& count);
std::int64_t Records(const ConformityCount& count) { return count.records; }
std::int64_t Conforming(const ConformityCount& count) { return count.conforming; }
std::int64_t Failing(const ConformityCount& count) { return count.records - count.conforming; }

// Hides further rows, the smallest first, until the total less what is shown tells no small count:
// two rows at least are hidden, or none, and none of `values` is small over all that are.
void HideUntilSafe(const std::vector<ConformityCount>& counts, std::int64_t smallest,
                   std::initializer_list<Value> values,
                   std::optional<std::int64_t> SharedCount::*shown,
                   std::vector<SharedCount>& shared) {
  while (true) {
    std::size_t hidden_rows = 0;
    std::size_t next = shared.size();
    for (std::size_t i = 0; i < shared.size(); ++i) {
      if (!(shared[i].*shown)) {
        ++hidden_rows;
      } else if (next == shared.size() || counts[i].records < counts[next].records) {
        next = i;
      }
    }
    const bool told = std::any_of(values.begin(), values.end(), [&](Value value) {
      std::int64_t hidden = 0;
      for (std::size_t i = 0; i < shared.size(); ++i) {
        if (!(shared[i].*shown)) hidden += value(counts[i]);
      }
      return IsSmall(hidden, smallest);
    });
    if ((hidden_rows != 1 && !told) || next == shared.size()) return;
    (shared[next].*shown).reset();
  }
}

}  // namespace

std::string_view DimensionCode(Dimension dimension) {
  const auto number = static_cast<std::size_t>(dimension);
  PM_CHECK(number >= 1 && number <= std::size(kDimensionCodes));
  return kDimensionCodes[number - 1];
}

std::optional<Dimension> FindDimension(std::string_view code) {
  const auto found = std::find(std::begin(kDimensionCodes), std::end(kDimensionCodes), code);
  if (found == std::end(kDimensionCodes)) return std::nullopt;
  return static_cast<Dimension>(found - std::begin(kDimensionCodes) + 1);
}

ConformityFacts FactsFor(const Firearm& firearm, const DeactivationRecord& record,
                         std::span<const Finding> findings) {
  ConformityFacts facts;
  facts.standard = record.standard;
  facts.firearm_class = firearm.firearm_class;
  if (record.certificate) {
    const DeactivationCertificate& certificate = *record.certificate;
    if (certificate.certified_on)
      facts.year = absl::StrFormat("%04d", certificate.certified_on->year);
    facts.entity = certificate.verifying_entity;
    facts.country = CountryCode(certificate.country);
  }
  std::set<std::string> defects;
  facts.conforms = true;
  for (const Finding& finding : findings) {
    defects.emplace(RuleOf(finding.check).code);
    if (finding.severity != Severity::kWarning) facts.conforms = false;
  }
  for (const OperationOutcome& outcome : record.outcomes) {
    if (outcome.outcome != Outcome::kNotDone) continue;
    defects.insert(absl::StrFormat("%s %s", CodeOf(record.standard), outcome.number));
    facts.conforms = false;
  }
  facts.defects.assign(defects.begin(), defects.end());
  return facts;
}

ConformityTally::ConformityTally(std::vector<Dimension> dimensions)
    : dimensions_(std::move(dimensions)) {}

absl::StatusOr<ConformityTally> ConformityTally::Create(std::vector<Dimension> dimensions) {
  const std::set<Dimension> distinct(dimensions.begin(), dimensions.end());
  if (dimensions.empty() || dimensions.size() > kDimensionsMax ||
      distinct.size() != dimensions.size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("dimensions: must be 1..%d, each once", kDimensionsMax));
  }
  return ConformityTally(std::move(dimensions));
}

void ConformityTally::Add(const ConformityFacts& facts) {
  const std::int64_t conforming = facts.conforms ? 1 : 0;
  total_.records += 1;
  total_.conforming += conforming;
  std::vector<std::vector<std::string>> keys = {{}};
  for (const Dimension dimension : dimensions_) {
    std::vector<std::vector<std::string>> longer;
    for (const std::vector<std::string>& key : keys) {
      for (std::string& text : KeysIn(dimension, facts)) {
        longer.push_back(key);
        longer.back().push_back(std::move(text));
      }
    }
    keys = std::move(longer);
  }
  for (std::vector<std::string>& key : keys) {
    ConformityCount& count = counts_[key];
    if (count.records == 0) count.key = std::move(key);
    count.records += 1;
    count.conforming += conforming;
  }
}

std::vector<ConformityCount> ConformityTally::Counts() const {
  std::vector<ConformityCount> counts;
  counts.reserve(counts_.size());
  for (const auto& [key, count] : counts_) counts.push_back(count);
  return counts;
}

ConformityCount ConformityTally::Total() const { return total_; }

absl::StatusOr<SharedCounts> SuppressSmallCounts(const ConformityTally& tally,
                                                 std::int64_t smallest) {
  if (smallest < kSmallCountMin || smallest > kSmallCountMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("smallest: must be %d..%d", kSmallCountMin, kSmallCountMax));
  }
  const std::vector<ConformityCount> counts = tally.Counts();
  SharedCounts result;
  result.total = Shared(tally.Total(), smallest);
  for (const ConformityCount& count : counts) result.counts.push_back(Shared(count, smallest));
  HideUntilSafe(counts, smallest, {Records}, &SharedCount::records, result.counts);
  // What is hidden as a whole is not told by its parts.
  for (SharedCount& count : result.counts) {
    if (!count.records) count.conforming.reset();
  }
  HideUntilSafe(counts, smallest, {Conforming, Failing}, &SharedCount::conforming, result.counts);
  return result;
}

}  // namespace proofmark::firearm
