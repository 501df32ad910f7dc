// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace proofmark::base {

using ByteSpan = std::span<const std::byte>;

// Views of the same memory under the other name; it must outlive the view.
inline ByteSpan AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view AsText(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Lower-case hexadecimal, two digits a byte.
std::string ToHex(ByteSpan bytes);
inline std::string ToHex(std::string_view bytes) { return ToHex(AsBytes(bytes)); }

// The bytes written as hexadecimal of either case.
//   kInvalidArgument  odd length or a character that is no hexadecimal digit.
absl::StatusOr<std::string> ParseHex(std::string_view hex);

// Standard alphabet with padding (RFC 4648 section 4).
std::string ToBase64(ByteSpan bytes);
inline std::string ToBase64(std::string_view bytes) { return ToBase64(AsBytes(bytes)); }

// Strict: padding required, no white space, no URL alphabet, no stray bits.
//   kInvalidArgument  anything else.
absl::StatusOr<std::string> ParseBase64(std::string_view text);

// Big-endian integers and LP2 (two-byte big-endian length, then the value), appended to `out`.
void AppendU16Be(std::string& out, std::uint16_t value);
void AppendU32Be(std::string& out, std::uint32_t value);
void AppendU64Be(std::string& out, std::uint64_t value);
std::uint64_t ParseU64Be(std::string_view eight_bytes);  // Exactly 8 bytes.

// `value` must be at most 65 535 bytes: check before, the length cannot say more.
void AppendLp2(std::string& out, std::string_view value);

}  // namespace proofmark::base
