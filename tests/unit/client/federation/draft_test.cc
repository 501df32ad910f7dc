// SPDX-License-Identifier: Apache-2.0
// From the folders of two agencies to a descriptor that a node would accept.
#include "client/federation/draft.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "client/fault.h"
#include "client/file.h"
#include "client/pki/agency_folder.h"
#include "crypto/federation/acceptance.h"
#include "gmock/gmock.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::federation {
namespace {

namespace fs = std::filesystem;
using crypto::SignedDescriptor;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::testing::HasSubstr;

constexpr std::int64_t kNow_s = 1'790'000'000;
constexpr std::int64_t kYear_s = 365LL * 86'400;

class DraftTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TemporaryFolder> made = TemporaryFolder::Create();
    ASSERT_THAT(made, IsOk());
    temporary_.emplace(*std::move(made));
    for (const char* domain : {"gb.example", "fr.example"}) MakeAgency(domain);
  }

  fs::path Folder(const std::string& domain) const { return temporary_->path() / domain; }
  fs::path HandedOver() const { return temporary_->path() / "handover"; }

  void Write(const absl::StatusOr<pki::Draft>& draft) {
    ASSERT_THAT(draft, IsOk());
    ASSERT_THAT(draft->Write(Overwrite::kAllowed), IsOk());
  }

  // Its folder, and what it hands over as the command `pki export-partner --out` does.
  void MakeAgency(const std::string& domain) {
    Write(pki::DraftAgency(Folder(domain), {.domain = domain}, kNow_s * 1000));
    Write(pki::DraftNode(Folder(domain), {.id = "n1", .dns_names = {"localhost"}}, kNow_s * 1000,
                         random_));
    Write(pki::DraftGovernanceKey(Folder(domain), random_));
    const auto block = pki::ExportPartner(
        Folder(domain), {.id = "n1", .endpoint = "Node." + domain + ":27401", .prefix = "."});
    ASSERT_THAT(block, IsOk());
    pki::Draft draft;
    draft.Add(HandedOver() / (domain + ".toml"), block->toml);
    draft.Add(HandedOver() / domain / "federation-ca.pem", block->federation_ca_pem);
    draft.Add(HandedOver() / domain / "exchange.pub.pem", block->exchange_key_pem);
    draft.Add(HandedOver() / domain / "governance.vkey", block->governance_vkey);
    ASSERT_THAT(draft.Write(Overwrite::kNever), IsOk());
  }

  Edit Everybody() const {
    const auto agencies = ReadAgencies(HandedOver());
    EXPECT_THAT(agencies, IsOk());
    return {.add = *agencies,
            .services = {{"match"}},
            .purposes = {{"CRIMINAL_INVESTIGATION"}},
            .limits = {{{"match", 100}}},
            .begin_unix_s = kNow_s,
            .lifetime_s = kYear_s};
  }

  absl::StatusOr<SignedDescriptor> SignBy(const std::string& domain,
                                          const SignedDescriptor& descriptor,
                                          const crypto::FederationDescriptor* previous = nullptr) {
    const fs::path file = Folder(domain) / "governance" / "governance.pem";
    std::string pem = *ReadFile(file, 1 << 16);
    return Sign(descriptor, previous, crypto::SecretBytes::TakeFrom(pem), file);
  }

  SignedDescriptor First() {
    SignedDescriptor first = *SignedDescriptor::FromText(*MakeNext(nullptr, Everybody()));
    for (const char* domain : {"gb.example", "fr.example"}) first = *SignBy(domain, first);
    return first;
  }

  SeededRandom random_{1};
  std::optional<TemporaryFolder> temporary_;
};

TEST_F(DraftTest, MakesADescriptorThatANodeAccepts) {
  const SignedDescriptor first = First();

  EXPECT_THAT(crypto::AcceptedDescriptor::First(first, first.hash(), kNow_s), IsOk());
  const crypto::FederationDescriptor& d = first.descriptor();
  EXPECT_EQ(d.version, 1u);
  EXPECT_EQ(d.threshold, 2u);
  ASSERT_EQ(d.agencies.size(), 2u);
  EXPECT_EQ(d.agencies[0].domain, "fr.example");
  EXPECT_EQ(d.agencies[0].endpoint, "node.fr.example:27401");
  EXPECT_EQ(d.agencies[0].ca_pins.size(), 1u);
  EXPECT_EQ(d.agencies[0].exchange_keys.size(), 1u);
  EXPECT_EQ(d.agencies[0].governance_keys.size(), 1u);
  EXPECT_TRUE(d.agencies[0].log_key && d.agencies[0].witness_key);
  EXPECT_TRUE(d.agencies[0].services.contains("match"));
  EXPECT_EQ(d.agencies[0].limits.at("match"), 100u);
}

TEST_F(DraftTest, WithoutGrantsAnAgencyMayAskForNothing) {
  Edit edit = Everybody();
  edit.services.reset();
  edit.purposes.reset();
  edit.limits.reset();

  const auto text = MakeNext(nullptr, edit);

  ASSERT_THAT(text, IsOk());
  EXPECT_EQ(text->find("service"), text->npos);
  EXPECT_EQ(text->find("purpose"), text->npos);
}

TEST_F(DraftTest, RenewsAnAgencyAndKeepsItsGrants) {
  const SignedDescriptor first = First();
  const std::string old_key =
      *ReadFile(Folder("gb.example") / "governance/governance.pem", 1 << 16);
  Write(pki::DraftGovernanceKey(Folder("gb.example"), random_));
  const std::string vkey = *ReadFile(Folder("gb.example") / "governance/governance.vkey", 1 << 16);
  ASSERT_THAT(WriteFile(HandedOver() / "gb.example" / "governance.vkey", vkey, Privacy::kPublic,
                        Overwrite::kAllowed),
              IsOk());
  const auto agencies = ReadAgencies(HandedOver() / "gb.example.toml");
  ASSERT_THAT(agencies, IsOk());

  const auto text = MakeNext(&first.descriptor(),
                             {.add = *agencies, .begin_unix_s = kNow_s, .lifetime_s = kYear_s});
  ASSERT_THAT(text, IsOk());
  SignedDescriptor next = *SignedDescriptor::FromText(*text);

  EXPECT_EQ(next.descriptor().version, 2u);
  EXPECT_EQ(next.descriptor().Find("gb.example")->purposes,
            first.descriptor().Find("gb.example")->purposes);
  // The new keys alone do not carry it: the key of the version before must sign as well.
  next = *SignBy("gb.example", next);
  next = *SignBy("fr.example", next);
  const auto current = crypto::AcceptedDescriptor::First(first, first.hash(), kNow_s).value();
  EXPECT_FALSE(current.Next(next, kNow_s).ok());
  const auto old_secret = [&] { return crypto::SecretBytes::CopyOf(base::AsBytes(old_key)); };
  EXPECT_THAT(Sign(next, nullptr, old_secret(), "old.pem").status().message(),
              HasSubstr("--previous"));
  const auto by_old = Sign(next, &first.descriptor(), old_secret(), "old.pem");
  ASSERT_THAT(by_old, IsOk());
  EXPECT_THAT(current.Next(*by_old, kNow_s), IsOk());
}

TEST_F(DraftTest, RemovesAndGrantsOnlyWhoIsThere) {
  const SignedDescriptor first = First();
  const auto change = [&](Edit edit) {
    edit.begin_unix_s = kNow_s;
    edit.lifetime_s = kYear_s;
    return MakeNext(&first.descriptor(), edit);
  };

  const auto smaller = change({.remove = {"fr.example"}});
  ASSERT_THAT(smaller, IsOk());
  EXPECT_EQ(smaller->find("fr.example"), smaller->npos);
  EXPECT_EQ(FaultOf(change({.remove = {"de.example"}}).status()), FaultCode::kUsage);
  EXPECT_EQ(FaultOf(change({.grantees = {"de.example"}, .purposes = {{"TRAINING"}}}).status()),
            FaultCode::kUsage);
  EXPECT_EQ(FaultOf(change({.remove = {"fr.example", "gb.example"}}).status()),
            FaultCode::kDescriptor);
  // A limit goes with its service.
  const auto without = change({.grantees = {"gb.example"}, .services = {{"details"}}});
  ASSERT_THAT(without, IsOk());
  EXPECT_TRUE(
      SignedDescriptor::FromText(*without)->descriptor().Find("gb.example")->limits.empty());
}

TEST_F(DraftTest, SignsOnceAndOnlyWithAKeyThatIsListed) {
  const SignedDescriptor first = First();
  Write(pki::DraftGovernanceKey(Folder("gb.example"), random_));  // Listed nowhere.

  EXPECT_EQ(FaultOf(SignBy("gb.example", first).status()), FaultCode::kDescriptor);
  const auto again = SignBy("fr.example", first);
  EXPECT_EQ(FaultOf(again.status()), FaultCode::kDescriptor);
  EXPECT_THAT(std::string(again.status().message()), HasSubstr("already"));
}

TEST_F(DraftTest, ReadsWhatItWroteSignedOrNot) {
  const SignedDescriptor first = First();
  const auto bare = SignedDescriptor::FromText(first.note().text);
  const fs::path file = temporary_->path() / "descriptor";

  for (const SignedDescriptor& descriptor : {first, *bare}) {
    ASSERT_THAT(WriteFile(file, DescriptorBytes(descriptor), Privacy::kPublic, Overwrite::kAllowed),
                IsOk());
    const auto read = ReadDescriptor(file);
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(read->note(), descriptor.note());
  }
  ASSERT_THAT(WriteFile(file, "nonsense", Privacy::kPublic, Overwrite::kAllowed), IsOk());
  EXPECT_EQ(FaultOf(ReadDescriptor(file).status()), FaultCode::kDescriptor);
  EXPECT_EQ(FaultOf(ReadDescriptor(temporary_->path() / "absent").status()),
            FaultCode::kCannotRead);
}

TEST_F(DraftTest, RefusesBlocksThatDoNotSayEnough) {
  const auto fault_of = [&](const std::string& toml) {
    const fs::path file = temporary_->path() / "blocks.toml";
    EXPECT_THAT(WriteFile(file, toml, Privacy::kPublic, Overwrite::kAllowed), IsOk());
    return FaultOf(ReadAgencies(file).status());
  };

  EXPECT_EQ(fault_of(""), FaultCode::kDescriptor);
  EXPECT_EQ(fault_of("[[partner]"), FaultCode::kDescriptor);
  EXPECT_EQ(fault_of("[[partner]]\ndomain = \"x.example\"\n"), FaultCode::kDescriptor);
  EXPECT_EQ(fault_of("[[partner]]\ndomain = \"x.example\"\nnode = \"n1\"\nendpoint = "
                     "\"x:1\"\nca = \"absent.pem\"\n"),
            FaultCode::kCannotRead);
  EXPECT_EQ(FaultOf(ReadAgencies(temporary_->path() / "gb.example").status()),
            FaultCode::kDescriptor);
}

}  // namespace
}  // namespace proofmark::client::federation
