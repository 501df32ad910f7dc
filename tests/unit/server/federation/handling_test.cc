// SPDX-License-Identifier: Apache-2.0
#include "server/federation/handling.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace proofmark::federation {
namespace {

using wire::HandlingAct;
using wire::HandlingStep;

constexpr std::int64_t kNow = 1'800'000'000'000;
constexpr char kWho[] = "examiner-7";

wire::Handling Given(std::vector<std::string> codes, bool evidence = true) {
  wire::Handling handling;
  handling.codes = std::move(codes);
  handling.evidence = evidence;
  return handling;
}

HandlingStep Step(HandlingAct act, std::string by) {
  HandlingStep step;
  step.act = act;
  step.by = std::move(by);
  return step;
}

std::string CodeOf(const wire::Handling& handling, std::vector<HandlingStep> steps, MaterialUse use,
                   std::string_view by = kWho) {
  const UseDecision decision = DecideUse(handling, steps, use, by, kNow);
  EXPECT_EQ(decision.allowed, decision.code.empty());
  EXPECT_EQ(decision.allowed, decision.reason.empty());
  return decision.code;
}

constexpr MaterialUse kUses[] = {MaterialUse::kReading, MaterialUse::kIntelligence,
                                 MaterialUse::kEvidence, MaterialUse::kOnward};

// Whatever its codes, an answer of the first step is no evidence.
TEST(DecideUseTest, AnAnswerOfTheFirstStepIsIntelligenceUnderItsCodes) {
  const struct {
    std::vector<std::string> codes;
    const char* reading;
    const char* evidence;
    const char* onward;
  } rows[] = {{{"H0"}, "", "INTELLIGENCE", ""},
              {{"H1"}, "", "H1", ""},
              {{"H2"}, "", "INTELLIGENCE", "H2"},
              {{"H3"}, "H3", "H3", "H3"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.codes.front());
    wire::AnswerHandling answer;
    answer.codes = row.codes;
    if (answer.Has("H3")) answer.restrictions = "Not before the first of March.";
    const wire::Handling conditions = ConditionsOf(answer);
    EXPECT_EQ(conditions.restrictions, answer.restrictions);
    EXPECT_EQ(CodeOf(conditions, {}, MaterialUse::kReading), row.reading);
    EXPECT_EQ(CodeOf(conditions, {}, MaterialUse::kEvidence), row.evidence);
    EXPECT_EQ(CodeOf(conditions, {}, MaterialUse::kOnward, ""), row.onward);
  }
}

// Every code against every use, with nothing recorded.
TEST(DecideUseTest, EachCodeForbidsItsOwnUsesAlone) {
  const struct {
    std::vector<std::string> codes;
    const char* reading;
    const char* intelligence;
    const char* evidence;
    const char* onward;
  } rows[] = {{{"H0"}, "", "", "", ""},
              {{"H1"}, "", "", "H1", ""},
              {{"H2"}, "", "", "", "H2"},
              {{"H3"}, "H3", "H3", "H3", "H3"},
              {{"H1", "H2"}, "", "", "H1", "H2"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.codes.front());
    const char* const expected[] = {row.reading, row.intelligence, row.evidence, row.onward};
    for (std::size_t i = 0; i < std::size(kUses); ++i) {
      EXPECT_EQ(CodeOf(Given(row.codes), {}, kUses[i]), expected[i]) << i;
    }
  }
}

TEST(DecideUseTest, FromItsDeletionOnNothingIsAllowed) {
  wire::Handling handling = Given({"H0"});
  for (const MaterialUse use : kUses) {
    handling.delete_unix_ms = kNow + 1;
    EXPECT_EQ(CodeOf(handling, {}, use), "");
    handling.delete_unix_ms = kNow;
    EXPECT_EQ(CodeOf(handling, {}, use), "DELETED");
  }
}

TEST(DecideUseTest, WhatWasGivenAsIntelligenceIsNoEvidenceWithoutAnAct) {
  EXPECT_EQ(CodeOf(Given({"H0"}, false), {}, MaterialUse::kEvidence), "INTELLIGENCE");
  EXPECT_EQ(CodeOf(Given({"H0"}, false), {Step(HandlingAct::kEvidencePermitted, "officer-1")},
                   MaterialUse::kEvidence),
            "");
  EXPECT_EQ(CodeOf(Given({"H0"}, false), {}, MaterialUse::kOnward), "");
}

TEST(DecideUseTest, APermissionLiftsItsOwnCodeAlone) {
  const std::vector<HandlingStep> evidence = {Step(HandlingAct::kEvidencePermitted, "officer-1")};
  const std::vector<HandlingStep> onward = {Step(HandlingAct::kOnwardPermitted, "officer-1")};
  const wire::Handling both = Given({"H1", "H2"});
  EXPECT_EQ(CodeOf(both, evidence, MaterialUse::kEvidence), "");
  EXPECT_EQ(CodeOf(both, evidence, MaterialUse::kOnward), "H2");
  EXPECT_EQ(CodeOf(both, onward, MaterialUse::kEvidence), "H1");
  EXPECT_EQ(CodeOf(both, onward, MaterialUse::kOnward), "");
}

TEST(DecideUseTest, EverybodyAcknowledgesForHimselfAndAnybodyForTheNode) {
  const std::vector<HandlingStep> steps = {Step(HandlingAct::kAcknowledged, "examiner-8")};
  EXPECT_EQ(CodeOf(Given({"H3"}), steps, MaterialUse::kReading), "H3");
  EXPECT_EQ(CodeOf(Given({"H3"}), steps, MaterialUse::kReading, "examiner-8"), "");
  EXPECT_EQ(CodeOf(Given({"H3"}), steps, MaterialUse::kOnward, ""), "");
  EXPECT_EQ(CodeOf(Given({"H3"}), {}, MaterialUse::kOnward, ""), "H3");
}

TEST(DecideUseTest, NoPermissionReplacesAnAcknowledgement) {
  EXPECT_EQ(CodeOf(Given({"H1", "H3"}), {Step(HandlingAct::kEvidencePermitted, "officer-1")},
                   MaterialUse::kEvidence),
            "H3");
}

}  // namespace
}  // namespace proofmark::federation
