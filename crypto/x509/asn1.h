// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/asn1.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "base/check.h"
#include "crypto/openssl/handles.h"

namespace proofmark::crypto {

// Reading what certificates and revocation lists have in common. For crypto/x509 alone.

// What an i2d_ function writes for `object`.
template <auto kEncode, class T>
std::string Encoded(T* object) {
  unsigned char* raw = nullptr;
  const int size = kEncode(object, &raw);
  const OpenSslMemory<unsigned char> owner(raw);
  PM_CHECK(size > 0);
  return {reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size)};
}

// Lower-case hexadecimal without leading zeros; "-" in front of a negative number.
std::string IntegerHex(const ASN1_INTEGER* number);

// Seconds since 1970.
//   kInvalidArgument  not a time.
absl::StatusOr<std::int64_t> UnixSeconds(const ASN1_TIME* time);

}  // namespace proofmark::crypto
