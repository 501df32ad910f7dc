// SPDX-License-Identifier: Apache-2.0
#include "crypto/voprf/hash_to_curve.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>

#include "crypto/hash/sha256.h"
#include "tests/unit/crypto/voprf/voprf_vectors.h"

namespace proofmark::crypto {
namespace {

SecretBytes FieldElement(const std::string& bytes) {
  return SecretBytes::CopyOf(base::AsBytes(bytes));
}

TEST(ExpandMessageXmdTest, GivesTheBytesOfTheRfc) {
  PM_REQUIRE_SHARED_DATA();
  int ran = 0;
  for (const char* file :
       {"expand_message_xmd_sha256_shortdst.json", "expand_message_xmd_sha256_longdst.json"}) {
    const nlohmann::json vectors = Vectors(file);
    const auto domain = vectors.at("DST").get<std::string>();
    for (const nlohmann::json& vector : vectors.at("vectors")) {
      SCOPED_TRACE(std::string(file) + " " + std::to_string(ran));
      const auto size =
          std::strtoul(vector.at("len_in_bytes").get<std::string>().c_str(), nullptr, 16);
      const SecretBytes expanded =
          ExpandMessageXmd(vector.at("msg").get<std::string>(), domain, size);

      EXPECT_EQ(BytesOf(expanded), Bytes(vector, "uniform_bytes"));
      // The first block once more, straight from what the vector says is hashed.
      const std::string start(AsText(Sha256(Bytes(vector, "msg_prime"))));
      EXPECT_EQ(BytesOf(expanded).substr(0, 32),
                AsText(Sha256(start + "\x01" + Bytes(vector, "DST_prime"))));
      ++ran;
    }
  }
  EXPECT_EQ(ran, 5 + 4);
}

TEST(ExpandMessageXmdTest, ALongerOutputIsAnotherOutput) {
  const std::string shorter = BytesOf(ExpandMessageXmd("m", "d", 31));
  const std::string longer = BytesOf(ExpandMessageXmd("m", "d", 32));

  EXPECT_NE(shorter, longer.substr(0, 31));
  EXPECT_EQ(ExpandMessageXmd("m", "d", kExpandedBytesMax).size(), kExpandedBytesMax);
}

// 255 bytes are used as they are, 256 are hashed first.
TEST(ExpandMessageXmdTest, HashesADomainThatDoesNotFitItsLengthByte) {
  const std::string domain(256, 'd');
  const std::string hashed(AsText(Sha256("H2C-OVERSIZE-DST-" + domain)));

  EXPECT_EQ(ExpandMessageXmd("m", domain, 32), ExpandMessageXmd("m", hashed, 32));
  EXPECT_FALSE(ExpandMessageXmd("m", domain, 32) == ExpandMessageXmd("m", domain.substr(1), 32));
}

TEST(HashToCurveTest, GivesTheFieldElementsAndPointsOfTheRfc) {
  PM_REQUIRE_SHARED_DATA();
  int ran = 0;
  const nlohmann::json vectors = Vectors("h2c_p256_sswu_ro.json");
  const auto domain = vectors.at("dst").get<std::string>();
  for (const nlohmann::json& vector : vectors.at("vectors")) {
    const auto message = vector.at("msg").get<std::string>();
    SCOPED_TRACE(message);
    const std::string u[] = {Bytes(vector.at("u").at(0)), Bytes(vector.at("u").at(1))};

    EXPECT_EQ(BytesOf(HashToField(message, domain, 2)), std::vector<std::string>({u[0], u[1]}));
    EXPECT_EQ(MapToCurve(FieldElement(u[0])).bytes(), Compressed(vector.at("Q0")));
    EXPECT_EQ(MapToCurve(FieldElement(u[1])).bytes(), Compressed(vector.at("Q1")));
    EXPECT_EQ(HashToCurve(message, domain).bytes(), Compressed(vector.at("P")));
    ++ran;
  }
  EXPECT_EQ(ran, 3);
}

TEST(EncodeToCurveTest, GivesTheFieldElementAndPointOfTheRfc) {
  PM_REQUIRE_SHARED_DATA();
  int ran = 0;
  const nlohmann::json vectors = Vectors("h2c_p256_sswu_nu.json");
  const auto domain = vectors.at("dst").get<std::string>();
  for (const nlohmann::json& vector : vectors.at("vectors")) {
    const auto message = vector.at("msg").get<std::string>();
    SCOPED_TRACE(message);
    const std::string u = Bytes(vector.at("u").at(0));

    EXPECT_EQ(BytesOf(HashToField(message, domain, 1)), std::vector<std::string>({u}));
    EXPECT_EQ(MapToCurve(FieldElement(u)).bytes(), Compressed(vector.at("Q")));
    EXPECT_EQ(EncodeToCurve(message, domain).bytes(), Compressed(vector.at("P")));
    ++ran;
  }
  EXPECT_EQ(ran, 3);
}

// Z^2 u^4 + Z u^2 = 0 has the solutions 0 and the two roots of -1/Z = 1/10, which no hash will ever
// give. There x is B / (Z A).
TEST(MapToCurveTest, MapsWhereItsDivisorIsZero) {
  const std::string x =
      *base::ParseHex("a528bd8696bdaf996c65b982d94959d3146fe6a020693090bdba13132375f224");
  const std::string even(kFieldElementBytes, '\0');
  const std::string odd =
      *base::ParseHex("95d527d249c8dc5cadbf4c70bb59aaab72c14fffbad5622bd147b86a639ec6d9");
  const std::string also_even =
      *base::ParseHex("6a2ad82cb63723a45240b38f44a655548d3eb001452a9dd42eb847959c613926");

  EXPECT_EQ(MapToCurve(FieldElement(even)).bytes(), "\x02" + x);
  EXPECT_EQ(MapToCurve(FieldElement(odd)).bytes(), "\x03" + x);
  EXPECT_EQ(MapToCurve(FieldElement(also_even)).bytes(), "\x02" + x);
}

// u and -u have the same x, and y of the other sign.
TEST(MapToCurveTest, TheSignOfTheRootIsThatOfTheFieldElement) {
  const std::string prime =
      *base::ParseHex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
  for (unsigned char low = 1; low <= 100; ++low) {
    std::string u(kFieldElementBytes, '\0');
    u.back() = static_cast<char>(low);
    std::string minus_u = prime;  // Its last byte is 255: nothing is borrowed.
    minus_u.back() = static_cast<char>(255 - low);

    const Element point = MapToCurve(FieldElement(u));
    const Element opposite = MapToCurve(FieldElement(minus_u));

    EXPECT_EQ(point.bytes().front(), 2 + low % 2);
    EXPECT_EQ(point.bytes().substr(1), opposite.bytes().substr(1));
    EXPECT_NE(point.bytes().front(), opposite.bytes().front());
  }
}

TEST(HashToCurveTest, OtherMessagesAndOtherDomainsGiveOtherPoints) {
  std::set<std::string> points;
  for (const char* message : {"", "a", "b", "ab"}) {
    for (const char* domain : {"d", "e"}) {
      points.emplace(HashToCurve(message, domain).bytes());
      points.emplace(EncodeToCurve(message, domain).bytes());
    }
  }
  EXPECT_EQ(points.size(), 16u);
}

}  // namespace
}  // namespace proofmark::crypto
