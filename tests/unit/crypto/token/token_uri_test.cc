// SPDX-License-Identifier: Apache-2.0
#include "crypto/token/token_uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr std::string_view kGood =
    "pkcs11:token=Node%20one;object=tls;id=%01%ff;type=private"
    "?module-path=/usr/lib/hsm.so&pin-source=file:/etc/proofmark/pin";

TEST(TokenUriTest, ReadsEveryPart) {
  const auto uri = TokenUri::Parse(std::string("  ").append(kGood).append("\n"));
  ASSERT_THAT(uri.status(), IsOk());
  EXPECT_EQ(uri->text, kGood);
  EXPECT_EQ(uri->token, "Node one");
  EXPECT_EQ(uri->object, "tls");
  EXPECT_EQ(uri->id, "\x01\xff");
  EXPECT_EQ(uri->module_path, "/usr/lib/hsm.so");
  EXPECT_EQ(uri->pin_file, "/etc/proofmark/pin");
}

TEST(TokenUriTest, RefusesEachFaultAndNamesItsPart) {
  struct Case {
    const char* text;
    const char* says;
  };
  for (const Case& bad : {
           Case{"-----BEGIN PRIVATE KEY-----", "does not begin with pkcs11:"},
           Case{"pkcs11:object=k?module-path=/m", "token: missing"},
           Case{"pkcs11:token=t?module-path=/m", "object: missing"},
           Case{"pkcs11:token=t;object=k", "module-path: missing"},
           Case{"pkcs11:token=t;object=k?module-path=m.so", "module-path: must be an absolute"},
           Case{"pkcs11:token=t;object=k;type=public?module-path=/m", "type: must be private"},
           Case{"pkcs11:token=t;object=k?module-path=/m&pin-value=1234", "pin-value"},
           Case{"pkcs11:token=t;object=k;module-path=/m", "module-path: not known"},
           Case{"pkcs11:token=t;token=u;object=k?module-path=/m", "token: stands twice"},
           Case{"pkcs11:token=;object=k?module-path=/m", "token: empty"},
           Case{"pkcs11:token=t%2;object=k?module-path=/m", "'%'"},
           Case{"pkcs11:token=a b;object=k?module-path=/m", "white space"},
           Case{"pkcs11:token;object=k?module-path=/m", "without '='"},
       }) {
    EXPECT_THAT(TokenUri::Parse(bad.text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.says)))
        << bad.text;
  }
  EXPECT_THAT(TokenUri::Parse(std::string(kGood).append(std::string(kTokenUriBytesMax, 'x'))),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(TokenUriTest, TellsAPlaceFromAKey) {
  EXPECT_TRUE(IsTokenUri("\n pkcs11:token=t"));
  EXPECT_FALSE(IsTokenUri("-----BEGIN PRIVATE KEY-----\npkcs11:"));
  EXPECT_FALSE(IsTokenUri(""));
}

}  // namespace
}  // namespace proofmark::crypto
