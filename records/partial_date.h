// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace proofmark::records {

// A date of the Gregorian calendar as far as a paper tells it: a year, a month of it, or a day.
struct PartialDate {
  std::int32_t year = 0;   // 0..9999.
  std::int32_t month = 0;  // 1..12; 0 when only the year is known.
  std::int32_t day = 0;    // 1..31; 0 when the day is not known.
  friend bool operator==(const PartialDate&, const PartialDate&) = default;
};

// Whether there is such a day, month or year.
bool IsPartialDate(const PartialDate& date);

// "YYYY", "YYYY-MM" or "YYYY-MM-DD"; nullopt for any other text and for a day that does not exist.
std::optional<PartialDate> ParsePartialDate(std::string_view text);
std::string PartialDateText(const PartialDate& date);

// How two dates lie, where each may mean any of its days.
enum class DateOrder { kBefore, kSameDay, kAfter, kUncertain };
// Of `one` to `other`; both exist.
DateOrder Compare(const PartialDate& one, const PartialDate& other);

}  // namespace proofmark::records
