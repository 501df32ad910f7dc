// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "toml++/toml.h"

namespace proofmark::server {

// The whole of a file that the configuration names.
//   kNotFound         absent or unreadable.
//   kInvalidArgument  larger than `bytes_max`.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path, std::int64_t bytes_max);

// `text` as TOML; `path` is for the message.
//   kInvalidArgument  it is none; names file and line.
absl::StatusOr<toml::table> ParseToml(std::string_view text, const std::filesystem::path& path);

}  // namespace proofmark::server
