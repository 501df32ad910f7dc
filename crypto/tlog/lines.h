// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/hash/sha256.h"

namespace proofmark::crypto {

// The pieces that all text formats of the log share. Each value has one spelling. Pure.

// Takes the first line off `text`, without its LF; nullopt, and `text` as it was, if there is no
// LF.
std::optional<std::string_view> TakeLine(std::string_view& text);

// Decimal digits without sign or leading zero ("0" for zero), at most `max`; else nullopt.
std::optional<std::uint64_t> ParseDecimal(std::string_view text, std::uint64_t max);

// A hash in base64; else nullopt.
std::optional<Sha256Digest> ParseHash(std::string_view base64);

// The hashes in base64, each with an LF.
std::string FormatHashLines(std::span<const Sha256Digest> hashes);

}  // namespace proofmark::crypto
