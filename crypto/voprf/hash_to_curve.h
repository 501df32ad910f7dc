// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/secret/secret_bytes.h"
#include "crypto/voprf/p256.h"

namespace proofmark::crypto {

// RFC 9380 for P-256 and SHA-256: bytes to points that nobody knows a logarithm of. `domain` is the
// domain separation tag, not empty and of any length.
//
// The time depends on the lengths alone as far as OpenSSL's numbers allow. Straight-line: the hash,
// the map, both of its branches and the choice between them. Not: OpenSSL drops leading zero words
// of a number, one value of 2^64, and adds two equal points another way.
//   Threads  Pure.
//   Source   docs/references.md#rfc-9380

inline constexpr std::size_t kExpandedBytesMax = 255 * 32;
inline constexpr std::size_t kFieldElementBytes = 32;

// expand_message_xmd (section 5.3.1): `size` bytes, 1..kExpandedBytesMax.
SecretBytes ExpandMessageXmd(std::string_view message, std::string_view domain, std::size_t size);

// hash_to_field (section 5.2): `count` elements of the field, kFieldElementBytes each.
std::vector<SecretBytes> HashToField(std::string_view message, std::string_view domain,
                                     std::size_t count);

// map_to_curve_simple_swu (section 6.6.2) of an element of the field.
Element MapToCurve(const SecretBytes& field_element);

// hash_to_curve, P256_XMD:SHA-256_SSWU_RO_: as good as a random oracle into the group.
Element HashToCurve(std::string_view message, std::string_view domain);

// encode_to_curve, P256_XMD:SHA-256_SSWU_NU_: cheaper, and not uniform.
Element EncodeToCurve(std::string_view message, std::string_view domain);

// HashToScalar of RFC 9497 section 4.3.
Scalar HashToScalar(std::string_view message, std::string_view domain);

}  // namespace proofmark::crypto
