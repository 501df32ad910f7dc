// SPDX-License-Identifier: Apache-2.0
// The builders of proofs and roots, against the definition, the vectors and the verifiers.
#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/tlog/merkle.h"
#include "gtest/gtest.h"
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
using Json = nlohmann::json;
using Proof = std::vector<Sha256Digest>;

constexpr std::size_t kLeavesMax = 600;

std::vector<std::string> Hex(const Proof& proof) {
  std::vector<std::string> hex;
  for (const Sha256Digest& hash : proof) hex.push_back(base::ToHex(hash));
  return hex;
}

// Trees of this test share their leaves; each size is a prefix.
const std::vector<Sha256Digest>& AllLeaves() {
  static const std::vector<Sha256Digest> leaves = SomeLeaves(kLeavesMax);
  return leaves;
}

HashReader Reader() { return ReadLeaves(AllLeaves()); }

// Some other value of one of the proof's bits; `proof` must not be empty.
Proof WithOneBitChanged(Proof proof, std::mt19937_64& random) {
  Sha256Digest& hash = proof[random() % proof.size()];
  hash = Flipped(hash, random() % 256);
  return proof;
}

TEST(ProofBuilderVectorTest, WritesEveryProofOfTheReferenceTree) {
  PM_REQUIRE_SHARED_DATA();
  const Json tree = Vectors("merkle_reference_tree.json");
  std::vector<Sha256Digest> leaves;
  for (const Json& leaf : tree["leaves_hex"]) {
    leaves.push_back(LeafHash(base::ParseHex(leaf.get<std::string>()).value()));
  }
  const HashReader read = ReadLeaves(leaves);
  int roots = 0;
  int inclusion = 0;
  int consistency = 0;

  for (std::size_t size = 0; size < tree["roots_by_size"].size(); ++size, ++roots) {
    const absl::StatusOr<Sha256Digest> root = RootFrom(size, read);
    ASSERT_THAT(root, IsOk());
    EXPECT_EQ(base::ToHex(*root), tree["roots_by_size"][size].get<std::string>());
  }
  for (const Json& c : tree["inclusion"]) {
    const absl::StatusOr<Proof> proof = BuildInclusionProof(c["index"], c["size"], read);
    ASSERT_THAT(proof, IsOk());
    EXPECT_EQ(Hex(*proof), c["proof"].get<std::vector<std::string>>());
    ++inclusion;
  }
  for (const Json& c : tree["consistency"]) {
    const absl::StatusOr<Proof> proof = BuildConsistencyProof(c["from"], c["to"], read);
    ASSERT_THAT(proof, IsOk());
    EXPECT_EQ(Hex(*proof), c["proof"].get<std::vector<std::string>>());
    ++consistency;
  }
  EXPECT_EQ(roots, 9);
  EXPECT_EQ(inclusion, 36);
  EXPECT_EQ(consistency, 36);
}

TEST(RootFromTest, IsTheFrontiersAndTheDefinitionsAtEverySize) {
  Frontier frontier;
  for (std::size_t size = 0; size <= kLeavesMax; ++size) {
    const absl::StatusOr<Sha256Digest> root = RootFrom(size, Reader());
    ASSERT_THAT(root, IsOk());
    ASSERT_EQ(*root, frontier.Root()) << size;
    if (size % 37 == 0) ASSERT_EQ(*root, ReferenceRoot(Leaves(AllLeaves()).first(size))) << size;
    if (size < kLeavesMax) frontier.Append(AllLeaves()[size]);
  }
}

TEST(BuildInclusionProofTest, IsTheDefinitionsForEveryLeafOfEveryTreeUpTo65) {
  for (std::size_t size = 1; size <= 65; ++size) {
    const Leaves tree = Leaves(AllLeaves()).first(size);
    for (std::size_t index = 0; index < size; ++index) {
      const absl::StatusOr<Proof> proof = BuildInclusionProof(index, size, Reader());
      ASSERT_THAT(proof, IsOk());
      ASSERT_EQ(*proof, ReferenceInclusion(index, tree)) << index << " of " << size;
    }
  }
}

TEST(BuildConsistencyProofTest, IsTheDefinitionsForEveryPairUpTo65) {
  for (std::size_t size2 = 1; size2 <= 65; ++size2) {
    const Leaves newer = Leaves(AllLeaves()).first(size2);
    for (std::size_t size1 = 1; size1 <= size2; ++size1) {
      const absl::StatusOr<Proof> proof = BuildConsistencyProof(size1, size2, Reader());
      ASSERT_THAT(proof, IsOk());
      ASSERT_EQ(*proof, ReferenceConsistency(size1, newer)) << size1 << " to " << size2;
    }
  }
}

TEST(ProofBuilderTest, IsVerifiedForRandomTreesAndNoLongerAfterOneBitChanges) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 1500; ++round) {
    const std::size_t size = 1 + random() % kLeavesMax;
    const std::size_t index = random() % size;
    const std::size_t older = 1 + random() % size;
    SCOPED_TRACE(std::to_string(index) + ", " + std::to_string(older) + " of " +
                 std::to_string(size));
    const Sha256Digest leaf = AllLeaves()[index];
    const Sha256Digest root = RootFrom(size, Reader()).value();
    const Sha256Digest old_root = RootFrom(older, Reader()).value();
    const Sha256Digest bad_leaf = Flipped(leaf, random() % 256);
    const Sha256Digest bad_root = Flipped(root, random() % 256);

    const Proof inclusion = BuildInclusionProof(index, size, Reader()).value();
    ASSERT_THAT(VerifyInclusion(index, size, leaf, inclusion, root), IsOk());
    ASSERT_FALSE(VerifyInclusion(index, size, bad_leaf, inclusion, root).ok());
    ASSERT_FALSE(VerifyInclusion(index, size, leaf, inclusion, bad_root).ok());
    if (!inclusion.empty()) {
      const Proof bad = WithOneBitChanged(inclusion, random);
      ASSERT_FALSE(VerifyInclusion(index, size, leaf, bad, root).ok());
    }

    const Proof consistency = BuildConsistencyProof(older, size, Reader()).value();
    ASSERT_THAT(VerifyConsistency(older, size, old_root, root, consistency), IsOk());
    ASSERT_FALSE(VerifyConsistency(older, size, old_root, bad_root, consistency).ok());
    ASSERT_FALSE(
        VerifyConsistency(older, size, Flipped(old_root, random() % 256), root, consistency).ok());
    if (!consistency.empty()) {
      const Proof bad = WithOneBitChanged(consistency, random);
      ASSERT_FALSE(VerifyConsistency(older, size, old_root, root, bad).ok());
    }
  }
}

// A reader that has no leaves but makes every hash up: only the count of reads matters.
TEST(ProofBuilderTest, ReadsAFewHashesEvenOfTheLargestTree) {
  int reads = 0;
  const HashReader read = [&reads](int height,
                                   std::uint64_t index) -> absl::StatusOr<Sha256Digest> {
    EXPECT_LE(height, 62);
    EXPECT_LT(index, kTreeSizeMax >> height);
    ++reads;
    return LeafHash(std::to_string(height) + " " + std::to_string(index));
  };
  const std::uint64_t odd = 0x5555'5555'5555'5555;

  ASSERT_THAT(RootFrom(kTreeSizeMax, read), IsOk());
  EXPECT_EQ(std::exchange(reads, 0), 63);
  for (const std::uint64_t index : {std::uint64_t{0}, odd, kTreeSizeMax - 1}) {
    const absl::StatusOr<Proof> proof = BuildInclusionProof(index, kTreeSizeMax, read);
    ASSERT_THAT(proof, IsOk());
    EXPECT_LE(proof->size(), kProofHashesMax);
    EXPECT_LE(std::exchange(reads, 0), 126);
  }
  for (const std::uint64_t older : {std::uint64_t{1}, odd, kTreeSizeMax - 1}) {
    const absl::StatusOr<Proof> proof = BuildConsistencyProof(older, kTreeSizeMax, read);
    ASSERT_THAT(proof, IsOk());
    EXPECT_LE(proof->size(), kProofHashesMax);
    EXPECT_LE(std::exchange(reads, 0), 126);
  }
}

TEST(ProofBuilderTest, RefusesWhatNoTreeHas) {
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(BuildInclusionProof(5, 5, Reader()), invalid);
  EXPECT_THAT(BuildInclusionProof(0, 0, Reader()), invalid);
  EXPECT_THAT(BuildInclusionProof(0, kTreeSizeMax + 1, Reader()), invalid);
  EXPECT_THAT(BuildConsistencyProof(0, 5, Reader()), invalid);
  EXPECT_THAT(BuildConsistencyProof(6, 5, Reader()), invalid);
  EXPECT_THAT(BuildConsistencyProof(1, kTreeSizeMax + 1, Reader()), invalid);
  EXPECT_THAT(RootFrom(kTreeSizeMax + 1, Reader()), invalid);
}

TEST(ProofBuilderTest, PassesOnWhatItsReaderReports) {
  const auto out_of_range = StatusIs(absl::StatusCode::kOutOfRange);
  const std::vector<Sha256Digest> few = SomeLeaves(7);
  EXPECT_THAT(RootFrom(8, ReadLeaves(few)), out_of_range);
  EXPECT_THAT(BuildInclusionProof(0, 9, ReadLeaves(few)), out_of_range);
  EXPECT_THAT(BuildConsistencyProof(3, 9, ReadLeaves(few)), out_of_range);
}

}  // namespace
}  // namespace proofmark::crypto
