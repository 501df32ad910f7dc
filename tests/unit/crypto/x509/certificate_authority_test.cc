// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/certificate_authority.h"

#include <gtest/gtest.h>

#include <string>

#include "crypto/openssl/pem.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestAgency;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr std::int64_t kNowUnixS = 1'790'000'000;

CertificateAuthority::Options CaOptions() {
  return {.domain = "alpha.example", .common_name = "Alpha CA", .not_before_unix_s = kNowUnixS};
}

LeafOptions NodeOptions() {
  return {.spiffe_uri = "spiffe://alpha.example/proofmark/node/n1",
          .dns_names = {"localhost"},
          .ip_addresses = {"127.0.0.1", "::1"},
          .tls_client = true,
          .tls_server = true,
          .not_before_unix_s = kNowUnixS};
}

CertificateAuthority SomeCa() { return CertificateAuthority::Create(CaOptions()).value(); }

TEST(CertificateAuthorityTest, IssuesLeavesThatLastAsLongAsAsked) {
  const CertificateAuthority ca = SomeCa();
  LeafOptions options = NodeOptions();
  options.lifetime_s = kLeafLifetimeSecondsMax;

  const auto issued = ca.Issue(options);

  ASSERT_THAT(issued, IsOk());
  EXPECT_EQ(issued->certificate.not_before_unix_s(), kNowUnixS);
  EXPECT_EQ(issued->certificate.not_after_unix_s(), kNowUnixS + kLeafLifetimeSecondsMax);
  EXPECT_THAT(issued->certificate.dns_sans(), ::testing::ElementsAre("localhost"));
}

TEST(CertificateAuthorityTest, HandsOverTheKeyOfTheCertificate) {
  const auto issued = SomeCa().Issue(NodeOptions());
  ASSERT_THAT(issued, IsOk());

  const auto key = PrivateKeyFromPem(issued->key_pem);

  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(X509_check_private_key(issued->certificate.handle(), key->get()), 1);
}

TEST(CertificateAuthorityTest, NeverRepeatsAKeyOrASerialNumber) {
  const CertificateAuthority ca = SomeCa();
  const auto first = ca.Issue(NodeOptions());
  const auto second = ca.Issue(NodeOptions());

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(first->certificate.serial_hex(), second->certificate.serial_hex());
  EXPECT_NE(first->certificate.spki_sha256(), second->certificate.spki_sha256());
}

TEST(CertificateAuthorityTest, SurvivesPem) {
  const CertificateAuthority ca = SomeCa();

  const auto loaded =
      CertificateAuthority::Load("alpha.example", ca.certificate().ToPem(), ca.KeyPem());

  ASSERT_THAT(loaded, IsOk());
  const auto issued = loaded->Issue(NodeOptions());
  ASSERT_THAT(issued, IsOk());
  EXPECT_THAT(VerifyLeaf(issued->certificate, {"alpha.example", {ca.certificate()}},
                         kNowUnixS * 1000, {SpiffeName::Kind::kNode, true, true}),
              IsOk());
}

TEST(CertificateAuthorityTest, RefusesNamesOfOthers) {
  const CertificateAuthority ca = SomeCa();
  for (const bool constrain_names : {true, false}) {
    CertificateAuthority::Options ca_options = CaOptions();
    ca_options.constrain_names = constrain_names;
    LeafOptions options = NodeOptions();
    options.spiffe_uri = "spiffe://beta.example/proofmark/node/n1";

    EXPECT_THAT(CertificateAuthority::Create(ca_options)->Issue(options),
                StatusIs(kInvalid, HasSubstr("domain")));
  }
}

TEST(CertificateAuthorityTest, RefusesLeafOptionsOutOfRange) {
  const CertificateAuthority ca = SomeCa();
  const auto refuses = [&](auto spoil, const char* why) {
    LeafOptions options = NodeOptions();
    spoil(options);
    EXPECT_THAT(ca.Issue(options), StatusIs(kInvalid, HasSubstr(why)));
  };

  refuses([](LeafOptions& o) { o.spiffe_uri.clear(); }, "SPIFFE");
  refuses([](LeafOptions& o) { o.lifetime_s = 0; }, "90 days");
  refuses([](LeafOptions& o) { o.lifetime_s = -1; }, "90 days");
  refuses([](LeafOptions& o) { o.lifetime_s = kLeafLifetimeSecondsMax + 1; }, "90 days");
  refuses([](LeafOptions& o) { o.not_before_unix_s = kNowUnixS - 1; }, "begins before");
  refuses([](LeafOptions& o) { o.not_before_unix_s += 10LL * 365 * 24 * 3600; }, "ends after");
  refuses([](LeafOptions& o) { o.dns_names = {"Local_Host"}; }, "DNS name");
  refuses([](LeafOptions& o) { o.dns_names = {"*.example"}; }, "DNS name");
  refuses([](LeafOptions& o) { o.dns_names.assign(kLeafHostNamesMax + 1, "a"); }, "32");
  refuses([](LeafOptions& o) { o.ip_addresses = {"127.0.0"}; }, "IP address");
  refuses([](LeafOptions& o) { o.ip_addresses.assign(kLeafHostNamesMax + 1, "::1"); }, "32");
  refuses([](LeafOptions& o) { o.tls_client = o.tls_server = false; }, "neither");
}

TEST(CertificateAuthorityTest, RefusesItsOwnOptionsOutOfRange) {
  const auto refuses = [](auto spoil, const char* why) {
    CertificateAuthority::Options options = CaOptions();
    spoil(options);
    EXPECT_THAT(CertificateAuthority::Create(options), StatusIs(kInvalid, HasSubstr(why)));
  };
  using Options = CertificateAuthority::Options;

  refuses([](Options& o) { o.domain = "Alpha"; }, "domain");
  refuses([](Options& o) { o.common_name.clear(); }, "common name");
  refuses([](Options& o) { o.common_name = std::string(65, 'a'); }, "common name");
  refuses([](Options& o) { o.common_name = "a\nb"; }, "common name");
  refuses([](Options& o) { o.lifetime_s = 0; }, "20 years");
  refuses([](Options& o) { o.lifetime_s = kCaLifetimeSecondsMax + 1; }, "20 years");
}

TEST(CertificateAuthorityTest, LoadsOnlyACaWithItsOwnKey) {
  const CertificateAuthority ca = SomeCa();
  const CertificateAuthority other = SomeCa();
  const auto leaf = ca.Issue(NodeOptions());
  ASSERT_THAT(leaf, IsOk());
  const std::string pem = ca.certificate().ToPem();

  EXPECT_THAT(CertificateAuthority::Load("alpha.example", pem, other.KeyPem()),
              StatusIs(kInvalid, HasSubstr("does not belong")));
  EXPECT_THAT(CertificateAuthority::Load("alpha.example", leaf->certificate.ToPem(), leaf->key_pem),
              StatusIs(kInvalid, HasSubstr("may not issue")));
  EXPECT_THAT(CertificateAuthority::Load("Alpha", pem, ca.KeyPem()), StatusIs(kInvalid));
  EXPECT_THAT(CertificateAuthority::Load("alpha.example", "", ca.KeyPem()), StatusIs(kInvalid));
  EXPECT_THAT(CertificateAuthority::Load("alpha.example", pem, SecretBytes()), StatusIs(kInvalid));
}

// Loaded under another domain, its own name constraint shows in what it issues.
TEST(CertificateAuthorityTest, ReadsItsOwnWorkBeforeHandingItOver) {
  const CertificateAuthority ca = SomeCa();
  const auto loaded =
      CertificateAuthority::Load("beta.example", ca.certificate().ToPem(), ca.KeyPem());
  ASSERT_THAT(loaded, IsOk());
  LeafOptions options = NodeOptions();
  options.spiffe_uri = "spiffe://beta.example/proofmark/node/n1";

  EXPECT_THAT(loaded->Issue(options), StatusIs(absl::StatusCode::kFailedPrecondition,
                                               HasSubstr("permitted subtree violation")));
}

}  // namespace
}  // namespace proofmark::crypto
