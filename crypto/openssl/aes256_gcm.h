// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "crypto/openssl/handles.h"
#include "crypto/secret/secret_bytes.h"

namespace proofmark::crypto {

// AES-256-GCM over OpenSSL, for crypto/ alone: who calls it keeps nonces apart and bounds sizes.
//   Source  docs/references.md#nist-sp-800-38d

inline constexpr std::size_t kGcmKeyBytes = 32;
inline constexpr std::size_t kGcmNonceBytes = 12;
inline constexpr std::size_t kGcmTagBytes = 16;

enum class GcmDirection { kOpen = 0, kSeal = 1 };

// One message under one key and nonce: Transform() what there is, then finish once. Failures of
// OpenSSL itself here can only be exhaustion or a misuse of ours and end the process; whether a
// message is authentic is decided by the tag alone.
class Aes256GcmPass {
 public:
  // `key` of kGcmKeyBytes, `nonce` of kGcmNonceBytes; `authenticated` at most INT_MAX bytes.
  Aes256GcmPass(GcmDirection direction, const SecretBytes& key, base::ByteSpan nonce,
                std::string_view authenticated);

  // The next piece of the message; `out` is as long as `in`, and may be the same memory.
  void Transform(base::ByteSpan in, std::span<std::byte> out);

  // Writes the tag, kGcmTagBytes.
  void FinishSealing(std::span<std::byte> tag);

  // False: nothing that Transform() returned may be used.
  [[nodiscard]] bool FinishOpening(base::ByteSpan tag);

 private:
  bool Finish();

  std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>> context_;
};

}  // namespace proofmark::crypto
