// SPDX-License-Identifier: Apache-2.0
// A SoftHSM token behind a server that is killed and started again.
#include "crypto/token/token_key.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <p11-kit/pkcs11.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "crypto/openssl/pem.h"
#include "crypto/sign/ed25519.h"
#include "crypto/tls/tls.h"
#include "crypto/token/tls_engine.h"
#include "tests/support/soft_token.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SoftToken;
using ::proofmark::testing::StatusIs;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

absl::StatusOr<SigningKey> KeyAt(std::string uri) {
  return SigningKey::FromText(SecretBytes::TakeFrom(uri));
}

TokenStanding StandingOf(const std::string& uri) { return (*TokenKey::Open(uri))->Standing(); }

void ExpectSigns(const SigningKey& key, std::string_view message) {
  const absl::StatusOr<DigitalSignature> signature = key.Sign(message);
  ASSERT_THAT(signature.status(), IsOk());
  EXPECT_THAT(key.verifying_key().Verify(message, AsText(*signature)), IsOk());
}

// One token for all tests: making its keys takes a second, and keys live as long as the process.
class TokenKeyTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!SoftToken::Missing().empty()) return;
    signal(SIGPIPE, SIG_IGN);
    std::string pattern = (std::filesystem::temp_directory_path() / "token-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    token_ = new SoftToken(folder_);
  }
  static void TearDownTestSuite() {
    delete token_;
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  // `uri` with one part exchanged.
  static std::string With(std::string uri, std::string_view from, std::string_view to) {
    return uri.replace(uri.find(from), from.size(), to);
  }

  static std::filesystem::path folder_;
  static SoftToken* token_;
};
std::filesystem::path TokenKeyTest::folder_;
SoftToken* TokenKeyTest::token_ = nullptr;

TEST_F(TokenKeyTest, SignsWithP256SoThatThePublicHalfVerifies) {
  PM_REQUIRE_SOFT_TOKEN();
  const auto key = KeyAt(token_->Served("exchange"));
  ASSERT_THAT(key.status(), IsOk());
  EXPECT_EQ(key->verifying_key().algorithm(), SignatureAlgorithm::kEcdsaP256);
  // Half of all signatures come with the larger s and must be turned round.
  for (int i = 0; i < 16; ++i) ExpectSigns(*key, std::string(static_cast<std::size_t>(i), 'm'));
  const auto again = VerifyingKey::FromPem(key->verifying_key().ToPem());
  ASSERT_THAT(again.status(), IsOk());
  EXPECT_EQ(*again, key->verifying_key());
}

TEST_F(TokenKeyTest, SignsAgainAfterARestartOnTheSecondAttempt) {
  PM_REQUIRE_SOFT_TOKEN();
  const std::string uri = token_->Served("exchange");
  const auto key = KeyAt(uri);
  ASSERT_THAT(key.status(), IsOk());
  const TokenStanding before = StandingOf(uri);
  token_->Kill();
  token_->Start();
  ExpectSigns(*key, "after");
  EXPECT_EQ(StandingOf(uri).retried, before.retried + 1);
  EXPECT_EQ(StandingOf(uri).signatures, before.signatures + 1);
}

TEST_F(TokenKeyTest, WaitsForATokenThatIsBackSoonAndThenForNone) {
  PM_REQUIRE_SOFT_TOKEN();
  const std::string uri = token_->Served("exchange");
  const auto key = KeyAt(uri);
  ASSERT_THAT(key.status(), IsOk());
  token_->Kill();
  EXPECT_TRUE(StandingOf(uri).away_since_unix_ms.has_value());
  const auto began = steady_clock::now();
  EXPECT_THAT(key->Sign("away"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_GE(steady_clock::now() - began, kTokenPatience - std::chrono::seconds(1));
  // Once it has been away for so long, nobody waits any more.
  const auto second = steady_clock::now();
  EXPECT_THAT(key->Sign("away"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_LT(steady_clock::now() - second, kTokenPatience / 2);
  token_->Start();
  ExpectSigns(*key, "back");
  EXPECT_FALSE(StandingOf(uri).away_since_unix_ms.has_value());

  token_->Kill();
  std::jthread later([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    token_->Start();
  });
  ExpectSigns(*key, "waited");
}

TEST_F(TokenKeyTest, EveryThreadsSignatureSurvivesARestart) {
  PM_REQUIRE_SOFT_TOKEN();
  const std::string uri = token_->Served("exchange");
  const auto key = KeyAt(uri);
  ASSERT_THAT(key.status(), IsOk());
  const std::int64_t before = StandingOf(uri).retried;
  const int kThreads = 4;
  const int kEach = 200;
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) good += key->Sign("traffic").ok() ? 1 : 0;
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    token_->Kill();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    token_->Start();
  }
  EXPECT_EQ(good, kThreads * kEach);
  EXPECT_LE(StandingOf(uri).retried - before, kThreads);
}

TEST_F(TokenKeyTest, EachFaultSaysWhatToDo) {
  PM_REQUIRE_SOFT_TOKEN();
  const std::string good = token_->Served("exchange");
  EXPECT_THAT(KeyAt(With(good, "module-path=", "module-path=/nowhere")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("module-path")));
  EXPECT_THAT(KeyAt(With(good, "token=proofmark-test", "token=other")),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("there: proofmark-test")));
  EXPECT_THAT(KeyAt(With(good, "object=exchange", "object=other")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no private key \"other\"")));
  EXPECT_THAT(KeyAt(token_->Served("log")),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("Ed25519")));
  EXPECT_THAT(KeyAt(With(good, "pin-source=file:", "pin-source=file:/nowhere")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("pin-source")));
}

TEST_F(TokenKeyTest, AnEd25519KeyOpensItsLostSessionAgain) {
  PM_REQUIRE_SOFT_TOKEN();
  const std::string uri = token_->Direct("log");
  const auto key = KeyAt(uri);
  ASSERT_THAT(key.status(), IsOk());
  EXPECT_EQ(key->verifying_key().algorithm(), SignatureAlgorithm::kEd25519);
  ExpectSigns(*key, "before");
  // The library loses everything behind our back, as when the token was restarted.
  void* const library = dlopen((*TokenUri::Parse(uri)).module_path.c_str(), RTLD_NOW);
  ASSERT_NE(library, nullptr);
  CK_FUNCTION_LIST* functions = nullptr;
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"));
  ASSERT_EQ(get(&functions), CKR_OK);
  ASSERT_EQ(functions->C_Finalize(nullptr), CKR_OK);
  ExpectSigns(*key, "after");
  EXPECT_EQ(StandingOf(uri).retried, 1);
}

TEST_F(TokenKeyTest, ATlsKeyBelongsToItsCertificateOrNot) {
  PM_REQUIRE_SOFT_TOKEN();
  const std::string uri = token_->Served("tls");
  const auto opened = TokenKey::Open(uri);
  ASSERT_THAT(opened.status(), IsOk());
  const testing::TestAgency agency;
  const PkeyHandle pkey = TlsKeyOf(**opened).value();
  const PkeyHandle issuer = PrivateKeyFromPem(agency.federation_ca().KeyPem()).value();
  const X509Certificate mine =
      SignDraft(agency.NodeDraft(), pkey.get(), &agency.federation_ca().certificate(), issuer.get())
          .value();
  const auto check = [](const X509Certificate& certificate, std::string key_text) {
    return CheckKeyMatchesCertificate(certificate.ToPem(), SecretBytes::TakeFrom(key_text));
  };
  EXPECT_THAT(check(mine, uri).status(), IsOk());
  EXPECT_THAT(check(agency.Node().certificate, uri),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not belong")));
  EXPECT_THAT(check(mine, token_->Served("exchange")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not belong")));
  EXPECT_THAT(check(mine, token_->Direct("log")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("P-256")));
  EXPECT_EQ(*KeyTextForGrpc(uri), "engine:proofmark:" + uri);
}

// The last of them: the token counts refused PINs, and so does this process.
TEST_F(TokenKeyTest, TriesARefusedPinOnce) {
  PM_REQUIRE_SOFT_TOKEN();
  std::ofstream(folder_ / "wrong") << "9999\n";
  const std::string uri =
      With(token_->Direct("tls"), token_->pin_file().string(), (folder_ / "wrong").string());
  // What is logged in already asks for no PIN: the library must be new.
  void* const library = dlopen((*TokenUri::Parse(uri)).module_path.c_str(), RTLD_NOW);
  CK_FUNCTION_LIST* functions = nullptr;
  reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"))(&functions);
  ASSERT_EQ(functions->C_Finalize(nullptr), CKR_OK);
  EXPECT_THAT(KeyAt(uri), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("refuses")));
  EXPECT_THAT(KeyAt(uri),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("not tried again")));
}

}  // namespace
}  // namespace proofmark::crypto
