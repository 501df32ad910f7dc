// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/store/keys.h"

namespace proofmark::registry {

inline constexpr std::int32_t kPageSizeMax = 500;

// How many rows a page holds: `asked`, or `when_zero` for 0.
//   kInvalidArgument  outside 0..kPageSizeMax.
absl::StatusOr<std::size_t> PageSize(std::int32_t asked, std::int32_t when_zero);

// A page token is the key of the next row, without its table, in hexadecimal: the key in full.
//   kInvalidArgument  not `key_bytes` bytes in hexadecimal.
absl::StatusOr<std::string> ParsePageToken(store::Table table, std::string_view token,
                                           std::size_t key_bytes);
std::string ToPageToken(std::string_view key);

}  // namespace proofmark::registry
