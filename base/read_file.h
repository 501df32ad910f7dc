// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "absl/status/statusor.h"

namespace proofmark::base {

// The whole of a regular file.
//   kNotFound            there is none of that name.
//   kFailedPrecondition  no regular file, unreadable, or larger than `bytes_max`.
// The message names the path.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path, std::int64_t bytes_max);

}  // namespace proofmark::base
