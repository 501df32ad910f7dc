// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "records/firearm/checks.h"
#include "records/firearm/codes.h"
#include "records/firearm/deactivation.h"
#include "records/firearm/firearm.h"

// How many records meet which standard, and what is wrong with those that do not. All pure.
namespace proofmark::firearm {

// By what records are counted.
enum class Dimension : std::int32_t {
  kStandard = 1,
  kYear = 2,     // Of certification; "UNKNOWN" where none is recorded.
  kEntity = 3,   // Verifying.
  kClass = 4,    // Of firearm.
  kCountry = 5,  // Of deactivation.
  kDefect = 6,   // A check or an operation not done: a record counts once under each it has.
};
std::string_view DimensionCode(Dimension dimension);  // "STANDARD", ...
std::optional<Dimension> FindDimension(std::string_view code);

// What partners may be told by: one to three dimensions but kEntity (people and small firms), by
// number, each once.
using Breakdown = std::vector<Dimension>;
inline constexpr std::int64_t kBreakdownDimensionsMax = 3;
//   kInvalidArgument  outside the above, whatever the order. Names `dimensions`.
absl::StatusOr<Breakdown> MakeBreakdown(std::vector<Dimension> dimensions);
// "STANDARD,YEAR", and back: in any order, in small letters too.
std::string BreakdownText(const Breakdown& breakdown);
absl::StatusOr<Breakdown> ParseBreakdown(std::string_view text);

// What one record adds to the statistics.
struct ConformityFacts {
  Standard standard = Standard::kUnknown;
  FirearmClass firearm_class = FirearmClass::kUnknown;
  std::string year;
  std::string entity;
  std::string country;
  std::vector<std::string> defects;  // "D04", "EU-2018 1.16"; sorted, each once.
  bool conforms = false;             // No error or alert, no operation that is due not done.
};
ConformityFacts FactsFor(const Firearm& firearm, const DeactivationRecord& record,
                         std::span<const Finding> findings);

struct ConformityCount {
  std::vector<std::string> key;  // One text for each dimension counted by.
  std::int64_t records = 0;
  std::int64_t conforming = 0;
  friend bool operator==(const ConformityCount&, const ConformityCount&) = default;
};

// Counts records as they come; memory grows with the keys, not the records. Not thread-safe.
class ConformityTally {
 public:
  // Between one and three dimensions, each once.
  static absl::StatusOr<ConformityTally> Create(std::vector<Dimension> dimensions);

  void Add(const ConformityFacts& facts);
  const std::vector<Dimension>& dimensions() const { return dimensions_; }
  std::vector<ConformityCount> Counts() const;  // By key.
  ConformityCount Total() const;                // Every record once; its key is empty.

 private:
  explicit ConformityTally(std::vector<Dimension> dimensions);

  std::vector<Dimension> dimensions_;
  std::map<std::vector<std::string>, ConformityCount> counts_;
  ConformityCount total_;
};

// A count as a partner may see it; absent where it is too small to be told.
struct SharedCount {
  std::vector<std::string> key;
  std::optional<std::int64_t> records;
  std::optional<std::int64_t> conforming;
  friend bool operator==(const SharedCount&, const SharedCount&) = default;
};
struct SharedCounts {
  std::vector<SharedCount> counts;  // By key.
  SharedCount total;
  friend bool operator==(const SharedCounts&, const SharedCounts&) = default;
};
inline constexpr std::int64_t kSmallCountMin = 2;
inline constexpr std::int64_t kSmallCountMax = 1'000;
// What may be told of these tallies, all of the same records, in their order. Hidden are every
// count of 1 to `smallest` - 1, every split whose one side is that small, and as many further
// figures as it takes that no single sum or difference of figures shown, of one tally or of two,
// tells one that is hidden: where the rows of a tally that agree in some of its dimensions add up
// to a figure that is shown (the total, or a row of another tally), none or at least two of them
// are hidden, and those are not few together; where it is hidden, so is one of them. What several
// such sums tell together is not looked at.
//   kInvalidArgument  `smallest` outside kSmallCountMin..kSmallCountMax.
//   Cost  the square of the rows, at worst.
absl::StatusOr<std::vector<SharedCounts>> SuppressSmallCounts(
    std::span<const ConformityTally> tallies, std::int64_t smallest);

}  // namespace proofmark::firearm
