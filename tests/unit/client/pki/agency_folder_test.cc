// SPDX-License-Identifier: Apache-2.0
#include "client/pki/agency_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "client/fault.h"
#include "client/profile.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/key_id.h"
#include "crypto/tls/tls.h"
#include "crypto/x509/verify.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::pki {
namespace {

namespace fs = std::filesystem;
using crypto::SpiffeName;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::int64_t kNow = 1'790'000'000'000;
constexpr std::int64_t kDayMs = 86'400'000;

class AgencyFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TemporaryFolder> made = TemporaryFolder::Create();
    ASSERT_THAT(made, IsOk());
    temporary_.emplace(*std::move(made));
    folder_ = temporary_->path() / "pki";
    Write(DraftAgency(folder_, {.domain = "gb.example"}, kNow));
    Write(DraftNode(folder_, Node(), kNow, random_));
    Write(DraftRole(folder_, Person(), kNow));
  }
  static NodeRequest Node() {
    return {.id = "n1", .dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}};
  }
  static RoleRequest Person() {
    return {
        .role = crypto::StaffRole::kExaminer, .pseudonym = "p1", .node_address = "localhost:27400"};
  }
  static void Write(const absl::StatusOr<Draft>& draft, Overwrite overwrite = Overwrite::kNever) {
    ASSERT_THAT(draft, IsOk());
    ASSERT_THAT(draft->Write(overwrite), IsOk());
  }
  std::string Read(const fs::path& file) const {
    const absl::StatusOr<std::string> text = ReadFile(folder_ / file, 1 << 20);
    EXPECT_THAT(text, IsOk());
    return text.value_or("");
  }
  crypto::AgencyTrust Trust(const char* ca) const {
    return {"gb.example",
            crypto::X509Certificate::BundleFromPem(Read(fs::path("ca") / ca)).value()};
  }
  absl::StatusOr<crypto::VerifiedLeaf> Verify(const char* file, const char* ca,
                                              const crypto::LeafRequirement& requirement) const {
    return crypto::VerifyLeaf(crypto::X509Certificate::FromPem(Read(file)).value(), Trust(ca), kNow,
                              requirement);
  }

  std::optional<TemporaryFolder> temporary_;
  fs::path folder_;
  SeededRandom random_{1};
};

constexpr crypto::LeafRequirement kAgencyPort = {.kind = SpiffeName::Kind::kNode,
                                                 .tls_server = true};
constexpr crypto::LeafRequirement kPartnerPort = {
    .kind = SpiffeName::Kind::kNode, .tls_client = true, .tls_server = true};
constexpr crypto::LeafRequirement kPerson = {.kind = SpiffeName::Kind::kRole, .tls_client = true};

TEST_F(AgencyFolderTest, EachCertificateIsGoodOnItsOwnPort) {
  const auto agency = Verify("nodes/n1/keys/node-staff.pem", "staff-ca.pem", kAgencyPort);
  const auto partner =
      Verify("nodes/n1/keys/node-federation.pem", "federation-ca.pem", kPartnerPort);
  const auto person = Verify("roles/examiner-p1/certificate.pem", "staff-ca.pem", kPerson);

  ASSERT_THAT(agency, IsOk());
  ASSERT_THAT(partner, IsOk());
  ASSERT_THAT(person, IsOk());
  EXPECT_EQ(agency->name().uri(), "spiffe://gb.example/proofmark/node/n1");
  EXPECT_EQ(partner->name().uri(), agency->name().uri());
  EXPECT_EQ(person->name().uri(), "spiffe://gb.example/proofmark/role/examiner/p1");
}

TEST_F(AgencyFolderTest, NoneIsGoodOnTheOther) {
  EXPECT_FALSE(Verify("nodes/n1/keys/node-staff.pem", "federation-ca.pem", kAgencyPort).ok());
  EXPECT_FALSE(Verify("nodes/n1/keys/node-federation.pem", "staff-ca.pem", kPartnerPort).ok());
  EXPECT_FALSE(Verify("roles/examiner-p1/certificate.pem", "federation-ca.pem", kPerson).ok());
  EXPECT_FALSE(Verify("roles/examiner-p1/certificate.pem", "staff-ca.pem", kAgencyPort).ok());
  EXPECT_FALSE(Verify("nodes/n1/keys/node-staff.pem", "staff-ca.pem", kPerson).ok());
}

TEST_F(AgencyFolderTest, KeysBelongToTheirCertificates) {
  for (const char* stem : {"nodes/n1/keys/node-staff", "nodes/n1/keys/node-federation"}) {
    std::string key = Read(std::string(stem) + ".key");
    EXPECT_THAT(crypto::CheckKeyMatchesCertificate(Read(std::string(stem) + ".pem"),
                                                   crypto::SecretBytes::TakeFrom(key)),
                IsOk());
  }
}

TEST_F(AgencyFolderTest, TheWrittenProfileIsAnIdentity) {
  const absl::StatusOr<ConnectionProfile> profile =
      ReadProfile(folder_ / "roles/examiner-p1/profile.toml");
  ASSERT_THAT(profile, IsOk());

  EXPECT_EQ(profile->address, "localhost:27400");
  EXPECT_THAT(LoadIdentity(*profile, kNow), IsOk());
}

TEST_F(AgencyFolderTest, BothHalvesOfASigningKeyFitAndNoTwoKeysAreOne) {
  std::set<std::string> raw;
  for (const std::string name : {"exchange", "log", "witness"}) {
    std::string pem = Read("nodes/n1/keys/" + name + ".pem");
    const auto key = crypto::SigningKey::FromPem(crypto::SecretBytes::TakeFrom(pem));
    const auto verifying =
        crypto::VerifyingKey::FromPem(Read("nodes/n1/keys/" + name + ".pub.pem"));
    ASSERT_THAT(key, IsOk());
    ASSERT_THAT(verifying, IsOk());
    EXPECT_EQ(key->verifying_key(), *verifying);
    raw.emplace(verifying->raw());
  }
  EXPECT_THAT(raw, SizeIs(3));
  EXPECT_THAT(Read("nodes/n1/keys/master.key"), SizeIs(32));
}

TEST_F(AgencyFolderTest, PrivateFilesAreTheirOwnersOnly) {
  int private_files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    const bool signs = name == "exchange.pem" || name == "log.pem" || name == "witness.pem";
    if (!name.ends_with(".key") && !signs) continue;
    ++private_files;
    EXPECT_FALSE(IsOpenToOthers(entry.path())) << entry.path();
  }
  // 2 CAs, 2 of the node's TLS, 3 it signs with, master, the person's.
  EXPECT_EQ(private_files, 9);
}

TEST_F(AgencyFolderTest, NothingIsOverwrittenByAccident) {
  const std::string before = Read("ca/staff-ca.key");

  const absl::StatusOr<Draft> again = DraftAgency(folder_, {.domain = "gb.example"}, kNow);
  ASSERT_THAT(again, IsOk());
  const absl::Status status = again->Write(Overwrite::kNever);

  ASSERT_FALSE(status.ok());
  EXPECT_EQ(FaultOf(status), FaultCode::kWouldOverwrite);
  EXPECT_EQ(Read("ca/staff-ca.key"), before);
}

// All or nothing: one file in the way keeps the others from being written too.
TEST_F(AgencyFolderTest, OneFileInTheWayStopsAll) {
  const fs::path other = temporary_->path() / "other";
  ASSERT_THAT(MakeFolder(other, Privacy::kPrivate), IsOk());
  ASSERT_THAT(WriteFile(other / "agency-domain", "x", Privacy::kPublic, Overwrite::kNever), IsOk());

  const absl::StatusOr<Draft> draft = DraftAgency(other, {.domain = "gb.example"}, kNow);
  ASSERT_THAT(draft, IsOk());
  EXPECT_FALSE(draft->Write(Overwrite::kNever).ok());

  EXPECT_FALSE(fs::exists(other / "ca"));
}

TEST_F(AgencyFolderTest, RenewingKeepsWhatANodeCannotLose) {
  const std::string master = Read("nodes/n1/keys/master.key");
  const std::string exchange = Read("nodes/n1/keys/exchange.pem");
  const std::string configuration = Read("nodes/n1/proofmarkd.toml");
  const std::string certificate = Read("nodes/n1/keys/node-staff.pem");

  Write(DraftNode(folder_, Node(), kNow + kDayMs, random_), Overwrite::kAllowed);

  EXPECT_EQ(Read("nodes/n1/keys/master.key"), master);
  EXPECT_EQ(Read("nodes/n1/keys/exchange.pem"), exchange);
  EXPECT_EQ(Read("nodes/n1/proofmarkd.toml"), configuration);
  EXPECT_NE(Read("nodes/n1/keys/node-staff.pem"), certificate);
}

TEST_F(AgencyFolderTest, ADraftTouchesNothing) {
  const fs::path other = temporary_->path() / "other";

  const absl::StatusOr<Draft> draft = DraftAgency(other, {.domain = "gb.example"}, kNow);

  ASSERT_THAT(draft, IsOk());
  EXPECT_THAT(draft->Paths(), SizeIs(5));
  EXPECT_FALSE(fs::exists(other));
}

TEST_F(AgencyFolderTest, RefusesNamesThatAreNone) {
  const auto fault = [](const absl::StatusOr<Draft>& draft) {
    EXPECT_FALSE(draft.ok());
    return draft.ok() ? FaultCode::kNotFound : FaultOf(draft.status());
  };
  NodeRequest node = Node();
  node.id = "../n2";
  RoleRequest person = Person();
  person.pseudonym = "A. Martin";
  RoleRequest long_lived = Person();
  long_lived.lifetime_s = 91LL * 86'400;

  EXPECT_EQ(fault(DraftAgency(folder_, {.domain = "gb..example"}, kNow)), FaultCode::kUsage);
  EXPECT_EQ(fault(DraftNode(folder_, node, kNow, random_)), FaultCode::kUsage);
  EXPECT_EQ(fault(DraftRole(folder_, person, kNow)), FaultCode::kUsage);
  EXPECT_EQ(fault(DraftRole(folder_, long_lived, kNow)), FaultCode::kUsage);
  EXPECT_EQ(fault(DraftRole(temporary_->path(), Person(), kNow)), FaultCode::kCannotRead);
}

TEST_F(AgencyFolderTest, ListsEveryCertificateOnce) {
  const absl::StatusOr<std::vector<ListedCertificate>> list = ListCertificates(folder_);

  ASSERT_THAT(list, IsOk());
  ASSERT_THAT(*list, SizeIs(5));
  EXPECT_TRUE((*list)[0].is_ca);
  EXPECT_EQ((*list)[0].speaks_for, "staff CA");
  EXPECT_EQ((*list)[2].file, "nodes/n1/keys/node-staff.pem");
  EXPECT_EQ((*list)[4].speaks_for, "spiffe://gb.example/proofmark/role/examiner/p1");
}

TEST_F(AgencyFolderTest, DueBeginsWithTheLastThirdOfLife) {
  const ListedCertificate leaf = ListCertificates(folder_).value()[4];

  EXPECT_FALSE(IsDue(leaf, kNow, 1.0 / 3.0));
  EXPECT_FALSE(IsDue(leaf, kNow + 19 * kDayMs, 1.0 / 3.0));
  EXPECT_TRUE(IsDue(leaf, kNow + 21 * kDayMs, 1.0 / 3.0));
  EXPECT_TRUE(IsDue(leaf, kNow + 40 * kDayMs, 1.0 / 3.0));
}

TEST_F(AgencyFolderTest, APartnerLearnsPublicThingsOnly) {
  const absl::StatusOr<PartnerBlock> block =
      ExportPartner(folder_, {.id = "n1",
                              .endpoint = "n1.gb.example:27401",
                              .answers = {"TRAINING"},
                              .asks = {"TRAINING", "TRAFFICKING_TRACE"}});

  ASSERT_THAT(block, IsOk());
  const auto note_key = [this](const std::string& name, crypto::NoteKeyType type) {
    const auto key = crypto::VerifyingKey::FromPem(Read("nodes/n1/keys/" + name + ".pub.pem"));
    EXPECT_THAT(key, IsOk());
    return crypto::ToVerifierKey("gb.example/proofmark/n1/" + name, type, *key);
  };
  EXPECT_EQ(
      block->toml,
      "[[partner]]\n"
      "domain = \"gb.example\"\n"
      "node = \"n1\"\n"
      "endpoint = \"n1.gb.example:27401\"\n"
      "ca = \"partners/gb.example/federation-ca.pem\"\n"
      "exchange_key = \"partners/gb.example/exchange.pub.pem\"\n"
      "log_key = \"" +
          note_key("log", crypto::NoteKeyType::kNote) +
          "\"\n"
          "witness_key = \"" +
          note_key("witness", crypto::NoteKeyType::kCosignature) +
          "\"\n"
          "answers = [\"TRAINING\"]  # Purposes for which we answer it. Empty: none.\n"
          "asks = [\"TRAINING\", \"TRAFFICKING_TRACE\"]  # Purposes for which we may ask it.\n");
  EXPECT_EQ(block->federation_ca_pem, Read("ca/federation-ca.pem"));
  for (const std::string& text : {block->federation_ca_pem, block->exchange_key_pem}) {
    EXPECT_THAT(text, ::testing::Not(HasSubstr("PRIVATE")));
  }
}

}  // namespace
}  // namespace proofmark::client::pki
