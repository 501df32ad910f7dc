// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash/md5.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace proofmark::crypto {
namespace {

// Marked as no security use, so that a provider restricted to approved algorithms may still give
// it.
const EVP_MD* Md5Method() {
  static EVP_MD* const method = EVP_MD_fetch(nullptr, "MD5", "-fips");
  PM_CHECK(method != nullptr);
  return method;
}

}  // namespace

Md5Digest Md5(base::ByteSpan bytes) {
  Md5Digest digest;
  unsigned size = 0;
  PM_CHECK(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                      &size, Md5Method(), nullptr) == 1);
  PM_CHECK(size == digest.size());
  return digest;
}

}  // namespace proofmark::crypto
