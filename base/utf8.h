// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace proofmark::base {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // How many it takes, 1..4.
};

// The code point at the start of `text`, which is not empty; nullopt where it is ill-formed: cut
// short, written in more bytes than it needs, a surrogate, or above U+10FFFF.
//   Source  docs/references.md#rfc-3629
std::optional<CodePoint> FirstCodePoint(std::string_view text);

}  // namespace proofmark::base
