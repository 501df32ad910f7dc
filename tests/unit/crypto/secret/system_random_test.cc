// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret/system_random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace proofmark::crypto {
namespace {

TEST(SystemRandomTest, OverwritesEveryByteOfEveryLength) {
  SystemRandom random;
  // 2^20 + 1 needs more than one piece. A byte that stays zero 16 times in a row was not written.
  for (const std::size_t size : {0U, 1U, 31U, 32U, (1U << 20) + 1}) {
    std::vector<std::byte> seen(size);
    for (int round = 0; round < 16; ++round) {
      std::vector<std::byte> drawn(size);
      random.Fill(drawn);
      for (std::size_t i = 0; i < size; ++i) seen[i] |= drawn[i];
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), std::byte{0}), 0) << size;
  }
}

TEST(SystemRandomTest, NeverRepeats) {
  SystemRandom random;
  std::vector<std::byte> a(32);
  std::vector<std::byte> b(32);

  random.Fill(a);
  random.Fill(b);

  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace proofmark::crypto
