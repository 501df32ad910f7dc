// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace proofmark::base {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;

TEST(HexTest, WritesAndReadsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));

  const absl::StatusOr<std::string> back = ParseHex(ToHex(all));

  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(*back, all);
}

TEST(HexTest, RefusesOddLengthAndForeignCharacters) {
  EXPECT_THAT(ParseHex("abc"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseHex("0g"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Base64Test, ReadsTheVectorsOfRfc4648) {
  EXPECT_EQ(ToBase64(std::string_view("foobar")), "Zm9vYmFy");
  EXPECT_EQ(ToBase64(std::string_view("fooba")), "Zm9vYmE=");
  EXPECT_EQ(*ParseBase64("Zm9vYg=="), "foob");
  EXPECT_EQ(*ParseBase64(""), "");
}

TEST(Base64Test, RefusesWhatALenientReaderTakes) {
  for (const char* bad : {"Zm9vYg", "Zm9vYg=", "Zm9v Yg==", "Zm9vYh==", "Zm9-Yg==", "Zm9vYg==\n"}) {
    EXPECT_THAT(ParseBase64(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(BigEndianTest, AppendsMostSignificantByteFirst) {
  std::string out;

  AppendU16Be(out, 0x0102);
  AppendU32Be(out, 0x03040506);
  AppendU64Be(out, 0x0708090A0B0C0D0EULL);
  AppendLp2(out, "xy");

  EXPECT_EQ(ToHex(out), "0102030405060708090a0b0c0d0e00027879");
  EXPECT_EQ(ParseU64Be(std::string_view(out).substr(6, 8)), 0x0708090A0B0C0D0EULL);
}

}  // namespace
}  // namespace proofmark::base
