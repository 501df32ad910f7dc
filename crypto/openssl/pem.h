// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/openssl/handles.h"
#include "crypto/secret/secret_bytes.h"

namespace proofmark::crypto {

inline constexpr std::size_t kPrivateKeyPemBytesMax = 16 * 1024;

// A BIO that reads `bytes`, which must outlive it and be at most 2^31 - 1.
BioHandle ReadingBio(std::string_view bytes);

// One "-----BEGIN <label>-----" block, decoded.
struct PemBlock {
  std::string label;
  std::string bytes;
};

// The next block, or nothing at the end of the text. Text around blocks is skipped.
//   kInvalidArgument  a damaged block, or one with headers.
absl::StatusOr<std::optional<PemBlock>> NextPemBlock(BIO* bio);

// The one private key in `pem`, unencrypted.
//   kInvalidArgument  too large, encrypted, or no key.
absl::StatusOr<PkeyHandle> PrivateKeyFromPem(const SecretBytes& pem);

// Unencrypted PKCS#8.
SecretBytes PrivateKeyToPem(EVP_PKEY* key);

}  // namespace proofmark::crypto
