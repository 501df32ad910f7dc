// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace proofmark::crypto {

using Sha256Digest = std::array<std::byte, 32>;

// SHA-256 (FIPS 180-4) of the bytes given one after another. Not thread-safe; each use its own.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(const Sha256Hasher&) = delete;
  Sha256Hasher& operator=(const Sha256Hasher&) = delete;

  void Update(base::ByteSpan bytes);
  void Update(std::string_view bytes) { Update(base::AsBytes(bytes)); }
  // Call once, last.
  Sha256Digest Finish();

 private:
  void* context_;
};

Sha256Digest Sha256(base::ByteSpan bytes);
inline Sha256Digest Sha256(std::string_view bytes) { return Sha256(base::AsBytes(bytes)); }
std::string Sha256Hex(std::string_view bytes);

// HMAC-SHA256 (RFC 2104).
Sha256Digest HmacSha256(base::ByteSpan key, std::string_view message);

inline std::string_view AsText(const Sha256Digest& digest) {
  return base::AsText(base::ByteSpan(digest));
}

}  // namespace proofmark::crypto
