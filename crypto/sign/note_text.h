// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace proofmark::crypto {

// The characters of signed notes. Pure.
//   Source  docs/references.md#c2sp-signed-note

inline constexpr std::size_t kNoteKeyNameBytesMax = 255;

// Well-formed UTF-8 (RFC 3629) without ASCII control characters, line feeds apart.
//   kInvalidArgument  anything else; names the byte's place.
absl::Status CheckNoteText(std::string_view text);

// The name of a note's key: 1 to kNoteKeyNameBytesMax bytes of CheckNoteText, without white space
// of Unicode, line feed or '+'.
//   kInvalidArgument  anything else.
absl::Status CheckNoteKeyName(std::string_view name);

}  // namespace proofmark::crypto
