// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>

#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/openssl/handles.h"

namespace proofmark::crypto {

// OpenSSL's numbers and points, for crypto/voprf alone. Everything is wiped when it is freed. A
// call that fails here can only have run out of memory or been misused by us, and ends the process.

using EcPointHandle = std::unique_ptr<EC_POINT, Deleter<EC_POINT_clear_free>>;

// Numbers that live as long as this object. Not thread-safe: each use its own.
class BnScratch {
 public:
  BnScratch() : context_(BN_CTX_secure_new()) {
    PM_CHECK(context_ != nullptr);
    BN_CTX_start(context_.get());
  }
  ~BnScratch() { BN_CTX_end(context_.get()); }
  BnScratch(const BnScratch&) = delete;
  BnScratch& operator=(const BnScratch&) = delete;

  BN_CTX* context() { return context_.get(); }

  BIGNUM* New() {
    BIGNUM* const number = BN_CTX_get(context_.get());
    PM_CHECK(number != nullptr);
    BN_set_flags(number, BN_FLG_CONSTTIME);
    return number;
  }

  // The big-endian number in `bytes`.
  BIGNUM* FromBytes(base::ByteSpan bytes) {
    BIGNUM* const number = New();
    PM_CHECK(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                       static_cast<int>(bytes.size()), number) != nullptr);
    return number;
  }

 private:
  std::unique_ptr<BN_CTX, Deleter<BN_CTX_free>> context_;
};

// Big-endian, as many bytes as `out` has, in a time that does not depend on the value.
inline void WriteNumber(const BIGNUM* number, std::span<std::byte> out) {
  PM_CHECK(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(out.data()),
                        static_cast<int>(out.size())) == static_cast<int>(out.size()));
}

// The curve, made once and never changed.
const EC_GROUP* P256();

EcPointHandle NewPoint();

}  // namespace proofmark::crypto
