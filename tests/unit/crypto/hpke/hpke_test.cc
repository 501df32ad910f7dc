// SPDX-License-Identifier: Apache-2.0
#include "crypto/hpke/hpke.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/seeded_random.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr absl::StatusCode kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr char kInfo[] = "proofmark/test/v1";
constexpr char kAad[] = "exchange 7";

// Gives the bytes of a vector as chance.
class FixedRandom final : public base::Random {
 public:
  explicit FixedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  void Fill(std::span<std::byte> out) override {
    ASSERT_EQ(out.size(), bytes_.size());
    std::ranges::copy(base::AsBytes(bytes_), out.begin());
  }

 private:
  std::string bytes_;
};

nlohmann::json Vectors() {
  return nlohmann::json::parse(
      ::proofmark::testing::ReadFileOrFail(std::filesystem::path(PROOFMARK_SOURCE_DIR) /
                                           "tests/vectors/hpke/hpke_x25519_aes256gcm.json"));
}

std::string Bytes(const nlohmann::json& object, const char* field) {
  return *base::ParseHex(object.at(field).get<std::string>());
}

HpkePrivateKey KeyOf(const std::string& raw) {
  return *HpkePrivateKey::FromRaw(SecretBytes::CopyOf(base::AsBytes(raw)));
}

HpkePrivateKey SomeKey(std::uint64_t seed = 1) {
  SeededRandom random(seed);
  return HpkePrivateKey::Generate(random);
}

std::string_view PublicOf(const HpkePrivateKey& key) { return base::AsText(key.public_key()); }

std::string SomeBox(std::string_view plaintext = "value") {
  SeededRandom random(2);
  return *HpkeSeal(PublicOf(SomeKey()), kInfo, kAad, plaintext, random);
}

// The u-coordinates of the points whose order divides 8, on Curve25519 and its twist, in every
// encoding: 0, 1, the two of order 8, p - 1, p, p + 1; each with and without the top bit.
std::vector<std::string> LowOrderPoints() {
  std::vector<std::string> points;
  for (const char* hex : {
           "0000000000000000000000000000000000000000000000000000000000000000",
           "0100000000000000000000000000000000000000000000000000000000000000",
           "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
           "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
       }) {
    points.push_back(*base::ParseHex(hex));
    points.push_back(points.back());
    points.back().back() = static_cast<char>(points.back().back() | 0x80);  // Ignored on reading.
  }
  return points;
}

TEST(HpkeTest, SealsAndOpensTheOfficialVector) {
  int ran = 0;
  const nlohmann::json vectors = Vectors();
  for (const nlohmann::json& vector : vectors.at("rfc9180")) {
    const HpkePrivateKey key = KeyOf(Bytes(vector, "private_key_hex"));
    FixedRandom ephemeral(Bytes(vector, "ephemeral_key_hex"));
    const std::string box = Bytes(vector, "encapsulated_hex") + Bytes(vector, "ciphertext_hex");

    const auto sealed = HpkeSeal(PublicOf(key), Bytes(vector, "info_hex"), Bytes(vector, "aad_hex"),
                                 Bytes(vector, "plaintext_hex"), ephemeral);
    const auto opened = key.Open(Bytes(vector, "info_hex"), Bytes(vector, "aad_hex"), box);

    EXPECT_EQ(PublicOf(key), Bytes(vector, "public_key_hex"));
    ASSERT_THAT(sealed, IsOk());
    EXPECT_EQ(base::ToHex(*sealed), base::ToHex(box));
    ASSERT_THAT(opened, IsOk());
    EXPECT_EQ(*opened, Bytes(vector, "plaintext_hex"));
    ++ran;
  }
  EXPECT_EQ(ran, 1);
}

TEST(HpkeTest, OpensWhatAnotherImplementationSealed) {
  int ran = 0;
  const nlohmann::json vectors = Vectors();
  for (const nlohmann::json& vector : vectors.at("independent")) {
    SCOPED_TRACE(vector.at("name").get<std::string>());
    const HpkePrivateKey key = KeyOf(Bytes(vector, "private_key_hex"));

    const auto opened =
        key.Open(Bytes(vector, "info_hex"), Bytes(vector, "aad_hex"), Bytes(vector, "sealed_hex"));

    EXPECT_EQ(PublicOf(key), Bytes(vector, "public_key_hex"));
    ASSERT_THAT(opened, IsOk());
    EXPECT_EQ(*opened, Bytes(vector, "plaintext_hex"));
    ++ran;
  }
  EXPECT_EQ(ran, 4);
}

TEST(HpkeTest, OpensWhatItSealed) {
  SeededRandom random(3);
  const HpkePrivateKey key = SomeKey();

  for (const std::size_t size : {0u, 1u, 16u, 17u, 4096u, (1u << 20) + 1u}) {
    SCOPED_TRACE(size);
    const std::string plaintext(size, 'p');
    const auto sealed = HpkeSeal(PublicOf(key), kInfo, kAad, plaintext, random);

    ASSERT_THAT(sealed, IsOk());
    EXPECT_EQ(sealed->size(), size + kHpkeOverheadBytes);
    const auto opened = key.Open(kInfo, kAad, *sealed);
    ASSERT_THAT(opened, IsOk());
    EXPECT_TRUE(*opened == plaintext);
  }
}

TEST(HpkeTest, SealsTheSameMessageDifferentlyEachTime) {
  SeededRandom random(4);
  const HpkePrivateKey key = SomeKey();

  const std::string first = *HpkeSeal(PublicOf(key), kInfo, kAad, "same", random);
  const std::string second = *HpkeSeal(PublicOf(key), kInfo, kAad, "same", random);

  EXPECT_NE(first.substr(0, kHpkePublicKeyBytes), second.substr(0, kHpkePublicKeyBytes));
  EXPECT_NE(first.substr(kHpkePublicKeyBytes), second.substr(kHpkePublicKeyBytes));
}

TEST(HpkeTest, RefusesEveryFlippedBit) {
  const HpkePrivateKey key = SomeKey();
  const std::string box = SomeBox();

  for (std::size_t bit = 0; bit < box.size() * 8; ++bit) {
    std::string damaged = box;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(key.Open(kInfo, kAad, damaged), StatusIs(kUnauthenticated)) << bit;
  }
}

TEST(HpkeTest, RefusesEveryOtherLength) {
  const HpkePrivateKey key = SomeKey();
  const std::string box = SomeBox();

  for (std::size_t size = 0; size < kHpkeOverheadBytes; ++size) {
    EXPECT_THAT(key.Open(kInfo, kAad, box.substr(0, size)), StatusIs(kInvalid)) << size;
  }
  for (std::size_t size = kHpkeOverheadBytes; size < box.size(); ++size) {
    EXPECT_THAT(key.Open(kInfo, kAad, box.substr(0, size)), StatusIs(kUnauthenticated)) << size;
  }
  EXPECT_THAT(key.Open(kInfo, kAad, box + "x"), StatusIs(kUnauthenticated));
}

TEST(HpkeTest, RefusesAnotherInfoAnotherAadAndAnotherKey) {
  const std::string box = SomeBox();

  EXPECT_THAT(SomeKey().Open(kInfo, kAad, box), IsOk());
  EXPECT_THAT(SomeKey().Open("proofmark/test/v2", kAad, box), StatusIs(kUnauthenticated));
  EXPECT_THAT(SomeKey().Open(kInfo, "exchange 8", box), StatusIs(kUnauthenticated));
  EXPECT_THAT(SomeKey().Open("", kAad, box), StatusIs(kUnauthenticated));
  EXPECT_THAT(SomeKey().Open(kInfo, "", box), StatusIs(kUnauthenticated));
  EXPECT_THAT(SomeKey(9).Open(kInfo, kAad, box), StatusIs(kUnauthenticated));
}

// What moves from info to aad is another context although the two join to the same text.
TEST(HpkeTest, KeepsInfoAndAadApart) {
  SeededRandom random(5);
  const HpkePrivateKey key = SomeKey();
  const std::string box = *HpkeSeal(PublicOf(key), "ab", "c", "value", random);

  EXPECT_THAT(key.Open("a", "bc", box), StatusIs(kUnauthenticated));
}

TEST(HpkeTest, RefusesToSealToAPointOfLowOrder) {
  SeededRandom random(6);

  ASSERT_EQ(LowOrderPoints().size(), 14u);
  for (const std::string& point : LowOrderPoints()) {
    EXPECT_THAT(HpkeSeal(point, kInfo, kAad, "value", random),
                StatusIs(kInvalid, HasSubstr("low order")))
        << base::ToHex(point);
  }
}

TEST(HpkeTest, RefusesToOpenUnderAnEncapsulatedPointOfLowOrder) {
  for (const std::string& point : LowOrderPoints()) {
    const std::string box = point + SomeBox().substr(kHpkePublicKeyBytes);
    EXPECT_THAT(SomeKey().Open(kInfo, kAad, box), StatusIs(kUnauthenticated)) << base::ToHex(point);
  }
}

TEST(HpkeTest, RefusesAKeyOfAnotherLength) {
  SeededRandom random(7);

  for (const std::size_t size : {0u, 31u, 33u, 64u}) {
    EXPECT_THAT(HpkeSeal(std::string(size, 'k'), kInfo, kAad, "value", random),
                StatusIs(kInvalid, HasSubstr("public key")));
    EXPECT_THAT(HpkePrivateKey::FromRaw(SecretBytes::OfSize(size)),
                StatusIs(kInvalid, HasSubstr("private key")));
  }
}

TEST(HpkeTest, RefusesMoreThanItsMaxima) {
  SeededRandom random(8);
  const HpkePrivateKey key = SomeKey();
  const std::string longest(kHpkeContextBytesMax, 'c');
  const std::string box = *HpkeSeal(PublicOf(key), longest, longest, "value", random);

  EXPECT_THAT(key.Open(longest, longest, box), IsOk());
  for (const auto& [info, aad, what] :
       {std::tuple(longest + "c", longest, "info"), std::tuple(longest, longest + "c", "aad")}) {
    EXPECT_THAT(HpkeSeal(PublicOf(key), info, aad, "value", random),
                StatusIs(kInvalid, HasSubstr(what)));
    EXPECT_THAT(key.Open(info, aad, box), StatusIs(kInvalid, HasSubstr(what)));
  }
  const std::string too_long(kHpkePlaintextBytesMax + kHpkeOverheadBytes + 1, '\0');
  EXPECT_THAT(HpkeSeal(PublicOf(key), kInfo, kAad,
                       std::string_view(too_long).substr(0, kHpkePlaintextBytesMax + 1), random),
              StatusIs(kInvalid, HasSubstr("message")));
  EXPECT_THAT(key.Open(kInfo, kAad, too_long), StatusIs(kInvalid, HasSubstr("message")));
}

TEST(HpkeTest, ExportsTheKeyItWasMadeFrom) {
  const HpkePrivateKey key = SomeKey();

  const auto again = HpkePrivateKey::FromRaw(key.ExportRaw());

  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(PublicOf(*again), PublicOf(key));
  EXPECT_EQ(*again->Open(kInfo, kAad, SomeBox()), "value");
}

}  // namespace
}  // namespace proofmark::crypto
