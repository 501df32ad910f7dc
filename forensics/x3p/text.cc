// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <system_error>

namespace proofmark::forensics::x3p {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD.
constexpr std::size_t kDecimalBytesMax = 400;              // A double needs at most 17 digits.

std::uint8_t ByteAt(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

// Length of the well-formed character at `at`, 0 when there is none.
std::size_t CharacterBytes(std::string_view text, std::size_t at, std::uint32_t* code_point) {
  const std::uint8_t lead = ByteAt(text, at);
  if (lead < 0x80) {
    *code_point = lead;
    return 1;
  }
  std::size_t bytes = 0;
  std::uint32_t smallest = 0;  // Below it, the form is longer than it need be.
  if ((lead & 0xE0) == 0xC0) {
    bytes = 2, smallest = 0x80, *code_point = lead & 0x1Fu;
  } else if ((lead & 0xF0) == 0xE0) {
    bytes = 3, smallest = 0x800, *code_point = lead & 0x0Fu;
  } else if ((lead & 0xF8) == 0xF0) {
    bytes = 4, smallest = 0x10000, *code_point = lead & 0x07u;
  } else {
    return 0;
  }
  if (text.size() - at < bytes) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    const std::uint8_t next = ByteAt(text, at + i);
    if ((next & 0xC0) != 0x80) return 0;
    *code_point = (*code_point << 6) | (next & 0x3Fu);
  }
  const bool surrogate = *code_point >= 0xD800 && *code_point <= 0xDFFF;
  return *code_point < smallest || *code_point > 0x10FFFF || surrogate ? 0 : bytes;
}

// Characters that move the cursor or reorder what stands around them.
bool IsControl(std::uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) ||
         (code_point >= 0x2028 && code_point <= 0x202E) ||
         (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0x200E ||
         code_point == 0x200F || code_point == 0xFEFF;
}

// How many digits stand before the decimal point, negative for zeros after it. from_chars does not
// say whether a number was too large or too small; this and the exponent do.
std::int64_t DigitsBeforePoint(std::string_view mantissa) {
  const std::size_t point = std::min(mantissa.find_first_of(".,"), mantissa.size());
  const std::size_t digit = mantissa.find_first_of("123456789");
  if (digit == std::string_view::npos) return 0;
  const std::int64_t distance = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(digit);
  return digit < point ? distance : distance + 1;
}

}  // namespace

std::optional<std::size_t> FirstInvalidUtf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    // Documents are nearly all ASCII: pass eight such bytes at a time.
    std::uint64_t word;
    while (text.size() - at >= sizeof word) {
      std::memcpy(&word, text.data() + at, sizeof word);
      if ((word & 0x8080808080808080u) != 0) break;
      at += sizeof word;
    }
    if (at == text.size()) break;
    std::uint32_t code_point;
    const std::size_t bytes = CharacterBytes(text, at, &code_point);
    if (bytes == 0) return at;
    at += bytes;
  }
  return std::nullopt;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string Cleaned(std::string_view text, std::size_t bytes_max) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::uint32_t code_point;
    const std::size_t bytes = CharacterBytes(text, at, &code_point);
    std::string_view next = text.substr(at, bytes);
    if (bytes == 1 && (next == "\t" || next == "\n" || next == "\r")) {
      next = " ";
    } else if (bytes == 0 || IsControl(code_point)) {
      next = kReplacement;
    }
    if (out.size() + next.size() > bytes_max) break;
    out.append(next);
    at += std::max<std::size_t>(bytes, 1);
  }
  return out;
}

std::string Quoted(std::string_view text) {
  constexpr std::size_t kQuotedBytesMax = 60;
  std::string out = "'" + Cleaned(text, kQuotedBytesMax);
  out += text.size() > kQuotedBytesMax ? "...'" : "'";
  return out;
}

std::string XmlEscaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::optional<double> ParseDecimal(std::string_view text, int shift) {
  text = Trimmed(text);
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return std::nullopt;
  }
  if (text.empty() || text.size() > kDecimalBytesMax) return std::nullopt;

  std::string_view mantissa = text;
  std::int64_t exponent = 0;
  if (const std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    mantissa = text.substr(0, e);
    std::string_view digits = text.substr(e + 1);
    if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  }
  // Beyond this no 400 digits can bring the value back into the range of a double.
  constexpr std::int64_t kExponentMax = 1'000'000;
  exponent = std::clamp(exponent, -kExponentMax, kExponentMax) + shift;

  std::array<char, kDecimalBytesMax + 24> scaled;
  char* const mantissa_end = std::copy(mantissa.begin(), mantissa.end(), scaled.begin());
  char* end = mantissa_end;
  if (!mantissa.empty() &&
      (mantissa.back() == '.' || (mantissa.back() >= '0' && mantissa.back() <= '9') ||
       mantissa.back() == ',')) {
    if (mantissa.find('.') == std::string_view::npos) {
      char* const comma = std::find(scaled.data(), end, ',');
      if (comma != end) *comma = '.';
    }
    *end++ = 'e';
    end = std::to_chars(end, scaled.data() + scaled.size(), exponent).ptr;
  }
  double value = 0.0;
  const auto [stop, error] = std::from_chars(scaled.data(), end, value);
  if (stop != end) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    const double edge =
        DigitsBeforePoint(mantissa) + exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
    return mantissa.front() == '-' ? -edge : edge;
  }
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::string FormatDecimal(double value, int shift) {
  std::array<char, 40> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                          std::chars_format::scientific);
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  const std::size_t e = text.find('e');
  std::string_view exponent_text = text.substr(e + 1);
  if (exponent_text.front() == '+') exponent_text.remove_prefix(1);
  int exponent = 0;
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  return std::string(text.substr(0, e)) + "e" + std::to_string(exponent + shift);
}

std::optional<std::int64_t> ParseCount(std::string_view text) {
  text = Trimmed(text);
  if (text.empty() || text.size() > 100) return std::nullopt;
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return std::numeric_limits<std::int64_t>::max();
  return value;
}

}  // namespace proofmark::forensics::x3p
