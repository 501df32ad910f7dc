// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "base/random.h"
#include "crypto/seal/sealer.h"

namespace proofmark::store {

// Names a record's key. Random, so that it says nothing about the record.
struct KeyId {
  std::array<std::byte, 16> bytes{};

  std::string_view AsText() const { return base::AsText(base::ByteSpan(bytes)); }
  std::string Hex() const { return base::ToHex(base::ByteSpan(bytes)); }
  //   kDataLoss  not exactly 16 bytes.
  static absl::StatusOr<KeyId> Parse(std::string_view bytes);

  friend auto operator<=>(const KeyId&, const KeyId&) = default;
};

// A record's key and its name. Its values may be sealed at once; they can be read back only after
// the WriteRequest that carries the key was committed.
struct RecordKey {
  KeyId id;
  crypto::Sealer sealer;

  static RecordKey Create(base::Random& random);
};

}  // namespace proofmark::store
