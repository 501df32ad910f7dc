// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign/ed25519.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

std::string Unhex(std::string_view hex) { return base::ParseHex(hex).value(); }

// Chance that always says the same: gives the key of a published seed.
class FixedRandom final : public base::Random {
 public:
  explicit FixedRandom(std::string seed) : seed_(std::move(seed)) {}
  void Fill(std::span<std::byte> out) override {
    ASSERT_EQ(out.size(), seed_.size());
    std::ranges::copy(base::AsBytes(seed_), out.begin());
  }

 private:
  std::string seed_;
};

SigningKey KeyOfSeed(std::string_view seed_hex) {
  FixedRandom random(Unhex(seed_hex));
  return SigningKey::Generate(random);
}

SigningKey SomeKey(std::uint64_t seed = 1) {
  SeededRandom random(seed);
  return SigningKey::Generate(random);
}

std::string SignedBy(const SigningKey& key, std::string_view message) {
  return std::string(AsText(key.Sign(message).value()));
}

struct Vector {
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032 section 7.1: TEST 1, 2, 3 and SHA(abc).
constexpr Vector kRfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
     "b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
     "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
     "c6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fe"
     "ebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431"
     "e0303dca179c138ac17ad9bef1177331a704"},
};

TEST(SigningKeyTest, MakesTheSignaturesOfRfc8032) {
  for (const Vector& vector : kRfc8032) {
    SCOPED_TRACE(vector.message);
    const SigningKey key = KeyOfSeed(vector.seed);

    EXPECT_EQ(base::ToHex(key.verifying_key().raw()), vector.public_key);
    EXPECT_EQ(base::ToHex(SignedBy(key, Unhex(vector.message))), vector.signature);
  }
}

TEST(VerifyingKeyTest, AcceptsTheSignaturesOfRfc8032) {
  for (const Vector& vector : kRfc8032) {
    const absl::StatusOr<VerifyingKey> key = VerifyingKey::FromRaw(Unhex(vector.public_key));

    ASSERT_THAT(key, IsOk());
    EXPECT_THAT(key->Verify(Unhex(vector.message), Unhex(vector.signature)), IsOk());
  }
}

TEST(VerifyingKeyTest, RefusesASignatureWithAnyBitFlipped) {
  const SigningKey key = SomeKey();
  const std::string signature = SignedBy(key, "message");
  ASSERT_THAT(key.verifying_key().Verify("message", signature), IsOk());

  for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    std::string flipped = signature;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_THAT(key.verifying_key().Verify("message", flipped),
                StatusIs(absl::StatusCode::kUnauthenticated))
        << "bit " << bit;
  }
}

TEST(VerifyingKeyTest, RefusesASignatureOfAnotherLength) {
  const SigningKey key = SomeKey();
  const std::string signature = SignedBy(key, "message");

  for (const std::string& wrong :
       {std::string(), signature.substr(0, 63), signature.substr(1), signature + '\0'}) {
    EXPECT_THAT(key.verifying_key().Verify("message", wrong),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(VerifyingKeyTest, RefusesAnotherMessageAndAnotherKey) {
  const SigningKey key = SomeKey(1);
  const std::string signature = SignedBy(key, "message");

  for (const char* other : {"", "messag", "messages", "Message"}) {
    EXPECT_THAT(key.verifying_key().Verify(other, signature),
                StatusIs(absl::StatusCode::kUnauthenticated));
  }
  EXPECT_THAT(SomeKey(2).verifying_key().Verify("message", signature),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

// Adding the group's order to the second half gives another text that solves the same equation.
TEST(VerifyingKeyTest, RefusesTheOtherSpellingOfAValidSignature) {
  const std::string order =
      Unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  const SigningKey key = SomeKey();
  std::string signature = SignedBy(key, "message");

  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + static_cast<unsigned char>(order[i]);
    signature[32 + i] = static_cast<char>(carry & 0xFF);
    carry >>= 8;
  }

  ASSERT_EQ(carry, 0U);
  EXPECT_THAT(key.verifying_key().Verify("message", signature),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST(VerifyingKeyTest, RefusesPointsOfLowOrderInEveryEncoding) {
  for (const char* y : {"0000000000000000000000000000000000000000000000000000000000000000",
                        "0100000000000000000000000000000000000000000000000000000000000000",
                        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    std::string raw = Unhex(y);
    EXPECT_THAT(VerifyingKey::FromRaw(raw),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("low order")));
    raw.back() = static_cast<char>(raw.back() ^ 0x80);
    EXPECT_THAT(VerifyingKey::FromRaw(raw),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("low order")));
  }
}

TEST(VerifyingKeyTest, RefusesRawKeysOfAnotherLength) {
  const std::string raw(SomeKey().verifying_key().raw());
  for (const std::string& wrong : {std::string(), raw.substr(1), raw + raw[0]}) {
    EXPECT_THAT(VerifyingKey::FromRaw(wrong), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(VerifyingKeyTest, SurvivesPem) {
  const VerifyingKey key = SomeKey().verifying_key();

  const absl::StatusOr<VerifyingKey> back = VerifyingKey::FromPem(key.ToPem());

  ASSERT_THAT(back, IsOk());
  EXPECT_TRUE(*back == key);
}

constexpr char kP384PublicKey[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEu9sQA58XD6a562M2crUsIXleTyY7D8so\n"
    "4quN6lLYidGdguVXUb1uWxu+rFbLXRaujDxSd/P/HttuYvb/zGd02lXKY8vjzOFO\n"
    "FUapaftGr6VnYSf/VM6Z/FQQJ8LX8lhM\n"
    "-----END PUBLIC KEY-----\n";

TEST(VerifyingKeyTest, RefusesPemThatHoldsSomethingElse) {
  const SigningKey key = SomeKey();
  const SecretBytes private_pem = key.ToPem();
  std::string damaged = key.verifying_key().ToPem();
  damaged[40] = '*';

  EXPECT_THAT(VerifyingKey::FromPem(""), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(VerifyingKey::FromPem(damaged), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(VerifyingKey::FromPem(base::AsText(private_pem.ExposeForOpenSsl())),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(VerifyingKey::FromPem(kP384PublicKey),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("neither Ed25519")));
  EXPECT_THAT(VerifyingKey::FromPem(std::string(kKeyPemBytesMax + 1, ' ')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("16 KiB")));
}

TEST(SigningKeyTest, SurvivesPem) {
  const SigningKey key = SomeKey();

  const absl::StatusOr<SigningKey> back = SigningKey::FromPem(key.ToPem());

  ASSERT_THAT(back, IsOk());
  EXPECT_TRUE(back->verifying_key() == key.verifying_key());
  EXPECT_EQ(SignedBy(*back, "message"), SignedBy(key, "message"));
}

SecretBytes Pem(std::string_view text) { return SecretBytes::CopyOf(base::AsBytes(text)); }

TEST(SigningKeyTest, RefusesPemThatHoldsSomethingElse) {
  const SigningKey key = SomeKey();

  EXPECT_THAT(SigningKey::FromPem(Pem("")), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(SigningKey::FromPem(Pem(key.verifying_key().ToPem())),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(SigningKey::FromPem(Pem(std::string(kKeyPemBytesMax + 1, ' '))),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("16 KiB")));
}

}  // namespace
}  // namespace proofmark::crypto
