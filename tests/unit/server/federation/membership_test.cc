// SPDX-License-Identifier: Apache-2.0
#include "server/federation/membership.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_federation.h"

namespace proofmark::federation {
namespace {

using crypto::FederationDescriptor;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::TestAgency;
using ::proofmark::testing::TestFederation;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kOwn[] = "alpha.example";
constexpr char kSouth[] = "beta.example";
constexpr char kInvestigation[] = "CRIMINAL_INVESTIGATION";
constexpr char kTrace[] = "TRAFFICKING_TRACE";

class MembershipTest : public ::testing::Test {
 protected:
  MembershipTest() : descriptor_(TestFederation({kOwn, kSouth}).Descriptor()) {
    crypto::FederationAgency& south = descriptor_.agencies[1];
    south.ca_pins = {ca_.federation_ca().certificate().spki_sha256()};
    partner_.domain = kSouth;
    partner_.node_id = south.node_id;
    partner_.endpoint = "Node.beta.example:27401";  // Names of hosts are the same in either case.
    partner_.ca_pem = ca_.federation_ca().certificate().ToPem();
    const crypto::VerifyingKey& key = *south.exchange_keys[0].verifier;
    partner_.exchange_keys.emplace(crypto::ExchangeKeyId(kSouth, key), key);
    partner_.log_key = south.log_key;
    partner_.witness_key = south.witness_key;
    partner_.answered_purposes = {kInvestigation, kTrace};
    partner_.asked_purposes = {kInvestigation, kTrace};
  }

  Partners Configured() const { return *Partners::Create(kOwn, {partner_}); }
  std::string Fault() const {
    const auto judged = JudgePartners(Configured(), descriptor_);
    EXPECT_THAT(judged, SizeIs(1));
    return judged.at(0).fault;
  }

  TestAgency ca_{{.domain = kSouth}};
  FederationDescriptor descriptor_;
  Partner partner_;
};

TEST_F(MembershipTest, AdmitsWhatBothSay) {
  EXPECT_EQ(Fault(), "");

  const auto admitted = AdmittedPartners(kOwn, Configured(), descriptor_);

  ASSERT_THAT(admitted, IsOk());
  ASSERT_THAT(admitted->all(), SizeIs(1));
  // The descriptor grants CRIMINAL_INVESTIGATION and TRAINING, the configuration another two.
  EXPECT_EQ(admitted->all()[0].answered_purposes,
            (std::set<std::string, std::less<>>{kInvestigation}));
  EXPECT_EQ(admitted->all()[0].asked_purposes,
            (std::set<std::string, std::less<>>{kInvestigation}));
  EXPECT_TRUE(admitted->all()[0].answered_services->contains("match"));
}

TEST_F(MembershipTest, WhatItMayAskIsInItsEntryAndWhatWeMayAskInOurs) {
  descriptor_.agencies[0].purposes.clear();
  descriptor_.agencies[0].services.clear();

  const auto admitted = AdmittedPartners(kOwn, Configured(), descriptor_);

  ASSERT_THAT(admitted, IsOk());
  EXPECT_THAT(admitted->all()[0].asked_purposes, IsEmpty());
  EXPECT_THAT(*admitted->all()[0].asked_services, IsEmpty());
  EXPECT_THAT(admitted->all()[0].answered_purposes, SizeIs(1));
}

// Each differs from the configuration in one thing, and is enough to get nothing.
TEST_F(MembershipTest, RefusesWhateverDiffers) {
  using Change = std::function<void(crypto::FederationAgency&)>;
  const crypto::FederationAgency other =
      TestFederation({kSouth}, /*seed=*/2).Descriptor().agencies[0];
  const std::vector<std::pair<std::string, Change>> changes = {
      {"another node", [](auto& a) { a.node_id = "spiffe://beta.example/proofmark/node/n2"; }},
      {"at elsewhere:1", [](auto& a) { a.endpoint = "elsewhere:1"; }},
      {"does not pin", [](auto& a) { a.ca_pins = {crypto::Sha256("another")}; }},
      {"does not pin", [](auto& a) { a.ca_pins.clear(); }},
      {"exchange key", [&](auto& a) { a.exchange_keys = other.exchange_keys; }},
      {"exchange key", [](auto& a) { a.exchange_keys.clear(); }},
      {"ledger key", [&](auto& a) { a.log_key = other.log_key; }},
      {"ledger key", [](auto& a) { a.log_key.reset(); }},
      {"witness key", [&](auto& a) { a.witness_key = other.witness_key; }},
      {"witness key", [](auto& a) { a.witness_key.reset(); }},
  };
  const FederationDescriptor good = descriptor_;
  for (const auto& [what, change] : changes) {
    descriptor_ = good;
    change(descriptor_.agencies[1]);
    EXPECT_THAT(Fault(), HasSubstr(what));
    EXPECT_THAT(AdmittedPartners(kOwn, Configured(), descriptor_)->all(), IsEmpty()) << what;
  }
  descriptor_ = good;
  partner_.ca_pem = "no certificate";
  EXPECT_THAT(Fault(), HasSubstr("no readable CA"));
}

TEST_F(MembershipTest, WhoIsNotInItGetsNothing) {
  descriptor_.agencies.pop_back();
  EXPECT_THAT(Fault(), HasSubstr("not in the federation descriptor"));
  EXPECT_THAT(AdmittedPartners(kOwn, Configured(), descriptor_)->all(), IsEmpty());
}

TEST_F(MembershipTest, TheLimitOnQuestionsIsACeilingForTheBudget) {
  std::map<std::string, std::uint64_t, std::less<>>& limits = descriptor_.agencies[1].limits;
  const auto budget = [this] {
    return AdmittedPartners(kOwn, Configured(), descriptor_)->all()[0].budget;
  };
  partner_.budget = {.per_day = 100, .per_30_days = 500};

  limits = {{"match", 40}};
  EXPECT_EQ(budget().per_day, 40);
  EXPECT_EQ(budget().per_30_days, 500);
  limits = {{"match", 1000}};
  EXPECT_EQ(budget().per_day, 100);
  limits = {{"details", 1}};
  EXPECT_EQ(budget().per_day, 100);
}

TEST_F(MembershipTest, TheLimitOnLookupsIsACeilingForTheirBudgetAlone) {
  const auto admitted = [this] {
    return AdmittedPartners(kOwn, Configured(), descriptor_)->all()[0];
  };
  descriptor_.agencies[1].limits = {{"lookup", 40}};
  EXPECT_FALSE(admitted().lookup_budget.has_value());  // A limit agrees to nothing.
  partner_.lookup_budget = {.per_day = 100, .per_30_days = 500};
  EXPECT_EQ(admitted().lookup_budget->per_day, 40);
  EXPECT_EQ(admitted().lookup_budget->per_30_days, 500);
  descriptor_.agencies[1].limits = {{"match", 40}};
  EXPECT_EQ(admitted().lookup_budget->per_day, 100);
}

TEST_F(MembershipTest, TheLimitOnQuestionsThatNameAFirearmIsACeilingForTheirBudgetAlone) {
  const auto admitted = [this] {
    return AdmittedPartners(kOwn, Configured(), descriptor_)->all()[0];
  };
  descriptor_.agencies[1].limits = {{"firearm-check", 40}};
  EXPECT_FALSE(admitted().firearm_check_budget.has_value());
  partner_.firearm_check_budget = {.per_day = 100, .per_30_days = 500};
  partner_.lookup_budget = {.per_day = 100, .per_30_days = 500};
  EXPECT_EQ(admitted().firearm_check_budget->per_day, 40);
  EXPECT_EQ(admitted().firearm_check_budget->per_30_days, 500);
  EXPECT_EQ(admitted().lookup_budget->per_day, 100);
}

TEST_F(MembershipTest, WithoutOurselvesThereIsNobody) {
  descriptor_.agencies.erase(descriptor_.agencies.begin());
  EXPECT_EQ(Fault(), "");
  EXPECT_THAT(AdmittedPartners(kOwn, Configured(), descriptor_)->all(), IsEmpty());
}

// While a key is being changed the descriptor lists both and the configuration has one.
TEST_F(MembershipTest, TheDescriptorMayListMore) {
  SeededRandom random(4);
  descriptor_.agencies[1].exchange_keys.push_back(
      *crypto::MakeVerifierKey("beta.example/proofmark/exchange", crypto::NoteKeyType::kNote,
                               crypto::SigningKey::Generate(random).verifying_key()));
  partner_.log_key.reset();

  EXPECT_EQ(Fault(), "");
}

TEST_F(MembershipTest, GrantsOnlyShrinkWithinWhatWasGranted) {
  const Partners before = *AdmittedPartners(kOwn, Configured(), descriptor_);
  const std::string grants = GrantsText(before);
  descriptor_.agencies[1].purposes.insert(kTrace);
  const Partners wider = *AdmittedPartners(kOwn, Configured(), descriptor_);
  ASSERT_TRUE(wider.all()[0].answered_purposes.contains(kTrace));

  const Partners kept = *WithinGrants(kOwn, wider, grants);
  const Partners none = *WithinGrants(kOwn, wider, "");

  EXPECT_EQ(grants,
            "beta.example answered CRIMINAL_INVESTIGATION\n"
            "beta.example asked CRIMINAL_INVESTIGATION\n");
  EXPECT_EQ(GrantsText(kept), grants);
  EXPECT_EQ(GrantsText(none), "");
}

TEST_F(MembershipTest, TellsWhenOurOwnEntryDoesNotFit) {
  SeededRandom random(5);
  const auto identity =
      NodeIdentity::Create("spiffe://alpha.example/proofmark/node/n1", NodeKeys::Generate(random));
  ASSERT_THAT(identity, IsOk());
  crypto::FederationAgency& own = descriptor_.agencies[0];

  EXPECT_THAT(OwnFault(*identity, descriptor_), HasSubstr("exchange key"));
  own.exchange_keys = {*crypto::MakeVerifierKey("alpha.example/proofmark/exchange",
                                                crypto::NoteKeyType::kNote,
                                                identity->exchange_key().verifying_key())};
  EXPECT_THAT(OwnFault(*identity, descriptor_), HasSubstr("ledger key"));
  own.log_key.reset();
  EXPECT_THAT(OwnFault(*identity, descriptor_), HasSubstr("witness key"));
  own.witness_key.reset();
  EXPECT_EQ(OwnFault(*identity, descriptor_), "");
  own.node_id = "spiffe://alpha.example/proofmark/node/n2";
  EXPECT_THAT(OwnFault(*identity, descriptor_), HasSubstr("another node"));
  descriptor_.agencies.erase(descriptor_.agencies.begin());
  EXPECT_THAT(OwnFault(*identity, descriptor_), HasSubstr("not in the federation"));
}

}  // namespace
}  // namespace proofmark::federation
