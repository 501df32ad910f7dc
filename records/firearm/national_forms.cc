// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>

#include "records/firearm/import.h"

// Dates and decimal numbers as nations write them.
namespace proofmark::firearm {
namespace {

using records::PartialDate;

constexpr std::size_t kFormBytesMax = 64;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Without what spreadsheets add to a day.
std::string_view WithoutMidnight(std::string_view text) {
  for (const std::string_view midnight :
       {" 00:00:00", "T00:00:00Z", "T00:00:00", " 00:00", " 0:00:00", " 0:00"}) {
    if (text.ends_with(midnight)) return text.substr(0, text.size() - midnight.size());
  }
  return text;
}

// The numbers between separators, all of which are the same of - . and /, spaces beside them and
// one at the end not counted. Empty when it is anything else.
std::vector<std::string> DateParts(std::string_view text) {
  std::vector<std::string> parts(1);
  char separator = 0;
  bool spaced = false;  // A space after digits: only a separator or the end may follow.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (IsDigit(c)) {
      if (spaced) return {};
      parts.back() += c;
    } else if (c == ' ') {
      spaced = !parts.back().empty();
    } else if ((c == '-' || c == '.' || c == '/') && (separator == 0 || separator == c) &&
               !parts.back().empty()) {
      separator = c;
      spaced = false;
      parts.emplace_back();
    } else {
      return {};
    }
  }
  if (parts.back().empty() && separator == '.') parts.pop_back();
  const bool empty =
      std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); });
  return empty ? std::vector<std::string>() : parts;
}

std::int32_t Number(std::string_view digits) {
  std::int32_t number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

// A month or day: one or two digits, never zero. 0 when it is none.
std::int32_t SmallNumber(std::string_view digits) {
  return digits.size() <= 2 ? Number(digits) : 0;
}

std::optional<PartialDate> Existing(PartialDate date, std::size_t parts) {
  const bool complete = (parts < 2 || date.month > 0) && (parts < 3 || date.day > 0);
  if (!complete || !records::IsPartialDate(date)) return std::nullopt;
  return date;
}

// Digits in groups of three behind the first, or none of `group`.
std::optional<std::string> WithoutGroups(std::string_view text, std::string_view group) {
  std::string digits;
  std::size_t run = 0;
  bool grouped = false;
  while (!text.empty()) {
    if (IsDigit(text.front())) {
      digits += text.front();
      ++run;
      text.remove_prefix(1);
      continue;
    }
    const bool whole = grouped ? run == 3 : run >= 1 && run <= 3;
    if (group.empty() || !text.starts_with(group) || !whole) return std::nullopt;
    text.remove_prefix(group.size());
    grouped = true;
    run = 0;
  }
  if (digits.empty() || (grouped && run != 3)) return std::nullopt;
  return digits;
}

// Where the decimals begin; npos when there are none.
std::size_t DecimalSign(std::string_view text, DecimalForm form) {
  if (form == DecimalForm::kComma) return text.find(',');
  if (form == DecimalForm::kPoint) return text.find('.');
  const std::size_t last = text.find_last_of(",.");
  if (last == std::string_view::npos) return last;
  return text.find(text[last]) == last ? last : std::string_view::npos;
}

}  // namespace

std::optional<PartialDate> ReadNationalDate(std::string_view text, DateForm form) {
  if (text.size() > kFormBytesMax) return std::nullopt;
  const std::vector<std::string> parts = DateParts(WithoutMidnight(text));
  if (parts.empty() || parts.size() > 3) return std::nullopt;
  if (parts.size() == 1) {
    if (parts[0].size() == 4) return Existing({.year = Number(parts[0])}, 1);
    if (parts[0].size() != 8) return std::nullopt;
    const std::string_view digits = parts[0];
    return Existing({.year = Number(digits.substr(0, 4)),
                     .month = Number(digits.substr(4, 2)),
                     .day = Number(digits.substr(6, 2))},
                    3);
  }
  const bool year_first = parts.front().size() == 4;
  const std::string& year = year_first ? parts.front() : parts.back();
  if (year.size() != 4) return std::nullopt;
  PartialDate date{.year = Number(year)};
  if (parts.size() == 2) {
    date.month = SmallNumber(year_first ? parts[1] : parts[0]);
  } else if (year_first) {
    date.month = SmallNumber(parts[1]);
    date.day = SmallNumber(parts[2]);
  } else {
    const bool day_first = form == DateForm::kDayFirst;
    date.day = SmallNumber(parts[day_first ? 0 : 1]);
    date.month = SmallNumber(parts[day_first ? 1 : 0]);
  }
  return Existing(date, parts.size());
}

std::optional<double> ReadNationalDecimal(std::string_view text, DecimalForm form) {
  if (text.empty() || text.size() > kFormBytesMax) return std::nullopt;
  const std::size_t sign = DecimalSign(text, form);
  const std::string_view whole = text.substr(0, sign);
  const std::string_view fraction =
      sign == std::string_view::npos ? std::string_view() : text.substr(sign + 1);
  if (sign != std::string_view::npos &&
      (fraction.empty() || !std::all_of(fraction.begin(), fraction.end(), IsDigit))) {
    return std::nullopt;
  }
  std::optional<std::string> digits;
  for (const std::string_view group :
       {"", " ", "'", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x99", ",", "."}) {
    const bool is_decimal_sign = (group == "," && form == DecimalForm::kComma) ||
                                 (group == "." && form == DecimalForm::kPoint) ||
                                 (sign != std::string_view::npos && group == text.substr(sign, 1));
    if (is_decimal_sign) continue;
    digits = WithoutGroups(whole, group);
    if (digits) break;
  }
  if (!digits) return std::nullopt;
  const std::string plain = *digits + "." + (fraction.empty() ? "0" : std::string(fraction));
  double number = 0.0;
  const auto [stop, error] = std::from_chars(plain.data(), plain.data() + plain.size(), number);
  if (error != std::errc() || stop != plain.data() + plain.size()) return std::nullopt;
  return number;
}

}  // namespace proofmark::firearm
