// SPDX-License-Identifier: Apache-2.0
#include "forensics/evidence/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "forensics/evidence/calibration_data.h"
#include "forensics/impressed/impressed_comparison.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/striated/land_extraction.h"
#include "gmock/gmock.h"

namespace proofmark::forensics {
namespace {

using ::testing::HasSubstr;

BulletComparison Compared(double score, std::int64_t lands, std::int64_t phases = 6) {
  BulletComparison comparison;
  comparison.score = score;
  comparison.lands_compared = lands;
  comparison.phases_tried = phases;
  return comparison;
}

TEST(LevelTest, StepsAreTenfoldAndTheLowerBoundBelongsToTheStep) {
  EXPECT_EQ(LevelOf(-5.0), Level::kNone);
  EXPECT_EQ(LevelOf(std::nextafter(1.0, 0.0)), Level::kNone);
  EXPECT_EQ(LevelOf(1.0), Level::kL1);
  EXPECT_EQ(LevelOf(std::nextafter(2.0, 0.0)), Level::kL1);
  EXPECT_EQ(LevelOf(2.0), Level::kL2);
  EXPECT_EQ(LevelOf(3.0), Level::kL3);
  EXPECT_EQ(LevelOf(4.0), Level::kL4);
  EXPECT_EQ(LevelOf(9.0), Level::kL4);
  EXPECT_EQ(LevelName(Level::kNone), "NONE");
  EXPECT_EQ(LevelName(Level::kL4), "L4");
  EXPECT_THAT(std::string(LevelWords(Level::kL2)), HasSubstr("moderately strong"));
}

// Ruling: generated pairs never raise a cap. While the calibration is provisional, nothing may
// leave the lowest reportable level, whatever the score.
TEST(BulletCalibrationTest, ProvisionalNumbersNeverExceedL1) {
  ASSERT_TRUE(BulletCalibration().provisional);
  EXPECT_LT(BulletCalibration().log10_cap, 2.0);
  EXPECT_GE(BulletCalibration().log10_cap, 1.0);
  for (std::int64_t lands = 0; lands <= 24; ++lands) {
    const LikelihoodRatio best = EvaluateBullets(Compared(1.0, lands));
    EXPECT_EQ(best.level, Level::kL1);
    EXPECT_LE(best.log10_lr, BulletCalibration().log10_cap);
    EXPECT_LE(best.log10_high, BulletCalibration().log10_cap);
    EXPECT_GT(best.log10_lr_model, best.log10_lr);
    EXPECT_GE(EvaluateBullets(Compared(0.0, lands)).log10_lr, BulletCalibration().log10_floor);
  }
}

TEST(BulletCalibrationTest, SaysWhatItWasMadeFrom) {
  const CalibrationInfo& info = BulletCalibration();
  EXPECT_THAT(info.statement, HasSubstr("PROVISIONAL"));
  EXPECT_THAT(info.statement, HasSubstr(std::to_string(info.firearms)));
  EXPECT_THAT(info.statement, HasSubstr("generated"));
  EXPECT_FALSE(info.version.empty());
  EXPECT_GE(info.same_pairs, 200);
  EXPECT_GE(info.different_pairs, 10'000);
  EXPECT_GE(info.firearms, 200);
}

// Made with another extractor or comparison, the numbers would mean nothing: make them again with
// forensics/evidence/builtin/recalibrate.sh.
TEST(BulletCalibrationTest, HoldsForTheExtractorAndComparisonInThisProgram) {
  const Calibration& calibration = BuiltInCalibration(MarkKind::kBullet);
  EXPECT_EQ(calibration.extractor_version, LandExtractorVersion());
  EXPECT_EQ(calibration.comparison_version, BulletComparisonVersion());
}

TEST(BreechFaceCalibrationTest, HoldsForTheExtractorAndComparisonInThisProgram) {
  const Calibration& calibration = BuiltInCalibration(MarkKind::kBreechFace);
  EXPECT_EQ(calibration.extractor_version, ImpressionExtractorVersion());
  EXPECT_EQ(calibration.comparison_version, ImpressionComparisonVersion());
}

TEST(MarkKindTest, EveryNameIsFoundAgainAndNoOther) {
  for (const MarkKind mark : kMarkKinds) {
    EXPECT_EQ(FindMarkKind(MarkKindName(mark)), mark);
    EXPECT_EQ(ShareBuiltIn(mark).get(), &BuiltInCalibration(mark));
    EXPECT_EQ(BuiltInCalibration(mark).info.mark, mark);
  }
  EXPECT_EQ(FindMarkKind("firing_pin"), std::nullopt);
  EXPECT_EQ(FindMarkKind(""), std::nullopt);
}

// A node holds a calibration of its own as data; the built-in one read back is one such.
TEST(EvaluateBulletsTest, AnInstalledCalibrationIsUsedInsteadOfTheBuiltInOne) {
  Calibration installed = BuiltInCalibration(MarkKind::kBullet);
  for (ScoreModel& model : installed.models) model.model.intercept -= 1.0;

  EXPECT_NEAR(EvaluateBullets(Compared(0.4, 6), installed).log10_lr_model,
              EvaluateBullets(Compared(0.4, 6)).log10_lr_model - 1.0 / std::log(10.0), 1e-9);
  EXPECT_EQ(ExpectedFalseLeads(Compared(0.4, 6), 1'000, installed),
            ExpectedFalseLeads(Compared(0.4, 6), 1'000));
}

TEST(EvaluateBulletsTest, RisesWithTheScoreForEveryCountOfLands) {
  for (std::int64_t lands = 1; lands <= 24; ++lands) {
    for (const std::int64_t phases : {1, 6, 8, 24, 96}) {
      LikelihoodRatio before = EvaluateBullets(Compared(0.0, lands, phases));
      double leads_before = ExpectedFalseLeads(Compared(0.0, lands, phases), 1'000);
      for (double score = 0.005; score <= 1.0; score += 0.005) {
        const LikelihoodRatio now = EvaluateBullets(Compared(score, lands, phases));
        const double leads = ExpectedFalseLeads(Compared(score, lands, phases), 1'000);
        EXPECT_GE(now.log10_lr, before.log10_lr);
        EXPECT_GT(now.log10_lr_model, before.log10_lr_model);
        EXPECT_GE(now.log10_low, before.log10_low - 1e-12);
        EXPECT_LE(now.log10_low, now.log10_lr);
        EXPECT_GE(now.log10_high, now.log10_lr);
        EXPECT_LE(leads, leads_before);
        before = now;
        leads_before = leads;
      }
    }
  }
}

TEST(EvaluateBulletsTest, MoreLandsMakeTheSameHighScoreWorthMore) {
  // Beyond four the classes are nearly apart, and the penalty on the slope decides the last digits.
  for (std::int64_t lands = 2; lands <= 4; ++lands) {
    EXPECT_GT(EvaluateBullets(Compared(0.45, lands)).log10_lr_model,
              EvaluateBullets(Compared(0.45, lands - 1)).log10_lr_model);
  }
}

TEST(EvaluateBulletsTest, MoreChancesMakeTheSameScoreWorthLess) {
  const double usual = EvaluateBullets(Compared(0.45, 6, 6)).log10_lr_model;
  EXPECT_NEAR(EvaluateBullets(Compared(0.45, 6, 24)).log10_lr_model, usual - std::log10(4.0), 1e-9);
  EXPECT_EQ(EvaluateBullets(Compared(0.45, 6, 1)).log10_lr_model, usual);
  EXPECT_NEAR(ExpectedFalseLeads(Compared(0.45, 6, 24), 1'000'000),
              4.0 * ExpectedFalseLeads(Compared(0.45, 6, 6), 1'000'000), 1e-9);
}

TEST(ExpectedFalseLeadsTest, RunsFromEveryRecordToNearlyNone) {
  EXPECT_EQ(ExpectedFalseLeads(Compared(0.0, 6), 10'000), 10'000.0);
  EXPECT_EQ(ExpectedFalseLeads(Compared(0.9, 6), 0), 0.0);
  EXPECT_LT(ExpectedFalseLeads(Compared(0.9, 6), 10'000), 0.01);
  EXPECT_GT(ExpectedFalseLeads(Compared(0.9, 6), 10'000), 0.0);  // Never impossible.
  const double some = ExpectedFalseLeads(Compared(0.22, 6), 10'000);
  EXPECT_GT(some, 10.0);
  EXPECT_LT(some, 1'000.0);
}

}  // namespace
}  // namespace proofmark::forensics
