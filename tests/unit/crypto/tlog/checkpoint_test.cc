// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/checkpoint.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/crypto/tlog/log_vectors.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SigningKeyOf;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::Vectors;
using ::proofmark::testing::VerifierKeyOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr std::int64_t kVectorsNow_s = 1'795'000'100;  // Shortly after the vectors' cosignatures.

TEST(CheckpointVectorTest, JudgesEveryNote) {
  PM_REQUIRE_SHARED_DATA();
  const Json vectors = Vectors("checkpoint_notes.json");
  int accepted = 0;
  int refused = 0;

  for (const Json& c : vectors["cases"]) {
    SCOPED_TRACE(c["name"].get<std::string>());
    std::vector<NoteVerifierKey> trusted;
    for (const Json& name : c["trusted"]) {
      trusted.push_back(VerifierKeyOf(vectors["keys"][name.get<std::string>()]));
    }
    const std::string note = c["note"];
    const absl::StatusOr<OpenedCheckpoint> opened = OpenCheckpoint(note, trusted, kVectorsNow_s);

    ASSERT_EQ(opened.ok(), c["accept"].get<bool>()) << opened.status();
    ++(opened.ok() ? accepted : refused);
    if (!opened.ok()) continue;
    EXPECT_EQ(FormatNote(opened->note), note);
    ASSERT_EQ(opened->cosigners.size(), c["witnesses"].size());
    for (std::size_t i = 0; i < opened->cosigners.size(); ++i) {
      EXPECT_EQ(trusted[opened->cosigners[i].key_index].name, c["witnesses"][i]["name"]);
      EXPECT_EQ(opened->cosigners[i].unix_s, c["witnesses"][i]["time"]);
    }
  }
  EXPECT_EQ(accepted, 5);
  EXPECT_EQ(refused, 12);
}

// Ed25519 is deterministic, so the vectors' own signatures come out again.
TEST(CheckpointVectorTest, SignsAndCosignsTheSameBytes) {
  PM_REQUIRE_SHARED_DATA();
  const Json vectors = Vectors("checkpoint_notes.json");
  const Json& keys = vectors["keys"];
  const std::string expected = vectors["cases"][1]["note"];
  const Checkpoint checkpoint = ParseCheckpointBody(ParseNote(expected).value().text).value();

  absl::StatusOr<SignedNote> note = SignCheckpoint(checkpoint, SigningKeyOf(keys["logA"]));
  ASSERT_THAT(note, IsOk());
  EXPECT_EQ(FormatNote(*note), vectors["cases"][0]["note"]);
  for (const auto& [witness, unix_s] :
       std::map<std::string, std::int64_t>{{"wB", 1'795'000'000}, {"wC", 1'795'000'005}}) {
    const absl::StatusOr<NoteSignature> line = CosignNoteText(
        note->text, keys[witness]["name"].get<std::string>(), SigningKeyOf(keys[witness]), unix_s);
    ASSERT_THAT(line, IsOk());
    note->signatures.push_back(*line);
  }
  EXPECT_EQ(FormatNote(*note), expected);
}

class CheckpointTest : public ::testing::Test {
 protected:
  static constexpr char kOrigin[] = "alpha.example/proofmark/node-1/log";
  static constexpr char kWitness[] = "beta.example/proofmark/witness";
  static constexpr std::int64_t kNow_s = 1'800'000'000;

  SignedNote Cosigned(std::int64_t unix_s) const {
    SignedNote note = SignCheckpoint(checkpoint_, log_).value();
    note.signatures.push_back(CosignNoteText(note.text, kWitness, witness_, unix_s).value());
    return note;
  }
  absl::StatusOr<OpenedCheckpoint> Open(const std::string& note) const {
    return OpenCheckpoint(note, known_, kNow_s);
  }

  SeededRandom random_{8};
  const SigningKey log_ = SigningKey::Generate(random_);
  const SigningKey witness_ = SigningKey::Generate(random_);
  const Checkpoint checkpoint_{kOrigin, 70'000, LeafHash("root")};
  const std::vector<NoteVerifierKey> known_{
      MakeVerifierKey(kOrigin, NoteKeyType::kNote, log_.verifying_key()).value(),
      MakeVerifierKey(kWitness, NoteKeyType::kCosignature, witness_.verifying_key()).value()};
};

TEST_F(CheckpointTest, ComesBackAsItWasSigned) {
  const absl::StatusOr<OpenedCheckpoint> opened = Open(FormatNote(Cosigned(kNow_s - 7)));

  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->checkpoint, checkpoint_);
  ASSERT_EQ(opened->cosigners.size(), 1u);
  EXPECT_EQ(opened->cosigners[0].key_index, 1u);
  EXPECT_EQ(opened->cosigners[0].unix_s, kNow_s - 7);
}

TEST_F(CheckpointTest, OpensNoLongerAfterAnyBitOfItChanges) {
  const std::string note = FormatNote(Cosigned(kNow_s));
  for (std::size_t bit = 0; bit < 8 * note.size(); ++bit) {
    std::string changed = note;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    const absl::StatusOr<OpenedCheckpoint> opened = Open(changed);
    // A changed name or key id makes a line unknown, which is ignored: the witness is then absent.
    if (opened.ok()) EXPECT_TRUE(opened->cosigners.empty()) << "bit " << bit;
  }
}

TEST_F(CheckpointTest, CountsAWitnessOnceAtItsLatestTime) {
  SignedNote note = Cosigned(kNow_s - 60);
  for (const std::int64_t unix_s : {kNow_s - 5, kNow_s - 90}) {
    note.signatures.push_back(CosignNoteText(note.text, kWitness, witness_, unix_s).value());
  }
  const absl::StatusOr<OpenedCheckpoint> opened = Open(FormatNote(note));
  ASSERT_THAT(opened, IsOk());
  ASSERT_EQ(opened->cosigners.size(), 1u);
  EXPECT_EQ(opened->cosigners[0].unix_s, kNow_s - 5);
}

TEST_F(CheckpointTest, RefusesCosignaturesMoreThanFiveMinutesAhead) {
  EXPECT_THAT(Open(FormatNote(Cosigned(kNow_s + 300))), IsOk());
  EXPECT_THAT(Open(FormatNote(Cosigned(kNow_s + 301))),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("future")));
  EXPECT_THAT(Open(FormatNote(Cosigned(INT64_MAX))),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("future")));
  EXPECT_THAT(OpenCheckpoint(Cosigned(0), known_, 0), IsOk());
}

TEST_F(CheckpointTest, TakesNoLogSignatureForACosignatureOrTheReverse) {
  // The same key under both types: what one type signed must not pass for the other.
  const NoteVerifierKey as_witness =
      MakeVerifierKey(kOrigin, NoteKeyType::kCosignature, log_.verifying_key()).value();
  SignedNote note = SignCheckpoint(checkpoint_, log_).value();
  note.signatures[0].key_id = as_witness.id;
  EXPECT_THAT(OpenCheckpoint(note, std::vector{as_witness}, kNow_s),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("no time")));

  SignedNote cosigned_only = Cosigned(kNow_s);
  cosigned_only.signatures.erase(cosigned_only.signatures.begin());
  EXPECT_THAT(Open(FormatNote(cosigned_only)),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("log did not sign")));
}

TEST_F(CheckpointTest, RefusesAKnownLogsKeyUnderAnotherOrigin) {
  Checkpoint other = checkpoint_;
  other.origin = "gamma.example/proofmark/node-1/log";
  SignedNote note;
  note.text = FormatCheckpointBody(other).value();
  note.signatures = {SignNoteText(note.text, kOrigin, log_).value()};
  EXPECT_THAT(OpenCheckpoint(note, known_, kNow_s),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("another log")));
}

TEST(CheckpointBodyTest, RefusesEveryOtherSpelling) {
  const std::string hash = base::ToBase64(EmptyRoot());
  ASSERT_THAT(ParseCheckpointBody("a.example/log\n0\n" + hash + "\n"), IsOk());
  ASSERT_THAT(ParseCheckpointBody("a.example/log\n9223372036854775807\n" + hash + "\nmore\n"),
              IsOk());
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  for (const char* size : {"", "00", "01", "+1", "-1", " 1", "1 ", "0x1", "1.0",
                           "9223372036854775808", "18446744073709551616"}) {
    EXPECT_THAT(ParseCheckpointBody(std::string("a.example/log\n") + size + "\n" + hash + "\n"),
                invalid)
        << size;
  }
  for (const std::string& body :
       {std::string(), "\n0\n" + hash + "\n", "a b\n0\n" + hash + "\n", "a+b\n0\n" + hash + "\n",
        "a\n0\n" + hash, std::string("a\n0\n"), "a\n0\n" + hash + "\n\n",
        "a\n0\n" + hash + "\next\n\n", "a\n0\n" + hash + "\next", "a\n0\n" + hash + " \n",
        "a\n0\n" + hash.substr(0, 43) + "\n", "a\n0\n" + hash.substr(0, 42) + "V=\n"}) {
    EXPECT_THAT(ParseCheckpointBody(body), invalid) << body;
  }
}

TEST(CheckpointBodyTest, IsNotWrittenForWhatCannotBeRead) {
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(FormatCheckpointBody({"", 0, EmptyRoot()}), invalid);
  EXPECT_THAT(FormatCheckpointBody({"a\nb", 0, EmptyRoot()}), invalid);
  EXPECT_THAT(FormatCheckpointBody({"a", kTreeSizeMax + 1, EmptyRoot()}), invalid);
}

}  // namespace
}  // namespace proofmark::crypto
