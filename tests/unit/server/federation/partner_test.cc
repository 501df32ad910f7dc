// SPDX-License-Identifier: Apache-2.0
#include "server/federation/partner.h"

#include <string>
#include <utility>
#include <vector>

#include "crypto/sign/key_id.h"
#include "server/federation/node_identity.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::federation {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

crypto::SigningKey KeyOf(std::uint64_t seed) {
  SeededRandom random(seed);
  return crypto::SigningKey::Generate(random);
}

NodeKeys KeysOf(std::uint64_t seed) {
  SeededRandom random(seed);
  return NodeKeys::Generate(random);
}

Partner Good(const std::string& domain, std::uint64_t seed = 1) {
  Partner partner;
  partner.domain = domain;
  partner.node_id = "spiffe://" + domain + "/proofmark/node/n1";
  partner.endpoint = domain + ":7443";
  const crypto::VerifyingKey key = KeyOf(seed).verifying_key();
  partner.exchange_keys.emplace(crypto::ExchangeKeyId(domain, key), key);
  partner.answered_purposes = {"CRIMINAL_INVESTIGATION"};
  return partner;
}

absl::Status CreateStatus(std::vector<Partner> partners) {
  return Partners::Create("north.test", std::move(partners)).status();
}

TEST(PartnersTest, FindsByDomainAndByNodeAndNothingElse) {
  const auto partners = Partners::Create("north.test", {Good("west.test"), Good("east.test")});

  ASSERT_THAT(partners, IsOk());
  ASSERT_EQ(partners->all().size(), 2U);
  EXPECT_EQ(partners->all()[0].domain, "east.test");
  ASSERT_NE(partners->FindByDomain("west.test"), nullptr);
  EXPECT_EQ(partners->FindByDomain("west.test")->node_id, "spiffe://west.test/proofmark/node/n1");
  EXPECT_EQ(partners->FindByNodeId("spiffe://east.test/proofmark/node/n1")->domain, "east.test");
  EXPECT_EQ(partners->FindByDomain("west.tes"), nullptr);
  EXPECT_EQ(partners->FindByDomain("zzz.test"), nullptr);
  EXPECT_EQ(partners->FindByNodeId("spiffe://east.test/proofmark/node/n2"), nullptr);
}

TEST(PartnersTest, NoneIsAnAnswer) {
  EXPECT_THAT(CreateStatus({}), IsOk());
  EXPECT_EQ(Partners().FindByDomain("east.test"), nullptr);
}

TEST(PartnersTest, RefusesTheSameDomainTwiceAndItsOwn) {
  EXPECT_THAT(CreateStatus({Good("east.test", 1), Good("east.test", 2)}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("twice")));
  EXPECT_THAT(CreateStatus({Good("north.test")}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("own agency")));
}

TEST(PartnersTest, RefusesANodeOfAnotherDomainOrAPerson) {
  for (const char* id : {"spiffe://west.test/proofmark/node/n1",
                         "spiffe://east.test/proofmark/role/lab/p1", "east.test", ""}) {
    SCOPED_TRACE(id);
    Partner partner = Good("east.test");
    partner.node_id = id;
    EXPECT_THAT(CreateStatus({partner}), StatusIs(StatusCode::kInvalidArgument));
  }
}

TEST(PartnersTest, RefusesAKeyUnderANameThatIsNotItsOwn) {
  Partner partner = Good("east.test");
  const crypto::VerifyingKey key = partner.exchange_keys.begin()->second;
  partner.exchange_keys.clear();
  partner.exchange_keys.emplace(crypto::ExchangeKeyId("west.test", key), key);

  EXPECT_THAT(CreateStatus({partner}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("exchange key id")));
}

TEST(PartnersTest, RefusesWhatIsOutsideItsBoundsAndNamesPartnerAndField) {
  Partner no_key = Good("east.test");
  no_key.exchange_keys.clear();
  Partner no_endpoint = Good("east.test");
  no_endpoint.endpoint.clear();
  Partner long_endpoint = Good("east.test");
  long_endpoint.endpoint = std::string(kEndpointBytesMax + 1, 'e');
  Partner hasty = Good("east.test");
  hasty.timeout = kPartnerTimeoutMin - std::chrono::milliseconds(1);
  Partner patient = Good("east.test");
  patient.timeout = kPartnerTimeoutMax + std::chrono::milliseconds(1);
  Partner curious = Good("east.test");
  curious.asked_purposes = {"CURIOSITY"};

  const auto sharing = [](const ShareRule& rule) {
    Partner partner = Good("east.test");
    partner.share = rule;
    return CreateStatus({partner});
  };
  const std::string purpose = "CRIMINAL_INVESTIGATION";

  const auto names = [](const char* field) {
    return StatusIs(StatusCode::kInvalidArgument, AllOf(HasSubstr("east.test"), HasSubstr(field)));
  };
  Partner loose = Good("east.test");
  loose.answered_handling.codes = {"H2", "H1"};
  EXPECT_THAT(CreateStatus({loose}), names("answered_handling.codes"));
  EXPECT_THAT(CreateStatus({no_key}), names("exchange keys"));
  EXPECT_THAT(CreateStatus({no_endpoint}), names("endpoint"));
  EXPECT_THAT(CreateStatus({long_endpoint}), names("endpoint"));
  EXPECT_THAT(CreateStatus({hasty}), names("timeout"));
  EXPECT_THAT(CreateStatus({patient}), names("timeout"));
  EXPECT_THAT(CreateStatus({curious}), names("asked_purposes"));
  EXPECT_THAT(sharing({.triggers = {"CUSTOMS"}, .purpose = purpose}), IsOk());
  EXPECT_THAT(sharing({.triggers = {"customs"}, .purpose = purpose}), names("share_triggers"));
  EXPECT_THAT(sharing({.triggers = {"CUSTOMS"}}), names("share_purpose"));
  EXPECT_THAT(sharing({.triggers = {"CUSTOMS"}, .purpose = purpose, .offence = "NONE"}),
              names("share_offence"));
  EXPECT_THAT(sharing({.triggers = {"CUSTOMS"}, .purpose = purpose, .days = 366}),
              names("share_days"));
}

TEST(PartnersTest, AcceptsAsManyAsTheMaximumAndNotOneMore) {
  std::vector<Partner> partners;
  for (std::size_t i = 0; i < kPartnersMax; ++i) {
    partners.push_back(Good("p" + std::to_string(i) + ".test"));
  }
  EXPECT_THAT(CreateStatus(partners), IsOk());

  partners.push_back(Good("one-more.test"));
  EXPECT_THAT(CreateStatus(partners), StatusIs(StatusCode::kInvalidArgument));
}

TEST(NodeIdentityTest, NamesLedgerAndKeyAfterTheNode) {
  const auto identity = NodeIdentity::Create("spiffe://north.test/proofmark/node/n1", KeysOf(3));

  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->domain(), "north.test");
  EXPECT_EQ(identity->origin(), "north.test/proofmark/n1/log");
  EXPECT_EQ(identity->exchange_key_id(),
            crypto::ExchangeKeyId("north.test", identity->exchange_key().verifying_key()));
}

TEST(NodeIdentityTest, RefusesAPersonAndNonsense) {
  EXPECT_THAT(NodeIdentity::Create("spiffe://north.test/proofmark/role/lab/p1", KeysOf(3)),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(NodeIdentity::Create("north", KeysOf(3)), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace proofmark::federation
