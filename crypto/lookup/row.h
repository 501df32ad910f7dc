// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "crypto/secret/secret_bytes.h"

namespace proofmark::crypto {

// A row of a look-up table (docs/formats/private-lookup.md): found and opened by who has the output
// of the oblivious function for its weapon, random bytes to everybody else. Pure.

inline constexpr std::size_t kLookupTagBytes = 16;
inline constexpr std::size_t kLookupLabelBytes = 32;
inline constexpr std::size_t kLookupRowBytes = 64;
inline constexpr int kLookupDuplicatesMax = 4;  // Weapons that share one input.

using SnapshotId = std::array<std::byte, 16>;  // Fresh chance for each table.
using LookupTag = std::array<std::byte, kLookupTagBytes>;
using LookupRow = std::array<std::byte, kLookupRowBytes>;  // Tag, sealed label.
using LookupLabelBytes = std::array<std::byte, kLookupLabelBytes>;

// What a hit says.
struct LookupLabel {
  std::uint8_t state_group = 0;        // 1..255; 0 says nothing and is refused.
  std::array<std::byte, 16> handle{};  // What to ask for the record by; opaque.

  friend bool operator==(const LookupLabel&, const LookupLabel&) = default;
};

LookupLabelBytes ToBytes(const LookupLabel& label);

//   kInvalidArgument  another version, no state group, or a byte set that has to be zero.
absl::StatusOr<LookupLabel> ParseLookupLabel(const LookupLabelBytes& bytes);

// Which of the rows that share an output. Its tag, row and key are of one table alone.
struct RowPlace {
  const SecretBytes& output;  // kVoprfOutputBytes.
  const SnapshotId& snapshot_id;
  int duplicate = 0;  // 0..kLookupDuplicatesMax - 1.
};

LookupTag TagOf(const RowPlace& place);

// The nonce is fixed, since the key is used once: never seal two labels at one place.
LookupRow SealRow(const RowPlace& place, const LookupLabelBytes& label);

//   kDataLoss  not sealed at this place, or changed since.
absl::StatusOr<LookupLabelBytes> OpenRow(const RowPlace& place, std::string_view row);

}  // namespace proofmark::crypto
