// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/mark.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "records/firearm/fields.h"

namespace proofmark::firearm {
namespace {

constexpr std::int32_t kCentury = 2000;  // Common marks began in 2016.
constexpr std::int32_t kMarkYearMax = 2999;
constexpr std::size_t kMarkTextBytesMax = 64;

std::string Capitals(std::string_view text) {
  std::string capitals(text);
  for (char& c : capitals) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return capitals;
}

absl::Status Malformed(std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrFormat("mark: must read EU/country or EU/country/entity/year: %s", why));
}

// The parts between single slashes or runs of spaces.
absl::StatusOr<std::vector<std::string>> SplitMark(std::string_view text) {
  if (text.size() > kMarkTextBytesMax) {
    return Malformed(absl::StrFormat("more than %d characters", kMarkTextBytesMax));
  }
  std::vector<std::string> parts;
  const std::string capitals = Capitals(text);
  std::size_t at = 0;
  while (true) {
    const std::size_t end = std::min(capitals.find_first_of("/ ", at), capitals.size());
    if (end == at) return Malformed("an empty part");
    parts.push_back(capitals.substr(at, end - at));
    if (end == capitals.size()) return parts;
    at = capitals[end] == '/' ? end + 1 : capitals.find_first_not_of(' ', end);
    if (at >= capitals.size()) return Malformed("it ends in a separator");
  }
}

absl::StatusOr<std::int32_t> ReadYear(const std::string& text) {
  const bool digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || (text.size() != 2 && text.size() != 4)) {
    return Malformed("the year has two or four digits");
  }
  std::int32_t year = 0;
  for (const char c : text) year = year * 10 + (c - '0');
  return text.size() == 2 ? kCentury + year : year;
}

}  // namespace

bool IsFull(const DeactivationMark& mark) { return !mark.entity.empty() && mark.year != 0; }

absl::Status CheckMark(const DeactivationMark& mark) {
  if (mark.country.empty()) return CheckCount("mark.country", 0, 1, 3);
  PM_RETURN_IF_ERROR(CheckCountry("mark.country", mark.country));
  if (mark.entity.empty() && mark.year == 0) return absl::OkStatus();
  PM_RETURN_IF_ERROR(CheckSymbol("mark.entity", mark.entity, 1, kMarkEntityCharsMax));
  return CheckNumber("mark.year", mark.year, kCentury, kMarkYearMax);
}

absl::StatusOr<DeactivationMark> ParseMark(std::string_view text) {
  PM_ASSIGN_OR_RETURN(const std::vector<std::string> parts, SplitMark(text));
  if (parts.front() != "EU") return Malformed("it does not begin with EU");
  if (parts.size() != 2 && parts.size() != 4) {
    return Malformed(absl::StrFormat("%d parts", parts.size()));
  }
  DeactivationMark mark{.country = parts[1], .entity = "", .year = 0};
  if (parts.size() == 4) {
    mark.entity = parts[2];
    PM_ASSIGN_OR_RETURN(mark.year, ReadYear(parts[3]));
  }
  PM_RETURN_IF_ERROR(CheckMark(mark));
  return mark;
}

std::string MarkText(const DeactivationMark& mark) {
  if (!IsFull(mark)) return "EU/" + mark.country;
  return absl::StrFormat("EU/%s/%s/%d", mark.country, mark.entity, mark.year);
}

std::string CountryCode(std::string_view text) {
  std::string code = Capitals(text);
  if (code == "EL") return "GR";
  if (code == "UK") return "GB";
  return code;
}

}  // namespace proofmark::firearm
