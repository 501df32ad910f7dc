// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign/note_text.h"

#include <cstdint>
#include <optional>

#include "absl/strings/str_format.h"

namespace proofmark::crypto {
namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;
};

// The code point at the start of `text`, which is not empty; nullopt where it is ill-formed.
std::optional<CodePoint> FirstCodePoint(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return CodePoint{lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return std::nullopt;
  std::uint32_t value = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    value = value << 6 | (byte(i) & 0x3FU);
  }
  const std::uint32_t smallest = bytes == 4 ? 0x1'0000 : bytes == 3 ? 0x800 : 0x80;
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest || value > 0x10'FFFF || surrogate) return std::nullopt;
  return CodePoint{value, bytes};
}

// The property White_Space of Unicode.
bool IsUnicodeSpace(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

}  // namespace

absl::Status CheckNoteText(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::optional<CodePoint> first = FirstCodePoint(text.substr(at));
    if (!first) return absl::InvalidArgumentError(absl::StrFormat("note: no UTF-8 at byte %d", at));
    const bool control = (first->value < 0x20 && first->value != '\n') || first->value == 0x7F;
    if (control) {
      return absl::InvalidArgumentError(
          absl::StrFormat("note: control character 0x%02x at byte %d", first->value, at));
    }
    at += first->bytes;
  }
  return absl::OkStatus();
}

absl::Status CheckNoteKeyName(std::string_view name) {
  if (name.empty() || name.size() > kNoteKeyNameBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("key name: %d bytes, not 1 to %d", name.size(), kNoteKeyNameBytesMax));
  }
  if (!CheckNoteText(name).ok()) {
    return absl::InvalidArgumentError("key name: no UTF-8, or a control character");
  }
  for (std::size_t at = 0; at < name.size();) {
    const CodePoint first = *FirstCodePoint(name.substr(at));
    if (first.value == '+' || IsUnicodeSpace(first.value)) {
      return absl::InvalidArgumentError("key name: a '+' or white space");
    }
    at += first.bytes;
  }
  return absl::OkStatus();
}

}  // namespace proofmark::crypto
