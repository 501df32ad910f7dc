// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/certificate.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestAgency;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

TEST(X509CertificateTest, TellsWhatALeafSays) {
  const TestAgency agency;
  CertificateDraft draft = agency.NodeDraft("n7");
  draft.not_before_unix_s = 1'789'000'000;
  draft.not_after_unix_s = 1'791'000'000;

  const X509Certificate leaf = agency.Sign(draft).certificate;

  EXPECT_EQ(leaf.subject(), "CN=n7");
  EXPECT_EQ(leaf.issuer(), "CN=alpha.example federation CA");
  EXPECT_THAT(leaf.uri_sans(), ElementsAre("spiffe://alpha.example/proofmark/node/n7"));
  EXPECT_THAT(leaf.dns_sans(), ElementsAre("localhost"));
  EXPECT_EQ(leaf.not_before_unix_s(), 1'789'000'000);
  EXPECT_EQ(leaf.not_after_unix_s(), 1'791'000'000);
  EXPECT_EQ(leaf.serial_hex().size(), 32U);
  EXPECT_FALSE(leaf.is_ca());
  EXPECT_FALSE(leaf.may_sign_certificates());
  EXPECT_TRUE(leaf.may_sign_digitally());
  EXPECT_TRUE(leaf.may_be_tls_client());
  EXPECT_TRUE(leaf.may_be_tls_server());
}

TEST(X509CertificateTest, TellsWhatACaSays) {
  const X509Certificate ca = TestAgency().federation_ca().certificate();

  EXPECT_TRUE(ca.is_ca());
  EXPECT_TRUE(ca.may_sign_certificates());
  EXPECT_FALSE(ca.may_sign_digitally());
  EXPECT_FALSE(ca.may_be_tls_client());
  EXPECT_FALSE(ca.may_be_tls_server());
  EXPECT_EQ(ca.subject(), ca.issuer());
}

TEST(X509CertificateTest, GrantsNothingWhereTheExtensionIsAbsent) {
  const TestAgency agency;
  CertificateDraft draft = agency.NodeDraft();
  draft.digital_signature = draft.tls_client = draft.tls_server = false;

  const X509Certificate leaf = agency.Sign(draft).certificate;

  EXPECT_FALSE(leaf.may_sign_digitally());
  EXPECT_FALSE(leaf.may_sign_certificates());
  EXPECT_FALSE(leaf.may_be_tls_client());
  EXPECT_FALSE(leaf.may_be_tls_server());
}

// Read by `openssl x509`, hashed by `openssl dgst`: a reader that is not ours.
constexpr char kKnownPem[] = R"(-----BEGIN CERTIFICATE-----
MIIBkTCCATegAwIBAgICCrwwCgYIKoZIzj0EAwIwJzEVMBMGA1UECgwMRXhhbXBs
ZSwgTHRkMQ4wDAYDVQQDDAVrbm93bjAeFw0yNjExMjEyMjAxNDdaFw0zNjExMTgy
MjAxNDdaMCcxFTATBgNVBAoMDEV4YW1wbGUsIEx0ZDEOMAwGA1UEAwwFa25vd24w
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARiBYL8M6Qrb5UcDWDXY7q/AXnjEpVh
l5hvx8/1GpqMQhE0ytzoRT8NtP2lRuKWj4mPQ61EZaY4cyqtVB/hK3CXo1MwUTAd
BgNVHQ4EFgQURQhCg95PnolcyGjQAotAHKa5NtowHwYDVR0jBBgwFoAURQhCg95P
nolcyGjQAotAHKa5NtowDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBF
AiEA7O+GQGCe8bWdavksQrEJvaoKwSkmrB8BM5ldlGh7EHQCIHl+LLdC5f4RHued
xgxLJazszSB0l6bt5a3RKWMdntPb
-----END CERTIFICATE-----
)";

TEST(X509CertificateTest, AgreesWithAnotherReader) {
  const absl::StatusOr<X509Certificate> known = X509Certificate::FromPem(kKnownPem);

  ASSERT_THAT(known, IsOk());
  EXPECT_EQ(known->subject(), "CN=known,O=Example\\, Ltd");
  EXPECT_EQ(known->serial_hex(), "abc");
  EXPECT_EQ(base::ToHex(known->spki_sha256()),
            "d836ff9361ffca0156fe07bc90705668118944e72c59f8bd2d6032988d79c946");
  EXPECT_EQ(base::ToHex(known->sha256()),
            "ce5fceca18e88bc00417e51b4a48d91544dceb4f2cb06ba7f4453fa77c655bf4");
  EXPECT_EQ(known->not_before_unix_s(), 1'795'298'507);
  EXPECT_EQ(known->not_after_unix_s(), 2'110'658'507);
}

TEST(X509CertificateTest, SurvivesDerAndPem) {
  const X509Certificate leaf = TestAgency().Node().certificate;

  const auto from_der = X509Certificate::FromDer(leaf.der());
  const auto from_pem = X509Certificate::FromPem(leaf.ToPem());

  ASSERT_THAT(from_der, IsOk());
  ASSERT_THAT(from_pem, IsOk());
  EXPECT_TRUE(*from_der == leaf);
  EXPECT_TRUE(*from_pem == leaf);
}

TEST(X509CertificateTest, RefusesDerThatIsCutOrContinued) {
  const std::string der = TestAgency().Node().certificate.der();

  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_THAT(X509Certificate::FromDer(der.substr(0, size)), StatusIs(kInvalid)) << size;
  }
  EXPECT_THAT(X509Certificate::FromDer(der + '\0'), StatusIs(kInvalid, HasSubstr("follows")));
  EXPECT_THAT(X509Certificate::FromDer(der + der), StatusIs(kInvalid, HasSubstr("follows")));
}

// The outer length written with one byte more than it needs: the same certificate to a lenient
// reader, yet with another hash.
TEST(X509CertificateTest, RefusesASecondEncodingOfTheSameCertificate) {
  const std::string der = TestAgency().Node().certificate.der();
  ASSERT_EQ(static_cast<unsigned char>(der[1]), 0x82);  // Two bytes of length.

  const std::string longer = der.substr(0, 1) + "\x83" + std::string(1, '\0') + der.substr(2);

  EXPECT_THAT(X509Certificate::FromDer(longer), StatusIs(kInvalid, HasSubstr("DER")));
}

TEST(X509CertificateTest, RefusesAnythingOverItsSize) {
  EXPECT_THAT(X509Certificate::FromDer(std::string(kCertificateDerBytesMax + 1, '0')),
              StatusIs(kInvalid, HasSubstr("16 KiB")));
  EXPECT_THAT(X509Certificate::FromPem(std::string(kCertificatePemBytesMax + 1, ' ')),
              StatusIs(kInvalid, HasSubstr("32 KiB")));
  EXPECT_THAT(X509Certificate::BundleFromPem(
                  std::string(kBundleCertificatesMax * kCertificatePemBytesMax + 1, ' ')),
              StatusIs(kInvalid, HasSubstr("512 KiB")));
}

TEST(X509CertificateTest, CountsAlternativeNames) {
  const TestAgency agency;
  CertificateDraft draft = agency.NodeDraft();
  draft.ip_sans.clear();
  draft.dns_sans.assign(kSubjectAltNamesMax - 1, "a.example");
  EXPECT_EQ(agency.Sign(draft).certificate.dns_sans().size(), kSubjectAltNamesMax - 1);
  draft.dns_sans.push_back("a.example");

  const PkeyHandle key = NewP256Key();
  EXPECT_THAT(SignDraft(draft, key.get(), nullptr, key.get()),
              StatusIs(kInvalid, HasSubstr("64 alternative names")));
}

TEST(X509CertificateTest, RefusesAnExtensionThatAppearsTwice) {
  const X509Certificate leaf = TestAgency().Node().certificate;
  const X509Handle copy(X509_dup(leaf.handle()));
  ASSERT_EQ(X509_add_ext(copy.get(), X509_get_ext(copy.get(), 0), -1), 1);
  const PkeyHandle key = NewP256Key();
  ASSERT_GT(X509_sign(copy.get(), key.get(), EVP_sha256()), 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(copy.get(), &der);
  ASSERT_GT(size, 0);
  const std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);

  EXPECT_THAT(X509Certificate::FromDer(bytes), StatusIs(kInvalid, HasSubstr("twice")));
}

TEST(X509CertificateTest, KeepsANulInsideAName) {
  const TestAgency agency;
  const std::string with_nul("spiffe://alpha.example\0.b.example/proofmark/node/n1", 51);
  CertificateDraft draft = agency.NodeDraft();
  draft.uri_sans = {with_nul};

  EXPECT_THAT(agency.Sign(draft).certificate.uri_sans(), ElementsAre(with_nul));
}

TEST(X509CertificateTest, RefusesPemThatIsNotOneCertificate) {
  const IssuedCertificate node = TestAgency().Node();
  const std::string pem = node.certificate.ToPem();
  const std::string key(base::AsText(node.key_pem.ExposeForOpenSsl()));
  std::string damaged = pem;
  damaged[100] = '*';

  EXPECT_THAT(X509Certificate::FromPem(""), StatusIs(kInvalid, HasSubstr("no PEM block")));
  EXPECT_THAT(X509Certificate::FromPem("words\n"), StatusIs(kInvalid, HasSubstr("no PEM block")));
  EXPECT_THAT(X509Certificate::FromPem(pem + pem), StatusIs(kInvalid, HasSubstr("more than one")));
  EXPECT_THAT(X509Certificate::FromPem(key), StatusIs(kInvalid, HasSubstr("another kind")));
  EXPECT_THAT(X509Certificate::FromPem(pem + key), StatusIs(kInvalid, HasSubstr("another kind")));
  EXPECT_THAT(X509Certificate::FromPem(damaged), StatusIs(kInvalid));
  EXPECT_THAT(X509Certificate::FromPem(pem.substr(0, pem.size() - 20)), StatusIs(kInvalid));
}

TEST(X509CertificateTest, ReadsABundleInFileOrderUpToItsLimit) {
  const TestAgency agency;
  const std::string first = agency.federation_ca().certificate().ToPem();
  const std::string second = agency.staff_ca().certificate().ToPem();

  const auto bundle = X509Certificate::BundleFromPem("# both CAs\n" + first + "\n" + second);

  ASSERT_THAT(bundle, IsOk());
  EXPECT_THAT(*bundle,
              ElementsAre(agency.federation_ca().certificate(), agency.staff_ca().certificate()));
  std::string many;
  for (std::size_t i = 0; i < kBundleCertificatesMax; ++i) many += first;
  EXPECT_THAT(X509Certificate::BundleFromPem(many), IsOk());
  EXPECT_THAT(X509Certificate::BundleFromPem(many + first),
              StatusIs(kInvalid, HasSubstr("more than 16")));
}

}  // namespace
}  // namespace proofmark::crypto
