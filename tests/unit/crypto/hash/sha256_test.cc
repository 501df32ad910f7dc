// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash/sha256.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"

namespace proofmark::crypto {
namespace {

std::string Unhex(std::string_view hex) { return base::ParseHex(hex).value(); }

// The examples of FIPS 180-4 for one block, two blocks and many, and the empty message.
TEST(Sha256Test, AgreesWithTheExamplesOfFips180) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256HasherTest, GivesTheSameDigestWhereverTheInputIsCut) {
  std::string text;
  for (int i = 0; i < 130; ++i) text.push_back(static_cast<char>(i));
  const Sha256Digest whole = Sha256(text);

  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Sha256Hasher hasher;
    hasher.Update(std::string_view(text).substr(0, cut));
    hasher.Update(std::string_view(text).substr(cut));
    EXPECT_EQ(hasher.Finish(), whole) << "cut at " << cut;
  }
}

TEST(HmacSha256Test, AgreesWithRfc4231) {
  struct Case {
    std::string key;
    std::string data;
    std::string mac_hex;  // Case 5 of the RFC gives the first half only.
  };
  std::string counting;
  for (int i = 1; i <= 25; ++i) counting.push_back(static_cast<char>(i));
  const Case cases[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {counting, std::string(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(20, '\x0c'), "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  int number = 0;
  for (const Case& test : cases) {
    SCOPED_TRACE(++number);
    const Sha256Digest mac = HmacSha256(base::AsBytes(test.key), test.data);
    EXPECT_EQ(AsText(mac).substr(0, test.mac_hex.size() / 2), Unhex(test.mac_hex));
  }
}

}  // namespace
}  // namespace proofmark::crypto
