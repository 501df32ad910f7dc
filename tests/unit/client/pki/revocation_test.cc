// SPDX-License-Identifier: Apache-2.0
// Revoking and renewing in an agency's folder.
#include "crypto/x509/revocation.h"

#include <filesystem>
#include <optional>
#include <string>

#include "client/fault.h"
#include "client/pki/agency_folder.h"
#include "crypto/tls/tls.h"
#include "crypto/x509/verify.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::pki {
namespace {

namespace fs = std::filesystem;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::int64_t kNow = 1'790'000'000'000;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr crypto::RevocationReason kWhy = crypto::RevocationReason::kKeyCompromise;

class RevocationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TemporaryFolder> made = TemporaryFolder::Create();
    ASSERT_THAT(made, IsOk());
    temporary_.emplace(*std::move(made));
    folder_ = temporary_->path() / "pki";
    Write(DraftAgency(folder_, {.domain = "gb.example"}, kNow));
    Write(DraftNode(folder_,
                    {.id = "n1", .dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1", "::1"}},
                    kNow, random_));
    Write(DraftRole(folder_, {.role = crypto::StaffRole::kExaminer, .pseudonym = "p1"}, kNow));
  }
  static void Write(const absl::StatusOr<Draft>& draft) {
    ASSERT_THAT(draft, IsOk());
    ASSERT_THAT(draft->Write(Overwrite::kNever), IsOk());
  }
  ListDraft Revoke(const std::string& what, std::int64_t now_ms = kNow) {
    absl::StatusOr<ListDraft> draft =
        DraftRevocation(folder_, {.what = what, .reason = kWhy}, now_ms);
    EXPECT_THAT(draft, IsOk());
    EXPECT_THAT(draft->files.Write(Overwrite::kAllowed), IsOk());
    return *std::move(draft);
  }
  RenewDraft Renew(const RenewRequest& request, std::int64_t now_ms) {
    absl::StatusOr<RenewDraft> draft = DraftRenewal(folder_, request, now_ms);
    EXPECT_THAT(draft, IsOk());
    EXPECT_THAT(draft->files.Write(Overwrite::kAllowed), IsOk());
    return *std::move(draft);
  }
  std::string Read(const fs::path& file) const { return ReadFile(folder_ / file, 1 << 20).value(); }
  crypto::X509Certificate Certificate(const fs::path& file) const {
    return crypto::X509Certificate::FromPem(Read(file)).value();
  }
  crypto::RevocationList List(const std::string& ca, const std::string& folder = "ca") const {
    return crypto::RevocationList::Read(Read(fs::path(folder) / (ca + "-ca.crl")),
                                        Certificate("ca/" + ca + "-ca.pem"))
        .value();
  }

  std::optional<TemporaryFolder> temporary_;
  fs::path folder_;
  SeededRandom random_{1};
};

TEST_F(RevocationTest, ANodesNameRevokesBothItsCertificates) {
  const ListDraft draft = Revoke("n1");

  const auto staff = Certificate("nodes/n1/keys/node-staff.pem");
  const auto federation = Certificate("nodes/n1/keys/node-federation.pem");
  ASSERT_THAT(draft.lists, SizeIs(2));
  EXPECT_EQ(draft.lists[0].number, 1);
  EXPECT_THAT(draft.lists[0].added, ElementsAre(staff.serial_hex()));
  ASSERT_NE(List("staff").Find(staff.serial_hex()), nullptr);
  EXPECT_EQ(List("staff").Find(staff.serial_hex())->reason, kWhy);
  ASSERT_NE(List("federation").Find(federation.serial_hex()), nullptr);
  EXPECT_TRUE(List("staff", "nodes/n1/ca") == List("staff"));
  EXPECT_EQ(List("staff").Find(Certificate("roles/examiner-p1/certificate.pem").serial_hex()),
            nullptr);
}

TEST_F(RevocationTest, AFileRevokesThatCertificateAlone) {
  const ListDraft draft = Revoke((folder_ / "roles/examiner-p1/certificate.pem").string());

  ASSERT_THAT(draft.lists, SizeIs(1));
  EXPECT_EQ(draft.lists[0].ca, "staff");
  EXPECT_THAT(List("staff").revoked(), SizeIs(1));
}

// A certificate that was renewed lies nowhere any more but among the issued ones, and is good
// still.
TEST_F(RevocationTest, ANameRevokesItsEarlierCertificatesToo) {
  const std::string before = Certificate("roles/examiner-p1/certificate.pem").serial_hex();
  Renew({.all = true}, kNow + kDayMs);

  Revoke("examiner-p1", kNow + kDayMs);

  EXPECT_THAT(List("staff").revoked(), SizeIs(2));
  EXPECT_NE(List("staff").Find(before), nullptr);
}

TEST_F(RevocationTest, WhatIsRevokedStaysUntilItsCertificateHasEnded) {
  const std::string person = Certificate("roles/examiner-p1/certificate.pem").serial_hex();
  Revoke("spiffe://gb.example/proofmark/role/examiner/p1");

  const auto later = DraftLists(folder_, kListLifetimeDefaultS, kNow + 20 * kDayMs);
  ASSERT_THAT(later, IsOk());
  ASSERT_THAT(later->files.Write(Overwrite::kAllowed), IsOk());
  EXPECT_EQ(List("staff").number(), 2);
  EXPECT_NE(List("staff").Find(person), nullptr);
  EXPECT_EQ(List("federation").number(), 1);

  const auto ended = DraftLists(folder_, kListLifetimeDefaultS, kNow + 31 * kDayMs);
  ASSERT_THAT(ended, IsOk());
  EXPECT_EQ(ended->lists[0].revoked_count, 0);
  EXPECT_EQ(ended->lists[0].number, 3);
}

TEST_F(RevocationTest, NothingToRevokeIsSaidAndWritesNothing) {
  for (const char* what : {"n2", "examiner-p2", "spiffe://fr.example/proofmark/node/n1"}) {
    const auto draft = DraftRevocation(folder_, {.what = what}, kNow);
    ASSERT_FALSE(draft.ok()) << what;
    EXPECT_EQ(FaultOf(draft.status()), FaultCode::kNotFound);
  }
  Revoke("n1");
  const auto again = DraftRevocation(folder_, {.what = "n1"}, kNow);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(FaultOf(again.status()), FaultCode::kNotFound);
  EXPECT_EQ(List("staff").number(), 1);
}

TEST_F(RevocationTest, APartnerGetsTheListOnceThereIsOne) {
  const PartnerRequest request{.id = "n1", .endpoint = "n1.gb.example:27401"};
  const auto before = ExportPartner(folder_, request);
  ASSERT_THAT(before, IsOk());
  EXPECT_FALSE(before->list_pem.has_value());
  EXPECT_THAT(before->toml, Not(HasSubstr("crl")));

  Revoke("n1");

  const auto after = ExportPartner(folder_, request);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->list_pem, Read("ca/federation-ca.crl"));
  EXPECT_THAT(after->toml, HasSubstr("crl = \"partners/gb.example/federation-ca.crl\"\n"));
}

TEST_F(RevocationTest, RenewsWhatIsDueUnderTheSameNamesWithAFreshKey) {
  EXPECT_THAT(Renew({}, kNow).renewed, SizeIs(0));
  const auto before = Certificate("nodes/n1/keys/node-federation.pem");

  const RenewDraft draft = Renew({}, kNow + 21 * kDayMs);

  EXPECT_THAT(draft.renewed, SizeIs(3));
  const auto after = Certificate("nodes/n1/keys/node-federation.pem");
  EXPECT_NE(after.serial_hex(), before.serial_hex());
  EXPECT_NE(after.spki_sha256(), before.spki_sha256());
  EXPECT_EQ(after.uri_sans(), before.uri_sans());
  EXPECT_EQ(after.dns_sans(), before.dns_sans());
  EXPECT_THAT(after.ip_sans(), ElementsAre("127.0.0.1", "0:0:0:0:0:0:0:1"));
  EXPECT_EQ(after.not_after_unix_s() - after.not_before_unix_s(),
            before.not_after_unix_s() - before.not_before_unix_s());
  std::string key = Read("nodes/n1/keys/node-federation.key");
  EXPECT_THAT(crypto::CheckKeyMatchesCertificate(after.ToPem(), crypto::SecretBytes::TakeFrom(key)),
              IsOk());
  EXPECT_THAT(crypto::VerifyLeaf(after, {"gb.example", {Certificate("ca/federation-ca.pem")}},
                                 kNow + 21 * kDayMs, {crypto::SpiffeName::Kind::kNode, true, true}),
              IsOk());
}

TEST_F(RevocationTest, NobodyWhoIsRevokedIsRenewed) {
  const std::string before = Read("roles/examiner-p1/certificate.pem");
  Revoke("examiner-p1");

  const RenewDraft draft = Renew({.all = true}, kNow + kDayMs);

  EXPECT_THAT(draft.renewed, SizeIs(2));
  EXPECT_THAT(draft.revoked, ElementsAre("roles/examiner-p1/certificate.pem"));
  EXPECT_EQ(Read("roles/examiner-p1/certificate.pem"), before);
}

// Cut short between key and certificate: the pair does not fit, and the next renewal mends it.
TEST_F(RevocationTest, ARenewalThatWasCutShortIsMended) {
  ASSERT_THAT(
      WriteFile(folder_ / "roles/examiner-p1/private.key", Read("nodes/n1/keys/node-staff.key"),
                Privacy::kPrivate, Overwrite::kAllowed),
      IsOk());

  const RenewDraft draft = Renew({}, kNow);

  ASSERT_THAT(draft.renewed, SizeIs(1));
  EXPECT_EQ(draft.renewed[0].file, "roles/examiner-p1/certificate.pem");
  std::string key = Read("roles/examiner-p1/private.key");
  EXPECT_THAT(crypto::CheckKeyMatchesCertificate(Read("roles/examiner-p1/certificate.pem"),
                                                 crypto::SecretBytes::TakeFrom(key)),
              IsOk());
}

}  // namespace
}  // namespace proofmark::client::pki
