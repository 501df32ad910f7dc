// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "records/firearm/codes.h"
#include "records/partial_date.h"

// The bounds that fields of records share. Each check returns kInvalidArgument naming the field and
// its bound, never its value.
namespace proofmark::firearm {

// UTF-8 without control characters, of that many bytes.
absl::Status CheckText(std::string_view field, std::string_view text, std::int64_t bytes_min,
                       std::int64_t bytes_max);
absl::Status CheckNumber(std::string_view field, double value, double min, double max);
absl::Status CheckCount(std::string_view field, std::size_t count, std::int64_t min,
                        std::int64_t max);
// Empty, or one to three letters A-Z.
absl::Status CheckCountry(std::string_view field, std::string_view text);
// Empty, or [A-Z0-9_]{1,32}.
absl::Status CheckCodeText(std::string_view field, std::string_view text);
// Empty, or a code of the built-in calibres.
absl::Status CheckCalibre(std::string_view field, std::string_view text);
// Of that alphabet [A-Z0-9-], of that many characters.
absl::Status CheckSymbol(std::string_view field, std::string_view text, std::int64_t chars_min,
                         std::int64_t chars_max);
absl::Status CheckDate(std::string_view field, const std::optional<records::PartialDate>& date);

template <typename E>
absl::Status CheckCode(std::string_view field, E value) {
  if (IsOneOf(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "%s: %d, must be 1..%d", field, static_cast<std::int32_t>(value), CodesOf<E>().size()));
}
template <typename E>
absl::Status CheckCode(std::string_view field, const std::optional<E>& value) {
  return value ? CheckCode(field, *value) : absl::OkStatus();
}

}  // namespace proofmark::firearm
