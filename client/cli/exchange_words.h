// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command.h"
#include "records/codes.h"

// What the commands about questions and candidates share.
namespace proofmark::client::cli {

// 32 bytes as tables write them (hexadecimal) or as --json does (base64); no text is both.
//   kUsage (fault)
absl::StatusOr<std::string> ParseHandle(std::string_view text);

// As choices of an option.
std::vector<std::string> CodesOf(std::span<const records::Code> list);

// --reasons TEXT, required.
Parameter ReasonsOption();

// "41 h 12 min left", "3 h 2 min late".
std::string TimeLeftText(std::int64_t due_unix_ms, std::int64_t now_unix_ms);

}  // namespace proofmark::client::cli
