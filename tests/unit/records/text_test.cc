// SPDX-License-Identifier: Apache-2.0
#include "records/text.h"

#include <string>

#include "gtest/gtest.h"

namespace proofmark::records {
namespace {

// UTF-8 straight from the table of RFC 3629 section 3, without looking at what it encodes.
std::string Encode(std::uint32_t c) {
  const auto byte = [](std::uint32_t bits) { return static_cast<char>(bits); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
  if (c < 0x1'0000) {
    return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
  }
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)),
          byte(0x80 | (c & 0x3F))};
}

TEST(PlainTextTest, TakesEveryCodePointButControlsAndSurrogates) {
  for (std::uint32_t c = 0; c <= 0x11'0000; ++c) {
    const bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x2028 && c <= 0x202E) ||
                         (c >= 0x2066 && c <= 0x2069);
    const bool none = (c >= 0xD800 && c <= 0xDFFF) || c > 0x10'FFFF;
    ASSERT_EQ(IsPlainText("a" + Encode(c) + "z"), !control && !none) << std::hex << c;
  }
}

TEST(PlainTextTest, RefusesIllFormedBytes) {
  for (const char* text : {
           "\x80",              // A continuation alone.
           "\xC0\xAF",          // '/' in two bytes.
           "\xC1\xBF",          // U+007F in two bytes.
           "\xE0\x80\xAF",      // '/' in three.
           "\xE0\x9F\xBF",      // U+07FF in three.
           "\xF0\x8F\xBF\xBF",  // U+FFFF in four.
           "\xF4\x90\x80\x80",  // Above U+10FFFF.
           "\xF8\x88\x80\x80\x80", "\xFE", "\xFF",
           "\xC3",  // Cut.
           "\xE2\x82", "\xF0\x9F\x98", "\xC3(", "\xE2\x28\xA1", "\xF0\x28\x8C\xBC",
           "\xED\xA0\x80",  // A surrogate.
       }) {
    EXPECT_FALSE(IsPlainText(text));
    EXPECT_FALSE(IsPlainText(std::string("good ") + text));
  }
  EXPECT_FALSE(IsPlainText(std::string_view("a\0b", 3)));
  EXPECT_TRUE(IsPlainText(""));
}

TEST(PrintableAsciiTest, TakesTheNinetyFiveOnly) {
  EXPECT_TRUE(IsPrintableAscii(""));
  for (int c = 0; c < 256; ++c) {
    EXPECT_EQ(IsPrintableAscii(std::string(1, static_cast<char>(c))), c >= 0x20 && c <= 0x7E) << c;
  }
}

TEST(CodeTextTest, TakesItsAlphabetAndLengthsOnly) {
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  for (int c = 0; c < 256; ++c) {
    const bool in_alphabet = alphabet.find(static_cast<char>(c)) != std::string_view::npos;
    EXPECT_EQ(IsCodeText(std::string(1, static_cast<char>(c))), in_alphabet) << c;
  }
  EXPECT_FALSE(IsCodeText(""));
  EXPECT_TRUE(IsCodeText(std::string(32, 'A')));
  EXPECT_FALSE(IsCodeText(std::string(33, 'A')));
}

}  // namespace
}  // namespace proofmark::records
