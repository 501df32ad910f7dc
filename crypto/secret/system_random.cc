// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret/system_random.h"

#include <openssl/rand.h>

#include <algorithm>

#include "base/check.h"

namespace proofmark::crypto {

void SystemRandom::Fill(std::span<std::byte> out) {
  constexpr std::size_t kPieceBytesMax = 1 << 20;  // RAND_bytes counts in int.
  while (!out.empty()) {
    const std::span<std::byte> piece = out.first(std::min(out.size(), kPieceBytesMax));
    PM_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(piece.data()),
                        static_cast<int>(piece.size())) == 1);
    out = out.subspan(piece.size());
  }
}

}  // namespace proofmark::crypto
