// SPDX-License-Identifier: Apache-2.0
#include "client/picture/pictures.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include "client/fault.h"
#include "forensics/synthetic/generator.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::picture {
namespace {

using ::proofmark::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(QuotedTest, MeansNothingButItself) {
  EXPECT_EQ(Quoted("L1.x3p"), "'L1.x3p'");
  EXPECT_EQ(Quoted("it's"), "'it\xE2\x80\x99s'");
  EXPECT_EQ(Quoted("a\nplot x\n"), "'aplot x'");
  EXPECT_EQ(Quoted("'; print x; '"), "'\xE2\x80\x99; print x; \xE2\x80\x99'");
}

class PicturesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "gnuplot is not installed (package gnuplot-nox)";
    }
  }
  static forensics::BulletSignature Bullet(std::uint32_t shot) {
    return forensics::GenerateBulletSignature({}, shot);
  }
};

TEST_F(PicturesTest, ASurfaceIsAPng) {
  const forensics::HeightMap map = forensics::GenerateLandScan({}, 0, 0, {});

  const absl::StatusOr<std::string> picture = DrawSurface(map, "L1.x3p", Format::kPng);

  ASSERT_THAT(picture, IsOk());
  EXPECT_THAT(*picture, StartsWith("\x89PNG"));
}

TEST_F(PicturesTest, ASignatureIsAnSvgWithUnitsAndTitle) {
  const absl::StatusOr<std::string> picture =
      DrawSignature(*Bullet(0).lands[0], "land 1", Format::kSvg);

  ASSERT_THAT(picture, IsOk());
  EXPECT_THAT(*picture, HasSubstr("<svg"));
  EXPECT_THAT(*picture, HasSubstr("land 1"));
  EXPECT_THAT(*picture, HasSubstr("(\xC2\xB5m)"));
}

TEST_F(PicturesTest, TwoAlignedLandsSayLagAndScore) {
  const forensics::LandSignature a = *Bullet(0).lands[0];
  const forensics::LandSignature b = *Bullet(1).lands[0];
  const absl::StatusOr<forensics::LandComparison> comparison = forensics::CompareLands(a, b, {});
  ASSERT_THAT(comparison, IsOk());

  const absl::StatusOr<std::string> picture =
      DrawAligned(a, "query.x3p", b, "reference.x3p", *comparison, Format::kSvg);

  ASSERT_THAT(picture, IsOk());
  EXPECT_THAT(*picture, HasSubstr("CCF"));
  EXPECT_THAT(*picture, HasSubstr("query.x3p"));
  EXPECT_THAT(*picture, HasSubstr("no probabilities"));
}

// A hostile file name must neither run anything nor break the script.
TEST_F(PicturesTest, ATitleCannotRunAnything) {
  const std::filesystem::path marker =
      std::filesystem::temp_directory_path() / "proofmark-title-ran";
  std::filesystem::remove(marker);
  const std::string title = "'; system('touch " + marker.string() + "'); print `touch " +
                            marker.string() + "` @GNUTERM ^{a}_b \\ \"";

  const absl::StatusOr<std::string> picture =
      DrawSignature(*Bullet(0).lands[0], title, Format::kSvg);

  ASSERT_THAT(picture, IsOk());
  EXPECT_FALSE(std::filesystem::exists(marker));
  EXPECT_THAT(*picture, HasSubstr("^{a}_b"));  // And nothing in it is taken for mark-up.
}

TEST_F(PicturesTest, AWrongScriptIsAFaultWithGnuplotsWords) {
  const absl::StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  ASSERT_THAT(folder, IsOk());

  const absl::StatusOr<std::string> picture = RunGnuplot(*folder, "no such command\n");

  ASSERT_FALSE(picture.ok());
  EXPECT_EQ(FaultOf(picture.status()), FaultCode::kProgramFailed);
  EXPECT_THAT(std::string(picture.status().message()), HasSubstr("exit status"));
}

TEST(GnuplotTest, AMissingProgramNamesItsPackage) {
  const absl::StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  ASSERT_THAT(folder, IsOk());
  const char* path = std::getenv("PATH");
  const std::string before = path == nullptr ? "" : path;

  ::setenv("PATH", folder->path().c_str(), 1);
  const absl::StatusOr<std::string> picture = RunGnuplot(*folder, "plot x\n");
  ::setenv("PATH", before.c_str(), 1);

  ASSERT_FALSE(picture.ok());
  EXPECT_EQ(FaultOf(picture.status()), FaultCode::kProgramMissing);
  EXPECT_THAT(std::string(picture.status().message()), HasSubstr("gnuplot-nox"));
}

}  // namespace
}  // namespace proofmark::client::picture
