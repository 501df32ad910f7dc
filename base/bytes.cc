// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include "absl/strings/escaping.h"
#include "base/check.h"

namespace proofmark::base {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <int kBytes>
void AppendBe(std::string& out, std::uint64_t value) {
  for (int shift = 8 * (kBytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xFF));
  }
}

}  // namespace

std::string ToHex(ByteSpan bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const std::byte b : bytes) {
    hex.push_back(kDigits[std::to_integer<unsigned>(b) >> 4]);
    hex.push_back(kDigits[std::to_integer<unsigned>(b) & 15]);
  }
  return hex;
}

absl::StatusOr<std::string> ParseHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return absl::InvalidArgumentError("hexadecimal of odd length");
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexDigit(hex[i]);
    const int low = HexDigit(hex[i + 1]);
    if (high < 0 || low < 0) return absl::InvalidArgumentError("not a hexadecimal digit");
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

std::string ToBase64(ByteSpan bytes) {
  return absl::Base64Escape(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

absl::StatusOr<std::string> ParseBase64(std::string_view text) {
  std::string bytes;
  // absl is lenient about padding, white space and stray bits; writing it again is the judge.
  if (!absl::Base64Unescape(absl::string_view(text.data(), text.size()), &bytes) ||
      ToBase64(bytes) != text) {
    return absl::InvalidArgumentError("not strict base64");
  }
  return bytes;
}

void AppendU16Be(std::string& out, std::uint16_t value) { AppendBe<2>(out, value); }
void AppendU32Be(std::string& out, std::uint32_t value) { AppendBe<4>(out, value); }
void AppendU64Be(std::string& out, std::uint64_t value) { AppendBe<8>(out, value); }

std::uint64_t ParseU64Be(std::string_view eight_bytes) {
  PM_CHECK(eight_bytes.size() == 8);
  std::uint64_t value = 0;
  for (const char c : eight_bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

void AppendLp2(std::string& out, std::string_view value) {
  PM_CHECK(value.size() <= 0xFFFF);
  AppendU16Be(out, static_cast<std::uint16_t>(value.size()));
  out.append(value);
}

}  // namespace proofmark::base
