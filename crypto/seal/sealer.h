// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "base/random.h"
#include "crypto/secret/secret_bytes.h"

namespace proofmark::crypto {

inline constexpr std::size_t kSealKeyBytes = 32;
inline constexpr std::size_t kSealNonceBytes = 12;
inline constexpr std::size_t kSealTagBytes = 16;
// What sealing adds to a value: version, nonce, tag.
inline constexpr std::size_t kSealOverheadBytes = 1 + kSealNonceBytes + kSealTagBytes;
inline constexpr std::size_t kSealPlaintextBytesMax = std::size_t{256} << 20;
inline constexpr std::size_t kSealNameBytesMax = 1024;
inline constexpr std::size_t kWrappedKeyBytes = kSealNonceBytes + kSealKeyBytes + kSealTagBytes;

// Where a sealed value lives. It is authenticated, not stored: a value copied to another record or
// field does not open there. Each name at most kSealNameBytesMax bytes.
struct SealContext {
  std::string_view record;
  std::string_view field;
};

// Seals the values of one record under the record's own key, so that erasing the key erases them
// all. AES-256-GCM, a fresh random 96-bit nonce each time; a record holds a handful of values, far
// from the 2^32 seals where random nonces begin to repeat.
// Layout in docs/formats/store.md#sealed-value.
//   Threads  Const after construction; may be used concurrently.
//   Source   docs/references.md#nist-sp-800-38d
class Sealer {
 public:
  //   kInvalidArgument  `key` is not kSealKeyBytes long.
  static absl::StatusOr<Sealer> Create(SecretBytes key);

  // Result: kSealOverheadBytes longer than `plaintext`.
  //   kInvalidArgument  a name or the plaintext exceeds its maximum.
  absl::StatusOr<std::string> Seal(const SealContext& context, std::string_view plaintext,
                                   base::Random& random) const;

  // The plaintext of what Seal returned under the same key and context.
  //   kDataLoss  any bit differs, or the key or the context is another.
  absl::StatusOr<std::string> Open(const SealContext& context, std::string_view sealed) const;

  const SecretBytes& key() const { return key_; }

 private:
  explicit Sealer(SecretBytes key) : key_(std::move(key)) {}

  SecretBytes key_;
};

// Encrypts a record's key under the master key; `key_id` names it and is authenticated.
// Result: kWrappedKeyBytes: nonce, encrypted key, tag.
//   kInvalidArgument  a key is not kSealKeyBytes long.
absl::StatusOr<std::string> WrapKey(const SecretBytes& master, std::string_view key_id,
                                    const SecretBytes& key, base::Random& random);

// The key that WrapKey wrapped under the same master key and id.
//   kInvalidArgument  `master` is not kSealKeyBytes long.
//   kDataLoss         any bit differs, or master key or id is another.
absl::StatusOr<SecretBytes> UnwrapKey(const SecretBytes& master, std::string_view key_id,
                                      std::string_view wrapped);

}  // namespace proofmark::crypto
