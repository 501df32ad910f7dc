// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign/key_id.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

#include "base/bytes.h"
#include "crypto/sign/note_text.h"
#include "nlohmann/json.hpp"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

VerifyingKey Key(std::string_view hex) {
  return VerifyingKey::FromRaw(base::ParseHex(hex).value()).value();
}

constexpr char kLogKey[] = "a4fd944c6a1c0d9c385941716dd1b6696efc95a61c871530222c0bf057071eb8";
constexpr char kWitnessKey[] = "41e912f578181a165bd02e9bbc0d7ce3993ece02c6a31394bf051ce8729571ae";

// These two were accepted by golang.org/x/mod/sumdb/note, a reader that is not ours.
TEST(NoteKeyIdTest, AgreesWithAnotherImplementation) {
  EXPECT_EQ(base::ToHex(
                ComputeNoteKeyId("node-a.example/proofmark/log", NoteKeyType::kNote, Key(kLogKey))),
            "acb93ebf");
  EXPECT_EQ(ToVerifierKey("node-a.example/proofmark/log", NoteKeyType::kNote, Key(kLogKey)),
            "node-a.example/proofmark/log+acb93ebf+AaT9lExqHA2cOFlBcW3Rtmlu/JWmHIcVMCIsC/BXBx64");
  EXPECT_EQ(
      ToVerifierKey("node-b.example/proofmark/witness", NoteKeyType::kCosignature,
                    Key(kWitnessKey)),
      "node-b.example/proofmark/witness+8fd9bcd4+BEHpEvV4GBoWW9Aum7wNfOOZPs4CxqMTlL8FHOhylXGu");
}

TEST(NoteKeyIdTest, DependsOnNameTypeAndKey) {
  const NoteKeyId id = ComputeNoteKeyId("name", NoteKeyType::kNote, Key(kLogKey));

  EXPECT_NE(ComputeNoteKeyId("nam", NoteKeyType::kNote, Key(kLogKey)), id);
  EXPECT_NE(ComputeNoteKeyId("name", NoteKeyType::kCosignature, Key(kLogKey)), id);
  EXPECT_NE(ComputeNoteKeyId("name", NoteKeyType::kNote, Key(kWitnessKey)), id);
}

TEST(VerifierKeyTest, ReadsAndWritesEveryVector) {
  PM_REQUIRE_SHARED_DATA();
  const auto vectors = nlohmann::json::parse(
      testing::ReadFileOrFail(testing::SharedDir() / "vectors" / "checkpoint_notes.json"));
  int keys = 0;
  const auto check = [&keys](const nlohmann::json& c) {
    const absl::StatusOr<NoteVerifierKey> key = ParseVerifierKey(c["vkey"].get<std::string>());
    ASSERT_THAT(key, testing::IsOk());
    EXPECT_EQ(key->name, c["name"]);
    EXPECT_EQ(key->type, c["type"]);
    EXPECT_EQ(base::ToHex(key->public_key), c["public_hex"]);
    EXPECT_EQ(base::ToHex(key->id), c["key_id_hex"]);
    EXPECT_EQ(ToVerifierKey(*key), c["vkey"]);
    const auto made = MakeVerifierKey(key->name, NoteKeyType{key->type}, *key->verifier);
    ASSERT_THAT(made, testing::IsOk());
    EXPECT_EQ(made->id, key->id);
    ++keys;
  };
  for (const auto& c : vectors["keys"]) check(c);
  for (const auto& c : vectors["key_id_examples"]) check(c);
  EXPECT_EQ(keys, 6);
}

TEST(VerifierKeyTest, KeepsKeysOfTypesItDoesNotKnow) {
  const std::string typed = std::string(1, '\x06') + std::string(1312, 'k');
  const std::string text = "w.example+0123abcd+" + base::ToBase64(typed);
  const absl::StatusOr<NoteVerifierKey> key = ParseVerifierKey(text);
  ASSERT_THAT(key, testing::IsOk());
  EXPECT_EQ(key->type, 0x06);
  EXPECT_FALSE(key->verifier.has_value());
  EXPECT_EQ(key->public_key.size(), 1312u);
  EXPECT_EQ(ToVerifierKey(*key), text);
}

TEST(VerifierKeyTest, RefusesEveryOtherShape) {
  const std::string good = ToVerifierKey("log.example", NoteKeyType::kNote, Key(kLogKey));
  ASSERT_THAT(ParseVerifierKey(good), testing::IsOk());
  const std::size_t id_at = good.find('+') + 1;
  std::string other_id = good;
  other_id[id_at] = other_id[id_at] == '0' ? '1' : '0';
  std::string upper_id = good;
  for (std::size_t i = id_at; i < id_at + 8; ++i) {
    upper_id[i] = static_cast<char>(std::toupper(upper_id[i]));
  }
  ASSERT_NE(upper_id, good);
  std::string low_order(33, '\0');
  low_order[0] = '\x01';
  for (const std::string& bad :
       {std::string(), std::string("+"), std::string("++"), "x" + good, good + "=", good + "\n",
        " " + good, good.substr(0, id_at), good.substr(id_at - 1), other_id, upper_id,
        good.substr(0, id_at) + good.substr(id_at + 1), good.substr(0, good.size() - 4),
        "log.example+00000000+AQ==", "log.example+00000000+",
        "log.example+00000000+" + base::ToBase64(low_order),
        "log.example+00000000+" + base::ToBase64(std::string(5000, '\x06'))}) {
    EXPECT_THAT(ParseVerifierKey(bad), testing::StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
}

TEST(NoteKeyNameTest, IsAWordWithoutPlusOfAtMost255Bytes) {
  for (const std::string& name : {std::string("a"), std::string("a/b:c#d"),
                                  std::string("gr\xC3\xBC\xC3\x9F"), std::string(255, 'n')}) {
    EXPECT_THAT(CheckNoteKeyName(name), testing::IsOk()) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a+b"), std::string("a\n"),
        std::string("a\xC2\x85z"), std::string("a\xE1\x9A\x80z"), std::string("a\xE2\x80\xA8z"),
        std::string("\xFF"), std::string("a\0", 2), std::string(256, 'n')}) {
    EXPECT_THAT(CheckNoteKeyName(name), testing::StatusIs(absl::StatusCode::kInvalidArgument))
        << name;
  }
}

TEST(ExchangeKeyIdTest, NamesTheAgencyAndTheKey) {
  EXPECT_EQ(ExchangeKeyId("alpha.example",
                          Key("5f438bb97c166bb8a76ff68bca6c5783070124fa477fc9f4ef477c9d9d3614cb")),
            "alpha.example/proofmark/exchange+05b9d0b9");
}

}  // namespace
}  // namespace proofmark::crypto
