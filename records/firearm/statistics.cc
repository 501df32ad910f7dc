// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/statistics.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <type_traits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"

namespace proofmark::firearm {
namespace {

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

// One tally while it is decided what of it is shown.
struct Sheet {
  std::vector<Dimension> dimensions;
  std::vector<ConformityCount> counts;
  std::vector<SharedCount> shared;
};

// Rows of a sheet that agree in some of its dimensions, and the figure that they add up to.
struct Sum {
  std::size_t sheet = 0;
  std::vector<std::size_t> rows;
  struct Row {
    std::size_t sheet = 0;
    std::size_t row = 0;
  };
  std::vector<Row> totals;  // Several where sheets have the same dimensions.
};

// The figure of each kind that a row shows, and what of the row it tells.
struct Figure {
  std::optional<std::int64_t> SharedCount::*shown;
  std::vector<Value> tells;
};

// Every sum of `sheet`: for each choice of fewer dimensions than it has.
void AddSums(const std::vector<Sheet>& sheets, std::size_t number, std::vector<Sum>& sums) {
  const Sheet& sheet = sheets[number];
  const std::size_t choices = std::size_t{1} << sheet.dimensions.size();
  for (std::size_t chosen = 0; chosen + 1 < choices; ++chosen) {
    const auto part_of = [&](const auto& of_each) {
      std::decay_t<decltype(of_each)> part;
      for (std::size_t i = 0; i < of_each.size(); ++i) {
        if ((chosen >> i & 1) != 0) part.push_back(of_each[i]);
      }
      return part;
    };
    std::map<std::vector<std::string>, Sum> by_key;
    for (std::size_t row = 0; row < sheet.counts.size(); ++row) {
      Sum& sum = by_key[part_of(sheet.counts[row].key)];
      sum.sheet = number;
      sum.rows.push_back(row);
    }
    const std::vector<Dimension> dimensions = part_of(sheet.dimensions);
    for (std::size_t other = 0; other < sheets.size(); ++other) {
      if (sheets[other].dimensions != dimensions) continue;
      for (std::size_t row = 0; row < sheets[other].counts.size(); ++row) {
        const auto at = by_key.find(sheets[other].counts[row].key);
        if (at != by_key.end()) at->second.totals.push_back({.sheet = other, .row = row});
      }
    }
    for (auto& [key, sum] : by_key) sums.push_back(std::move(sum));
  }
}

// Hides further rows of a sum, the smallest first, until it tells nothing small. False: all was
// well.
bool HideInSum(const Sum& sum, const Figure& figure, std::int64_t smallest,
               std::vector<Sheet>& sheets) {
  Sheet& sheet = sheets[sum.sheet];
  const auto shows = [&](const Sum::Row& total) {
    return (sheets[total.sheet].shared[total.row].*figure.shown).has_value();
  };
  const bool total_hidden = std::any_of(sum.totals.begin(), sum.totals.end(),
                                        [&](const Sum::Row& total) { return !shows(total); });
  bool changed = false;
  while (true) {
    std::size_t hidden_rows = 0;
    std::optional<std::size_t> next;
    for (const std::size_t row : sum.rows) {
      if (!(sheet.shared[row].*figure.shown)) {
        ++hidden_rows;
      } else if (!next || sheet.counts[row].records < sheet.counts[*next].records) {
        next = row;
      }
    }
    const bool few = std::any_of(figure.tells.begin(), figure.tells.end(), [&](const Value& value) {
      std::int64_t hidden = 0;
      for (const std::size_t row : sum.rows) {
        if (!(sheet.shared[row].*figure.shown)) hidden += value(sheet.counts[row]);
      }
      return IsSmall(hidden, smallest);
    });
    if (hidden_rows != 1 && !few && (hidden_rows > 0 || !total_hidden)) return changed;
    changed = changed || next.has_value();
    if (next) {
      (sheet.shared[*next].*figure.shown).reset();
      continue;
    }
    // Nothing else is left to hide: what they add up to.
    for (const Sum::Row& total : sum.totals) {
      if (!shows(total)) continue;
      (sheets[total.sheet].shared[total.row].*figure.shown).reset();
      changed = true;
    }
    return changed;
  }
}

void HideUntilSafe(const std::vector<Sum>& sums, const Figure& figure, std::int64_t smallest,
                   std::vector<Sheet>& sheets) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const Sum& sum : sums) changed = HideInSum(sum, figure, smallest, sheets) || changed;
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

absl::StatusOr<Breakdown> MakeBreakdown(std::vector<Dimension> dimensions) {
  std::sort(dimensions.begin(), dimensions.end());
  PM_ASSIGN_OR_RETURN(const ConformityTally tally, ConformityTally::Create(std::move(dimensions)));
  const std::vector<Dimension>& sorted = tally.dimensions();
  if (std::find(sorted.begin(), sorted.end(), Dimension::kEntity) != sorted.end()) {
    return absl::InvalidArgumentError("dimensions: ENTITY is not told to partners");
  }
  return sorted;
}

std::string BreakdownText(const Breakdown& breakdown) {
  std::string text;
  for (const Dimension dimension : breakdown) {
    if (!text.empty()) text += ',';
    text += DimensionCode(dimension);
  }
  return text;
}

absl::StatusOr<Breakdown> ParseBreakdown(std::string_view text) {
  std::vector<Dimension> dimensions;
  for (std::string_view rest = text;;) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    std::string word(rest.substr(0, end));
    absl::StripAsciiWhitespace(&word);
    const std::optional<Dimension> dimension = FindDimension(absl::AsciiStrToUpper(word));
    if (!dimension) {
      return absl::InvalidArgumentError(
          "dimensions: must be of STANDARD, YEAR, CLASS, COUNTRY, DEFECT, with commas between");
    }
    dimensions.push_back(*dimension);
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  return MakeBreakdown(std::move(dimensions));
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
  if (dimensions.empty() || std::ssize(dimensions) > kBreakdownDimensionsMax ||
      distinct.size() != dimensions.size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("dimensions: must be 1..%d, each once", kBreakdownDimensionsMax));
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

absl::StatusOr<std::vector<SharedCounts>> SuppressSmallCounts(
    std::span<const ConformityTally> tallies, std::int64_t smallest) {
  if (smallest < kSmallCountMin || smallest > kSmallCountMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("smallest: must be %d..%d", kSmallCountMin, kSmallCountMax));
  }
  std::vector<Sheet> sheets;
  const auto add = [&](std::vector<Dimension> dimensions, std::vector<ConformityCount> counts) {
    Sheet& sheet = sheets.emplace_back();
    sheet.dimensions = std::move(dimensions);
    sheet.counts = std::move(counts);
    for (const ConformityCount& count : sheet.counts) {
      sheet.shared.push_back(Shared(count, smallest));
    }
  };
  for (const ConformityTally& tally : tallies) add(tally.dimensions(), tally.Counts());
  // Last the total, as a sheet of one row: it is the same of all.
  if (!tallies.empty()) add({}, {tallies.front().Total()});
  std::vector<Sum> sums;
  for (std::size_t i = 0; i < tallies.size(); ++i) AddSums(sheets, i, sums);

  HideUntilSafe(sums, {&SharedCount::records, {Records}}, smallest, sheets);
  // What is hidden as a whole is not told by its parts.
  for (Sheet& sheet : sheets) {
    for (SharedCount& count : sheet.shared) {
      if (!count.records) count.conforming.reset();
    }
  }
  HideUntilSafe(sums, {&SharedCount::conforming, {Conforming, Failing}}, smallest, sheets);

  std::vector<SharedCounts> results;
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    results.push_back(
        {.counts = std::move(sheets[i].shared), .total = sheets.back().shared.front()});
  }
  return results;
}

}  // namespace proofmark::firearm
