// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/lines.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "absl/status/statusor.h"
#include "base/bytes.h"

namespace proofmark::crypto {

std::optional<std::string_view> TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> ParseDecimal(std::string_view text, std::uint64_t max) {
  // from_chars takes no sign for unsigned types; leading zeros it would take.
  if (text.empty() || (text.front() == '0' && text.size() > 1)) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || value > max) return std::nullopt;
  return value;
}

std::optional<Sha256Digest> ParseHash(std::string_view base64) {
  const absl::StatusOr<std::string> bytes = base::ParseBase64(base64);
  Sha256Digest hash;
  if (!bytes.ok() || bytes->size() != hash.size()) return std::nullopt;
  std::ranges::copy(base::AsBytes(*bytes), hash.begin());
  return hash;
}

std::string FormatHashLines(std::span<const Sha256Digest> hashes) {
  std::string lines;
  for (const Sha256Digest& hash : hashes) lines.append(base::ToBase64(hash)).append("\n");
  return lines;
}

}  // namespace proofmark::crypto
