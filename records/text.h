// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// What a text from outside may be made of. All pure.
namespace proofmark::records {

// Well-formed UTF-8 (RFC 3629) without control characters: none of U+0000..1F, U+007F..9F, line and
// paragraph separators, or marks that reorder what follows them on a screen. Empty text is plain.
bool IsPlainText(std::string_view text);

// Bytes 0x20..0x7E only. Empty text is.
bool IsPrintableAscii(std::string_view text);

// [A-Z0-9_]{1,32}.
bool IsCodeText(std::string_view text);

}  // namespace proofmark::records
