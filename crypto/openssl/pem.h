// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/openssl/handles.h"
#include "crypto/secret/secret_bytes.h"

namespace proofmark::crypto {

inline constexpr std::size_t kPrivateKeyPemBytesMax = 16 * 1024;

// A BIO that reads `bytes`, which must outlive it and be at most 2^31 - 1.
BioHandle ReadingBio(std::string_view bytes);

// The one private key in `pem`, unencrypted.
//   kInvalidArgument  too large, encrypted, or no key.
absl::StatusOr<PkeyHandle> PrivateKeyFromPem(const SecretBytes& pem);

// Unencrypted PKCS#8.
SecretBytes PrivateKeyToPem(EVP_PKEY* key);

}  // namespace proofmark::crypto
