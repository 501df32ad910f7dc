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

class TokenKey;

inline constexpr std::size_t kEd25519KeyBytes = 32;
inline constexpr std::size_t kDigitalSignatureBytes = 64;
inline constexpr std::size_t kKeyPemBytesMax = 16 * 1024;  // Public or private.

// Everything here is signed with Ed25519. Envelopes alone may be signed with ECDSA instead, for
// many tokens, and ways to reach them, know nothing newer.
enum class SignatureAlgorithm { kEd25519, kEcdsaP256 };

// An Ed25519 signature (RFC 8032, pure: the message is not hashed beforehand), or one of ECDSA over
// the message's SHA-256: r and s, 32 bytes each, most significant first, s not above half the
// group's order (of the two that verify, one is taken).
using DigitalSignature = std::array<std::byte, kDigitalSignatureBytes>;

inline std::string_view AsText(const DigitalSignature& signature) {
  return base::AsText(base::ByteSpan(signature));
}

// The public half. A value, cheap to copy; safe to use from several threads.
class VerifyingKey {
 public:
  // Ed25519: the 32 bytes of RFC 8032 section 5.1.5.
  //   kInvalidArgument  another length, or a point of low order: under such a key one signature
  //                     fits many messages, so its owner could disown what it signed.
  static absl::StatusOr<VerifyingKey> FromRaw(std::string_view raw);

  // ECDSA on P-256: the point, uncompressed, 65 bytes.
  //   kInvalidArgument  anything else.
  static absl::StatusOr<VerifyingKey> FromP256Point(std::string_view point);

  // ECDSA on P-256: SubjectPublicKeyInfo in DER, as raw() tells it.
  //   kInvalidArgument  anything else.
  static absl::StatusOr<VerifyingKey> FromInfo(std::string_view info);

  // One "PUBLIC KEY" block (SubjectPublicKeyInfo) of at most kKeyPemBytesMax, of either algorithm.
  //   kInvalidArgument  not such a block, or another algorithm, or as for FromRaw.
  static absl::StatusOr<VerifyingKey> FromPem(std::string_view pem);

  SignatureAlgorithm algorithm() const { return algorithm_; }
  // The key as notes name it: Ed25519, 32 bytes; P-256, its SubjectPublicKeyInfo in DER.
  std::string_view raw() const { return raw_; }
  std::string ToPem() const;

  // OK if `signature` was made over `message` by the other half.
  //   kInvalidArgument  the signature is not 64 bytes.
  //   kUnauthenticated  it does not verify.
  absl::Status Verify(std::string_view message, std::string_view signature) const;

  friend bool operator==(const VerifyingKey& a, const VerifyingKey& b) { return a.raw_ == b.raw_; }

 private:
  VerifyingKey(SignatureAlgorithm algorithm, std::string raw, std::shared_ptr<evp_pkey_st> key);

  SignatureAlgorithm algorithm_;
  std::string raw_;
  std::shared_ptr<evp_pkey_st> key_;  // Never null, never changed.
};

// The private half, in memory or on a token. Moved, never copied; Sign() may be called from several
// threads.
class SigningKey {
 public:
  static SigningKey Generate(base::Random& random);

  // What a key file holds: one unencrypted "PRIVATE KEY" block (PKCS#8) of at most kKeyPemBytesMax,
  // or the place of a key on a token (crypto/token/token_uri.h), with which it signs once to see
  // that it can.
  //   kInvalidArgument  neither, or not an Ed25519 key; on a token it may be EC P-256.
  //   others            of TokenKey::Open() and Sign().
  static absl::StatusOr<SigningKey> FromText(const SecretBytes& text);

  // The former alone.
  static absl::StatusOr<SigningKey> FromPem(const SecretBytes& pem);

  // Unencrypted PKCS#8; who may read the file is the caller's business. Not of a key on a token.
  SecretBytes ToPem() const;

  // A key in memory always signs.
  //   kDataLoss  the token made a signature that does not verify.
  //   others     of TokenKey::Sign(): kUnavailable while the token is away.
  absl::StatusOr<DigitalSignature> Sign(std::string_view message) const;
  const VerifyingKey& verifying_key() const { return verifying_key_; }

 private:
  SigningKey(std::shared_ptr<evp_pkey_st> key, TokenKey* token, VerifyingKey verifying_key);

  absl::StatusOr<DigitalSignature> SignOnToken(std::string_view message) const;

  std::shared_ptr<evp_pkey_st> key_;  // Never changed; cleansed by OpenSSL. Null: on `token_`.
  TokenKey* token_;                   // Lives as long as the process.
  VerifyingKey verifying_key_;
};

}  // namespace proofmark::crypto
