// SPDX-License-Identifier: Apache-2.0
#include "server/match/plausibility.h"

#include <cmath>
#include <cstdint>

#include "forensics/synthetic/generator.h"
#include "tests/support/generated_cases.h"
#include "tests/support/status_matchers.h"

namespace proofmark::match {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

// One land of 400 samples, a sine of `amplitude_nm`.
forensics::BulletSignature Sine(double amplitude_nm) {
  forensics::LandSignature land;
  for (int i = 0; i < 400; ++i) {
    land.height_nm.push_back(static_cast<std::int16_t>(amplitude_nm * std::sin(i * 0.05)));
  }
  return {.extractor_version = "v", .lands = {land}};
}

TEST(PlausibilityTest, AcceptsGeneratedBulletsOfEveryProfile) {
  for (const auto profile :
       {forensics::SyntheticProfile::kClean, forensics::SyntheticProfile::kRealistic,
        forensics::SyntheticProfile::kHard}) {
    for (std::uint32_t barrel = 0; barrel < 3; ++barrel) {
      EXPECT_THAT(CheckPlausible(forensics::GenerateBulletSignature(
                      {.barrel = barrel, .profile = profile}, 0)),
                  IsOk());
    }
  }
}

TEST(PlausibilityTest, RefusesWhatIsFlatterOrRougherThanAnyBullet) {
  EXPECT_THAT(CheckPlausible(Sine(500.0)), IsOk());
  EXPECT_THAT(CheckPlausible(Sine(2.0)),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("amplitude")));
  EXPECT_THAT(CheckPlausible(Sine(0.0)), StatusIs(StatusCode::kFailedPrecondition));
}

TEST(PlausibilityTest, RefusesHeightsThatJump) {
  forensics::BulletSignature jumping = Sine(500.0);
  for (std::size_t i = 0; i < jumping.lands[0]->height_nm.size(); i += 2) {
    jumping.lands[0]->height_nm[i] = 32'000;
  }

  EXPECT_THAT(CheckPlausible(jumping),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("jump")));
}

TEST(PlausibilityTest, CountsTheGapsItselfWhateverTheQualityClaims) {
  forensics::BulletSignature sparse = Sine(500.0);
  sparse.lands[0]->quality.missing_share = 0.0;
  for (std::size_t i = 0; i < sparse.lands[0]->height_nm.size(); ++i) {
    if (i % 4 != 0) sparse.lands[0]->height_nm[i] = forensics::kSampleNotMeasured;
  }

  EXPECT_THAT(CheckPlausible(sparse),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("missing")));
}

TEST(PlausibilityTest, OneGoodLandIsEnoughAndNoneIsNot) {
  forensics::BulletSignature one_good = Sine(500.0);
  one_good.lands.push_back(Sine(0.0).lands[0]);
  one_good.lands.push_back(std::nullopt);

  EXPECT_THAT(CheckPlausible(one_good), IsOk());
  EXPECT_THAT(
      CheckPlausible(forensics::BulletSignature{.extractor_version = "v", .lands = {std::nullopt}}),
      StatusIs(StatusCode::kFailedPrecondition, HasSubstr("no land")));
}

// A breech face of 96 x 96 samples, 1.44 square millimetres.
forensics::CaseSignature Waves(double levels) {
  forensics::ImpressedSignature impression;
  impression.extractor_version = "v";
  impression.width = 96;
  impression.height = 96;
  impression.pitch_um = 12.5;
  for (int i = 0; i < 96 * 96; ++i) {
    impression.relief.push_back(static_cast<std::int8_t>(std::lround(levels * std::sin(i * 0.7))));
  }
  return {.impressions = {impression}, .aperture_shear = std::nullopt};
}

TEST(PlausibilityTest, AcceptsGeneratedBreechFaces) {
  for (std::uint32_t slide = 0; slide < 3; ++slide) {
    EXPECT_THAT(CheckPlausible(::proofmark::testing::GeneratedCase(slide, 0)), IsOk());
  }
}

TEST(PlausibilityTest, RefusesReliefsThatNoExtractionGives) {
  EXPECT_THAT(CheckPlausible(Waves(34.0)), IsOk());
  EXPECT_THAT(CheckPlausible(Waves(2.0)),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("breech face: its levels")));
  EXPECT_THAT(CheckPlausible(Waves(127.0)),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("its levels")));
}

TEST(PlausibilityTest, CountsTheMeasuredAreaItself) {
  forensics::CaseSignature sparse = Waves(34.0);
  sparse.impressions[0].quality.valid_area_mm2 = 5.0;
  for (std::size_t i = 0; i < sparse.impressions[0].relief.size(); ++i) {
    if (i % 20 != 0) sparse.impressions[0].relief[i] = forensics::kReliefNotMeasured;
  }

  EXPECT_THAT(CheckPlausible(sparse),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("mm2 are measured")));
}

TEST(PlausibilityTest, OneUsableMarkOfACaseIsEnough) {
  forensics::CaseSignature flat_face = Waves(2.0);
  flat_face.aperture_shear = {.extractor_version = "v", .profile = *Sine(500.0).lands[0]};
  EXPECT_THAT(CheckPlausible(flat_face), IsOk());
}

}  // namespace
}  // namespace proofmark::match
