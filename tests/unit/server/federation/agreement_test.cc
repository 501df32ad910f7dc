// SPDX-License-Identifier: Apache-2.0
#include "server/federation/agreement.h"

#include <vector>

#include "gtest/gtest.h"
#include "records/codes.h"

namespace proofmark::federation {
namespace {

constexpr char kAgreed[] = "CRIMINAL_INVESTIGATION";
constexpr char kOther[] = "TRAFFICKING_TRACE";

Partner WithPurposes(std::set<std::string, std::less<>> answered,
                     std::set<std::string, std::less<>> asked) {
  Partner partner;
  partner.domain = "south.test";
  partner.answered_purposes = std::move(answered);
  partner.asked_purposes = std::move(asked);
  return partner;
}

TEST(AgreementTest, AllowsWhatIsNamed) {
  const Partner partner = WithPurposes({kAgreed}, {kOther});

  const AgreementDecision answering = DecideAnswering(&partner, {.purpose = kAgreed});
  const AgreementDecision asking = DecideAsking(&partner, {.purpose = kOther});

  EXPECT_TRUE(answering.allowed);
  EXPECT_EQ(answering.refusal_code, "");
  EXPECT_EQ(answering.reason, "");
  EXPECT_TRUE(asking.allowed);
}

TEST(AgreementTest, OneDirectionSaysNothingAboutTheOther) {
  const Partner partner = WithPurposes({kAgreed}, {kOther});

  EXPECT_FALSE(DecideAsking(&partner, {.purpose = kAgreed}).allowed);
  EXPECT_FALSE(DecideAnswering(&partner, {.purpose = kOther}).allowed);
}

TEST(AgreementTest, AnEmptyListGrantsNothing) {
  const Partner partner = WithPurposes({}, {});
  for (const records::Code& purpose : records::PurposeCodes()) {
    SCOPED_TRACE(purpose.code);
    EXPECT_EQ(DecideAnswering(&partner, {.purpose = purpose.code}).refusal_code, "PURPOSE");
    EXPECT_EQ(DecideAsking(&partner, {.purpose = purpose.code}).refusal_code, "PURPOSE");
  }
}

TEST(AgreementTest, AnAgencyWithoutAgreementIsDenied) {
  const AgreementDecision decision = DecideAnswering(nullptr, {.purpose = kAgreed});

  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.refusal_code, "NOT_A_PARTNER");
  EXPECT_FALSE(DecideAsking(nullptr, {.purpose = kAgreed}).allowed);
}

TEST(AgreementTest, APurposeOfNoListIsDeniedEvenWhenItIsNamed) {
  const Partner partner = WithPurposes({"", "CURIOSITY"}, {"", "CURIOSITY"});
  for (const char* purpose : {"", "CURIOSITY", "criminal_investigation"}) {
    SCOPED_TRACE(purpose);
    EXPECT_FALSE(DecideAnswering(&partner, {.purpose = purpose}).allowed);
    EXPECT_FALSE(DecideAsking(&partner, {.purpose = purpose}).allowed);
  }
}

// A purpose that is agreed is not enough for look-ups: without a budget of them, and where a
// descriptor speaks without the service, there are none.
TEST(AgreementTest, PrivateLookupsAreDeniedUnlessABudgetIsAgreed) {
  const AskedFor asked{.service = Service::kLookup, .purpose = kAgreed};
  Partner partner = WithPurposes({kAgreed}, {kAgreed});
  EXPECT_EQ(DecideAnswering(&partner, asked).refusal_code, "POLICY");
  EXPECT_FALSE(MayLookUpHere(partner));
  EXPECT_TRUE(DecideAsking(&partner, asked).allowed);

  partner.lookup_budget = BudgetLimits{.per_day = 10, .per_30_days = 10};
  EXPECT_TRUE(DecideAnswering(&partner, asked).allowed);
  EXPECT_TRUE(MayLookUpHere(partner));

  partner.answered_services = {"match"};
  EXPECT_EQ(DecideAnswering(&partner, asked).refusal_code, "POLICY");
  EXPECT_FALSE(MayLookUpHere(partner));
  partner.answered_services = {"lookup"};
  EXPECT_TRUE(DecideAnswering(&partner, asked).allowed);
  EXPECT_TRUE(MayLookUpHere(partner));
}

// The same of questions that name a firearm, each by its own budget and service.
TEST(AgreementTest, QuestionsThatNameAFirearmAreDeniedUnlessABudgetIsAgreed) {
  const AskedFor asked{.service = Service::kFirearmCheck, .purpose = kAgreed};
  Partner partner = WithPurposes({kAgreed}, {kAgreed});
  partner.lookup_budget = BudgetLimits{.per_day = 10, .per_30_days = 10};
  EXPECT_EQ(DecideAnswering(&partner, asked).refusal_code, "POLICY");
  EXPECT_TRUE(DecideAsking(&partner, asked).allowed);

  partner.firearm_check_budget = BudgetLimits{.per_day = 10, .per_30_days = 10};
  EXPECT_TRUE(DecideAnswering(&partner, asked).allowed);
  partner.answered_services = {"match", "lookup"};
  EXPECT_EQ(DecideAnswering(&partner, asked).refusal_code, "POLICY");
  partner.answered_services = {"firearm-check"};
  EXPECT_TRUE(DecideAnswering(&partner, asked).allowed);
  partner.asked_services = {"match"};
  EXPECT_EQ(DecideAsking(&partner, asked).refusal_code, "POLICY");
}

TEST(AgreementTest, StatisticsAreDeniedButByWhatIsAgreedAndPaidFor) {
  const AskedFor asked{
      .service = Service::kFirearmStatistics, .purpose = kAgreed, .breakdown = "STANDARD,YEAR"};
  Partner partner = WithPurposes({kAgreed}, {kAgreed});
  partner.statistics = {"STANDARD,YEAR"};
  EXPECT_EQ(DecideAnswering(&partner, asked).refusal_code, "POLICY");
  partner.firearm_check_budget = BudgetLimits{.per_day = 10, .per_30_days = 10};
  EXPECT_TRUE(DecideAnswering(&partner, asked).allowed);

  AskedFor other = asked;
  other.breakdown = "STANDARD";
  EXPECT_EQ(DecideAnswering(&partner, other).refusal_code, "POLICY");
  partner.answered_services = {"firearm-check"};
  EXPECT_EQ(DecideAnswering(&partner, asked).refusal_code, "POLICY");
  partner.answered_services = {"firearm-statistics"};
  EXPECT_TRUE(DecideAnswering(&partner, asked).allowed);
}

TEST(AgreementTest, EveryRefusalIsACodeOfTheList) {
  const Partner partner = WithPurposes({}, {});

  EXPECT_TRUE(records::IsCode(records::RefusalCodes(),
                              DecideAnswering(nullptr, {.purpose = kAgreed}).refusal_code));
  EXPECT_TRUE(records::IsCode(records::RefusalCodes(),
                              DecideAnswering(&partner, {.purpose = kAgreed}).refusal_code));
}

TEST(AgreementTest, WhatFollowsFromAnExchangeIsOwedToEveryPartner) {
  const Partner partner = WithPurposes({}, {});
  const AskedFor asked{.service = Service::kFollowUp, .purpose = ""};

  EXPECT_TRUE(DecideAnswering(&partner, asked).allowed);
  EXPECT_TRUE(DecideAsking(&partner, asked).allowed);
  EXPECT_EQ(DecideAnswering(nullptr, asked).refusal_code, "NOT_A_PARTNER");
}

TEST(AgreementTest, WhatAConditionDoesNotNameIsRefusedInOneDirection) {
  Partner partner = WithPurposes({kAgreed}, {kAgreed});
  partner.answered_when = {.offences = Words{"HOMICIDE"},
                           .items = Words{"bullet"},
                           .from_unix_ms = 1'000,
                           .until_unix_ms = 2'000};
  const AskedFor met{.purpose = kAgreed,
                     .offence = "HOMICIDE",
                     .item = records::ItemKind::kBullet,
                     .unix_ms = 1'000};
  EXPECT_TRUE(DecideAnswering(&partner, met).allowed);
  std::vector<AskedFor> unmet(5, met);
  unmet[0].offence = "ROBBERY";
  unmet[1].offence = "";
  unmet[2].item = records::ItemKind::kCartridgeCase;
  unmet[3].unix_ms = 999;
  unmet[4].unix_ms = 2'000;
  for (const AskedFor& asked : unmet) {
    EXPECT_EQ(DecideAnswering(&partner, asked).refusal_code, "POLICY");
    EXPECT_TRUE(DecideAsking(&partner, asked).allowed);
  }
  // No exhibit is asked with in the second step.
  AskedFor details = met;
  details.service = Service::kDetails;
  details.item.reset();
  EXPECT_TRUE(DecideAnswering(&partner, details).allowed);
}

}  // namespace
}  // namespace proofmark::federation
