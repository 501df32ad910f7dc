// SPDX-License-Identifier: Apache-2.0
#include "crypto/voprf/p256.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/crypto/voprf/voprf_vectors.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
// SEC 2: the order, the prime, the generator.
const std::string kOrder =
    *base::ParseHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const std::string kPrime =
    *base::ParseHex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
const std::string kGenerator =
    *base::ParseHex("036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");

Scalar Small(unsigned char value) {
  std::string bytes(kScalarBytes, '\0');
  bytes.back() = static_cast<char>(value);
  return ScalarOf(bytes);
}

std::string Minus(std::string number, unsigned char low) {
  number.back() = static_cast<char>(number.back() - low);  // Enough for what is used here.
  return number;
}

TEST(ScalarTest, ReadsWhatIsBelowTheOrderAndNothingElse) {
  EXPECT_THAT(Scalar::Parse(base::AsBytes(std::string(kScalarBytes, '\0'))), IsOk());
  EXPECT_THAT(Scalar::Parse(base::AsBytes(Minus(kOrder, 1))), IsOk());

  const std::string over = Minus(kOrder, static_cast<unsigned char>(-1));
  for (const std::string& bytes : {kOrder, over, std::string(kScalarBytes, '\xff')}) {
    EXPECT_THAT(Scalar::Parse(base::AsBytes(bytes)), StatusIs(kInvalid, HasSubstr("order")));
  }
  for (const std::size_t size : {0u, 1u, 31u, 33u, 64u}) {
    EXPECT_THAT(Scalar::Parse(base::AsBytes(std::string(size, '\0'))),
                StatusIs(kInvalid, HasSubstr("not 32")));
  }
}

TEST(ScalarTest, ChanceIsTakenAgainUntilItIsInRange) {
  const std::string good(kScalarBytes, '\x11');
  FixedRandom random(
      {std::string(kScalarBytes, '\xff'), kOrder, std::string(kScalarBytes, '\0'), good});

  EXPECT_EQ(BytesOf(Scalar::Random(random)), good);
  EXPECT_TRUE(random.used_up());
}

TEST(ScalarTest, ReducesByTheOrder) {
  EXPECT_TRUE(Scalar::Reduce(base::AsBytes(kOrder)).IsZero());
  EXPECT_EQ(Scalar::Reduce(base::AsBytes(kOrder + std::string(16, '\0'))), Small(0));
  EXPECT_EQ(Scalar::Reduce(base::AsBytes(std::string(16, '\0') + Minus(kOrder, 1))),
            ScalarOf(Minus(kOrder, 1)));
  EXPECT_EQ(Scalar::Reduce({}), Small(0));
}

TEST(ScalarTest, KeepsTheLawsOfArithmetic) {
  SeededRandom random(1);
  const Scalar k = Scalar::Random(random);

  EXPECT_EQ(MultiplySubtract(Small(7), Small(2), Small(3)), Small(1));
  EXPECT_EQ(BytesOf(MultiplySubtract(Small(0), Small(1), Small(1))), Minus(kOrder, 1));
  EXPECT_EQ(Inverse(Inverse(k)), k);
  EXPECT_TRUE(MultiplySubtract(Small(1), k, Inverse(k)).IsZero());
  EXPECT_EQ(Inverse(Small(1)), Small(1));
}

TEST(ElementTest, ReadsTheCompressedFormAndGivesItBack) {
  SeededRandom random(2);
  EXPECT_EQ(MultiplyGenerator(Small(1)).bytes(), kGenerator);
  for (int i = 0; i < 20; ++i) {
    const Element element = MultiplyGenerator(Scalar::Random(random));

    const auto again = Element::Parse(element.bytes());

    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(*again, element);
    EXPECT_EQ(Multiply(Small(3), *again), Multiply(Small(3), element));
  }
}

TEST(ElementTest, RefusesEveryOtherLength) {
  for (std::size_t size = 0; size <= 2 * kElementBytes; ++size) {
    if (size == kElementBytes) continue;
    std::string bytes = kGenerator + kGenerator;
    bytes.resize(size);
    EXPECT_THAT(Element::Parse(bytes), StatusIs(kInvalid, HasSubstr("not 33"))) << size;
  }
}

TEST(ElementTest, RefusesTheIdentityAndEveryOtherForm) {
  EXPECT_THAT(Element::Parse(std::string(1, '\0')), StatusIs(kInvalid));
  for (int form = 0; form < 256; ++form) {
    if (form == 2 || form == 3) continue;
    std::string bytes = kGenerator;
    bytes.front() = static_cast<char>(form);
    EXPECT_THAT(Element::Parse(bytes), StatusIs(kInvalid, HasSubstr("02 or 03"))) << form;
  }
  EXPECT_THAT(Element::Parse(std::string(kElementBytes, '\0')), StatusIs(kInvalid));
}

TEST(ElementTest, RefusesCoordinatesThatAreNotReduced) {
  // x = 0 is on the curve (b is a square), x = p would be the same point written differently.
  EXPECT_THAT(Element::Parse("\x02" + std::string(32, '\0')), IsOk());
  EXPECT_THAT(Element::Parse("\x02" + kPrime), StatusIs(kInvalid, HasSubstr("no point")));
  EXPECT_THAT(Element::Parse("\x03" + std::string(32, '\xff')), StatusIs(kInvalid));
}

// Half of all numbers are the x of no point.
TEST(ElementTest, RefusesWhatIsNotOnTheCurve) {
  SeededRandom random(3);
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    const SecretBytes x = SecretBytes::Random(32, random);
    const auto element = Element::Parse("\x02" + BytesOf(x));
    if (element.ok()) continue;
    EXPECT_THAT(element, StatusIs(kInvalid, HasSubstr("no point of the curve")));
    ++refused;
  }
  EXPECT_GT(refused, 60);
  EXPECT_LT(refused, 140);
}

TEST(ElementTest, ProductsAndSumsAgree) {
  SeededRandom random(4);
  const Scalar a = Scalar::Random(random);
  const Scalar b = Scalar::Random(random);
  const Element g = MultiplyGenerator(Small(1));
  const Element p = MultiplyGenerator(a);

  EXPECT_EQ(Multiply(b, p), Multiply(a, MultiplyGenerator(b)));
  EXPECT_EQ(Multiply(Inverse(a), p), g);
  const Term terms[] = {{a, g}, {b, p}};
  // a G + b a G + 5 G, on one side as three, on the other as multiples of the generator.
  const Scalar minus_ab = MultiplySubtract(Small(0), a, b);
  const Scalar five = Small(5);
  const Scalar sum =
      MultiplySubtract(MultiplySubtract(a, minus_ab, Small(1)), ScalarOf(Minus(kOrder, 1)), five);
  EXPECT_EQ(LinearCombination(&five, terms), MultiplyGenerator(sum));
}

TEST(ElementTest, ASumThatIsTheIdentityIsNoElement) {
  SeededRandom random(5);
  const Scalar a = Scalar::Random(random);
  const Scalar minus_a = MultiplySubtract(Small(0), a, Small(1));
  const Element p = MultiplyGenerator(Scalar::Random(random));
  const Term terms[] = {{a, p}, {minus_a, p}};

  EXPECT_EQ(LinearCombination(nullptr, terms), std::nullopt);
}

}  // namespace
}  // namespace proofmark::crypto
