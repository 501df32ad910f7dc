// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/witness.h"

#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/crypto/tlog/log_vectors.h"
#include "tests/unit/crypto/tlog/reference_tree.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SigningKeyOf;
using ::proofmark::testing::SomeLeaves;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::Vectors;
using ::proofmark::testing::VerifierKeyOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;
using Status = AddCheckpointStatus;

constexpr std::int64_t kNow_s = 1'795'000'100;

TEST(WitnessVectorTest, AnswersEveryRequestInItsOrder) {
  PM_REQUIRE_SHARED_DATA();
  const Json vectors = Vectors("witness_add_checkpoint.json");
  const Json& keys = vectors["keys"];
  const NoteVerifierKey log_key = VerifierKeyOf(keys[vectors["known_log"].get<std::string>()]);
  const Json& witness = keys[vectors["witness"].get<std::string>()];
  WitnessedLog log{log_key.name, {log_key}, {}};
  std::map<int, int> answers;

  for (const Json& c : vectors["sequence"]) {
    const std::string body = c["body"];
    SCOPED_TRACE(body);
    const absl::StatusOr<AddCheckpointRequest> request = ParseAddCheckpoint(body);
    ASSERT_THAT(request, IsOk());
    EXPECT_EQ(FormatAddCheckpoint(request->old_size, request->consistency, request->note).value(),
              body);
    const bool known = request->checkpoint.origin == log.origin;
    const WitnessedTree before = log.last;
    const AddCheckpointDecision decision =
        DecideAddCheckpoint(*request, known ? &log : nullptr, kNow_s);

    EXPECT_EQ(static_cast<int>(decision.status), c["status"]);
    ++answers[static_cast<int>(decision.status)];
    if (c.contains("response")) EXPECT_EQ(decision.ErrorBody(), c["response"]);
    if (decision.status != Status::kOk) {
      if (known) EXPECT_EQ(decision.next, before);
      EXPECT_FALSE(decision.words.empty());
      continue;
    }
    log.last = decision.next;
    // What the witness then answers opens for the log that asked.
    SignedNote note = request->note;
    const std::string line = FormatSignatureLine(
        CosignNoteText(note.text, witness["name"].get<std::string>(), SigningKeyOf(witness), kNow_s)
            .value());
    note.signatures.push_back(ParseSignatureLines(line).value()[0]);
    const auto opened = OpenCheckpoint(note, std::vector{log_key, VerifierKeyOf(witness)}, kNow_s);
    ASSERT_THAT(opened, IsOk());
    EXPECT_EQ(opened->cosigners.size(), 1u);
  }
  EXPECT_EQ(answers,
            (std::map<int, int>{{200, 4}, {400, 1}, {403, 1}, {404, 1}, {409, 2}, {422, 2}}));
}

class WitnessTest : public ::testing::Test {
 protected:
  static constexpr char kOrigin[] = "alpha.example/proofmark/node-1/log";

  Checkpoint TreeOf(std::uint64_t size) const {
    return {kOrigin, size, RootFrom(size, ReadLeaves(leaves_)).value()};
  }
  std::vector<Sha256Digest> Proof(std::uint64_t from, std::uint64_t to) const {
    return BuildConsistencyProof(from, to, ReadLeaves(leaves_)).value();
  }
  AddCheckpointDecision Decide(std::uint64_t old_size, const std::vector<Sha256Digest>& proof,
                               const Checkpoint& checkpoint) const {
    const std::string body =
        FormatAddCheckpoint(old_size, proof, SignCheckpoint(checkpoint, key_).value()).value();
    return DecideAddCheckpoint(ParseAddCheckpoint(body).value(), &log_, kNow_s);
  }

  SeededRandom random_{21};
  const SigningKey key_ = SigningKey::Generate(random_);
  const std::vector<Sha256Digest> leaves_ = SomeLeaves(40);
  WitnessedLog log_{kOrigin,
                    {MakeVerifierKey(kOrigin, NoteKeyType::kNote, key_.verifying_key()).value()},
                    {20, RootFrom(20, ReadLeaves(leaves_)).value()}};
};

TEST_F(WitnessTest, FollowsALogFromItsEmptyTree) {
  log_.last = {};
  for (const auto& [old_size, size] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {0, 0}, {0, 1}, {1, 1}, {1, 20}, {20, 33}, {33, 40}}) {
    const AddCheckpointDecision decision =
        Decide(old_size, old_size == 0 ? std::vector<Sha256Digest>{} : Proof(old_size, size),
               TreeOf(size));
    ASSERT_EQ(decision.status, Status::kOk) << decision.words;
    EXPECT_EQ(decision.misconduct, LogMisconduct::kNone);
    EXPECT_EQ(decision.next, (WitnessedTree{size, TreeOf(size).root}));
    log_.last = decision.next;
  }
}

TEST_F(WitnessTest, NeverGoesBack) {
  EXPECT_EQ(Decide(10, Proof(10, 30), TreeOf(30)).status, Status::kConflict);
  EXPECT_EQ(Decide(20, {}, TreeOf(10)).status, Status::kBadRequest);
  EXPECT_EQ(Decide(10, {}, TreeOf(10)).status, Status::kConflict);
  EXPECT_EQ(Decide(10, {}, TreeOf(10)).ErrorBody(), "20\n");
  EXPECT_EQ(Decide(0, {}, TreeOf(0)).status, Status::kConflict);
}

TEST_F(WitnessTest, ReportsTwoRootsForOneSizeWhateverItAnswers) {
  Checkpoint fork = TreeOf(20);
  fork.root = LeafHash("another history");
  for (const auto& [old_size, status] : std::map<std::uint64_t, Status>{
           {20, Status::kUnprocessable}, {0, Status::kConflict}, {21, Status::kBadRequest}}) {
    const AddCheckpointDecision decision = Decide(old_size, {}, fork);
    EXPECT_EQ(decision.status, status);
    EXPECT_EQ(decision.misconduct, LogMisconduct::kProven);
    EXPECT_EQ(decision.next, log_.last);
  }
  log_.last = {};
  fork.size = 0;
  EXPECT_EQ(Decide(0, {}, fork).status, Status::kUnprocessable);
  EXPECT_EQ(Decide(0, {}, fork).misconduct, LogMisconduct::kProven);
}

TEST_F(WitnessTest, SuspectsALogWhoseProofFails) {
  std::vector<Sha256Digest> proof = Proof(20, 33);
  proof[1] = testing::Flipped(proof[1]);
  const AddCheckpointDecision decision = Decide(20, proof, TreeOf(33));
  EXPECT_EQ(decision.status, Status::kUnprocessable);
  EXPECT_EQ(decision.misconduct, LogMisconduct::kSuspected);
  EXPECT_EQ(Decide(20, {}, TreeOf(33)).status, Status::kUnprocessable);
  EXPECT_EQ(Decide(20, Proof(20, 33), TreeOf(20)).status, Status::kUnprocessable);
  log_.last = {};
  EXPECT_EQ(Decide(0, Proof(1, 33), TreeOf(33)).status, Status::kUnprocessable);
}

TEST_F(WitnessTest, AccusesNobodyWithoutALogsSignature) {
  Checkpoint fork = TreeOf(20);
  fork.root = LeafHash("another history");
  SignedNote note = SignCheckpoint(fork, key_).value();
  note.signatures[0].signature.back() ^= 1;
  const std::string body = FormatAddCheckpoint(20, {}, note).value();
  const AddCheckpointDecision decision =
      DecideAddCheckpoint(ParseAddCheckpoint(body).value(), &log_, kNow_s);
  EXPECT_EQ(decision.status, Status::kForbidden);
  EXPECT_EQ(decision.misconduct, LogMisconduct::kNone);
}

TEST_F(WitnessTest, RefusesEveryOtherShape) {
  const std::string body =
      FormatAddCheckpoint(20, Proof(20, 33), SignCheckpoint(TreeOf(33), key_).value()).value();
  ASSERT_THAT(ParseAddCheckpoint(body), IsOk());
  const std::string rest = body.substr(body.find('\n'));
  const std::string note = body.substr(body.find("\n\n") + 2);
  std::string many;
  for (std::size_t i = 0; i < kProofHashesMax + 1; ++i) {
    many += base::ToBase64(EmptyRoot()) + "\n";
  }
  for (const std::string& bad :
       {std::string(), "old" + rest, "old " + rest, "old 020" + rest, "old -1" + rest,
        "old +20" + rest, "old 9223372036854775808" + rest, "Old 20" + rest, "old 20 " + rest,
        "old 20\n" + note, "old 20\nAAAA\n\n" + note, "old 20\n" + many + "\n" + note,
        "old 20\n\n\n" + note, "old 20\n\n", std::string("old 20\n"), "old 20\r\n\r\n" + note,
        body.substr(0, body.size() - 1), body + "x",
        body + std::string(kAddCheckpointBytesMax, 'x')}) {
    EXPECT_THAT(ParseAddCheckpoint(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(WitnessedOriginFolderTest, IsTheOriginsHash) {
  EXPECT_EQ(WitnessedOriginFolder(""), base::ToHex(EmptyRoot()));
  EXPECT_EQ(WitnessedOriginFolder("a").size(), 64u);
}

}  // namespace
}  // namespace proofmark::crypto
