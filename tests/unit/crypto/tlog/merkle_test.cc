// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/merkle.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/status_matchers.h"
#include "tests/unit/crypto/tlog/log_vectors.h"
#include "tests/unit/crypto/tlog/reference_tree.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::Flipped;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::Leaves;
using ::proofmark::testing::ReferenceConsistency;
using ::proofmark::testing::ReferenceInclusion;
using ::proofmark::testing::ReferenceRoot;
using ::proofmark::testing::SomeLeaves;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::Vectors;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// ---- Vectors ----

std::optional<Sha256Digest> DigestOf(const std::string& bytes) {
  Sha256Digest digest;
  if (bytes.size() != digest.size()) return std::nullopt;
  std::ranges::copy(base::AsBytes(bytes), digest.begin());
  return digest;
}

Sha256Digest FromHex(const Json& hex) { return *DigestOf(*base::ParseHex(hex.get<std::string>())); }

std::vector<Sha256Digest> FromHexList(const Json& list) {
  std::vector<Sha256Digest> digests;
  for (const Json& hex : list) digests.push_back(FromHex(hex));
  return digests;
}

std::optional<Sha256Digest> FromBase64(const Json& text) {
  return DigestOf(*base::ParseBase64(text.get<std::string>()));
}

// The whole proof, or nothing if one of its hashes is not 32 bytes long.
std::optional<std::vector<Sha256Digest>> ProofOf(const Json& list) {
  std::vector<Sha256Digest> proof;
  if (list.is_null()) return proof;
  for (const Json& text : list) {
    const std::optional<Sha256Digest> digest = FromBase64(text);
    if (!digest) return std::nullopt;
    proof.push_back(*digest);
  }
  return proof;
}

struct Tally {
  int accepted = 0;
  int rejected = 0;
  int unrepresentable = 0;  // Must be rejected, and is by its lengths: no digest can hold it.
  int skipped = 0;          // Wants acceptance of what a digest cannot hold.
};

TEST(MerkleVectorTest, HashesTheReferenceTree) {
  PM_REQUIRE_SHARED_DATA();
  const Json tree = Vectors("merkle_reference_tree.json");

  EXPECT_EQ(EmptyRoot(), FromHex(tree["hasher"][0]["hash"]));
  EXPECT_EQ(LeafHash(""), FromHex(tree["hasher"][1]["hash"]));
  EXPECT_EQ(LeafHash("L123456"), FromHex(tree["hasher"][2]["hash"]));
  Frontier frontier;
  ASSERT_EQ(tree["leaves_hex"].size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(frontier.Root(), FromHex(tree["roots_by_size"][i]));
    const Sha256Digest leaf = LeafHash(*base::ParseHex(tree["leaves_hex"][i].get<std::string>()));
    EXPECT_EQ(leaf, FromHex(tree["leaf_hashes"][i]));
    frontier.Append(leaf);
  }
  EXPECT_EQ(frontier.Root(), FromHex(tree["roots_by_size"][8]));
}

TEST(MerkleVectorTest, AcceptsEveryProofOfTheReferenceTree) {
  PM_REQUIRE_SHARED_DATA();
  const Json tree = Vectors("merkle_reference_tree.json");
  int inclusion = 0;
  int consistency = 0;

  for (const Json& c : tree["inclusion"]) {
    const std::size_t index = c["index"];
    const std::size_t size = c["size"];
    EXPECT_THAT(VerifyInclusion(index, size, FromHex(tree["leaf_hashes"][index]),
                                FromHexList(c["proof"]), FromHex(tree["roots_by_size"][size])),
                IsOk());
    ++inclusion;
  }
  for (const Json& c : tree["consistency"]) {
    const std::size_t from = c["from"];
    const std::size_t to = c["to"];
    EXPECT_THAT(VerifyConsistency(from, to, FromHex(tree["roots_by_size"][from]),
                                  FromHex(tree["roots_by_size"][to]), FromHexList(c["proof"])),
                IsOk());
    ++consistency;
  }
  EXPECT_EQ(inclusion, 36);
  EXPECT_EQ(consistency, 36);
}

TEST(MerkleVectorTest, JudgesEveryInclusionProbe) {
  PM_REQUIRE_SHARED_DATA();
  Tally tally;
  const Json vectors = Vectors("merkle_inclusion.json");

  for (const Json& c : vectors["cases"]) {
    SCOPED_TRACE(c["case"].get<std::string>());
    const bool want_error = c["wantErr"];
    const std::optional<Sha256Digest> root = FromBase64(c["root"]);
    const std::optional<Sha256Digest> leaf = FromBase64(c["leafHash"]);
    const std::optional<std::vector<Sha256Digest>> proof = ProofOf(c["proof"]);
    if (!root || !leaf || !proof) {
      ++(want_error ? tally.unrepresentable : tally.skipped);
      continue;
    }
    const absl::Status status = VerifyInclusion(c["leafIdx"], c["treeSize"], *leaf, *proof, *root);
    EXPECT_EQ(status.ok(), !want_error) << status;
    ++(want_error ? tally.rejected : tally.accepted);
  }
  EXPECT_EQ(tally.accepted, 3);
  EXPECT_EQ(tally.rejected, 32);
  EXPECT_EQ(tally.unrepresentable, 12);
  EXPECT_EQ(tally.skipped, 0);
}

TEST(MerkleVectorTest, JudgesEveryConsistencyProbe) {
  PM_REQUIRE_SHARED_DATA();
  Tally tally;
  const Json vectors = Vectors("merkle_consistency.json");

  for (const Json& c : vectors["cases"]) {
    SCOPED_TRACE(c["case"].get<std::string>());
    const bool want_error = c["wantErr"];
    const std::optional<Sha256Digest> root1 = FromBase64(c["root1"]);
    const std::optional<Sha256Digest> root2 = FromBase64(c["root2"]);
    const std::optional<std::vector<Sha256Digest>> proof = ProofOf(c["proof"]);
    if (!root1 || !root2 || !proof) {
      ++(want_error ? tally.unrepresentable : tally.skipped);
      if (!want_error) std::printf("skipped: %s\n", c["case"].get<std::string>().c_str());
      continue;
    }
    const absl::Status status = VerifyConsistency(c["size1"], c["size2"], *root1, *root2, *proof);
    EXPECT_EQ(status.ok(), !want_error) << status;
    ++(want_error ? tally.rejected : tally.accepted);
  }
  EXPECT_EQ(tally.accepted, 2);
  EXPECT_EQ(tally.rejected, 41);
  EXPECT_EQ(tally.unrepresentable, 9);
  EXPECT_EQ(tally.skipped, 1);
}

// ---- Frontier ----

TEST(FrontierTest, HasTheRootOfTheDefinitionAtEverySize) {
  const std::vector<Sha256Digest> leaves = SomeLeaves(130);
  Frontier frontier;

  for (std::size_t size = 0; size <= leaves.size(); ++size) {
    ASSERT_EQ(frontier.size(), size);
    ASSERT_EQ(frontier.Root(), ReferenceRoot(Leaves(leaves).first(size))) << size;
    if (size < leaves.size()) frontier.Append(leaves[size]);
  }
}

TEST(FrontierTest, GoesOnAfterBeingStoredAndRead) {
  const std::vector<Sha256Digest> leaves = SomeLeaves(70);
  Frontier frontier;

  for (const Sha256Digest& leaf : leaves) {
    const absl::StatusOr<Frontier> read = Frontier::Parse(frontier.Serialize());
    ASSERT_THAT(read, IsOk());
    ASSERT_EQ(*read, frontier);
    frontier = *read;
    frontier.Append(leaf);
  }
  EXPECT_EQ(frontier.Root(), ReferenceRoot(leaves));
}

TEST(FrontierTest, RefusesBytesOfAnotherLengthOrAnImpossibleSize) {
  Frontier frontier;
  for (const Sha256Digest& leaf : SomeLeaves(5)) frontier.Append(leaf);
  const std::string bytes = frontier.Serialize();

  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(Frontier::Parse(bytes.substr(0, size)), StatusIs(absl::StatusCode::kDataLoss));
  }
  EXPECT_THAT(Frontier::Parse(bytes + "x"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Frontier::Parse(std::string("\x80\0\0\0\0\0\0\0", 8) + std::string(32, 'h')),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("size")));
}

// ---- Verifiers against the definition, and their negative space ----

TEST(InclusionProofTest, AcceptsEveryLeafOfEveryTreeUpTo65) {
  const std::vector<Sha256Digest> leaves = SomeLeaves(65);
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    const Leaves tree = Leaves(leaves).first(size);
    const Sha256Digest root = ReferenceRoot(tree);
    for (std::size_t index = 0; index < size; ++index) {
      ASSERT_THAT(
          VerifyInclusion(index, size, leaves[index], ReferenceInclusion(index, tree), root),
          IsOk())
          << index << " of " << size;
    }
  }
}

TEST(InclusionProofTest, RejectsEveryNeighbourOfAValidProof) {
  const std::vector<Sha256Digest> leaves = SomeLeaves(13);
  const Sha256Digest root = ReferenceRoot(leaves);
  for (std::size_t index = 0; index < leaves.size(); ++index) {
    SCOPED_TRACE(index);
    const std::vector<Sha256Digest> proof = ReferenceInclusion(index, leaves);
    const auto rejects = [&](std::uint64_t i, std::uint64_t n, const Sha256Digest& leaf,
                             std::span<const Sha256Digest> p, const Sha256Digest& r) {
      EXPECT_THAT(VerifyInclusion(i, n, leaf, p, r), StatusIs(absl::StatusCode::kInvalidArgument));
    };

    for (std::size_t other = 0; other < leaves.size(); ++other) {
      if (other != index) rejects(other, 13, leaves[index], proof, root);
    }
    rejects(13, 13, leaves[index], proof, root);
    rejects(index, 0, leaves[index], proof, root);
    rejects(index, 13, Flipped(leaves[index]), proof, root);
    rejects(index, 13, leaves[index], proof, Flipped(root));
    rejects(index, 13, leaves[index], std::span(proof).first(proof.size() - 1), root);
    rejects(index, 13, leaves[index], std::span(proof).subspan(1), root);
    std::vector<Sha256Digest> longer = proof;
    longer.push_back(root);
    rejects(index, 13, leaves[index], longer, root);
    for (std::size_t at = 0; at < proof.size(); ++at) {
      std::vector<Sha256Digest> damaged = proof;
      damaged[at] = Flipped(damaged[at]);
      rejects(index, 13, leaves[index], damaged, root);
    }
  }
}

TEST(InclusionProofTest, RejectsMoreHashesThanAnyTreeNeeds) {
  const std::vector<Sha256Digest> proof(kProofHashesMax + 1);
  EXPECT_THAT(VerifyInclusion(0, kTreeSizeMax, EmptyRoot(), proof, EmptyRoot()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than 63")));
  EXPECT_THAT(VerifyConsistency(1, kTreeSizeMax, EmptyRoot(), EmptyRoot(), proof),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than 63")));
}

TEST(ConsistencyProofTest, AcceptsEveryPairOfTreesUpTo40) {
  const std::vector<Sha256Digest> leaves = SomeLeaves(40);
  for (std::size_t size2 = 1; size2 <= leaves.size(); ++size2) {
    const Leaves newer = Leaves(leaves).first(size2);
    for (std::size_t size1 = 1; size1 <= size2; ++size1) {
      ASSERT_THAT(VerifyConsistency(size1, size2, ReferenceRoot(newer.first(size1)),
                                    ReferenceRoot(newer), ReferenceConsistency(size1, newer)),
                  IsOk())
          << size1 << " to " << size2;
    }
  }
}

TEST(ConsistencyProofTest, RejectsEveryNeighbourOfAValidProof) {
  const std::vector<Sha256Digest> leaves = SomeLeaves(13);
  const Sha256Digest root2 = ReferenceRoot(leaves);
  const auto rejects = [](std::uint64_t n1, std::uint64_t n2, const Sha256Digest& r1,
                          const Sha256Digest& r2, std::span<const Sha256Digest> p) {
    EXPECT_THAT(VerifyConsistency(n1, n2, r1, r2, p), StatusIs(absl::StatusCode::kInvalidArgument));
  };
  for (std::size_t size1 = 1; size1 < 13; ++size1) {
    SCOPED_TRACE(size1);
    const Sha256Digest root1 = ReferenceRoot(Leaves(leaves).first(size1));
    const std::vector<Sha256Digest> proof = ReferenceConsistency(size1, leaves);

    rejects(0, 13, root1, root2, proof);
    rejects(14, 13, root1, root2, proof);
    rejects(size1 + 1, 13, root1, root2, proof);
    rejects(size1, 13, Flipped(root1), root2, proof);
    rejects(size1, 13, root1, Flipped(root2), proof);
    rejects(size1, 13, root2, root1, proof);
    rejects(size1, 13, root1, root2, {});
    rejects(size1, 13, root1, root2, std::span(proof).first(proof.size() - 1));
    std::vector<Sha256Digest> longer = proof;
    longer.push_back(root2);
    rejects(size1, 13, root1, root2, longer);
    for (std::size_t at = 0; at < proof.size(); ++at) {
      std::vector<Sha256Digest> damaged = proof;
      damaged[at] = Flipped(damaged[at]);
      rejects(size1, 13, root1, root2, damaged);
    }
  }
}

TEST(ConsistencyProofTest, BetweenEqualSizesWantsEqualRootsAndNoHashes) {
  const Sha256Digest root = LeafHash("a");

  EXPECT_THAT(VerifyConsistency(7, 7, root, root, {}), IsOk());
  EXPECT_THAT(VerifyConsistency(7, 7, root, Flipped(root), {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("two roots")));
  EXPECT_THAT(VerifyConsistency(7, 7, root, root, std::vector{root}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not empty")));
}

}  // namespace
}  // namespace proofmark::crypto
