// SPDX-License-Identifier: Apache-2.0
#include "forensics/numeric/portable_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace proofmark::forensics {
namespace {

TEST(PortableMathTest, LogAgreesWithTheCLibrary) {
  for (double x = 1e-300; x < 1e300; x *= 1.37) {
    const double want = std::log(x);
    EXPECT_NEAR(Log(x), want, 1e-14 * std::max(1.0, std::abs(want))) << x;
  }
  EXPECT_EQ(Log(1.0), 0.0);
  EXPECT_NEAR(Log10(1000.0), 3.0, 1e-14);
}

TEST(PortableMathTest, ExpAgreesWithTheCLibrary) {
  for (double x = -690.0; x < 690.0; x += 0.731) {
    const double want = std::exp(x);
    EXPECT_NEAR(Exp(x), want, 1e-13 * want) << x;
  }
  EXPECT_EQ(Exp(0.0), 1.0);
  EXPECT_EQ(Exp(-1e9), Exp(-700.0));
}

TEST(PortableMathTest, SineAndCosineAgreeWithTheCLibraryOverManyTurns) {
  for (double turns = -3.0; turns < 3.0; turns += 0.00731) {
    const SinCos got = SinCosTurns(turns);
    EXPECT_NEAR(got.sin, std::sin(2.0 * M_PI * turns), 5e-15) << turns;
    EXPECT_NEAR(got.cos, std::cos(2.0 * M_PI * turns), 5e-15) << turns;
  }
  EXPECT_EQ(SinCosTurns(0.25).cos, 0.0);
}

TEST(PortableMathTest, NormalTailKeepsItsDigitsFarOut) {
  for (double x = -8.0; x < 30.0; x += 0.173) {
    const double want = 0.5 * std::erfc(x / std::sqrt(2.0));
    EXPECT_NEAR(NormalUpperTail(x), want, 1e-11 * want) << x;
  }
}

// The same bits everywhere: a change of compiler, flags or order of operations shows here.
TEST(PortableMathTest, BitsArePinned) {
  EXPECT_EQ(std::bit_cast<std::uint64_t>(Log(0.3)), 0xbff34378fcbda721ULL);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(Exp(-1.7)), 0x3fc7622c78a98a07ULL);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(SinCosTurns(0.3).sin), 0x3fee6f0e13445500ULL);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(NormalUpperTail(4.2)), 0x3eebfcf1c72e0829ULL);
}

}  // namespace
}  // namespace proofmark::forensics
