// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/fields.h"

#include <algorithm>

#include "records/codes.h"
#include "records/firearm/firearm.h"
#include "records/text.h"

namespace proofmark::firearm {
namespace {

bool IsLetter(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

absl::Status CheckText(std::string_view field, std::string_view text, std::int64_t bytes_min,
                       std::int64_t bytes_max) {
  const auto bytes = static_cast<std::int64_t>(text.size());
  if (bytes < bytes_min || bytes > bytes_max) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: %d bytes, must be %d..%d", field, bytes, bytes_min, bytes_max));
  }
  if (!records::IsPlainText(text)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: must be UTF-8 without control characters", field));
  }
  return absl::OkStatus();
}

absl::Status CheckNumber(std::string_view field, double value, double min, double max) {
  if (value >= min && value <= max) return absl::OkStatus();  // Not for a NaN.
  return absl::InvalidArgumentError(absl::StrFormat("%s: must be %g..%g", field, min, max));
}

absl::Status CheckCount(std::string_view field, std::size_t count, std::int64_t min,
                        std::int64_t max) {
  const auto number = static_cast<std::int64_t>(count);
  if (number >= min && number <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: %d, must be %d..%d", field, number, min, max));
}

absl::Status CheckCountry(std::string_view field, std::string_view text) {
  if (text.size() <= 3 && std::all_of(text.begin(), text.end(), IsLetter)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: must be a country code of one to three letters A-Z, or empty", field));
}

absl::Status CheckCodeText(std::string_view field, std::string_view text) {
  if (text.empty() || records::IsCodeText(text)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: must be 1..32 characters [A-Z0-9_], or empty", field));
}

absl::Status CheckCalibre(std::string_view field, std::string_view text) {
  if (text.empty()) return absl::OkStatus();
  const std::optional<records::Calibre> calibre = records::FindCalibre(text);
  if (calibre && calibre->code == text) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: must be a code of the built-in calibres, or empty", field));
}

absl::Status CheckSymbol(std::string_view field, std::string_view text, std::int64_t chars_min,
                         std::int64_t chars_max) {
  const auto chars = static_cast<std::int64_t>(text.size());
  if (chars >= chars_min && chars <= chars_max && std::all_of(text.begin(), text.end(), [](char c) {
        return IsLetter(c) || IsDigit(c) || c == '-';
      })) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: must be %d..%d characters [A-Z0-9-]", field, chars_min, chars_max));
}

absl::Status CheckDate(std::string_view field, const std::optional<records::PartialDate>& date) {
  if (!date ||
      (records::IsPartialDate(*date) && date->year >= kYearMin && date->year <= kYearMax)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: must be a day, month or year of %d..%d", field, kYearMin, kYearMax));
}

}  // namespace proofmark::firearm
