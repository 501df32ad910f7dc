// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret/secret_bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <type_traits>
#include <utility>

#include "tests/support/seeded_random.h"

namespace proofmark::crypto {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(!Printable<SecretBytes>);

SecretBytes Secret(std::string_view text) { return SecretBytes::CopyOf(base::AsBytes(text)); }

TEST(SecretBytesTest, HoldsWhatItWasGiven) {
  EXPECT_EQ(base::AsText(Secret("key").ExposeForOpenSsl()), "key");
  EXPECT_TRUE(SecretBytes().empty());
  EXPECT_EQ(SecretBytes::OfSize(3), Secret(std::string(3, '\0')));
}

TEST(SecretBytesTest, DiffersWhenAByteOrTheLengthDiffers) {
  EXPECT_TRUE(Secret("key") == Secret("key"));
  EXPECT_TRUE(SecretBytes() == Secret(""));
  EXPECT_FALSE(Secret("key") == Secret("kez"));
  EXPECT_FALSE(Secret("key") == Secret("ke"));
  EXPECT_FALSE(Secret("key") == Secret(""));
}

TEST(SecretBytesTest, LeavesNothingBehindWhenMoved) {
  SecretBytes from = Secret("key");

  const SecretBytes into = std::move(from);

  EXPECT_EQ(into, Secret("key"));
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): what the test is about.
}

TEST(SecretBytesTest, CleansesWhatAnAssignmentReplaces) {
  SecretBytes target = Secret("old");

  target = Secret("newer");

  EXPECT_EQ(target, Secret("newer"));
}

TEST(SecretBytesTest, CleansesTheTextItTakes) {
  std::string text = "0123456789abcdef0123456789abcdef";  // Too long to stand in the object itself.
  const char* const place = text.data();

  const SecretBytes secret = SecretBytes::TakeFrom(text);

  EXPECT_EQ(secret.size(), 32U);
  EXPECT_TRUE(text.empty());
  ASSERT_EQ(text.data(), place);
  // The string keeps its memory: fill it up to look at what is left there.
  text.resize(1, 'x');
  EXPECT_EQ(std::string(place + 2, place + 31), std::string(29, '\0'));
}

TEST(SecretBytesTest, TakingBytesLeavesZerosBehind) {
  std::array<std::byte, 32> bytes;
  bytes.fill(std::byte{7});

  const SecretBytes secret = SecretBytes::TakeFrom(bytes);

  EXPECT_EQ(base::AsText(secret.ExposeForOpenSsl()), std::string(32, '\7'));
  EXPECT_EQ(bytes, (std::array<std::byte, 32>{}));
}

TEST(SecretBytesTest, DrawsAllItsBytes) {
  testing::SeededRandom random(1);

  const SecretBytes a = SecretBytes::Random(32, random);
  const SecretBytes b = SecretBytes::Random(32, random);

  EXPECT_FALSE(a == b);
  EXPECT_NE(a.ExposeForOpenSsl().back(), b.ExposeForOpenSsl().back());
}

}  // namespace
}  // namespace proofmark::crypto
