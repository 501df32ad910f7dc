// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/tlog_proof.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/crypto/tlog/log_vectors.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SigningKeyOf;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::VectorEntries;
using ::proofmark::testing::Vectors;
using ::proofmark::testing::VerifierKeyOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr std::int64_t kVectorsNow_s = 1'795'000'100;

Policy PolicyOf(const Json& keys, std::size_t quorum) {
  const std::vector<NoteVerifierKey> logs = {VerifierKeyOf(keys["logA"])};
  const std::vector<NoteVerifierKey> witnesses = {VerifierKeyOf(keys["wB"]),
                                                  VerifierKeyOf(keys["wC"])};
  return Policy::Parse(FormatPolicy(logs, witnesses, quorum).value()).value();
}

TEST(TlogProofVectorTest, JudgesEveryProof) {
  PM_REQUIRE_SHARED_DATA();
  const Json vectors = Vectors("tlog_proof.json");
  int accepted = 0;
  int refused = 0;
  for (const Json& c : vectors["cases"]) {
    const std::string bytes = c["proof_file"];
    const absl::StatusOr<TlogProof> proof = ParseTlogProof(bytes);
    ASSERT_THAT(proof, IsOk());
    EXPECT_EQ(proof->index, c["index"]);
    EXPECT_EQ(FormatTlogProof(*proof).value(), bytes);
    const absl::StatusOr<VerifiedTlogProof> verified =
        VerifyTlogProof(*proof, c["entry_utf8"].get<std::string>(),
                        PolicyOf(vectors["keys"], c["quorum"]), kVectorsNow_s);
    EXPECT_EQ(verified.ok(), c["accept"].get<bool>()) << verified.status();
    ++(verified.ok() ? accepted : refused);
    if (verified.ok()) EXPECT_EQ(verified->verdict.words, "witnessed by 2 partners");
  }
  EXPECT_EQ(accepted, 2);
  EXPECT_EQ(refused, 2);
}

class TlogProofTest : public ::testing::Test {
 protected:
  void SetUp() override {
    PM_REQUIRE_SHARED_DATA();
    const Json vectors = Vectors("tlog_proof.json");
    keys_ = vectors["keys"];
    bytes_ = vectors["cases"][3]["proof_file"];  // With an extra line.
    entry_ = vectors["cases"][3]["entry_utf8"];
  }
  absl::Status Judge(const std::string& bytes, std::size_t quorum) const {
    const absl::StatusOr<TlogProof> proof = ParseTlogProof(bytes);
    if (!proof.ok()) return proof.status();
    return VerifyTlogProof(*proof, entry_, PolicyOf(keys_, quorum), kVectorsNow_s).status();
  }

  Json keys_;
  std::string bytes_;
  std::string entry_;
};

TEST_F(TlogProofTest, FailsAfterAnyBitChangesBelowTheExtraLine) {
  ASSERT_THAT(Judge(bytes_, 2), IsOk());
  const std::size_t first = bytes_.find("index");
  for (std::size_t bit = 8 * first; bit < 8 * bytes_.size(); ++bit) {
    std::string changed = bytes_;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(Judge(changed, 2).ok()) << "bit " << bit;
  }
}

TEST_F(TlogProofTest, TellsABadSignatureFromTooFewWitnesses) {
  std::string fewer = bytes_.substr(0, bytes_.rfind("\xE2\x80\x94"));
  EXPECT_THAT(Judge(fewer, 1), IsOk());
  EXPECT_THAT(Judge(fewer, 2), StatusIs(absl::StatusCode::kFailedPrecondition,
                                        HasSubstr("not witnessed: 1 of at least 2")));
  entry_ += "x";
  EXPECT_THAT(Judge(bytes_, 2), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("root")));
}

TEST_F(TlogProofTest, RefusesEveryOtherShape) {
  const auto with = [this](const std::string& from, const std::string& to) {
    std::string changed = bytes_;
    return changed.replace(changed.find(from), from.size(), to);
  };
  ASSERT_THAT(ParseTlogProof(bytes_), IsOk());
  ASSERT_THAT(ParseTlogProof(with("extra bGFiZWw=", "extra ")), IsOk());
  const std::string hash = base::ToBase64(EmptyRoot()) + "\n";
  std::string many;
  for (std::size_t i = 0; i < kProofHashesMax + 1; ++i) many += hash;
  for (const std::string& bad :
       {std::string(),
        with("proof@v1", "proof@v2"),
        with("extra ", "extra"),
        with("bGFiZWw=", "bGFiZWw"),
        with("extra bGFiZWw=\n", "extra bGFiZWw=\nextra bGFiZWw=\n"),
        with("bGFiZWw=", base::ToBase64(std::string(kTlogProofExtraBytesMax + 1, 'x'))),
        with("index 0\n", ""),
        with("index 0", "index 00"),
        with("index 0", "index -1"),
        with("index 0", "index"),
        with("index 0", "index 9223372036854775807"),
        with("index 0\n", "index 0\nAAAA\n"),
        with("index 0\n", "index 0\n\n"),
        with("index 0\n", "index 0\n" + many),
        with("\n\nnode-a", "\nnode-a"),
        bytes_.substr(0, bytes_.size() - 1),
        bytes_ + "\n",
        bytes_.substr(0, 30),
        with("v1\n", "v1\r\n"),
        bytes_ + std::string(kTlogProofBytesMax, 'x')}) {
    EXPECT_THAT(ParseTlogProof(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
  TlogProof proof = ParseTlogProof(bytes_).value();
  proof.inclusion.resize(kProofHashesMax + 1);
  EXPECT_THAT(FormatTlogProof(proof), StatusIs(absl::StatusCode::kInvalidArgument));
}

// A proof about the only entry of a log needs no hash: two empty-looking parts must not run
// together.
TEST_F(TlogProofTest, NeedsNoHashesForATreeOfOneEntry) {
  const std::string entry = VectorEntries(0, 1)[0];
  const Checkpoint checkpoint{keys_["logA"]["name"], 1, LeafHash(entry)};
  const SignedNote note = SignCheckpoint(checkpoint, SigningKeyOf(keys_["logA"])).value();
  const std::string bytes = FormatTlogProof({std::nullopt, 0, {}, FormatNote(note)}).value();
  const absl::StatusOr<TlogProof> proof = ParseTlogProof(bytes);
  ASSERT_THAT(proof, IsOk());
  const auto verified = VerifyTlogProof(*proof, entry, PolicyOf(keys_, 0), kVectorsNow_s);
  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->verdict.words, "unwitnessed by configuration");
}

}  // namespace
}  // namespace proofmark::crypto
