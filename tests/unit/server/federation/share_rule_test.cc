// SPDX-License-Identifier: Apache-2.0
#include "server/federation/share_rule.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace proofmark::federation {
namespace {

using ::testing::ElementsAre;

ShareRule Rule(Words triggers, std::string offence = "") {
  return {.triggers = std::move(triggers),
          .purpose = "CRIMINAL_INVESTIGATION",
          .offence = std::move(offence)};
}

TEST(ShareRuleTest, FiresForWhatBothNameAndForNothingElse) {
  const ShareRule rule = Rule({"CUSTOMS", "TERRORISM", "CONTRABAND"});
  const auto fired = Fire(rule, {"BORDER_80KM", "CONTRABAND", "TERRORISM"});
  ASSERT_TRUE(fired.has_value());
  EXPECT_THAT(fired->triggers, ElementsAre("CONTRABAND", "TERRORISM"));
  EXPECT_FALSE(fired->urgent);

  EXPECT_FALSE(Fire(rule, {}).has_value());
  EXPECT_FALSE(Fire(rule, {"BORDER_80KM"}).has_value());
  EXPECT_FALSE(Fire(Rule({}), {"CUSTOMS", "URGENT"}).has_value());
}

TEST(ShareRuleTest, UrgencyHastensWhatAnotherTriggerAsksAndAsksAloneWhereTheRuleSaysSo) {
  EXPECT_TRUE(Fire(Rule({"CUSTOMS"}), {"CUSTOMS", "URGENT"})->urgent);
  EXPECT_THAT(Fire(Rule({"CUSTOMS"}), {"CUSTOMS", "URGENT"})->triggers, ElementsAre("CUSTOMS"));
  EXPECT_FALSE(Fire(Rule({"CUSTOMS"}), {"URGENT"}).has_value());
  EXPECT_TRUE(Fire(Rule({"URGENT"}), {"URGENT"})->urgent);
}

TEST(ShareRuleTest, TheRulesOffenceComesBeforeTheTriggers) {
  const auto offence = [](Words triggers, std::string stated = "") {
    return Fire(Rule(triggers, std::move(stated)), triggers)->offence;
  };
  EXPECT_EQ(offence({"CUSTOMS", "TERRORISM"}, "DRUGS"), "DRUGS");
  EXPECT_EQ(offence({"CUSTOMS", "CONVERTED", "TERRORISM"}), "TERRORISM");
  EXPECT_EQ(offence({"CUSTOMS", "CONVERTED"}), "CONVERSION");
  EXPECT_EQ(offence({"CUSTOMS", "BORDER_80KM"}), "BORDER");
  EXPECT_EQ(offence({"BORDER_80KM"}), "UNKNOWN");
}

}  // namespace
}  // namespace proofmark::federation
