// SPDX-License-Identifier: Apache-2.0
#include "records/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/utf8.h"

namespace proofmark::records {
namespace {

bool IsControl(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

bool IsPlainText(std::string_view text) {
  while (!text.empty()) {
    const std::optional<base::CodePoint> first = base::FirstCodePoint(text);
    if (!first || IsControl(first->value)) return false;
    text.remove_prefix(first->bytes);
  }
  return true;
}

bool IsPrintableAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

bool IsCodeText(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace proofmark::records
