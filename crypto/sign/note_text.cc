// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign/note_text.h"

#include <cstdint>
#include <optional>

#include "absl/strings/str_format.h"
#include "base/utf8.h"

namespace proofmark::crypto {
namespace {

// The property White_Space of Unicode.
bool IsUnicodeSpace(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

}  // namespace

absl::Status CheckNoteText(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::optional<base::CodePoint> first = base::FirstCodePoint(text.substr(at));
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
    const base::CodePoint first = *base::FirstCodePoint(name.substr(at));
    if (first.value == '+' || IsUnicodeSpace(first.value)) {
      return absl::InvalidArgumentError("key name: a '+' or white space");
    }
    at += first.bytes;
  }
  return absl::OkStatus();
}

}  // namespace proofmark::crypto
