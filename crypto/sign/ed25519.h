// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "base/random.h"
#include "crypto/secret/secret_bytes.h"

struct evp_pkey_st;

namespace proofmark::crypto {

inline constexpr std::size_t kEd25519KeyBytes = 32;
inline constexpr std::size_t kDigitalSignatureBytes = 64;
inline constexpr std::size_t kKeyPemBytesMax = 16 * 1024;  // Public or private.

// An Ed25519 signature (RFC 8032, pure: the message is not hashed beforehand).
using DigitalSignature = std::array<std::byte, kDigitalSignatureBytes>;

inline std::string_view AsText(const DigitalSignature& signature) {
  return base::AsText(base::ByteSpan(signature));
}

// The public half. A value, cheap to copy; safe to use from several threads.
class VerifyingKey {
 public:
  // The 32 bytes of RFC 8032 section 5.1.5.
  //   kInvalidArgument  another length, or a point of low order: under such a key one signature
  //                     fits many messages, so its owner could disown what it signed.
  static absl::StatusOr<VerifyingKey> FromRaw(std::string_view raw);

  // One "PUBLIC KEY" block (SubjectPublicKeyInfo) of at most kKeyPemBytesMax.
  //   kInvalidArgument  not such a block, or not an Ed25519 key, or as for FromRaw.
  static absl::StatusOr<VerifyingKey> FromPem(std::string_view pem);

  std::string_view raw() const { return base::AsText(base::ByteSpan(raw_)); }
  std::string ToPem() const;

  // OK if `signature` was made over `message` by the other half.
  //   kInvalidArgument  the signature is not 64 bytes.
  //   kUnauthenticated  it does not verify.
  absl::Status Verify(std::string_view message, std::string_view signature) const;

  friend bool operator==(const VerifyingKey& a, const VerifyingKey& b) { return a.raw_ == b.raw_; }

 private:
  VerifyingKey(std::string_view raw, std::shared_ptr<evp_pkey_st> key);

  std::array<std::byte, kEd25519KeyBytes> raw_;
  std::shared_ptr<evp_pkey_st> key_;  // Never null, never changed.
};

// The private half. Moved, never copied; Sign() may be called from several threads.
class SigningKey {
 public:
  static SigningKey Generate(base::Random& random);

  // One unencrypted "PRIVATE KEY" block (PKCS#8) of at most kKeyPemBytesMax.
  //   kInvalidArgument  not such a block, or not an Ed25519 key.
  static absl::StatusOr<SigningKey> FromPem(const SecretBytes& pem);

  // Unencrypted PKCS#8; who may read the file is the caller's business.
  SecretBytes ToPem() const;

  DigitalSignature Sign(std::string_view message) const;
  const VerifyingKey& verifying_key() const { return verifying_key_; }

 private:
  SigningKey(std::shared_ptr<evp_pkey_st> key, VerifyingKey verifying_key);

  std::shared_ptr<evp_pkey_st> key_;  // Never null, never changed; cleansed by OpenSSL.
  VerifyingKey verifying_key_;
};

}  // namespace proofmark::crypto
