// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace proofmark::forensics::x3p {
namespace {

TEST(ParseDecimalTest, ShiftsTheDecimalPointWithoutRoundingTwice) {
  EXPECT_EQ(ParseDecimal("1.5625e-06", 6), 1.5625);
  EXPECT_EQ(ParseDecimal("0.000002279984215", 6), 2.279984215);
  EXPECT_EQ(ParseDecimal("1.60160000000000E-0002", 6), 16016.0);
  EXPECT_EQ(ParseDecimal("7.37468"), 7.37468);
}

TEST(ParseDecimalTest, TakesTheSpellingsOfRealWriters) {
  EXPECT_EQ(ParseDecimal(" 1 "), 1.0);
  EXPECT_EQ(ParseDecimal("+2.5"), 2.5);
  EXPECT_EQ(ParseDecimal("0.0000e+000"), 0.0);
  EXPECT_EQ(ParseDecimal("0,25"), 0.25);
  EXPECT_EQ(ParseDecimal("1.e-3"), 0.001);
  EXPECT_TRUE(std::isnan(*ParseDecimal("NaN")));
}

TEST(ParseDecimalTest, TellsTooLargeFromTooSmall) {
  EXPECT_EQ(ParseDecimal("1e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseDecimal("-1e400"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseDecimal("1e-400"), 0.0);
  EXPECT_EQ(ParseDecimal("1e99999999999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseDecimal("1e308", 6), std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseDecimal("1" + std::string(330, '0') + "e-330"), 1.0);
}

TEST(ParseDecimalTest, RefusesWhatIsNoDecimalNumber) {
  for (const char* bad : {"", " ", "-", "+", "++1", "+-1", "1e", "e5", "1e5x", "1 2", "0x10", "1;2",
                          "1,2,3", "1.000,5", "--1", "1e5e5", "."}) {
    EXPECT_EQ(ParseDecimal(bad), std::nullopt) << bad;
  }
}

TEST(FormatDecimalTest, IsReadBackBitForBit) {
  std::mt19937_64 engine(1);
  std::uniform_real_distribution<double> exponent(-200, 200);
  for (int i = 0; i < 10'000; ++i) {
    const double value = std::pow(10.0, exponent(engine));

    EXPECT_EQ(ParseDecimal(FormatDecimal(value, -6), 6), value);
  }
}

TEST(ParseCountTest, SaturatesInsteadOfWrapping) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(ParseCount("0"), 0);
  EXPECT_EQ(ParseCount(" 1515\n"), 1515);
  EXPECT_EQ(ParseCount("9223372036854775807"), kMax);
  EXPECT_EQ(ParseCount("9223372036854775808"), kMax);
  EXPECT_EQ(ParseCount("18446744073709551617"), kMax);
  for (const char* bad : {"", "-1", "+1", "1.0", "1e3", "0x1", "one"}) {
    EXPECT_EQ(ParseCount(bad), std::nullopt) << bad;
  }
}

TEST(Utf8Test, FindsTheFirstByteThatIsNotUtf8) {
  EXPECT_EQ(FirstInvalidUtf8("12345678 \xC2\xB5Surf \xE2\x82\xAC \xF0\x9F\x94\xAB"), std::nullopt);
  EXPECT_EQ(FirstInvalidUtf8("12345678M\xFCller"), 9u);
  EXPECT_EQ(FirstInvalidUtf8("a\xC2"), 1u);             // Cut off.
  EXPECT_EQ(FirstInvalidUtf8("\xC0\xAF"), 0u);          // Longer than need be.
  EXPECT_EQ(FirstInvalidUtf8("\xED\xA0\x80"), 0u);      // Surrogate.
  EXPECT_EQ(FirstInvalidUtf8("\xF4\x90\x80\x80"), 0u);  // Beyond U+10FFFF.
  EXPECT_EQ(FirstInvalidUtf8("\x80"), 0u);
}

TEST(CleanedTest, ReplacesWhatCouldForgeALine) {
  EXPECT_EQ(Cleaned("a\nb\tc"), "a b c");
  EXPECT_EQ(Cleaned(std::string("\x1B[2J\0", 5)), "\xEF\xBF\xBD[2J\xEF\xBF\xBD");
  EXPECT_EQ(Cleaned("\xE2\x80\xAE"
                    "abc"),
            "\xEF\xBF\xBD"
            "abc");  // Right-to-left override.
  EXPECT_EQ(Cleaned("\xC2\xB5Surf"), "\xC2\xB5Surf");
}

TEST(CleanedTest, CutsBetweenCharacters) {
  EXPECT_EQ(Cleaned("\xC2\xB5\xC2\xB5", 3), "\xC2\xB5");
  EXPECT_EQ(Cleaned(std::string(5000, 'x')).size(), kFieldBytesMax);
}

}  // namespace
}  // namespace proofmark::forensics::x3p
