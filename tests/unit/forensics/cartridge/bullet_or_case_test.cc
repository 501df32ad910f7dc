// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/bullet_or_case.h"

#include "forensics/impressed/impressed_extraction.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/synthetic/generator.h"
#include "tests/support/generated_cases.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::GeneratedCase;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

ShearSignature Shear() {
  return {.extractor_version = std::string(LandExtractorVersion()),
          .profile = *GenerateBulletSignature({}, 0).lands[0]};
}

TEST(BallisticSignatureTest, AMarkOfAnotherMethodMakesAllOfAnother) {
  CaseSignature signature = GeneratedCase(1, 0);
  signature.aperture_shear = Shear();
  EXPECT_TRUE(IsOfCurrentMethod(signature));
  EXPECT_TRUE(IsOfCurrentMethod(GenerateBulletSignature({}, 0)));

  signature.aperture_shear->extractor_version = "striated/0";
  EXPECT_FALSE(IsOfCurrentMethod(signature));
  signature.aperture_shear.reset();
  signature.impressions[0].extractor_version = "impressed/0";
  EXPECT_FALSE(IsOfCurrentMethod(signature));
  EXPECT_FALSE(IsOfCurrentMethod(BulletSignature{.extractor_version = "striated/0", .lands = {}}));
}

TEST(BallisticSignatureTest, EachMethodIsNamedOnce) {
  CaseSignature signature = GeneratedCase(1, 0);
  signature.impressions.push_back(signature.impressions[0]);
  signature.impressions[1].region = ImpressedRegion::kEjector;
  const std::string impressed(ImpressionExtractorVersion());
  EXPECT_EQ(ExtractorVersions(signature), impressed);

  signature.aperture_shear = Shear();
  EXPECT_EQ(ExtractorVersions(signature), impressed + "; " + std::string(LandExtractorVersion()));
  EXPECT_EQ(ExtractorVersions(GenerateBulletSignature({}, 0)), LandExtractorVersion());
}

// Otherwise no node would take the built-in ones for its own.
TEST(CurrentMethodTest, IsTheMethodOfTheBuiltInCalibrations) {
  for (const MarkKind mark : kMarkKinds) {
    EXPECT_EQ(CurrentMethod(mark), InfoOf(BuiltInCalibration(mark)).method);
  }
}

TEST(CaseSignatureTest, NeedsAMarkAndEachRegionOnce) {
  CaseSignature signature = GeneratedCase(1, 0);
  EXPECT_THAT(CheckSignature(signature), IsOk());
  EXPECT_EQ(FindImpression(signature, ImpressedRegion::kBreechFace), &signature.impressions[0]);
  EXPECT_EQ(FindImpression(signature, ImpressedRegion::kEjector), nullptr);

  signature.impressions.push_back(signature.impressions[0]);
  EXPECT_THAT(CheckSignature(signature),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("each region once")));
  signature.impressions.clear();
  EXPECT_THAT(CheckSignature(signature),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no mark at all")));
  signature.aperture_shear = Shear();
  EXPECT_THAT(CheckSignature(signature), IsOk());
  signature.aperture_shear->profile.height_nm.resize(95);
  EXPECT_THAT(CheckSignature(signature),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("95 samples")));
}

}  // namespace
}  // namespace proofmark::forensics
