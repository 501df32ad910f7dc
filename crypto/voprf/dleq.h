// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "crypto/voprf/p256.h"

namespace proofmark::crypto {

// One proof that a whole batch was multiplied with the key of a public key (RFC 9497 section 2.2).
// Who has it learns nothing else about the key. `context` is the RFC's context string, which names
// mode and suite.
//   Threads  Pure.
//   Source   docs/references.md#rfc-9497

inline constexpr std::size_t kDleqProofBytes = 2 * kScalarBytes;
inline constexpr std::size_t kDleqBatchMax = 65535;

struct DleqProof {
  // kDleqProofBytes: challenge, response.
  //   kInvalidArgument  another length, or one of them is not below the order of the group.
  static absl::StatusOr<DleqProof> Parse(std::string_view bytes);
  std::string ToBytes() const;

  Scalar challenge;
  Scalar response;
};

// Proves multiplied[i] = key points[i] for every i, under `public_key` = key times the generator.
// 1..kDleqBatchMax of each; `random` gives the proof's own secret number, as Scalar::Random() does.
DleqProof ProveDleq(std::string_view context, const Scalar& key, const Element& public_key,
                    std::span<const Element> points, std::span<const Element> multiplied,
                    base::Random& random);

//   kInvalidArgument  no points, more than kDleqBatchMax, or not as many of the one as of the
//   other. kUnauthenticated  the proof does not hold: nothing of the batch may be used.
absl::Status VerifyDleq(std::string_view context, const Element& public_key,
                        std::span<const Element> points, std::span<const Element> multiplied,
                        const DleqProof& proof);

}  // namespace proofmark::crypto
