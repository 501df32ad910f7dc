// SPDX-License-Identifier: Apache-2.0
#include "server/match/exhibit_collection.h"

#include "forensics/cartridge/case_evidence.h"
#include "forensics/evidence/calibration_data.h"
#include "forensics/synthetic/generator.h"
#include "tests/support/generated_cases.h"
#include "tests/support/status_matchers.h"

namespace proofmark::match {
namespace {

using ::proofmark::testing::GeneratedCase;
using ::proofmark::testing::IsOk;

forensics::BulletSignature Bullet(std::uint32_t barrel, std::uint32_t shot) {
  return forensics::GenerateBulletSignature(
      {.barrel = barrel, .profile = forensics::SyntheticProfile::kClean}, shot);
}

class ExhibitCollectionTest : public ::testing::Test {
 protected:
  ExhibitCollectionTest() : collection_(2) {
    collection_.Insert("bullet 1", {.kind = records::ExhibitKind::kBulletTest}, Bullet(1, 0));
    collection_.Insert("bullet 2", {.kind = records::ExhibitKind::kBulletTest}, Bullet(2, 0));
    collection_.Insert("case 1", {.kind = records::ExhibitKind::kCaseTest}, GeneratedCase(1, 0));
  }

  absl::StatusOr<FoundExhibits> Search(const forensics::BallisticSignature& signature) {
    return collection_.Search({.signature = signature,
                               .characteristics = characteristics_,
                               .rules_off = {},
                               .leave_out = std::nullopt,
                               .cancelled = nullptr,
                               .progress = [this](const forensics::SearchProgress& progress) {
                                 last_progress_ = progress;
                               }});
  }

  ExhibitCollection collection_;
  const records::ClassCharacteristics characteristics_;
  forensics::SearchProgress last_progress_;
};

TEST_F(ExhibitCollectionTest, BulletsAreComparedWithBulletsAlone) {
  const auto found = Search(Bullet(2, 1));

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->counts.held, 2);
  ASSERT_EQ(found->best.size(), 2U);
  EXPECT_EQ(found->best[0].id, "bullet 2");
  EXPECT_EQ(&forensics::InfoOf(*found->calibration), &forensics::BulletCalibration());
  EXPECT_EQ(found->method, forensics::BulletCalibration().method);
  EXPECT_TRUE(std::holds_alternative<forensics::BulletComparison>(found->best[0].comparison));
}

TEST_F(ExhibitCollectionTest, CasesAreComparedWithCasesAlone) {
  const auto found = Search(GeneratedCase(1, 1));

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->counts.held, 1);
  ASSERT_EQ(found->best.size(), 1U);
  EXPECT_EQ(found->best[0].id, "case 1");
  EXPECT_EQ(found->best[0].likelihood_ratio.level, forensics::Level::kL1);
  EXPECT_EQ(&forensics::InfoOf(*found->calibration), &forensics::CaseCalibration());
  EXPECT_EQ(found->method, forensics::CaseMethodVersion());
  const auto& compared = std::get<ComparedCase>(found->best[0].comparison);
  EXPECT_EQ(compared.marks.size(), compared.comparison.marks.size());
  EXPECT_EQ(last_progress_.stage, forensics::SearchStage::kRefine);
  EXPECT_EQ(last_progress_.done, 1);
  EXPECT_EQ(last_progress_.share, 1.0);
}

// The change comes while the search is under way, from its own progress.
TEST_F(ExhibitCollectionTest, ASearchKeepsTheCalibrationItBeganWith) {
  forensics::Calibration cautious = forensics::BuiltInCalibration(forensics::MarkKind::kBreechFace);
  cautious.info.log10_cap = 0.5;
  forensics::Finish(cautious);
  const auto replacement = std::make_shared<const forensics::Calibration>(cautious);
  const forensics::BallisticSignature asked = GeneratedCase(1, 1);
  bool replaced = false;

  const auto during = collection_.Search({.signature = asked,
                                          .characteristics = characteristics_,
                                          .rules_off = {},
                                          .leave_out = std::nullopt,
                                          .cancelled = nullptr,
                                          .progress = [&](const forensics::SearchProgress&) {
                                            collection_.PutInForce(replacement);
                                            replaced = true;
                                          }});
  const auto after = Search(asked);

  ASSERT_THAT(during, IsOk());
  ASSERT_THAT(after, IsOk());
  EXPECT_TRUE(replaced);
  EXPECT_EQ(during->best[0].likelihood_ratio.level, forensics::Level::kL1);
  EXPECT_EQ(&forensics::InfoOf(*during->calibration), &forensics::CaseCalibration());
  EXPECT_EQ(after->best[0].likelihood_ratio.level, forensics::Level::kNone);
  EXPECT_EQ(after->calibration, replacement);
  EXPECT_EQ(collection_.calibration(forensics::MarkKind::kBreechFace), replacement);
  EXPECT_NE(collection_.calibration(forensics::MarkKind::kBullet), replacement);
}

TEST_F(ExhibitCollectionTest, ErasesWhateverItIs) {
  collection_.Erase("bullet 1");
  collection_.Erase("case 1");

  EXPECT_EQ(collection_.size(), 1);
  const auto found = Search(GeneratedCase(1, 1));
  ASSERT_THAT(found, IsOk());
  EXPECT_TRUE(found->best.empty());
  EXPECT_TRUE(found->counts.complete);
}

}  // namespace
}  // namespace proofmark::match
