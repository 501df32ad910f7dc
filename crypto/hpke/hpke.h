// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "base/random.h"
#include "crypto/secret/secret_bytes.h"

struct evp_pkey_st;

namespace proofmark::crypto {

// Encryption to one reader by that reader's public key: HPKE (RFC 9180), mode base,
// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, one message per key encapsulation.
// Anyone who has the public key can seal: who did must be said by a signature, not by this.
//   Source  docs/references.md#rfc-9180

inline constexpr std::size_t kHpkePublicKeyBytes = 32;
inline constexpr std::size_t kHpkePrivateKeyBytes = 32;
inline constexpr std::size_t kHpkeTagBytes = 16;
// What sealing adds to a message: the encapsulated key in front, the tag behind.
inline constexpr std::size_t kHpkeOverheadBytes = kHpkePublicKeyBytes + kHpkeTagBytes;
inline constexpr std::size_t kHpkePlaintextBytesMax = std::size_t{256} << 20;
// Of `info` (what the key is derived for) and of `aad` (what is authenticated beside the message).
inline constexpr std::size_t kHpkeContextBytesMax = std::size_t{64} << 10;

// The reader's half. Moved, never copied; Open() may be called from several threads.
class HpkePrivateKey {
 public:
  static HpkePrivateKey Generate(base::Random& random);

  // The kHpkePrivateKeyBytes of RFC 7748 section 5, before or after clamping.
  //   kInvalidArgument  another length.
  static absl::StatusOr<HpkePrivateKey> FromRaw(const SecretBytes& raw);

  // What FromRaw() reads; who may keep it is the caller's business.
  SecretBytes ExportRaw() const;

  const std::array<std::byte, kHpkePublicKeyBytes>& public_key() const { return public_key_; }

  // The message of what HpkeSeal() returned for this key, the same `info` and the same `aad`.
  //   kInvalidArgument  `info`, `aad` or `sealed` exceeds its maximum, or `sealed` is shorter than
  //                     kHpkeOverheadBytes.
  //   kUnauthenticated  any bit differs, the encapsulated key is a point of low order, or key,
  //                     info or aad is another. One message for all: which is not for outsiders.
  absl::StatusOr<std::string> Open(std::string_view info, std::string_view aad,
                                   std::string_view sealed) const;

 private:
  explicit HpkePrivateKey(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;  // Never null, never changed; cleansed by OpenSSL.
  std::array<std::byte, kHpkePublicKeyBytes> public_key_;
};

// Encapsulated key || encrypted message || tag: kHpkeOverheadBytes longer than `plaintext`. Takes
// kHpkePrivateKeyBytes of `random`, which become the ephemeral key.
//   kInvalidArgument  `public_key` is not kHpkePublicKeyBytes long or a point of low order (all
//                     would share one secret with it), or an argument exceeds its maximum.
absl::StatusOr<std::string> HpkeSeal(std::string_view public_key, std::string_view info,
                                     std::string_view aad, std::string_view plaintext,
                                     base::Random& random);

}  // namespace proofmark::crypto
