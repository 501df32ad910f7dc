// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/signed_note.h"

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
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::Vectors;
using ::testing::HasSubstr;
using Json = nlohmann::json;

TEST(SignedNoteVectorTest, VerifiesNotesThatOthersSigned) {
  PM_REQUIRE_SHARED_DATA();
  int verified = 0;
  const Json vectors = Vectors("checkpoint_notes.json");
  for (const Json& c : vectors["external_examples"]) {
    SCOPED_TRACE(c["source"].get<std::string>());
    const absl::StatusOr<NoteVerifierKey> key = ParseVerifierKey(c["vkey"].get<std::string>());
    ASSERT_THAT(key, IsOk());
    const std::string bytes = c["note"];
    absl::StatusOr<SignedNote> note = ParseNote(bytes);
    ASSERT_THAT(note, IsOk());
    EXPECT_EQ(FormatNote(*note), bytes);
    EXPECT_EQ(VerifyNote(*note, std::vector{*key}, 0).ok(), c["verifies"].get<bool>());
    note->text.front() ^= 1;
    EXPECT_THAT(VerifyNote(*note, std::vector{*key}, 0),
                StatusIs(absl::StatusCode::kUnauthenticated));
    ++verified;
  }
  EXPECT_EQ(verified, 2);
}

class SignedNoteTest : public ::testing::Test {
 protected:
  NoteVerifierKey Known(const std::string& name) const {
    return MakeVerifierKey(name, NoteKeyType::kNote, key_.verifying_key()).value();
  }
  NoteSignature Line(const std::string& name = "a") const {
    return SignNoteText(kText, name, key_).value();
  }

  static constexpr char kText[] = "one\n\ntwo\n";
  SeededRandom random_{5};
  const SigningKey key_ = SigningKey::Generate(random_);
  const SigningKey other_key_ = SigningKey::Generate(random_);
};

TEST_F(SignedNoteTest, SplitsAtTheLastEmptyLine) {
  const std::string bytes = FormatNote({kText, {Line()}});
  const absl::StatusOr<SignedNote> note = ParseNote(bytes);
  ASSERT_THAT(note, IsOk());
  EXPECT_EQ(note->text, kText);
  EXPECT_EQ(FormatNote(*note), bytes);
}

TEST_F(SignedNoteTest, RefusesEveryOtherShape) {
  const std::string line = FormatSignatureLine(Line());
  const std::string base64 = line.substr(line.rfind(' ') + 1);
  const std::string dash = "\xE2\x80\x94";
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  ASSERT_THAT(ParseNote("text\n\n" + line), IsOk());
  ASSERT_THAT(ParseNote("\n\n" + line), IsOk());  // One line of text, though an empty one.

  const std::vector<std::string> bad = {
      "",
      "\n",
      "\n\n",
      "text\n\n",                                    // No signature.
      "text\n" + line,                               // No empty line.
      "\n" + line,                                   // No text.
      "text\n\n" + line.substr(0, line.size() - 1),  // No line feed at its end.
      "text\n\n" + line + "\n",                      // Splits at the last: no signature.
      "text\n\n" + line + "trailer\n",
      "te\rxt\n\n" + line,
      "te\txt\n\n" + line,
      std::string("te\0xt\n\n", 7) + line,
      "te\x7Fxt\n\n" + line,
      "te\xFFxt\n\n" + line,
      "te\xC0\xAFxt\n\n" + line,      // Overlong.
      "te\xED\xA0\x80xt\n\n" + line,  // A surrogate.
      "te\xF4\x90\x80\x80xt\n\n" + line,
      "te\xE2\x80\n\n" + line,
      "text\n\n- a " + base64,
      "text\n\n" + dash + "a " + base64,
      "text\n\n" + dash + "  a " + base64,
      "text\n\n" + dash + " " + base64,
      "text\n\n" + dash + " a+b " + base64,
      "text\n\n" + dash + " a\xC2\xA0z " + base64,      // No-break space.
      "text\n\n" + dash + " a\xE3\x80\x80z " + base64,  // Ideographic space.
      "text\n\n" + dash + " a  " + base64,
      "text\n\n" + dash + " a\n",
      "text\n\n" + dash + " a \n",
      "text\n\n" + dash + " a AAAA\n",      // 3 bytes.
      "text\n\n" + dash + " a AAAAAA==\n",  // An id and nothing more.
      "text\n\n" + dash + " a AAAAAAA\n",   // No padding.
      "text\n\n" + dash + " a AAAAAAB=\n",  // A stray bit.
      "text\n\n" + dash + " a AAAAAA-_\n",
      "text\n\n" + dash + " a AAAAAAAA \n",
  };
  for (const std::string& bytes : bad) EXPECT_THAT(ParseNote(bytes), invalid) << bytes;
}

TEST_F(SignedNoteTest, TakesUpTo64LinesAnd64KiB) {
  SignedNote note{kText, {}};
  for (std::size_t i = 0; i < kNoteSignaturesMax; ++i) note.signatures.push_back(Line());
  EXPECT_THAT(ParseNote(FormatNote(note)), IsOk());
  note.signatures.push_back(Line());
  EXPECT_THAT(ParseNote(FormatNote(note)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than 64")));

  const std::size_t line_bytes = FormatSignatureLine(Line()).size();
  SignedNote large{std::string(kNoteBytesMax - line_bytes - 2, 'x') + "\n", {Line()}};
  ASSERT_EQ(FormatNote(large).size(), kNoteBytesMax);
  EXPECT_THAT(ParseNote(FormatNote(large)), IsOk());
  large.text.insert(0, "x");
  EXPECT_THAT(ParseNote(FormatNote(large)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than 65536")));
}

TEST_F(SignedNoteTest, IgnoresUnknownLinesAndRefusesAFailingKnownOne) {
  const std::vector<NoteVerifierKey> known = {Known("a")};
  NoteSignature failing = Line();
  failing.signature.back() ^= 1;
  NoteSignature unknown_name = failing;
  unknown_name.key_name = "b";
  NoteSignature unknown_id = failing;
  unknown_id.key_id[0] ^= std::byte{1};
  NoteSignature short_one = Line();
  short_one.signature.pop_back();
  const auto refused = StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("signature of a"));

  EXPECT_THAT(VerifyNote({kText, {unknown_name, Line(), unknown_id}}, known, 0), IsOk());
  EXPECT_THAT(VerifyNote({kText, {Line(), failing}}, known, 0), refused);
  EXPECT_THAT(VerifyNote({kText, {failing, Line()}}, known, 0), refused);
  EXPECT_THAT(VerifyNote({kText, {Line(), short_one}}, known, 0), refused);
  EXPECT_THAT(VerifyNote({kText, {unknown_name, unknown_id}}, known, 0),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("no known key")));
  EXPECT_THAT(VerifyNote({kText, {Line()}}, {}, 0),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("no known key")));
}

TEST_F(SignedNoteTest, TreatsKeysOfUnknownTypesAsUnknown) {
  NoteVerifierKey future = Known("a");
  future.type = 0x06;
  future.verifier.reset();
  EXPECT_THAT(VerifyNote({kText, {Line()}}, std::vector{future}, 0),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("no known key")));
}

TEST_F(SignedNoteTest, RefusesTwoKeysOfOneNameAndId) {
  NoteVerifierKey twin =
      MakeVerifierKey("a", NoteKeyType::kNote, other_key_.verifying_key()).value();
  twin.id = Known("a").id;  // Found by trying some 2^32 keys.
  EXPECT_THAT(VerifyNote({kText, {Line()}}, std::vector{Known("a"), twin}, 0),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("one name and id")));
  EXPECT_THAT(VerifyNote({kText, {Line()}}, std::vector{Known("a"), Known("a")}, 0), IsOk());
}

TEST_F(SignedNoteTest, SignsOnlyWhatCanBeRead) {
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  for (const std::string& text : {std::string(), std::string("no line feed"), std::string("\r\n"),
                                  std::string(kNoteBytesMax, 'x') + "\n"}) {
    EXPECT_THAT(SignNoteText(text, "a", key_), invalid);
    EXPECT_THAT(CosignNoteText(text, "a", key_, 0), invalid);
  }
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a+b"),
                                  std::string("a\n"), std::string(256, 'a')}) {
    EXPECT_THAT(SignNoteText(kText, name, key_), invalid);
  }
  EXPECT_THAT(CosignNoteText(kText, "a", key_, -1), invalid);
}

TEST_F(SignedNoteTest, ReadsAWitnesssAnswer) {
  const std::string answer = FormatSignatureLine(Line("a")) + FormatSignatureLine(Line("b"));
  const absl::StatusOr<std::vector<NoteSignature>> lines = ParseSignatureLines(answer);
  ASSERT_THAT(lines, IsOk());
  EXPECT_EQ(*lines, (std::vector<NoteSignature>{Line("a"), Line("b")}));
  EXPECT_THAT(ParseSignatureLines(""), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseSignatureLines(answer + "\n"), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace proofmark::crypto
