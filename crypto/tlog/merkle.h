// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"

namespace proofmark::crypto {

// The transparency log's tree: SHA-256, leaf = H(0x00 || entry), node = H(0x01 || left || right),
// a tree over n > 1 leaves splits at the largest power of two below n.
//   Threads  Everything here is pure; a Frontier is a plain value.
//   Source   docs/references.md#rfc-6962, section 2.1

// No format carries longer proofs, and no tree of up to 2^62 leaves needs one. (Beyond that a
// consistency proof can have one hash more.)
inline constexpr std::size_t kProofHashesMax = 63;
inline constexpr std::uint64_t kTreeSizeMax = (std::uint64_t{1} << 63) - 1;

Sha256Digest LeafHash(std::string_view entry);
Sha256Digest NodeHash(const Sha256Digest& left, const Sha256Digest& right);

// Root of the tree without leaves.
Sha256Digest EmptyRoot();

// All that appending needs: the roots of the maximal perfect subtrees, left to right.
class Frontier {
 public:
  Frontier() = default;

  // Cost: one hash amortised, 63 at worst. The tree must hold less than kTreeSizeMax leaves.
  void Append(const Sha256Digest& leaf_hash);

  std::uint64_t size() const { return size_; }
  Sha256Digest Root() const;

  // u64be(size), then one 32-byte hash for each 1 bit of size, highest bit first.
  std::string Serialize() const;
  //   kDataLoss  another length than its size asks for, or a size above kTreeSizeMax.
  static absl::StatusOr<Frontier> Parse(std::string_view bytes);

  friend bool operator==(const Frontier&, const Frontier&) = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Sha256Digest> subtrees_;  // Tallest first; as many as size_ has 1 bits.
};

// OK if `proof` (leaf side first) shows that the tree of `size` leaves with `root` holds
// `leaf_hash` at `index`.
//   kInvalidArgument  it does not; the message says at which step.
absl::Status VerifyInclusion(std::uint64_t index, std::uint64_t size, const Sha256Digest& leaf_hash,
                             std::span<const Sha256Digest> proof, const Sha256Digest& root);

// OK if `proof` shows that the tree (size2, root2) extends the tree (size1, root1). The step from
// an empty tree is the caller's business: size1 = 0 is refused.
//   kInvalidArgument  it does not; the message says at which step.
absl::Status VerifyConsistency(std::uint64_t size1, std::uint64_t size2, const Sha256Digest& root1,
                               const Sha256Digest& root2, std::span<const Sha256Digest> proof);

// ---- Proofs and roots from stored hashes, whatever keeps them ----

// Gives the hash of the perfect subtree of 2^height leaves that starts at leaf index * 2^height:
// from leaf rows, from tiles (crypto/tlog/tile.h) or from memory. Called only for subtrees that lie
// wholly within the tree asked for, height 0..62. An error of its own ends the call that uses it
// and is passed on as it is.
using HashReader =
    std::function<absl::StatusOr<Sha256Digest>(int height, std::uint64_t subtree_index)>;

// Reads from leaf hashes, at a cost of 2^height hashes a read. `leaves` must outlive the result.
//   kOutOfRange  (of the reader) a subtree that is not within `leaves`.
HashReader ReadLeaves(std::span<const Sha256Digest> leaves);

// The root of the tree of `size` leaves. At most 63 reads; it never meets a Frontier, so it is the
// second code path to a root.
//   kInvalidArgument  size above kTreeSizeMax.
absl::StatusOr<Sha256Digest> RootFrom(std::uint64_t size, const HashReader& read);

// The proof that VerifyInclusion() accepts. At most 126 reads.
//   kInvalidArgument  index not below size, or size above kTreeSizeMax.
absl::StatusOr<std::vector<Sha256Digest>> BuildInclusionProof(std::uint64_t index,
                                                              std::uint64_t size,
                                                              const HashReader& read);

// The proof that VerifyConsistency() accepts, empty for equal sizes. At most 127 reads.
//   kInvalidArgument  size1 = 0, size1 above size2, or size2 above kTreeSizeMax.
absl::StatusOr<std::vector<Sha256Digest>> BuildConsistencyProof(std::uint64_t size1,
                                                                std::uint64_t size2,
                                                                const HashReader& read);

}  // namespace proofmark::crypto
