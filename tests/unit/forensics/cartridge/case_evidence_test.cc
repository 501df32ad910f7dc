// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_evidence.h"

#include <limits>

#include "forensics/evidence/calibration_data.h"
#include "gtest/gtest.h"

namespace proofmark::forensics {
namespace {

MarkComparison Impressed(ImpressedRegion region, std::int64_t cells) {
  ImpressedComparison comparison;
  comparison.cmc = cells;
  comparison.cells_eligible = 64;
  comparison.support = 3.0 * static_cast<double>(cells) - 10.0;  // As of one that half agrees.
  comparison.score = ScoreOfSupport(comparison.support);
  return {.region = region, .measures = comparison};
}

CaseComparison Face(std::int64_t cells) {
  return {.marks = {Impressed(ImpressedRegion::kBreechFace, cells)}};
}

TEST(CaseEvidenceTest, MoreSupportNeverSaysLess) {
  double before = -std::numeric_limits<double>::infinity();
  double leads_before = std::numeric_limits<double>::infinity();
  for (std::int64_t cells = 0; cells <= 64; ++cells) {
    const LikelihoodRatio ratio = EvaluateCases(Face(cells)).likelihood_ratio;
    EXPECT_GE(ratio.log10_lr_model, before);
    EXPECT_LE(ratio.log10_low, ratio.log10_lr);
    EXPECT_GE(ratio.log10_high, ratio.log10_lr);
    EXPECT_LE(ExpectedFalseLeads(Face(cells), 1'000), leads_before);
    before = ratio.log10_lr_model;
    leads_before = ExpectedFalseLeads(Face(cells), 1'000);
  }
}

TEST(CaseEvidenceTest, WhatDifferentSlidesReachSaysNothingAndWhatOneReachesSaysL1) {
  for (std::int64_t cells = 0; cells <= 5; ++cells) {
    EXPECT_EQ(EvaluateCases(Face(cells)).likelihood_ratio.level, Level::kNone) << cells;
  }
  for (std::int64_t cells = 20; cells <= 64; ++cells) {
    EXPECT_EQ(EvaluateCases(Face(cells)).likelihood_ratio.level, Level::kL1) << cells;
  }
}

TEST(CaseEvidenceTest, ElevenFirearmsSupportNothingAboveL1) {
  EXPECT_LT(CaseCalibration().log10_cap, 2.0);
  EXPECT_LE(EvaluateCases(Face(64)).likelihood_ratio.log10_lr, CaseCalibration().log10_cap);
}

TEST(CaseEvidenceTest, AnInstalledCalibrationIsUsedInsteadOfTheBuiltInOne) {
  Calibration installed = BuiltInCalibration(MarkKind::kBreechFace);
  installed.info.log10_cap = 0.5;
  installed.models.front().null.scale *= 2.0;

  const CaseEvidence evidence = EvaluateCases(Face(30), installed);

  EXPECT_EQ(evidence.likelihood_ratio.log10_lr, 0.5);
  EXPECT_EQ(evidence.likelihood_ratio.level, Level::kNone);
  EXPECT_EQ(evidence.marks[0].log10_lr, 0.5);
  EXPECT_GT(ExpectedFalseLeads(Face(30), 1'000, installed), ExpectedFalseLeads(Face(30), 1'000));
}

TEST(CaseEvidenceTest, MarksWithoutAValidatedMethodAreShownAndNotCounted) {
  CaseComparison comparison = Face(30);
  const LikelihoodRatio face = EvaluateCases(comparison).likelihood_ratio;
  comparison.marks.push_back(Impressed(ImpressedRegion::kFiringPin, 30));
  comparison.marks.push_back(
      {.region = ImpressedRegion::kApertureShear, .measures = LandComparison{.ccf = 0.99}});

  const CaseEvidence evidence = EvaluateCases(comparison);

  ASSERT_EQ(evidence.marks.size(), 3U);
  EXPECT_TRUE(evidence.marks[0].contributes);
  EXPECT_FALSE(evidence.marks[1].contributes);
  EXPECT_FALSE(evidence.marks[2].contributes);
  EXPECT_EQ(evidence.marks[1].log10_lr, 0.0);
  EXPECT_EQ(evidence.likelihood_ratio.log10_lr_model, face.log10_lr_model);
}

TEST(CaseEvidenceTest, WithoutABreechFaceNothingIsSaid) {
  CaseComparison comparison;
  comparison.marks.push_back(Impressed(ImpressedRegion::kEjector, 40));

  EXPECT_EQ(EvaluateCases(comparison).likelihood_ratio.log10_lr, 0.0);
  EXPECT_EQ(EvaluateCases(comparison).likelihood_ratio.level, Level::kNone);
  EXPECT_EQ(ExpectedFalseLeads(comparison, 77), 77.0);
}

}  // namespace
}  // namespace proofmark::forensics
