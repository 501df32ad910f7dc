// SPDX-License-Identifier: Apache-2.0
#include "server/match/case_collection.h"

#include "tests/support/generated_cases.h"
#include "tests/support/status_matchers.h"

namespace proofmark::match {
namespace {

using ::proofmark::testing::GeneratedCase;
using ::proofmark::testing::IsOk;
using records::ClassCharacteristics;
using records::ClassRule;

ClassCharacteristics Cartridge(const std::string& code) {
  ClassCharacteristics characteristics;
  characteristics.calibre_code = code;
  return characteristics;
}

ClassData Data(const std::string& code) {
  return {.kind = records::ExhibitKind::kCaseTest, .characteristics = Cartridge(code)};
}

class CaseCollectionTest : public ::testing::Test {
 protected:
  CaseCollectionTest() : collection_(2) {
    collection_.Insert("luger", Data("9LUGER"), GeneratedCase(1, 0));
    collection_.Insert("makarov", Data("9MAKAROV"), GeneratedCase(2, 0));
    collection_.Insert("unknown", Data(""), GeneratedCase(3, 0));
  }

  absl::StatusOr<CaseFindings> Search(const std::string& code,
                                      std::vector<ClassRule> rules_off = {},
                                      std::optional<records::ExhibitId> leave_out = std::nullopt) {
    const ClassCharacteristics characteristics = Cartridge(code);
    return collection_.Search({.signature = signature_,
                               .characteristics = characteristics,
                               .rules_off = std::move(rules_off),
                               .leave_out = std::move(leave_out),
                               .cancelled = nullptr,
                               .progress = nullptr});
  }

  CaseCollection collection_;
  forensics::CaseSignature signature_ = GeneratedCase(1, 1);
};

TEST_F(CaseCollectionTest, OtherCartridgesAreRemovedAndCountedUnknownOnesStay) {
  const auto found = Search("9LUGER");

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->counts.held, 3);
  EXPECT_EQ(found->counts.eligible, 2);
  EXPECT_EQ(found->counts.compared, 2);
  EXPECT_EQ(found->counts.refined, 2);
  EXPECT_EQ(found->counts.coarse_scored, 2);
  EXPECT_TRUE(found->counts.certified);
  EXPECT_EQ(found->counts.quantile, 1.0);
  EXPECT_EQ(found->counts.missed_probability, 0.0);
  EXPECT_TRUE(found->counts.complete);
  ASSERT_EQ(found->counts.removed.size(), 4U);
  EXPECT_EQ(found->counts.removed[0], std::pair(ClassRule::kCartridge, std::int64_t{1}));
  ASSERT_EQ(found->best.size(), 2U);
  EXPECT_EQ(found->best[0].scored.record_id, "luger");
  EXPECT_EQ(found->best[0].kind, records::ExhibitKind::kCaseTest);
}

TEST_F(CaseCollectionTest, ARuleSwitchedOffRemovesNothing) {
  const auto found = Search("9LUGER", {ClassRule::kCartridge});

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->counts.eligible, 3);
  EXPECT_EQ(found->counts.removed.size(), 3U);
}

TEST_F(CaseCollectionTest, TheExhibitAskedAboutIsNotItsOwnCandidate) {
  const auto found = Search("9LUGER", {}, "luger");

  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->best.size(), 1U);
  EXPECT_EQ(found->best[0].scored.record_id, "unknown");
  EXPECT_EQ(found->counts.held, 2);
}

TEST_F(CaseCollectionTest, WhatWasErasedIsNotFound) {
  collection_.Erase("luger");
  collection_.Erase("never there");

  const auto found = Search("9LUGER");

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(collection_.size(), 2);
  EXPECT_EQ(found->counts.held, 2);
}

}  // namespace
}  // namespace proofmark::match
