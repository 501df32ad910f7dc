// SPDX-License-Identifier: Apache-2.0
#include "server/config_file.h"

#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_format.h"

namespace proofmark::server {
namespace fs = std::filesystem;

absl::StatusOr<std::string> ReadFile(const fs::path& path, std::int64_t bytes_max) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) {
    return absl::NotFoundError(absl::StrFormat("%s: %s", path.string(), error.message()));
  }
  if (size > static_cast<std::uintmax_t>(bytes_max)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: %d bytes, at most %d", path.string(), size, bytes_max));
  }
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.good() && !in.eof()) {
    return absl::NotFoundError(absl::StrFormat("%s: cannot be read", path.string()));
  }
  return bytes;
}

absl::StatusOr<toml::table> ParseToml(std::string_view text, const fs::path& path) {
  try {
    return toml::parse(text, path.string());
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: line %d: %s", path.string(),
                                                      error.source().begin.line,
                                                      std::string(error.description())));
  }
}

}  // namespace proofmark::server
