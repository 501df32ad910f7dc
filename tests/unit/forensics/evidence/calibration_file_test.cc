// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "forensics/evidence/builtin/builtin.h"
#include "forensics/evidence/calibration_data.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(CalibrationFileTest, BuiltInFilesReadAndWriteToTheSameBytes) {
  for (const std::string_view text : {kBuiltInBullets, kBuiltInBreechFaces}) {
    const absl::StatusOr<Calibration> calibration = ParseCalibration(text);
    ASSERT_THAT(calibration, IsOk());
    EXPECT_EQ(CalibrationText(*calibration), text);
  }
}

// The version is the content's: whatever is changed by hand is noticed.
TEST(CalibrationFileTest, AnEditedFileIsRefused) {
  const std::string text(kBuiltInBreechFaces);
  const std::string slope = "\"slope\": ";
  EXPECT_THAT(ParseCalibration(Replaced(text, slope, slope + "1")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("version")));
  EXPECT_THAT(ParseCalibration(Replaced(text, "\"provisional\": false", "\"provisional\": true")),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CalibrationFileTest, CapsAboveWhatTheCountsSupportAreRefused) {
  Calibration calibration = *ParseCalibration(kBuiltInBreechFaces);
  calibration.info.log10_cap += 1.0;
  Finish(calibration);
  EXPECT_THAT(ParseCalibration(CalibrationText(calibration)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("log10_cap")));

  calibration = *ParseCalibration(kBuiltInBreechFaces);
  calibration.info.log10_floor -= 1.0;
  Finish(calibration);
  EXPECT_THAT(ParseCalibration(CalibrationText(calibration)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("log10_floor")));

  calibration = *ParseCalibration(kBuiltInBreechFaces);
  calibration.info.log10_cap = 0.5;  // Saying less is allowed.
  Finish(calibration);
  EXPECT_THAT(ParseCalibration(CalibrationText(calibration)), IsOk());
}

TEST(CalibrationFileTest, MissingUnknownAndMisshapenMembersAreNamed) {
  const std::string text(kBuiltInBreechFaces);
  struct Case {
    std::string from, to, says;
  };
  for (const Case& c :
       std::vector<Case>{{"\"mark\"", "\"marks\"", "mark: is missing"},
                         {"\"bounds\":", "\"extra\": 1,\n \"bounds\":", "member the format lacks"},
                         {"\"breech_face\"", "\"firing_pin\"", "mark"},
                         {"\"scale\":", "\"scale\": -1, \"x\":", "scale"},
                         {"proofmark-calibration/1", "proofmark-calibration/2", "format"}}) {
    EXPECT_THAT(ParseCalibration(Replaced(text, c.from, c.to)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(c.says)))
        << c.to;
  }
  EXPECT_THAT(ParseCalibration("{"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseCalibration("[]"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseCalibration(std::string(kCalibrationBytesMax + 1, ' ')),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(SetCapsTest, CountsEachPairOfFirearmsOnceAndNeverRaisesByGeneratedOnes) {
  Calibration calibration;
  calibration.info.provisional = false;
  calibration.info.real_different_pairs = 1'000'000;  // Of the same few firearms.
  calibration.info.real_firearm_pairs = 99;
  calibration.info.real_same_firearms = 9;
  SetCaps(calibration);
  EXPECT_NEAR(calibration.info.log10_cap, 2.0, 1e-12);
  EXPECT_NEAR(calibration.info.log10_floor, -1.0, 1e-12);

  calibration.info.provisional = true;
  calibration.info.real_firearm_pairs = 1'000'000;
  SetCaps(calibration);
  EXPECT_LT(calibration.info.log10_cap, 2.0);

  calibration.info.real_firearm_pairs = 0;
  calibration.info.real_same_firearms = 0;
  SetCaps(calibration);
  EXPECT_EQ(calibration.info.log10_cap, 0.0);
}

// Ten same-source pairs above ninety different-source ones: the top says (10 / 1) * (91 / 11), less
// than the 91 that a lone count would allow.
TEST(BoundFromTest, NoStretchSaysMoreThanItsCounts) {
  std::vector<ScoredPair> pairs;
  for (int i = 0; i < 10; ++i) pairs.push_back({5.0 + i, 0, 0});
  for (int i = 0; i < 90; ++i) pairs.push_back({-5.0 - i, 0, 1});

  const std::vector<EvidenceBound> bounds = BoundFrom(pairs);

  ASSERT_EQ(bounds.size(), 2U);
  EXPECT_NEAR(bounds[1].log10_lr, std::log10(10.0 * 91.0 / 11.0), 1e-9);
  EXPECT_EQ(bounds[1].log10_from, 0.0);  // Midway between the pairs at -5 and at 5.
  EXPECT_NEAR(bounds[0].log10_lr, std::log10(1.0 / 90.0 * 91.0 / 11.0), 1e-9);
}

TEST(EvaluateBreechFacesTest, RisesWithTheScoreAndStaysWithinCapsAndBounds) {
  const Calibration& calibration = BuiltInCalibration(MarkKind::kBreechFace);
  double before = -1e9;
  for (int step = 0; step <= 100; ++step) {
    const LikelihoodRatio ratio = EvaluateBreechFaces(0.01 * step, calibration);
    EXPECT_GE(ratio.log10_lr, before);
    EXPECT_LE(ratio.log10_lr, calibration.info.log10_cap);
    EXPECT_GE(ratio.log10_lr, calibration.info.log10_floor);
    EXPECT_LE(ratio.log10_low, ratio.log10_lr);
    EXPECT_GE(ratio.log10_high, ratio.log10_lr);
    EXPECT_EQ(ratio.level, LevelOf(ratio.log10_lr));
    before = ratio.log10_lr;
  }
  EXPECT_GT(EvaluateBreechFaces(0.95, calibration).log10_lr, 1.0);
  EXPECT_LT(EvaluateBreechFaces(0.05, calibration).log10_lr, 0.0);
  // What chance reaches among different firearms is expected of some of a large collection.
  const double usual = calibration.models.front().null.score[2];
  EXPECT_GT(ExpectedFalseFaces(usual, 1'000, calibration), 100.0);
  EXPECT_LT(ExpectedFalseFaces(0.95, 1'000, calibration), 10.0);
}

}  // namespace
}  // namespace proofmark::forensics
