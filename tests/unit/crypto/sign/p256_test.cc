// SPDX-License-Identifier: Apache-2.0
// Envelopes' second algorithm, whose private keys are on tokens: here OpenSSL signs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "crypto/openssl/handles.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/key_id.h"
#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;

constexpr std::string_view kMessage = "a message";

class P256Test : public ::testing::Test {
 protected:
  P256Test() : key_(EVP_EC_gen("P-256")) {}

  VerifyingKey Verifying() const {
    const BioHandle bio(BIO_new(BIO_s_mem()));
    EXPECT_EQ(PEM_write_bio_PUBKEY(bio.get(), key_.get()), 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return VerifyingKey::FromPem({text, static_cast<std::size_t>(size)}).value();
  }

  // r || s of one signature, and r || order - s: the one with the smaller s first.
  std::pair<std::string, std::string> BothSignatures() const {
    const DigestContextHandle context(EVP_MD_CTX_new());
    unsigned char der[128];
    std::size_t size = sizeof(der);
    EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()), 1);
    EXPECT_EQ(
        EVP_DigestSign(context.get(), der, &size,
                       reinterpret_cast<const unsigned char*>(kMessage.data()), kMessage.size()),
        1);
    const unsigned char* next = der;
    const std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>> pair(
        d2i_ECDSA_SIG(nullptr, &next, static_cast<long>(size)));
    const std::unique_ptr<EC_GROUP, Deleter<EC_GROUP_free>> group(
        EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    const std::unique_ptr<BIGNUM, Deleter<BN_free>> other(BN_new());
    EXPECT_EQ(BN_sub(other.get(), EC_GROUP_get0_order(group.get()), ECDSA_SIG_get0_s(pair.get())),
              1);
    const auto text = [&](const BIGNUM* s) {
      std::string both(64, '\0');
      auto* const bytes = reinterpret_cast<unsigned char*>(both.data());
      EXPECT_EQ(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes, 32), 32);
      EXPECT_EQ(BN_bn2binpad(s, bytes + 32, 32), 32);
      return both;
    };
    const BIGNUM* const s = ECDSA_SIG_get0_s(pair.get());
    return BN_cmp(s, other.get()) < 0 ? std::pair{text(s), text(other.get())}
                                      : std::pair{text(other.get()), text(s)};
  }

  const PkeyHandle key_;
};

TEST_F(P256Test, TakesOnlyTheSmallerS) {
  const VerifyingKey key = Verifying();
  for (int i = 0; i < 8; ++i) {
    const auto [smaller, larger] = BothSignatures();
    EXPECT_THAT(key.Verify(kMessage, smaller), IsOk());
    EXPECT_THAT(key.Verify(kMessage, larger), StatusIs(absl::StatusCode::kUnauthenticated));
    EXPECT_THAT(key.Verify("another message", smaller),
                StatusIs(absl::StatusCode::kUnauthenticated));
  }
}

TEST_F(P256Test, RefusesEveryFlippedBitAndWhatIsOutOfRange) {
  const VerifyingKey key = Verifying();
  const std::string good = BothSignatures().first;
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(key.Verify(kMessage, bad), StatusIs(absl::StatusCode::kUnauthenticated)) << bit;
  }
  for (const char fill : {'\0', '\xFF'}) {
    EXPECT_THAT(key.Verify(kMessage, std::string(64, fill)),
                StatusIs(absl::StatusCode::kUnauthenticated));
  }
  EXPECT_THAT(key.Verify(kMessage, good.substr(1)), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(P256Test, AKeyIsReadInOneFormAlone) {
  const VerifyingKey key = Verifying();
  EXPECT_EQ(key.raw().size(), 91U);
  EXPECT_EQ(VerifyingKey::FromInfo(key.raw()).value(), key);
  std::string off_the_curve(key.raw());
  off_the_curve.back() = static_cast<char>(off_the_curve.back() ^ 1);
  EXPECT_THAT(VerifyingKey::FromInfo(off_the_curve), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(VerifyingKey::FromInfo(key.raw().substr(0, 90)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(VerifyingKey::FromRaw(key.raw()), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(P256Test, IsAnExchangeKeyAndNoKeyOfNotes) {
  const VerifyingKey key = Verifying();
  EXPECT_EQ(ExchangeKeyType(key), NoteKeyType::kEcdsa);
  EXPECT_THAT(MakeVerifierKey("a.example/x", NoteKeyType::kNote, key),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(MakeVerifierKey("a.example/x", NoteKeyType::kCosignature, key),
              StatusIs(absl::StatusCode::kInvalidArgument));
  const auto made = MakeVerifierKey("a.example/proofmark/exchange", ExchangeKeyType(key), key);
  ASSERT_THAT(made.status(), IsOk());
  EXPECT_EQ(made->name + "+" + base::ToHex(base::ByteSpan(made->id)),
            ExchangeKeyId("a.example", key));
  EXPECT_FALSE(made->verifier.has_value());
}

}  // namespace
}  // namespace proofmark::crypto
