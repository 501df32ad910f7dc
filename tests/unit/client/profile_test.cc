// SPDX-License-Identifier: Apache-2.0
#include "client/profile.h"

#include <string>

#include "absl/strings/str_format.h"
#include "client/fault.h"
#include "client/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"

namespace proofmark::client {
namespace {

using ::proofmark::testing::BadLeaf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::TestAgency;
using ::testing::HasSubstr;

constexpr std::int64_t kNow = 1'790'000'000'000;

std::string Good() {
  return "[node]\naddress = \"node1.gb.example:27400\"\nca = \"staff-ca.pem\"\n"
         "certificate = \"/abs/certificate.pem\"\nkey = \"private.key\"\n";
}

absl::StatusOr<ConnectionProfile> Parse(const std::string& text) {
  return ParseProfile(text, "/etc/proofmark", "profile.toml");
}

TEST(ProfileTest, ReadsEveryEntry) {
  const absl::StatusOr<ConnectionProfile> profile = Parse(Good() + "deadline_ms = 5000\n");

  ASSERT_THAT(profile, IsOk());
  EXPECT_EQ(profile->address, "node1.gb.example:27400");
  EXPECT_EQ(profile->deadline, std::chrono::milliseconds(5'000));
}

TEST(ProfileTest, RelativePathsStartFromTheProfilesFolder) {
  const absl::StatusOr<ConnectionProfile> profile = Parse(Good());

  ASSERT_THAT(profile, IsOk());
  EXPECT_EQ(profile->ca_file, "/etc/proofmark/staff-ca.pem");
  EXPECT_EQ(profile->certificate_file, "/abs/certificate.pem");
  EXPECT_EQ(profile->deadline, kDeadlineDefault);
}

TEST(ProfileTest, WhatIsWrittenIsReadBack) {
  const ConnectionProfile written = {.address = "[::1]:7443",
                                     .ca_file = "/a \"quoted\" \\ name.pem",
                                     .certificate_file = "/c.pem",
                                     .key_file = "/k.key",
                                     .deadline = std::chrono::milliseconds(7'000)};

  const absl::StatusOr<ConnectionProfile> read = Parse(ProfileToToml(written));

  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->address, written.address);
  EXPECT_EQ(read->ca_file, written.ca_file);
  EXPECT_EQ(read->deadline, written.deadline);
}

struct BadProfile {
  const char* what;
  std::string text;
  const char* named;  // What the message must name.
};

class BadProfileTest : public ::testing::TestWithParam<BadProfile> {};

TEST_P(BadProfileTest, IsRefusedWithTheEntryNamed) {
  const absl::StatusOr<ConnectionProfile> profile = Parse(GetParam().text);

  ASSERT_FALSE(profile.ok()) << GetParam().what;
  EXPECT_EQ(FaultOf(profile.status()), FaultCode::kProfile);
  EXPECT_THAT(std::string(profile.status().message()), HasSubstr(GetParam().named));
  EXPECT_THAT(std::string(profile.status().message()), HasSubstr("profile.toml"));
}

std::string Replaced(const std::string& from, const std::string& to) {
  std::string text = Good();
  return text.replace(text.find(from), from.size(), to);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadProfileTest,
    ::testing::Values(
        BadProfile{"empty", "", "[node]"}, BadProfile{"not TOML", "[node\n", "line 1"},
        BadProfile{"node is no table", "node = 1\n", "[node]"},
        BadProfile{"unknown table", Good() + "[other]\n", "other"},
        BadProfile{"unknown entry", Good() + "insecure = true\n", "insecure"},
        BadProfile{"no address", Replaced("address", "# address"), "node.address"},
        BadProfile{"no key", Replaced("key =", "# key ="), "node.key"},
        BadProfile{"number for a path", Replaced("\"staff-ca.pem\"", "7"), "node.ca"},
        BadProfile{"empty path", Replaced("staff-ca.pem", ""), "node.ca"},
        BadProfile{"control character", Replaced("staff-ca.pem", "a\\u0000b"), "node.ca"},
        BadProfile{"no port", Replaced(":27400", ""), "port"},
        BadProfile{"port 0", Replaced(":27400", ":0"), "1..65535"},
        BadProfile{"port 65536", Replaced(":27400", ":65536"), "1..65535"},
        BadProfile{"no host", Replaced("node1.gb.example", ""), "host"},
        BadProfile{"scheme", Replaced("node1.gb.example", "unix:/tmp/s"), "host"},
        BadProfile{"deadline too short", Good() + "deadline_ms = 999\n", "1000..600000"},
        BadProfile{"deadline too long", Good() + "deadline_ms = 600001\n", "1000..600000"},
        BadProfile{"deadline is text", Good() + "deadline_ms = \"5s\"\n", "deadline_ms"}));

// The files of one person, in a folder that vanishes.
class IdentityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TemporaryFolder> made = TemporaryFolder::Create();
    ASSERT_THAT(made, IsOk());
    folder_.emplace(*std::move(made));
    Store(agency_.staff_ca().certificate().ToPem(),
          agency_.Staff(crypto::StaffRole::kExaminer, "p1"));
  }
  void Store(const std::string& ca_pem, const crypto::IssuedCertificate& issued) {
    Put("ca.pem", ca_pem);
    Put("own.pem", issued.certificate.ToPem());
    Put("own.key", std::string(base::AsText(issued.key_pem.ExposeForOpenSsl())));
  }
  void Put(const char* name, const std::string& text) {
    ASSERT_THAT(WriteFile(folder_->path() / name, text, Privacy::kPrivate, Overwrite::kAllowed),
                IsOk());
  }
  FaultCode LoadFault(std::int64_t now = kNow) {
    const absl::StatusOr<Identity> identity = LoadIdentity(Profile(), now);
    EXPECT_FALSE(identity.ok());
    return identity.ok() ? FaultCode::kUsage : FaultOf(identity.status());
  }
  ConnectionProfile Profile() const {
    return {.address = "localhost:1",
            .ca_file = folder_->path() / "ca.pem",
            .certificate_file = folder_->path() / "own.pem",
            .key_file = folder_->path() / "own.key"};
  }

  TestAgency agency_{TestAgency::Options{.domain = "gb.example", .now_unix_ms = kNow}};
  std::optional<TemporaryFolder> folder_;
};

TEST_F(IdentityTest, APersonsFilesBelongTogether) {
  const absl::StatusOr<Identity> identity = LoadIdentity(Profile(), kNow);

  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->leaf.name().uri(), "spiffe://gb.example/proofmark/role/examiner/p1");
  EXPECT_EQ(identity->agency.domain, "gb.example");
}

TEST_F(IdentityTest, AnotherKeyIsAMismatch) {
  const crypto::IssuedCertificate other = agency_.Staff(crypto::StaffRole::kExaminer, "p1");
  Put("own.key", std::string(base::AsText(other.key_pem.ExposeForOpenSsl())));

  EXPECT_EQ(LoadFault(), FaultCode::kKeyMismatch);
}

TEST_F(IdentityTest, AnExpiredCertificateIsExpired) {
  EXPECT_EQ(LoadFault(kNow + 31LL * 86'400'000), FaultCode::kExpired);
}

TEST_F(IdentityTest, ACertificateOfTheFutureIsNotValidNow) {
  EXPECT_EQ(LoadFault(kNow - 2LL * 3'600'000), FaultCode::kExpired);
}

TEST_F(IdentityTest, ANodesCertificateIsNoPersons) {
  Store(agency_.staff_ca().certificate().ToPem(), agency_.AgencyPort());

  EXPECT_EQ(LoadFault(), FaultCode::kOwnCertificate);
}

TEST_F(IdentityTest, AnotherAgencysCaIsRefused) {
  const TestAgency other({.domain = "fr.example", .now_unix_ms = kNow});
  Put("ca.pem", other.staff_ca().certificate().ToPem());

  EXPECT_EQ(LoadFault(), FaultCode::kOwnCertificate);
}

TEST_F(IdentityTest, FilesThatAreNoPemAreNamed) {
  Put("ca.pem", "nonsense");

  const absl::StatusOr<Identity> identity = LoadIdentity(Profile(), kNow);

  ASSERT_FALSE(identity.ok());
  EXPECT_EQ(FaultOf(identity.status()), FaultCode::kOwnCertificate);
  EXPECT_THAT(std::string(identity.status().message()), HasSubstr("ca.pem"));
}

TEST_F(IdentityTest, AMissingFileIsNamed) {
  std::filesystem::remove(folder_->path() / "own.pem");

  EXPECT_EQ(LoadFault(), FaultCode::kCannotRead);
}

TEST(NodeCertificateTest, ANodeOfTheOwnAgencyIsBelieved) {
  const TestAgency agency({.domain = "gb.example", .now_unix_ms = kNow});

  const absl::StatusOr<crypto::SpiffeName> name =
      CheckNodeCertificate(agency.AgencyPort("n1").certificate.ToPem(), agency.StaffTrust(), kNow);

  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(name->uri(), agency.NodeUri("n1"));
}

TEST(NodeCertificateTest, NothingElseIs) {
  const TestAgency agency({.domain = "gb.example", .now_unix_ms = kNow});
  const TestAgency other({.domain = "fr.example", .now_unix_ms = kNow});
  const auto fault = [&](const std::string& pem) {
    const absl::StatusOr<crypto::SpiffeName> name =
        CheckNodeCertificate(pem, agency.StaffTrust(), kNow);
    EXPECT_FALSE(name.ok());
    return name.ok() ? FaultCode::kUsage : FaultOf(name.status());
  };

  // The federation CA's certificate of the same node belongs on the other port.
  EXPECT_EQ(fault(agency.Node("n1").certificate.ToPem()), FaultCode::kNodeCertificate);
  EXPECT_EQ(fault(other.AgencyPort("n1").certificate.ToPem()), FaultCode::kNodeCertificate);
  EXPECT_EQ(fault(agency.Staff(crypto::StaffRole::kLab).certificate.ToPem()),
            FaultCode::kNodeCertificate);
  EXPECT_EQ(fault("nonsense"), FaultCode::kNodeCertificate);
  EXPECT_EQ(fault(""), FaultCode::kNodeCertificate);
}

TEST(NodeCertificateTest, EveryBadLeafIsRefused) {
  const TestAgency agency({.domain = "gb.example", .now_unix_ms = kNow});
  for (const BadLeaf bad : proofmark::testing::kAllBadLeaves) {
    if (bad == BadLeaf::kNoClientAuth) continue;  // A server need not be a client.
    SCOPED_TRACE(std::string(proofmark::testing::ToText(bad)));
    // Bad() signs with the federation CA, so that is the one believed here.
    const absl::StatusOr<crypto::SpiffeName> name =
        CheckNodeCertificate(agency.Bad(bad).certificate.ToPem(), agency.FederationTrust(), kNow);

    ASSERT_FALSE(name.ok());
    EXPECT_EQ(FaultOf(name.status()), FaultCode::kNodeCertificate);
  }
}

}  // namespace
}  // namespace proofmark::client
