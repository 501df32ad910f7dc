// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/merkle.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"

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

Sha256Digest Frontier::Root() const {
  if (subtrees_.empty()) return EmptyRoot();
  Sha256Digest root = subtrees_.back();
  for (auto left = subtrees_.rbegin() + 1; left != subtrees_.rend(); ++left) {
    root = NodeHash(*left, root);
  }
  return root;
}

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

}  // namespace proofmark::crypto
