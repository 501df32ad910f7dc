// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash/md5.h"

#include <gtest/gtest.h>

#include <string>

namespace proofmark::crypto {
namespace {

std::string HexOf(std::string_view text) {
  return base::ToHex(base::ByteSpan(Md5(base::AsBytes(text))));
}

TEST(Md5Test, GivesTheDigestsOfRfc1321) {
  EXPECT_EQ(HexOf(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(HexOf("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(HexOf("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(HexOf("1234567890123456789012345678901234567890"
                  "1234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

}  // namespace
}  // namespace proofmark::crypto
