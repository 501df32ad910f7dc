// SPDX-License-Identifier: Apache-2.0
#include "forensics/synthetic/philox.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <set>

namespace proofmark::forensics {
namespace {

using Block = std::array<std::uint32_t, 4>;

// The known-answer vectors published with Random123 for philox4x32-10.
TEST(PhiloxTest, ReproducesThePublishedVectors) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStreamTest, EveryPartOfTheAddressChangesTheValue) {
  const std::set<double> values = {RandomStream(1, 1, 1, 1).Uniform(0),
                                   RandomStream(2, 1, 1, 1).Uniform(0),
                                   RandomStream(1ULL << 32 | 1, 1, 1, 1).Uniform(0),
                                   RandomStream(1, 2, 1, 1).Uniform(0),
                                   RandomStream(1, 1, 2, 1).Uniform(0),
                                   RandomStream(1, 1, 1, 2).Uniform(0),
                                   RandomStream(1, 1, 1, 1).Uniform(1),
                                   RandomStream(1, 1, 1, 1).Uniform(2)};
  EXPECT_EQ(values.size(), 8U);
}

TEST(RandomStreamTest, UniformsFillTheUnitIntervalAndNormalsHaveTheirMoments) {
  const RandomStream stream(7, 8, 9, 10);
  constexpr std::uint32_t kCount = 200'000;
  double sum = 0.0, squares = 0.0, fourth = 0.0, uniform_sum = 0.0;
  std::array<int, 10> bins{};
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const double u = stream.Uniform(i);
    ASSERT_GT(u, 0.0);
    ASSERT_LT(u, 1.0);
    uniform_sum += u;
    ++bins[static_cast<std::size_t>(u * 10.0)];
    const double z = stream.Normal(i);
    sum += z;
    squares += z * z;
    fourth += z * z * z * z;
  }
  EXPECT_NEAR(uniform_sum / kCount, 0.5, 0.003);
  for (const int bin : bins) EXPECT_NEAR(bin, kCount / 10, 600);
  EXPECT_NEAR(sum / kCount, 0.0, 0.01);
  EXPECT_NEAR(squares / kCount, 1.0, 0.015);
  EXPECT_NEAR(fourth / kCount, 3.0, 0.1);
}

TEST(RandomStreamTest, PairsAreTheSameValuesAsSingles) {
  const RandomStream stream(7, 8, 9, 10);
  for (std::uint32_t i = 0; i < 50; ++i) {
    EXPECT_EQ(stream.NormalPair(i)[0], stream.Normal(2 * i));
    EXPECT_EQ(stream.NormalPair(i)[1], stream.Normal(2 * i + 1));
  }
}

}  // namespace
}  // namespace proofmark::forensics
