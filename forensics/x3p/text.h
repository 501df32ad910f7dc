// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace proofmark::forensics::x3p {

inline constexpr std::size_t kFieldBytesMax = 4096;  // Of one metadata text.

// Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629), or nothing.
std::optional<std::size_t> FirstInvalidUtf8(std::string_view text);

// White space as XML has it (space, tab, line ends) removed from both ends.
std::string_view Trimmed(std::string_view text);

// Fit for showing: well-formed UTF-8 without control or text-direction characters, at most
// `bytes_max` bytes. What does not fit becomes U+FFFD; line ends and tabs become spaces.
std::string Cleaned(std::string_view text, std::size_t bytes_max = kFieldBytesMax);

// `text` cleaned, cut to 60 bytes and quoted, for messages.
std::string Quoted(std::string_view text);

// `text` as the content of an XML element or attribute.
std::string XmlEscaped(std::string_view text);

// The decimal number `text` times 10^`shift`, rounded once. Nothing when it is no decimal number.
// White space around it, a leading plus sign and one decimal comma are accepted; "nan" and "inf"
// are read as such. Independent of the locale.
//
// The shift is applied to the text because 1.5625e-06 metres are exactly 1.5625 micrometres, which
// a multiplication in binary would miss.
std::optional<double> ParseDecimal(std::string_view text, int shift = 0);

// Shortest text that ParseDecimal(text, -shift) reads as `value`, which must be finite.
std::string FormatDecimal(double value, int shift);

// Whole number from 0 to 2^63 - 1 in decimal digits, white space around it allowed; larger ones are
// given as 2^63 - 1, so that they fail the caller's bound instead of wrapping.
std::optional<std::int64_t> ParseCount(std::string_view text);

}  // namespace proofmark::forensics::x3p
