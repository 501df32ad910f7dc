// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "crypto/tlog/merkle.h"

namespace proofmark::testing {

// The tree and its proofs straight from their definition (RFC 6962 section 2.1): short and slow.

using Leaves = std::span<const crypto::Sha256Digest>;

inline std::size_t SplitOf(std::size_t n) { return std::bit_floor(n - 1); }

inline crypto::Sha256Digest ReferenceRoot(Leaves leaves) {
  if (leaves.empty()) return crypto::EmptyRoot();
  if (leaves.size() == 1) return leaves[0];
  const std::size_t k = SplitOf(leaves.size());
  return crypto::NodeHash(ReferenceRoot(leaves.first(k)), ReferenceRoot(leaves.subspan(k)));
}

inline std::vector<crypto::Sha256Digest> ReferenceInclusion(std::size_t index, Leaves leaves) {
  if (leaves.size() <= 1) return {};
  const std::size_t k = SplitOf(leaves.size());
  std::vector<crypto::Sha256Digest> proof = index < k
                                                ? ReferenceInclusion(index, leaves.first(k))
                                                : ReferenceInclusion(index - k, leaves.subspan(k));
  proof.push_back(ReferenceRoot(index < k ? leaves.subspan(k) : leaves.first(k)));
  return proof;
}

// `whole`: the older tree is all of these leaves and the verifier knows its root.
inline std::vector<crypto::Sha256Digest> ReferenceConsistency(std::size_t size1, Leaves leaves,
                                                              bool whole = true) {
  if (size1 == leaves.size()) {
    return whole ? std::vector<crypto::Sha256Digest>{} : std::vector{ReferenceRoot(leaves)};
  }
  const std::size_t k = SplitOf(leaves.size());
  std::vector<crypto::Sha256Digest> proof;
  if (size1 <= k) {
    proof = ReferenceConsistency(size1, leaves.first(k), whole);
    proof.push_back(ReferenceRoot(leaves.subspan(k)));
  } else {
    proof = ReferenceConsistency(size1 - k, leaves.subspan(k), false);
    proof.push_back(ReferenceRoot(leaves.first(k)));
  }
  return proof;
}

inline std::vector<crypto::Sha256Digest> SomeLeaves(std::size_t n) {
  std::vector<crypto::Sha256Digest> leaves;
  for (std::size_t i = 0; i < n; ++i) {
    leaves.push_back(crypto::LeafHash("leaf " + std::to_string(i)));
  }
  return leaves;
}

inline crypto::Sha256Digest Flipped(crypto::Sha256Digest digest, std::size_t bit = 60) {
  digest[bit / 8] ^= std::byte{1} << (bit % 8);
  return digest;
}

}  // namespace proofmark::testing
