// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/verify.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "crypto/openssl/pem.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::BadLeaf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kAllBadLeaves;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestAgency;
using ::testing::HasSubstr;

constexpr std::int64_t kNowUnixMs = 1'790'000'000'000;
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
constexpr LeafRequirement kPartnerNode{SpiffeName::Kind::kNode, true, true};
constexpr LeafRequirement kStaff{SpiffeName::Kind::kRole, true, false};
constexpr absl::StatusCode kRefused = absl::StatusCode::kUnauthenticated;

TEST(VerifyLeafTest, AcceptsANodeOfItsAgency) {
  const TestAgency agency;

  const auto verified =
      VerifyLeaf(agency.Node().certificate, agency.FederationTrust(), kNowUnixMs, kPartnerNode);

  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->name().uri(), agency.NodeUri());
  EXPECT_TRUE(verified->issuer() == agency.federation_ca().certificate());
}

TEST(VerifyLeafTest, AcceptsEveryRoleOfTheStaff) {
  const TestAgency agency;
  for (const StaffRole role : kStaffRoles) {
    const auto verified =
        VerifyLeaf(agency.Staff(role).certificate, agency.StaffTrust(), kNowUnixMs, kStaff);

    ASSERT_THAT(verified, IsOk());
    EXPECT_EQ(verified->name().role(), role);
  }
}

TEST(VerifyLeafTest, AcceptsTheAgencyPortAsAServerOnly) {
  const TestAgency agency;
  const X509Certificate leaf = agency.AgencyPort().certificate;

  EXPECT_THAT(
      VerifyLeaf(leaf, agency.StaffTrust(), kNowUnixMs, {SpiffeName::Kind::kNode, false, true}),
      IsOk());
  EXPECT_THAT(
      VerifyLeaf(leaf, agency.StaffTrust(), kNowUnixMs, {SpiffeName::Kind::kNode, true, false}),
      StatusIs(kRefused, HasSubstr("lacks clientAuth")));
}

TEST(VerifyLeafTest, RefusesEachBadLeafForItsOwnReason) {
  const TestAgency agency({.constrain_names = false});
  const std::map<BadLeaf, std::string> reasons = {
      {BadLeaf::kNoUriSan, "has no URI"},
      {BadLeaf::kTwoUriSans, "has more than one URI"},
      {BadLeaf::kExpired, "has expired"},
      {BadLeaf::kNotYetValid, "is not valid yet"},
      {BadLeaf::kTooLongLived, "longer than 90 days"},
      {BadLeaf::kCa, "is a CA"},
      {BadLeaf::kKeyCertSign, "keyCertSign"},
      {BadLeaf::kNoKeyUsage, "lacks digitalSignature"},
      {BadLeaf::kNoClientAuth, "lacks clientAuth"},
      {BadLeaf::kNoServerAuth, "lacks serverAuth"},
      {BadLeaf::kForeignDomain, "another agency's domain"},
      {BadLeaf::kPerson, "names a person"},
  };
  ASSERT_EQ(reasons.size(), std::size(kAllBadLeaves));
  for (const BadLeaf bad : kAllBadLeaves) {
    SCOPED_TRACE(ToText(bad));
    EXPECT_THAT(
        VerifyLeaf(agency.Bad(bad).certificate, agency.FederationTrust(), kNowUnixMs, kPartnerNode),
        StatusIs(kRefused, HasSubstr(reasons.at(bad))));
  }
}

TEST(VerifyLeafTest, RefusesNamesThatAreNearlyRight) {
  const TestAgency agency({.constrain_names = false});
  for (const std::string& uri :
       {std::string("spiffe://Alpha.example/proofmark/node/n1"),
        std::string("spiffe://alpha.example/proofmark/node/n1/"),
        std::string("spiffe://alpha.example/proofmark/role/judge/p1"),
        std::string("spiffe://alpha.example\0.beta.example/proofmark/node/n1", 54),
        std::string("spiffe://alpha.example/proofmark/node/n1\0", 41),
        "spiffe://alpha.example/proofmark/node/" + std::string(64, 'n'),
        "spiffe://" + std::string(600, 'a') + "/proofmark/node/n1"}) {
    CertificateDraft draft = agency.NodeDraft();
    draft.uri_sans = {uri};
    EXPECT_THAT(VerifyLeaf(agency.Sign(draft).certificate, agency.FederationTrust(), kNowUnixMs,
                           kPartnerNode),
                StatusIs(kRefused))
        << uri;
  }
}

// The attack that gRPC alone lets through: a partner's own CA, correctly used, names us.
TEST(VerifyLeafTest, RefusesAPartnersCaThatNamesAnotherAgency) {
  const TestAgency alpha;
  const TestAgency beta({.domain = "beta.example", .constrain_names = false});
  const X509Certificate forged = beta.Sign(alpha.NodeDraft()).certificate;

  EXPECT_THAT(VerifyLeaf(forged, alpha.FederationTrust(), kNowUnixMs, kPartnerNode),
              StatusIs(kRefused, HasSubstr("issued by no CA of its agency")));
  EXPECT_THAT(VerifyLeaf(forged, beta.FederationTrust(), kNowUnixMs, kPartnerNode),
              StatusIs(kRefused, HasSubstr("another agency's domain")));
}

// The same with a CA that also bears the other's name: only the signature can tell.
TEST(VerifyLeafTest, RefusesACaThatOnlyBearsTheRightName) {
  const TestAgency real;
  const TestAgency impostor;
  ASSERT_EQ(real.federation_ca().certificate().subject(),
            impostor.federation_ca().certificate().subject());

  EXPECT_THAT(
      VerifyLeaf(impostor.Node().certificate, real.FederationTrust(), kNowUnixMs, kPartnerNode),
      StatusIs(kRefused));
}

TEST(VerifyLeafTest, RefusesALeafWhoseSignatureWasTouched) {
  const TestAgency agency;
  std::string der = agency.Node().certificate.der();
  der.back() = static_cast<char>(der.back() ^ 1);
  const auto touched = X509Certificate::FromDer(der);
  ASSERT_THAT(touched, IsOk());

  EXPECT_THAT(VerifyLeaf(*touched, agency.FederationTrust(), kNowUnixMs, kPartnerNode),
              StatusIs(kRefused, HasSubstr("signature")));
}

TEST(VerifyLeafTest, KeepsTheTwoPortsApart) {
  const TestAgency agency;
  const X509Certificate node = agency.Node().certificate;
  const X509Certificate person = agency.Staff(StaffRole::kExaminer).certificate;

  EXPECT_THAT(VerifyLeaf(node, agency.StaffTrust(), kNowUnixMs, kPartnerNode),
              StatusIs(kRefused, HasSubstr("issued by no CA")));
  EXPECT_THAT(VerifyLeaf(node, agency.StaffTrust(), kNowUnixMs, kStaff),
              StatusIs(kRefused, HasSubstr("names a node")));
  EXPECT_THAT(VerifyLeaf(person, agency.FederationTrust(), kNowUnixMs, kStaff),
              StatusIs(kRefused, HasSubstr("issued by no CA")));
  EXPECT_THAT(VerifyLeaf(person, agency.FederationTrust(), kNowUnixMs, kPartnerNode),
              StatusIs(kRefused, HasSubstr("names a person")));
}

TEST(VerifyLeafTest, RefusesALeafThatSignedItself) {
  const TestAgency agency;
  const PkeyHandle key = NewP256Key();
  const auto self_signed = SignDraft(agency.NodeDraft(), key.get(), nullptr, key.get());
  ASSERT_THAT(self_signed, IsOk());

  EXPECT_THAT(VerifyLeaf(*self_signed, agency.FederationTrust(), kNowUnixMs, kPartnerNode),
              StatusIs(kRefused, HasSubstr("issued by no CA")));
  // Not even if somebody put it among the CAs.
  EXPECT_THAT(VerifyLeaf(*self_signed, {agency.domain(), {*self_signed}}, kNowUnixMs, kPartnerNode),
              StatusIs(kRefused));
}

TEST(VerifyLeafTest, RefusesALeafIssuedByALeaf) {
  const TestAgency agency;
  const IssuedCertificate node = agency.Node();
  const auto node_key = PrivateKeyFromPem(node.key_pem);
  ASSERT_THAT(node_key, IsOk());
  const PkeyHandle key = NewP256Key();
  const auto second =
      SignDraft(agency.NodeDraft("n2"), key.get(), &node.certificate, node_key->get());
  ASSERT_THAT(second, IsOk());

  EXPECT_THAT(VerifyLeaf(*second, agency.FederationTrust(), kNowUnixMs, kPartnerNode),
              StatusIs(kRefused, HasSubstr("issued by no CA")));
  EXPECT_THAT(VerifyLeaf(*second, {agency.domain(), {node.certificate}}, kNowUnixMs, kPartnerNode),
              StatusIs(kRefused));
}

TEST(VerifyLeafTest, HoldsTheCaToItsNameConstraint) {
  const TestAgency constrained({.domain = "beta.example", .constrain_names = true});
  CertificateDraft draft = constrained.NodeDraft();
  draft.uri_sans = {"spiffe://alpha.example/proofmark/node/n1"};
  const X509Certificate leaf = constrained.Sign(draft).certificate;

  // Were this CA ever listed under the wrong agency, its own constraint would still refuse.
  EXPECT_THAT(VerifyLeaf(leaf, {"alpha.example", {constrained.federation_ca().certificate()}},
                         kNowUnixMs, kPartnerNode),
              StatusIs(kRefused, HasSubstr("permitted subtree violation")));
}

TEST(VerifyLeafTest, LivesFromItsFirstSecondUntilBeforeItsLast) {
  const TestAgency agency;
  const X509Certificate leaf = agency.Node().certificate;
  const std::int64_t begin_ms = leaf.not_before_unix_s() * 1000;
  const std::int64_t end_ms = leaf.not_after_unix_s() * 1000;
  const AgencyTrust trust = agency.FederationTrust();

  EXPECT_THAT(VerifyLeaf(leaf, trust, begin_ms, kPartnerNode), IsOk());
  EXPECT_THAT(VerifyLeaf(leaf, trust, end_ms - 1, kPartnerNode), IsOk());
  EXPECT_THAT(VerifyLeaf(leaf, trust, begin_ms - 1, kPartnerNode),
              StatusIs(kRefused, HasSubstr("not valid yet")));
  EXPECT_THAT(VerifyLeaf(leaf, trust, end_ms, kPartnerNode),
              StatusIs(kRefused, HasSubstr("expired")));
}

TEST(VerifyLeafTest, AcceptsNinetyDaysAndNotASecondMore) {
  const TestAgency agency;
  CertificateDraft draft = agency.NodeDraft();
  draft.not_after_unix_s = draft.not_before_unix_s + kLeafLifetimeSecondsMax;
  const X509Certificate ninety = agency.Sign(draft).certificate;
  ++draft.not_after_unix_s;
  const X509Certificate longer = agency.Sign(draft).certificate;

  EXPECT_THAT(VerifyLeaf(ninety, agency.FederationTrust(), kNowUnixMs, kPartnerNode), IsOk());
  EXPECT_THAT(VerifyLeaf(longer, agency.FederationTrust(), kNowUnixMs, kPartnerNode),
              StatusIs(kRefused, HasSubstr("90 days")));
}

TEST(VerifyLeafTest, RefusesALeafWhoseCaHasExpired) {
  const TestAgency agency;
  const std::int64_t late_ms = agency.federation_ca().certificate().not_after_unix_s() * 1000;
  CertificateDraft draft = agency.NodeDraft();
  draft.not_before_unix_s = late_ms / 1000 - 3600;
  draft.not_after_unix_s = late_ms / 1000 + 3600;

  EXPECT_THAT(VerifyLeaf(agency.Sign(draft).certificate, agency.FederationTrust(),
                         late_ms + kDayMs / 48, kPartnerNode),
              StatusIs(kRefused, HasSubstr("expired")));
}

TEST(VerifyLeafTest, FindsTheIssuerAmongOldAndNewCas) {
  const TestAgency old_pki;
  const TestAgency new_pki;  // The same names, other keys.
  const AgencyTrust both = {
      old_pki.domain(),
      {old_pki.federation_ca().certificate(), new_pki.federation_ca().certificate()}};

  for (const TestAgency* pki : {&old_pki, &new_pki}) {
    const auto verified = VerifyLeaf(pki->Node().certificate, both, kNowUnixMs, kPartnerNode);
    ASSERT_THAT(verified, IsOk());
    EXPECT_TRUE(verified->issuer() == pki->federation_ca().certificate());
  }
}

TEST(VerifyLeafTest, RefusesAQuestionThatMakesNoSense) {
  const TestAgency agency;
  const X509Certificate leaf = agency.Node().certificate;
  const X509Certificate ca = agency.federation_ca().certificate();
  const absl::StatusCode invalid = absl::StatusCode::kInvalidArgument;

  EXPECT_THAT(VerifyLeaf(leaf, {agency.domain(), {}}, kNowUnixMs, kPartnerNode), StatusIs(invalid));
  EXPECT_THAT(VerifyLeaf(leaf, {agency.domain(), std::vector(kBundleCertificatesMax + 1, ca)},
                         kNowUnixMs, kPartnerNode),
              StatusIs(invalid));
  EXPECT_THAT(VerifyLeaf(leaf, {"Alpha", {ca}}, kNowUnixMs, kPartnerNode), StatusIs(invalid));
  EXPECT_THAT(VerifyLeaf(leaf, agency.FederationTrust(), kNowUnixMs, {}), StatusIs(invalid));
}

TEST(ClaimedNameTest, ReadsTheOneName) {
  const TestAgency agency;

  const auto name = ClaimedName(agency.Node("n5").certificate);

  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(name->uri(), agency.NodeUri("n5"));
  EXPECT_THAT(ClaimedName(agency.Bad(BadLeaf::kTwoUriSans).certificate), StatusIs(kRefused));
  EXPECT_THAT(ClaimedName(agency.federation_ca().certificate()), StatusIs(kRefused));
}

}  // namespace
}  // namespace proofmark::crypto
