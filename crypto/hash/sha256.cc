// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash/sha256.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace proofmark::crypto {
namespace {

// Fetched once: an implicit fetch for each digest costs more than hashing 64 bytes.
const EVP_MD* Sha256Method() {
  static EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  PM_CHECK(method != nullptr);
  return method;
}

}  // namespace

Sha256Hasher::Sha256Hasher() : context_(EVP_MD_CTX_new()) {
  PM_CHECK(context_ != nullptr);
  PM_CHECK(EVP_DigestInit_ex2(static_cast<EVP_MD_CTX*>(context_), Sha256Method(), nullptr) == 1);
}

Sha256Hasher::~Sha256Hasher() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

void Sha256Hasher::Update(base::ByteSpan bytes) {
  PM_CHECK(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256Hasher::Finish() {
  Sha256Digest digest;
  unsigned size = 0;
  PM_CHECK(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_),
                              reinterpret_cast<unsigned char*>(digest.data()), &size) == 1);
  PM_CHECK(size == digest.size());
  return digest;
}

Sha256Digest Sha256(base::ByteSpan bytes) {
  Sha256Hasher hasher;
  hasher.Update(bytes);
  return hasher.Finish();
}

std::string Sha256Hex(std::string_view bytes) { return base::ToHex(base::ByteSpan(Sha256(bytes))); }

Sha256Digest HmacSha256(base::ByteSpan key, std::string_view message) {
  Sha256Digest digest;
  unsigned size = 0;
  const unsigned char* const made =
      HMAC(Sha256Method(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(),
           reinterpret_cast<unsigned char*>(digest.data()), &size);
  PM_CHECK(made != nullptr && size == digest.size());
  return digest;
}

}  // namespace proofmark::crypto
