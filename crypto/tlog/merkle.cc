// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/merkle.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"

namespace proofmark::crypto {
namespace {

constexpr std::string_view kLeafTag("\x00", 1);
constexpr std::string_view kNodeTag("\x01", 1);

absl::Status Refuse(std::string_view proof, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("%s proof: %s", proof, why));
}

absl::Status CheckLength(std::string_view kind, std::size_t length) {
  if (length <= kProofHashesMax) return absl::OkStatus();
  return Refuse(kind, absl::StrFormat("%d hashes, more than %d", length, kProofHashesMax));
}

// Where a verifier stands while it climbs from a leaf: the node's number on its level, and the
// number of the level's last node.
struct Climb {
  std::uint64_t node;
  std::uint64_t last;

  bool at_root() const { return last == 0; }
  // Whether the sibling the proof supplies stands to the left.
  bool sibling_is_left() const { return (node & 1) == 1 || node == last; }
  void Up() {
    node >>= 1;
    last >>= 1;
  }
  // A last node without a right sibling is lifted unchanged until it is a right child.
  void SkipLevelsWithoutSibling() {
    while ((node & 1) == 0 && node != 0) Up();
  }
};

// Leaves [begin, end) that form one side of a split: they fall apart into perfect subtrees, the
// tallest first.
struct Range {
  std::uint64_t begin;
  std::uint64_t end;

  std::uint64_t leaves() const { return end - begin; }
  // Where the left side of its tree ends. At least two leaves.
  std::uint64_t split() const { return begin + std::bit_floor(leaves() - 1); }
};

Sha256Digest Fold(std::span<const Sha256Digest> subtrees) {
  Sha256Digest root = subtrees.back();
  for (auto left = subtrees.rbegin() + 1; left != subtrees.rend(); ++left) {
    root = NodeHash(*left, root);
  }
  return root;
}

absl::StatusOr<Sha256Digest> HashOf(Range range, const HashReader& read) {
  std::vector<Sha256Digest> subtrees;
  while (range.leaves() > 0) {
    const int height = static_cast<int>(std::bit_width(range.leaves())) - 1;
    PM_ASSIGN_OR_RETURN(subtrees.emplace_back(), read(height, range.begin >> height));
    range.begin += std::uint64_t{1} << height;
  }
  return Fold(subtrees);
}

absl::Status CheckSize(std::string_view what, std::uint64_t size) {
  if (size <= kTreeSizeMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s: size %d exceeds %d", what, size, kTreeSizeMax));
}

}  // namespace

Sha256Digest LeafHash(std::string_view entry) {
  Sha256Hasher hasher;
  hasher.Update(kLeafTag);
  hasher.Update(entry);
  return hasher.Finish();
}

Sha256Digest NodeHash(const Sha256Digest& left, const Sha256Digest& right) {
  Sha256Hasher hasher;
  hasher.Update(kNodeTag);
  hasher.Update(AsText(left));
  hasher.Update(AsText(right));
  return hasher.Finish();
}

Sha256Digest EmptyRoot() { return Sha256(std::string_view()); }

void Frontier::Append(const Sha256Digest& leaf_hash) {
  PM_CHECK(size_ < kTreeSizeMax);
  Sha256Digest merged = leaf_hash;
  // A trailing 1 bit of the size is a perfect subtree as tall as what is being carried.
  for (std::uint64_t height_bits = size_; (height_bits & 1) == 1; height_bits >>= 1) {
    merged = NodeHash(subtrees_.back(), merged);
    subtrees_.pop_back();
  }
  subtrees_.push_back(merged);
  ++size_;
}

Sha256Digest Frontier::Root() const { return subtrees_.empty() ? EmptyRoot() : Fold(subtrees_); }

std::string Frontier::Serialize() const {
  std::string bytes;
  base::AppendU64Be(bytes, size_);
  for (const Sha256Digest& subtree : subtrees_) bytes.append(AsText(subtree));
  return bytes;
}

absl::StatusOr<Frontier> Frontier::Parse(std::string_view bytes) {
  if (bytes.size() < 8) {
    return absl::DataLossError(absl::StrFormat("frontier: %d bytes, less than 8", bytes.size()));
  }
  Frontier frontier;
  frontier.size_ = base::ParseU64Be(bytes.substr(0, 8));
  if (frontier.size_ > kTreeSizeMax) {
    return absl::DataLossError(
        absl::StrFormat("frontier: size %d exceeds %d", frontier.size_, kTreeSizeMax));
  }
  bytes.remove_prefix(8);
  frontier.subtrees_.resize(static_cast<std::size_t>(std::popcount(frontier.size_)));
  if (bytes.size() != frontier.subtrees_.size() * sizeof(Sha256Digest)) {
    return absl::DataLossError(
        absl::StrFormat("frontier: %d bytes of hashes for size %d", bytes.size(), frontier.size_));
  }
  for (Sha256Digest& subtree : frontier.subtrees_) {
    const base::ByteSpan hash = base::AsBytes(bytes.substr(0, subtree.size()));
    std::copy(hash.begin(), hash.end(), subtree.begin());
    bytes.remove_prefix(subtree.size());
  }
  return frontier;
}

absl::Status VerifyInclusion(std::uint64_t index, std::uint64_t size, const Sha256Digest& leaf_hash,
                             std::span<const Sha256Digest> proof, const Sha256Digest& root) {
  constexpr std::string_view kKind = "inclusion";
  if (index >= size) {
    return Refuse(kKind, absl::StrFormat("index %d is not below size %d", index, size));
  }
  if (absl::Status status = CheckLength(kKind, proof.size()); !status.ok()) return status;
  Climb climb{index, size - 1};
  Sha256Digest computed = leaf_hash;
  for (const Sha256Digest& sibling : proof) {
    if (climb.at_root()) return Refuse(kKind, "too long");
    if (climb.sibling_is_left()) {
      computed = NodeHash(sibling, computed);
      climb.SkipLevelsWithoutSibling();
    } else {
      computed = NodeHash(computed, sibling);
    }
    climb.Up();
  }
  if (!climb.at_root()) return Refuse(kKind, "too short");
  if (computed != root) return Refuse(kKind, "leads to another root");
  return absl::OkStatus();
}

absl::Status VerifyConsistency(std::uint64_t size1, std::uint64_t size2, const Sha256Digest& root1,
                               const Sha256Digest& root2, std::span<const Sha256Digest> proof) {
  constexpr std::string_view kKind = "consistency";
  if (size1 == 0) return Refuse(kKind, "the older tree is empty");
  if (size1 > size2) {
    return Refuse(kKind, absl::StrFormat("size %d is larger than %d", size1, size2));
  }
  if (size1 == size2) {
    if (!proof.empty()) return Refuse(kKind, "not empty between trees of one size");
    if (root1 != root2) return Refuse(kKind, "two roots for one size");
    return absl::OkStatus();
  }
  if (proof.empty()) return Refuse(kKind, "empty between trees of different sizes");
  if (absl::Status status = CheckLength(kKind, proof.size()); !status.ok()) return status;

  Climb climb{size1 - 1, size2 - 1};
  while ((climb.node & 1) == 1) climb.Up();
  // An older tree that is one perfect subtree starts the climb itself; otherwise the proof names
  // its last perfect subtree.
  Sha256Digest first = root1;
  if (!std::has_single_bit(size1)) {
    first = proof.front();
    proof = proof.subspan(1);
  }
  Sha256Digest older = first;
  Sha256Digest newer = first;
  for (const Sha256Digest& sibling : proof) {
    if (climb.at_root()) return Refuse(kKind, "too long");
    if (climb.sibling_is_left()) {
      older = NodeHash(sibling, older);
      newer = NodeHash(sibling, newer);
      climb.SkipLevelsWithoutSibling();
    } else {
      newer = NodeHash(newer, sibling);
    }
    climb.Up();
  }
  if (!climb.at_root()) return Refuse(kKind, "too short");
  if (older != root1) return Refuse(kKind, "leads to another older root");
  if (newer != root2) return Refuse(kKind, "leads to another newer root");
  return absl::OkStatus();
}

HashReader ReadLeaves(std::span<const Sha256Digest> leaves) {
  return [leaves](int height, std::uint64_t subtree_index) -> absl::StatusOr<Sha256Digest> {
    const std::uint64_t width = height < 63 ? std::uint64_t{1} << height : 0;
    if (width == 0 || subtree_index >= leaves.size() / width) {
      return absl::OutOfRangeError(
          absl::StrFormat("no subtree of height %d at %d", height, subtree_index));
    }
    const auto own = leaves.subspan(subtree_index * width, width);
    std::vector<Sha256Digest> row(own.begin(), own.end());
    for (; row.size() > 1; row.resize(row.size() / 2)) {
      for (std::size_t i = 0; i < row.size() / 2; ++i) {
        row[i] = NodeHash(row[2 * i], row[2 * i + 1]);
      }
    }
    return row.front();
  };
}

absl::StatusOr<Sha256Digest> RootFrom(std::uint64_t size, const HashReader& read) {
  PM_RETURN_IF_ERROR(CheckSize("root", size));
  if (size == 0) return EmptyRoot();
  return HashOf({0, size}, read);
}

absl::StatusOr<std::vector<Sha256Digest>> BuildInclusionProof(std::uint64_t index,
                                                              std::uint64_t size,
                                                              const HashReader& read) {
  PM_RETURN_IF_ERROR(CheckSize("inclusion proof", size));
  if (index >= size) {
    return Refuse("inclusion", absl::StrFormat("index %d is not below size %d", index, size));
  }
  // From the root down: at each split the side without the leaf is proof.
  std::vector<Sha256Digest> proof;
  for (Range tree{0, size}; tree.leaves() > 1;) {
    const Range left{tree.begin, tree.split()};
    const Range right{tree.split(), tree.end};
    const bool is_left = index < left.end;
    PM_ASSIGN_OR_RETURN(proof.emplace_back(), HashOf(is_left ? right : left, read));
    tree = is_left ? left : right;
  }
  std::ranges::reverse(proof);
  return proof;
}

absl::StatusOr<std::vector<Sha256Digest>> BuildConsistencyProof(std::uint64_t size1,
                                                                std::uint64_t size2,
                                                                const HashReader& read) {
  PM_RETURN_IF_ERROR(CheckSize("consistency proof", size2));
  if (size1 == 0) return Refuse("consistency", "the older tree is empty");
  if (size1 > size2) {
    return Refuse("consistency", absl::StrFormat("size %d is larger than %d", size1, size2));
  }
  // From the root down to the last perfect subtree of the older tree. Its hash is proof, too,
  // unless it is all of the older tree, whose root the verifier has.
  std::vector<Sha256Digest> proof;
  Range tree{0, size2};
  while (tree.end != size1) {
    const Range left{tree.begin, tree.split()};
    const Range right{tree.split(), tree.end};
    const bool is_left = size1 <= left.end;
    PM_ASSIGN_OR_RETURN(proof.emplace_back(), HashOf(is_left ? right : left, read));
    tree = is_left ? left : right;
  }
  if (tree.begin != 0) {
    PM_ASSIGN_OR_RETURN(proof.emplace_back(), HashOf(tree, read));
  }
  std::ranges::reverse(proof);
  return proof;
}

}  // namespace proofmark::crypto
