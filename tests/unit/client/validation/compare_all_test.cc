// SPDX-License-Identifier: Apache-2.0
#include "client/validation/compare_all.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "client/fault.h"
#include "client/generate/synthetic_set.h"
#include "client/validation/calibrate.h"
#include "client/validation/compare_two.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::validation {
namespace {

using ::proofmark::testing::IsOk;

// Two barrels, two bullets each, three lands: generated once for all tests.
class GeneratedSetTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder(TemporaryFolder::Create().value());
    generate::SyntheticSet set;
    set.barrels = 2;
    set.bullets = 2;
    set.barrel.land_count = 3;
    set.barrel.profile = forensics::SyntheticProfile::kClean;
    ASSERT_THAT(generate::WriteSet(set, folder_->path() / "set", 2, Overwrite::kNever, nullptr, {}),
                IsOk());
    // One row that is no scan of a mark, and one whose file is not there.
    std::string manifest = generate::ManifestText(set);
    manifest += "gone.x3p,bullet_lea,lost,1,,,,,,,m,generated,other,,generated,\n";
    manifest += "sample.x3p,format_sample,,,,,,,,,,,,,,\n";
    ASSERT_THAT(WriteFile(folder_->path() / "set" / "manifest.csv", manifest, Privacy::kPublic,
                          Overwrite::kAllowed),
                IsOk());
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(folder_->path() / "set");
    delete folder_;
    folder_ = nullptr;
  }
  static std::filesystem::path Manifest() { return folder_->path() / "set" / "manifest.csv"; }

  static TemporaryFolder* folder_;
};
TemporaryFolder* GeneratedSetTest::folder_ = nullptr;

TEST_F(GeneratedSetTest, EveryFileIsProcessedOrNamedWithTheReason) {
  const absl::StatusOr<ScanSet> set = ReadScanSet(Manifest(), {});

  ASSERT_THAT(set, IsOk());
  EXPECT_EQ(set->files, 14);
  EXPECT_EQ(set->lands.size() + set->not_processed.size(), 14U);
  EXPECT_EQ(set->bullets.size(), 4U);
  std::map<std::string, std::string> reason_of;
  for (const NotProcessed& file : set->not_processed) reason_of[file.file] = file.reason;
  EXPECT_FALSE(reason_of["gone.x3p"].empty());
  EXPECT_FALSE(reason_of["sample.x3p"].empty());
}

TEST_F(GeneratedSetTest, PairsHaveTheirTruthAndScoresDoNotDependOnThreads) {
  RunOptions one, three;
  one.threads = 1;
  three.threads = 3;
  const ScanSet set = ReadScanSet(Manifest(), one).value();

  const auto tables = CompareAll(set, nullptr, {}, one);
  const auto again = CompareAll(set, nullptr, {}, three);

  ASSERT_THAT(tables, IsOk());
  ASSERT_EQ(tables->size(), 2U);  // Lands and bullets.
  const Comparisons& lands = (*tables)[0];
  std::map<Truth, int> of_truth;
  for (std::size_t i = 0; i < lands.pairs.size(); ++i) {
    of_truth[lands.pairs[i].truth] += 1;
    EXPECT_EQ(lands.pairs[i].score, (*again)[0].pairs[i].score);
    EXPECT_FALSE(lands.pairs[i].same_item);
  }
  EXPECT_EQ(of_truth[Truth::kSame], 6);        // Three lands of two barrels.
  EXPECT_EQ(of_truth[Truth::kDifferent], 60);  // Of 66 pairs.
  const Comparisons& bullets = (*tables)[1];
  ASSERT_EQ(bullets.pairs.size(), 6U);
  for (const Pair& pair : bullets.pairs) {
    EXPECT_EQ(pair.score > 0.35, pair.truth == Truth::kSame);
    EXPECT_EQ(pair.extra[0], 3.0);  // Lands compared.
  }
}

TEST_F(GeneratedSetTest, AgainstAGalleryOnlyQuestionedWithGalleryItemsAreCompared) {
  const ScanSet set = ReadScanSet(Manifest(), {}).value();

  const auto tables = CompareAll(set, &set, {}, {});

  ASSERT_THAT(tables, IsOk());
  const Comparisons& bullets = tables->back();
  EXPECT_EQ(bullets.pairs.size(), 16U);
  for (const Pair& pair : bullets.pairs) {
    EXPECT_LT(pair.a, bullets.questioned);
    EXPECT_GE(pair.b, bullets.questioned);
  }
}

TEST_F(GeneratedSetTest, TooSmallASetIsRefusedInClearWords) {
  const ScanSet set = ReadScanSet(Manifest(), {}).value();

  const auto calibration = CalibrateBullets(set, {});

  ASSERT_FALSE(calibration.ok());
  EXPECT_EQ(FaultOf(calibration.status()), FaultCode::kSetTooSmall);
  EXPECT_NE(calibration.status().message().find("2 of at least 8"), std::string::npos)
      << calibration.status();
}

// The model is kept; generated firearms give no cap, so that nothing is reported.
TEST_F(GeneratedSetTest, GeneratedScansRaiseNoCap) {
  const ScanSet set = ReadScanSet(Manifest(), {}).value();
  const forensics::Calibration& base = forensics::BuiltInCalibration(forensics::MarkKind::kBullet);

  const auto calibration = CalibrateBullets(set, {.run = {}, .base = &base});

  ASSERT_THAT(calibration, IsOk());
  EXPECT_EQ(calibration->info.log10_cap, 0.0);
  EXPECT_EQ(calibration->info.real_firearms, 0);
  EXPECT_EQ(calibration->models[2].model.slope, base.models[2].model.slope);
  EXPECT_THAT(forensics::ParseCalibration(forensics::CalibrationText(*calibration)), IsOk());
}

TEST_F(GeneratedSetTest, TwoBulletsOfAManifestAreCompared) {
  const ScanSet set = ReadScanSet(Manifest(), {}).value();
  const auto a = LoadSide(Manifest(), std::string_view(set.bullets[0].item.label));
  const auto b = LoadSide(Manifest(), std::string_view(set.bullets[1].item.label));
  const Calibrations calibrations = {
      .bullets = &forensics::BuiltInCalibration(forensics::MarkKind::kBullet),
      .breech_faces = &forensics::BuiltInCalibration(forensics::MarkKind::kBreechFace)};

  const auto compared = CompareTwo(*a, *b, calibrations, forensics::TurnSearch::kDirected);

  ASSERT_THAT(compared, IsOk());
  EXPECT_EQ(compared->ratio.level, forensics::Level::kL1);
  EXPECT_NE(MeaningOf(*compared).find("fired from one barrel than if"), std::string::npos);
  EXPECT_EQ(FaultOf(LoadSide(Manifest(), std::string_view("nobody")).status()),
            FaultCode::kNotFound);
}

TEST(EvidenceWordsTest, FollowTheScaleBothWays) {
  EXPECT_EQ(EvidenceWords(0.0), "no support for one over the other");
  EXPECT_EQ(EvidenceWords(0.3), "no support for one over the other");
  EXPECT_EQ(EvidenceWords(0.31), "weak support for the same source rather than different sources");
  EXPECT_EQ(EvidenceWords(1.0),
            "moderate support for the same source rather than different sources");
  EXPECT_EQ(EvidenceWords(-2.5),
            "moderately strong support for different sources rather than the same source");
  EXPECT_EQ(EvidenceWords(6.0),
            "extremely strong support for the same source rather than different sources");
}

}  // namespace
}  // namespace proofmark::client::validation
