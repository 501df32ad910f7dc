// SPDX-License-Identifier: Apache-2.0
// The worked example of docs/formats/transparency-log.md, byte for byte: stored receipts must be
// read for ever. Keys come from the seeds 0x01.., 0x02.., 0x03.. and protect nothing.
#include <filesystem>
#include <string>
#include <vector>

#include "crypto/tlog/tlog_proof.h"
#include "gtest/gtest.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/crypto/tlog/log_vectors.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::OneSeed;

constexpr char kOrigin[] = "alpha.example/proofmark/node-1/log";
constexpr std::int64_t kTime_s = 1'800'000'000;

SigningKey KeyOfSeed(char byte) {
  OneSeed seed(std::string(32, byte));
  return SigningKey::Generate(seed);
}

std::string GoldenFile(const std::string& name) {
  return testing::ReadFileOrFail(std::filesystem::path(PROOFMARK_SOURCE_DIR) /
                                 "tests/vectors/tlog" / name);
}

struct Witness {
  std::string name;
  SigningKey key;
};

class GoldenTest : public ::testing::Test {
 protected:
  const SigningKey log_ = KeyOfSeed('\1');
  const Witness witnesses_[2] = {{"beta.example/proofmark/node-1/witness", KeyOfSeed('\2')},
                                 {"gamma.example/proofmark/node-1/witness", KeyOfSeed('\3')}};
};

TEST_F(GoldenTest, PolicyIsWrittenAsEver) {
  const std::vector<NoteVerifierKey> logs = {
      MakeVerifierKey(kOrigin, NoteKeyType::kNote, log_.verifying_key()).value()};
  std::vector<NoteVerifierKey> witnesses;
  for (const Witness& witness : witnesses_) {
    witnesses.push_back(
        MakeVerifierKey(witness.name, NoteKeyType::kCosignature, witness.key.verifying_key())
            .value());
  }
  EXPECT_EQ(FormatPolicy(logs, witnesses, 2).value(), GoldenFile("policy_v1.txt"));
}

TEST_F(GoldenTest, ProofFileIsWrittenAsEver) {
  const std::vector<Sha256Digest> leaves = {LeafHash("a"), LeafHash("b"), LeafHash("c")};
  const HashReader read = ReadLeaves(leaves);
  SignedNote note = SignCheckpoint({kOrigin, 3, RootFrom(3, read).value()}, log_).value();
  for (const Witness& witness : witnesses_) {
    note.signatures.push_back(
        CosignNoteText(note.text, witness.name, witness.key, kTime_s).value());
  }
  const TlogProof proof{std::nullopt, 1, BuildInclusionProof(1, 3, read).value(), FormatNote(note)};
  EXPECT_EQ(FormatTlogProof(proof).value(), GoldenFile("receipt_v1.tlog-proof"));
}

TEST_F(GoldenTest, ProofFileHoldsUnderThePolicy) {
  const absl::StatusOr<TlogProof> proof = ParseTlogProof(GoldenFile("receipt_v1.tlog-proof"));
  const absl::StatusOr<Policy> policy = Policy::Parse(GoldenFile("policy_v1.txt"));
  ASSERT_THAT(proof, IsOk());
  ASSERT_THAT(policy, IsOk());
  const auto verified = VerifyTlogProof(*proof, "b", *policy, kTime_s);
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->verdict.words, "witnessed by 2 partners");
  EXPECT_FALSE(VerifyTlogProof(*proof, "a", *policy, kTime_s).ok());
}

}  // namespace
}  // namespace proofmark::crypto
