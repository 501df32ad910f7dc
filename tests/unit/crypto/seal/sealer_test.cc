// SPDX-License-Identifier: Apache-2.0
#include "crypto/seal/sealer.h"

#include <openssl/evp.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr SealContext kContext{.record = "exhibit/7", .field = "label"};

SecretBytes KeyOf(char fill, std::size_t bytes = kSealKeyBytes) {
  return SecretBytes::CopyOf(base::AsBytes(std::string(bytes, fill)));
}

Sealer SealerOf(char fill) { return *Sealer::Create(KeyOf(fill)); }

// The cipher alone, straight from the standard's interface: nonce, what is authenticated, text.
std::string ReferenceGcm(const std::string& key, const std::string& nonce,
                         const std::string& authenticated, const std::string& plaintext) {
  const auto octets = [](const std::string& s) {
    return reinterpret_cast<const unsigned char*>(s.data());
  };
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  std::vector<unsigned char> out(plaintext.size() + 16);
  int written = 0;
  EXPECT_EQ(1, EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, octets(key), octets(nonce)));
  EXPECT_EQ(1, EVP_EncryptUpdate(context, nullptr, &written, octets(authenticated),
                                 static_cast<int>(authenticated.size())));
  EXPECT_EQ(1, EVP_EncryptUpdate(context, out.data(), &written, octets(plaintext),
                                 static_cast<int>(plaintext.size())));
  EXPECT_EQ(1, EVP_EncryptFinal_ex(context, out.data() + plaintext.size(), &written));
  EXPECT_EQ(1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, out.data() + plaintext.size()));
  EVP_CIPHER_CTX_free(context);
  return {out.begin(), out.end()};
}

TEST(SealerTest, OpensWhatItSealed) {
  SeededRandom random(1);
  const Sealer sealer = SealerOf('k');

  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 4096u, (1u << 20) + 1u, (3u << 20) + 5u}) {
    SCOPED_TRACE(size);
    const std::string plaintext(size, 'p');
    const absl::StatusOr<std::string> sealed = sealer.Seal(kContext, plaintext, random);

    ASSERT_THAT(sealed, IsOk());
    EXPECT_EQ(sealed->size(), size + kSealOverheadBytes);
    const absl::StatusOr<std::string> opened = sealer.Open(kContext, *sealed);
    ASSERT_THAT(opened, IsOk());
    EXPECT_TRUE(*opened == plaintext);
  }
}

TEST(SealerTest, WritesTheDocumentedLayout) {
  SeededRandom random(2);

  const std::string sealed = *SealerOf('k').Seal(kContext, "plain", random);

  ASSERT_EQ(sealed.size(), 1u + 12u + 5u + 16u);
  EXPECT_EQ(sealed[0], 1);
  const std::string authenticated = std::string("proofmark/seal/v1\n") + std::string("\0\x09", 2) +
                                    "exhibit/7" + std::string("\0\x05", 2) + "label";
  EXPECT_EQ(base::ToHex(sealed.substr(13)),
            base::ToHex(
                ReferenceGcm(std::string(32, 'k'), sealed.substr(1, 12), authenticated, "plain")));
}

TEST(SealerTest, NeverUsesANonceTwice) {
  SeededRandom random(3);
  const Sealer sealer = SealerOf('k');

  const std::string first = *sealer.Seal(kContext, "same", random);
  const std::string second = *sealer.Seal(kContext, "same", random);

  EXPECT_NE(first.substr(1, 12), second.substr(1, 12));
  EXPECT_NE(first.substr(13), second.substr(13));
}

TEST(SealerTest, RefusesEveryFlippedBit) {
  SeededRandom random(4);
  const Sealer sealer = SealerOf('k');
  const std::string sealed = *sealer.Seal(kContext, "value", random);

  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string damaged = sealed;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(sealer.Open(kContext, damaged), StatusIs(absl::StatusCode::kDataLoss)) << bit;
  }
}

TEST(SealerTest, RefusesEveryOtherLength) {
  SeededRandom random(5);
  const Sealer sealer = SealerOf('k');
  const std::string sealed = *sealer.Seal(kContext, "value", random);

  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_THAT(sealer.Open(kContext, sealed.substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
  EXPECT_THAT(sealer.Open(kContext, sealed + "x"), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(SealerTest, RefusesAnotherKeyRecordOrField) {
  SeededRandom random(6);
  const Sealer sealer = SealerOf('k');
  const std::string sealed = *sealer.Seal(kContext, "value", random);

  EXPECT_THAT(SealerOf('x').Open(kContext, sealed), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(sealer.Open({.record = "exhibit/8", .field = "label"}, sealed),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(sealer.Open({.record = "exhibit/7", .field = "note"}, sealed),
              StatusIs(absl::StatusCode::kDataLoss));
}

// "ab" + "c" and "a" + "bc" are different places although they join to the same text.
TEST(SealerTest, KeepsRecordAndFieldApart) {
  SeededRandom random(7);
  const Sealer sealer = SealerOf('k');
  const std::string sealed = *sealer.Seal({.record = "ab", .field = "c"}, "value", random);

  EXPECT_THAT(sealer.Open({.record = "a", .field = "bc"}, sealed),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST(SealerTest, RefusesANameAboveItsMaximum) {
  SeededRandom random(8);
  const std::string longest(kSealNameBytesMax, 'n');
  const std::string too_long = longest + "n";

  EXPECT_THAT(SealerOf('k').Seal({.record = longest, .field = "f"}, "v", random), IsOk());
  EXPECT_THAT(SealerOf('k').Seal({.record = too_long, .field = "f"}, "v", random),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("record")));
  EXPECT_THAT(SealerOf('k').Seal({.record = "r", .field = too_long}, "v", random),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("field")));
}

TEST(SealerTest, RefusesAKeyOfAnotherLength) {
  for (const std::size_t size : {0u, 16u, 31u, 33u}) {
    EXPECT_THAT(Sealer::Create(KeyOf('k', size)), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(WrapKeyTest, UnwrapsWhatWasWrapped) {
  SeededRandom random(9);
  const absl::StatusOr<std::string> wrapped = WrapKey(KeyOf('m'), "id", KeyOf('k'), random);

  ASSERT_THAT(wrapped, IsOk());
  EXPECT_EQ(wrapped->size(), kWrappedKeyBytes);
  const absl::StatusOr<SecretBytes> key = UnwrapKey(KeyOf('m'), "id", *wrapped);
  ASSERT_THAT(key, IsOk());
  EXPECT_TRUE(*key == KeyOf('k'));
}

TEST(WrapKeyTest, RefusesAnotherMasterKeyAnotherIdAndEveryFlippedBit) {
  SeededRandom random(10);
  const std::string wrapped = *WrapKey(KeyOf('m'), "id", KeyOf('k'), random);

  EXPECT_THAT(UnwrapKey(KeyOf('x'), "id", wrapped), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(UnwrapKey(KeyOf('m'), "ie", wrapped), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(UnwrapKey(KeyOf('m'), "id", wrapped + "x"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(UnwrapKey(KeyOf('m', 31), "id", wrapped),
              StatusIs(absl::StatusCode::kInvalidArgument));
  for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
    std::string damaged = wrapped;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(UnwrapKey(KeyOf('m'), "id", damaged), StatusIs(absl::StatusCode::kDataLoss)) << bit;
  }
}

// A wrapped key is no sealed value, even under the same key and name.
TEST(WrapKeyTest, DoesNotOpenAsASealedValue) {
  SeededRandom random(11);
  const std::string wrapped = *WrapKey(KeyOf('m'), "id", KeyOf('k'), random);

  EXPECT_THAT(SealerOf('m').Open({.record = "id", .field = ""}, std::string(1, '\x01') + wrapped),
              StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace proofmark::crypto
