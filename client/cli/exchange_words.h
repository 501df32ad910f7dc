// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// What the commands about candidates of partners share.
namespace proofmark::client::cli {

// 32 bytes as tables write them (hexadecimal) or as --json does (base64); no text is both.
//   kUsage (fault)
absl::StatusOr<std::string> ParseHandle(std::string_view text);

// "41 h 12 min left", "3 h 2 min late".
std::string TimeLeftText(std::int64_t due_unix_ms, std::int64_t now_unix_ms);

}  // namespace proofmark::client::cli
