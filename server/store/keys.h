// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace proofmark::store {

// A table is the first byte of its keys. Stored; never renumber, never reuse.
// Each room above declares its own tables inside its range and nowhere else:
//   0x01-0x0F store   0x10-0x1F ledger   0x20-0x2F federation   0x30-0x4F registry
//   0x50-0x5F match   0x60-0x6F lookup   0x70-0x8F exchange and journeys
struct Table {
  std::uint8_t prefix;
};

inline constexpr Table kMetaTable{0x01};       // Schema version, state of the key file.
inline constexpr Table kErasedKeyTable{0x02};  // One row for each erased record key, for ever.

// Builds a key: table byte, then the parts in order. Integers are big-endian, so that the order
// of keys is the order of numbers.
class StoreKey {
 public:
  explicit StoreKey(Table table) : key_(1, static_cast<char>(table.prefix)) {}

  StoreKey& U64(std::uint64_t value) {
    base::AppendU64Be(key_, value);
    return *this;
  }
  // Fixed-length identifiers, or text as the last part: nothing separates the parts.
  StoreKey& Bytes(std::string_view bytes) {
    key_.append(bytes);
    return *this;
  }
  // Text before further parts: LP2, at most 65 535 bytes.
  StoreKey& Text(std::string_view text) {
    base::AppendLp2(key_, text);
    return *this;
  }

  std::string Build() const { return key_; }

 private:
  std::string key_;
};

}  // namespace proofmark::store
