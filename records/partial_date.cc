// SPDX-License-Identifier: Apache-2.0
#include "records/partial_date.h"

#include <chrono>
#include <cstddef>

#include "absl/strings/str_format.h"

namespace proofmark::records {
namespace {

constexpr std::int32_t kYearMax = 9'999;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::chrono::sys_days FirstDay(const PartialDate& date) {
  const auto or_first = [](std::int32_t part) {
    return static_cast<unsigned>(part == 0 ? 1 : part);
  };
  return std::chrono::year_month_day(std::chrono::year(date.year),
                                     std::chrono::month(or_first(date.month)),
                                     std::chrono::day(or_first(date.day)));
}

std::chrono::sys_days LastDay(const PartialDate& date) {
  if (date.day != 0) return FirstDay(date);
  const auto month = static_cast<unsigned>(date.month == 0 ? 12 : date.month);
  return std::chrono::year_month_day_last(std::chrono::year(date.year),
                                          std::chrono::month_day_last(std::chrono::month(month)));
}

}  // namespace

bool IsPartialDate(const PartialDate& date) {
  if (date.year < 0 || date.year > kYearMax || date.month < 0 || date.day < 0) return false;
  if (date.month == 0) return date.day == 0;
  const auto day = static_cast<unsigned>(date.day == 0 ? 1 : date.day);
  return std::chrono::year_month_day(std::chrono::year(date.year),
                                     std::chrono::month(static_cast<unsigned>(date.month)),
                                     std::chrono::day(day))
      .ok();
}

std::optional<PartialDate> ParsePartialDate(std::string_view text) {
  if (text.size() != 4 && text.size() != 7 && text.size() != 10) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7 ? text[i] != '-' : !IsDigit(text[i])) return std::nullopt;
  }
  const auto number = [text](std::size_t from, std::size_t digits) {
    std::int32_t value = 0;
    if (from >= text.size()) return value;
    for (std::size_t i = from; i < from + digits; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  const PartialDate date{.year = number(0, 4), .month = number(5, 2), .day = number(8, 2)};
  // A month or day written as 00 exists no more than the 32nd does.
  if ((text.size() > 4 && date.month == 0) || (text.size() > 7 && date.day == 0)) {
    return std::nullopt;
  }
  if (!IsPartialDate(date)) return std::nullopt;
  return date;
}

std::string PartialDateText(const PartialDate& date) {
  if (date.month == 0) return absl::StrFormat("%04d", date.year);
  if (date.day == 0) return absl::StrFormat("%04d-%02d", date.year, date.month);
  return absl::StrFormat("%04d-%02d-%02d", date.year, date.month, date.day);
}

DateOrder Compare(const PartialDate& one, const PartialDate& other) {
  if (LastDay(one) < FirstDay(other)) return DateOrder::kBefore;
  if (FirstDay(one) > LastDay(other)) return DateOrder::kAfter;
  return one.day != 0 && other.day != 0 ? DateOrder::kSameDay : DateOrder::kUncertain;
}

}  // namespace proofmark::records
