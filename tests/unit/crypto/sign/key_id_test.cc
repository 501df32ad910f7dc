// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign/key_id.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
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

TEST(ExchangeKeyIdTest, NamesTheAgencyAndTheKey) {
  EXPECT_EQ(ExchangeKeyId("alpha.example",
                          Key("5f438bb97c166bb8a76ff68bca6c5783070124fa477fc9f4ef477c9d9d3614cb")),
            "alpha.example/proofmark/exchange+05b9d0b9");
}

}  // namespace
}  // namespace proofmark::crypto
