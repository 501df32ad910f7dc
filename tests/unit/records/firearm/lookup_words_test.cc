// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/lookup_words.h"

#include <gtest/gtest.h>

#include "records/firearm/make.h"

namespace proofmark::firearm {
namespace {

TEST(LookupWordsTest, EveryStateThatIsSharedHasAGroup) {
  EXPECT_EQ(GroupOf(State::kDeactivated), StateGroup::kDeactivated);
  EXPECT_EQ(GroupOf(State::kReactivationSuspected), StateGroup::kDeactivated);
  EXPECT_EQ(GroupOf(State::kStolen), StateGroup::kLostStolen);
  EXPECT_EQ(GroupOf(State::kDestroyed), StateGroup::kDestroyed);
  EXPECT_EQ(GroupOf(State::kSeized), StateGroup::kOther);
  for (const CodeRow<State>& row : CodesOf<State>()) {
    EXPECT_FALSE(StateGroupCode(GroupOf(row.value)).empty());
  }
}

// However a make that is built in is written, both sides come to the same word.
TEST(LookupWordsTest, AMakeIsOneWordForEveryNameItGoesBy) {
  int compared = 0;
  for (const Make& make : Makes()) {
    if (make.design) {
      EXPECT_EQ(LookupMake(make.name), "") << make.name;
      continue;
    }
    const std::string word = LookupMake(make.name);
    EXPECT_FALSE(word.empty()) << make.name;
    for (const char c : word) EXPECT_TRUE((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) << word;
    const std::string first_alias(make.aliases.substr(0, make.aliases.find('|')));
    if (!first_alias.empty()) {
      EXPECT_EQ(LookupMake(first_alias), word) << first_alias;
      ++compared;
    }
  }
  EXPECT_GT(compared, 10);
}

TEST(LookupWordsTest, WhatIsNoMakeKnownIsItsLettersAndDigits) {
  EXPECT_EQ(LookupMake("Qwfp & Zxcv 9"), "QWFPZXCV9");
  EXPECT_EQ(LookupMake(""), "");
  EXPECT_EQ(LookupMake("--"), "");
  EXPECT_EQ(LookupModel("P-226 \xC3\x89lite"), "P226ELITE");
  EXPECT_EQ(LookupModel(std::string(100, 'A')).size(), 64U);
}

}  // namespace
}  // namespace proofmark::firearm
