// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_comparison.h"

#include <array>

#include "base/bytes.h"
#include "base/status.h"
#include "forensics/cartridge/case_evidence.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/synthetic/generator.h"
#include "forensics/x3p/x3p.h"
#include "tests/support/generated_cases.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::GeneratedCase;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::ReadFileOrFail;
using ::proofmark::testing::SharedDir;
using ::proofmark::testing::StatusIs;

absl::StatusOr<PreparedCase> PrepareFor(const CaseSignature& signature,
                                        const CaseSignature& other) {
  const std::array<const CaseSignature*, 1> others = {&other};
  return PrepareCase(signature, others, {});
}

absl::StatusOr<CaseComparison> Compare(const CaseSignature& a, const CaseSignature& b) {
  PM_ASSIGN_OR_RETURN(const PreparedCase query, PrepareFor(a, b));
  PM_ASSIGN_OR_RETURN(const PreparedCase reference, PrepareFor(b, a));
  return CompareCases(query, reference, {});
}

ShearSignature Shear(std::uint32_t barrel, std::uint32_t shot) {
  const SyntheticBarrel made{.barrel = barrel, .profile = SyntheticProfile::kClean};
  return {.extractor_version = std::string(LandExtractorVersion()),
          .profile = *GenerateBulletSignature(made, shot).lands[0]};
}

TEST(CompareCasesTest, ShotsOfOneSlideAgreeInFarMoreCellsThanThoseOfTwo) {
  const auto same = Compare(GeneratedCase(1, 0), GeneratedCase(1, 1));
  const auto different = Compare(GeneratedCase(1, 0), GeneratedCase(2, 0));

  ASSERT_THAT(same, IsOk());
  ASSERT_THAT(different, IsOk());
  ASSERT_EQ(same->marks.size(), 1U);
  EXPECT_EQ(same->marks[0].region, ImpressedRegion::kBreechFace);
  ASSERT_NE(same->marks[0].impressed(), nullptr);
  EXPECT_GE(same->marks[0].impressed()->cmc, 12);
  EXPECT_LE(different->marks[0].impressed()->cmc, 4);
  EXPECT_GT(same->score, different->score);
  EXPECT_LT(same->score, 1.0);
}

TEST(CompareCasesTest, ExchangingBothChangesNothingOfTheScore) {
  const auto forth = Compare(GeneratedCase(1, 0), GeneratedCase(1, 1));
  const auto back = Compare(GeneratedCase(1, 1), GeneratedCase(1, 0));

  ASSERT_THAT(forth, IsOk());
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(forth->score, back->score);
}

TEST(CompareCasesTest, OnlyMarksThatBothHaveAreCompared) {
  CaseSignature with_shear = GeneratedCase(1, 0);
  with_shear.aperture_shear = Shear(1, 0);
  CaseSignature shear_alone;
  shear_alone.aperture_shear = Shear(1, 1);

  const auto both = Compare(with_shear, GeneratedCase(1, 1));
  const auto shear = Compare(with_shear, shear_alone);

  ASSERT_THAT(both, IsOk());
  EXPECT_EQ(both->marks.size(), 1U);
  EXPECT_EQ(both->Find(ImpressedRegion::kApertureShear), nullptr);
  ASSERT_THAT(shear, IsOk());
  ASSERT_EQ(shear->marks.size(), 1U);
  ASSERT_NE(shear->marks[0].striated(), nullptr);
  EXPECT_GT(shear->marks[0].striated()->ccf, 0.5);
  EXPECT_THAT(Compare(shear_alone, GeneratedCase(1, 1)),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(CompareCasesTest, AnotherMarkThatAgreesRaisesTheScore) {
  CaseSignature a = GeneratedCase(1, 0);
  CaseSignature b = GeneratedCase(1, 1);
  const auto face = Compare(a, b);
  a.aperture_shear = Shear(1, 0);
  b.aperture_shear = Shear(1, 1);

  const auto both = Compare(a, b);

  ASSERT_THAT(both, IsOk());
  EXPECT_EQ(both->marks.size(), 2U);
  EXPECT_GT(both->score, face->score);
}

TEST(CompareCasesTest, RefusesMarksOfDifferentMethods) {
  CaseSignature other = GeneratedCase(1, 1);
  other.impressions[0].extractor_version = "impressed/0";

  EXPECT_THAT(Compare(GeneratedCase(1, 0), other), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CompareCasesTest, AnUnknownOrientationIsSearchedThroughTheCircle) {
  CaseSignature unknown = GeneratedCase(1, 1);
  unknown.impressions[0].set(ImpressedFlag::kOrientationUnknown);
  EXPECT_TRUE(LiesAtAnyTurn(unknown.impressions[0]));
  EXPECT_FALSE(LiesAtAnyTurn(GeneratedCase(1, 1).impressions[0]));
  const auto directed = PrepareFor(GeneratedCase(1, 0), GeneratedCase(1, 1));
  const auto full = PrepareFor(GeneratedCase(1, 0), unknown);
  const auto other = PrepareFor(unknown, GeneratedCase(1, 0));
  ASSERT_THAT(directed, IsOk());
  ASSERT_THAT(full, IsOk());
  ASSERT_THAT(other, IsOk());
  EXPECT_FALSE(other->impressions[0].directed.has_value());

  EXPECT_THAT(CompareCases(*directed, *other, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  const auto compared = CompareCases(*full, *other, {});

  ASSERT_THAT(compared, IsOk());
  EXPECT_GE(compared->marks[0].impressed()->cmc, 12);
}

CaseSignature RealCase(const std::string& name) {
  const std::string file =
      ReadFileOrFail(SharedDir() / "data" / "cartridges" / "fadul" / (name + ".x3p"));
  const auto scan = ReadX3p(base::AsBytes(file));
  PM_CHECK(scan.ok());
  auto extraction = ExtractImpression(scan->map, {}, {});
  PM_CHECK(extraction.ok());
  return {.impressions = {std::move(extraction->signature)}, .aperture_shear = std::nullopt};
}

TEST(RealCasesTest, TwoShotsOfOneSlideReachTheFirstLevelAndOtherSlidesDoNot) {
  PM_REQUIRE_SHARED_DATA();

  const auto same = Compare(RealCase("Fadul-1-1"), RealCase("Fadul-1-2"));
  const auto different = Compare(RealCase("Fadul-1-1"), RealCase("Fadul-2-1"));

  ASSERT_THAT(same, IsOk());
  ASSERT_THAT(different, IsOk());
  EXPECT_EQ(EvaluateCases(*same).likelihood_ratio.level, Level::kL1)
      << same->marks[0].impressed()->cmc;
  EXPECT_EQ(EvaluateCases(*different).likelihood_ratio.level, Level::kNone)
      << different->marks[0].impressed()->cmc;
}

}  // namespace
}  // namespace proofmark::forensics
