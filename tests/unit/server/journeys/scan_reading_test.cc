// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/scan_reading.h"

#include <random>
#include <string>

#include "forensics/synthetic/generator.h"
#include "forensics/x3p/x3p.h"
#include "records/exhibit.h"
#include "records/text.h"
#include "tests/support/generated_cases.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/generated_exhibits.h"

namespace proofmark::journeys {
namespace {

using ::proofmark::testing::GeneratedBullet;
using ::proofmark::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const forensics::LandSignature& LandOf(const ReadMark& mark) {
  return std::get<forensics::LandSignature>(*mark.signature);
}

TEST(ScanReadingTest, AGeneratedScanGivesASignature) {
  const ReadMark land =
      ReadScan(records::MarkRegion::kLand, "x3p", GeneratedBullet(0, 0, "A").scans[0]);

  ASSERT_TRUE(land.signature.has_value());
  EXPECT_NEAR(LandOf(land).width_um(), 1'900.0, 200.0);
  EXPECT_FALSE(LandOf(land).has(forensics::LandFlag::kUnitCorrected));
}

TEST(ScanReadingTest, WhatIsNoScanIsARemarkAndNotAnError) {
  for (const char* file : {"", "nonsense", "PK\x03\x04"}) {
    const ReadMark land = ReadScan(records::MarkRegion::kLand, "x3p", file);
    EXPECT_FALSE(land.signature.has_value());
    ASSERT_THAT(land.remarks, SizeIs(1));
    EXPECT_THAT(land.remarks[0], HasSubstr("not read"));
  }
  EXPECT_THAT(ReadScan(records::MarkRegion::kLand, "profile-csv", "x,y\n1,2\n").remarks[0],
              HasSubstr("not read"));
  EXPECT_THAT(ReadScan(records::MarkRegion::kLand, "tiff", "II*").remarks[0], HasSubstr("format"));
}

TEST(ScanReadingTest, AScanInNoUnitOfLengthIsNotUsed) {
  forensics::HeightMap map = forensics::GenerateLandScan({}, 0, 0, {.length_um = 300.0});
  map.pitch_x_um = 4e9;
  map.pitch_y_um = 4e9;
  const auto file = forensics::WriteX3p(map);
  ASSERT_THAT(file, IsOk());
  const auto scan = forensics::ReadX3p(base::AsBytes(*file));
  ASSERT_THAT(scan, IsOk());
  ASSERT_EQ(scan->unit, forensics::UnitVerdict::kImplausible);

  const ReadMark land = ReadScan(records::MarkRegion::kLand, "x3p", *file);

  EXPECT_FALSE(land.signature.has_value());
  EXPECT_THAT(land.remarks.back(), HasSubstr("unit of length"));
}

TEST(ScanReadingTest, AScanWithoutStriaeSaysWhyItGivesNoSignature) {
  forensics::HeightMap grain;  // As rough as a bullet, and the same in every direction.
  grain.width = 600;
  grain.height = 120;
  grain.pitch_x_um = grain.pitch_y_um = 3.125;
  std::mt19937 engine(1);
  for (std::int64_t i = 0; i < grain.width * grain.height; ++i) {
    grain.height_um.push_back(static_cast<float>(engine() % 4'000) / 1'000.0F);
  }
  const auto file = forensics::WriteX3p(grain);
  ASSERT_THAT(file, IsOk());

  const ReadMark land = ReadScan(records::MarkRegion::kLand, "x3p", *file);

  EXPECT_FALSE(land.signature.has_value());
  EXPECT_THAT(land.remarks.back(), HasSubstr("no signature"));
}

TEST(ScanReadingTest, ABreechFaceGivesAnImpression) {
  const ReadMark mark = ReadScan(records::MarkRegion::kBreechFace, "x3p",
                                 ::proofmark::testing::GeneratedBreechFaceFile(1, 0));

  ASSERT_TRUE(mark.signature.has_value()) << mark.remarks.back();
  const auto& impression = std::get<forensics::ImpressedSignature>(*mark.signature);
  EXPECT_EQ(impression.region, forensics::ImpressedRegion::kBreechFace);
  EXPECT_FALSE(impression.has(forensics::ImpressedFlag::kUnitCorrected));
}

TEST(ScanReadingTest, ACorrectedUnitIsFlaggedOnAnImpression) {
  forensics::HeightMap map = ::proofmark::testing::GeneratedBreechFace(1, 0);
  map.pitch_x_um *= 1e6;  // Micrometres where metres belong.
  map.pitch_y_um *= 1e6;
  for (float& height : map.height_um) height *= 1e6F;
  const auto file = forensics::WriteX3p(map);
  ASSERT_THAT(file, IsOk());

  const ReadMark mark = ReadScan(records::MarkRegion::kBreechFace, "x3p", *file);

  ASSERT_TRUE(mark.signature.has_value()) << mark.remarks.back();
  EXPECT_TRUE(std::get<forensics::ImpressedSignature>(*mark.signature)
                  .has(forensics::ImpressedFlag::kUnitCorrected));
}

TEST(ScanReadingTest, AProfileOrNothingFlatIsNoImpression) {
  const auto read = [](std::string_view format, const std::string& file) {
    return ReadScan(records::MarkRegion::kBreechFace, format, file);
  };
  EXPECT_THAT(read("profile-csv", "x_um,z_um\n0,1\n").remarks[0],
              HasSubstr("a profile shows no impression"));
  const ReadMark land = read("x3p", GeneratedBullet(0, 0, "A").scans[0]);
  EXPECT_FALSE(land.signature.has_value());
  EXPECT_THAT(land.remarks.back(), HasSubstr("no signature"));
}

TEST(ScanReadingTest, RemarksAreBoundedPlainText) {
  for (const ReadMark& land :
       {ReadScan(records::MarkRegion::kLand, "x3p", std::string(4'000, '\x01')),
        ReadScan(records::MarkRegion::kLand, "profile-csv", "\x1b[31m")}) {
    EXPECT_LE(land.remarks.size(), static_cast<std::size_t>(records::kMarkRemarksMax));
    for (const std::string& remark : land.remarks) {
      EXPECT_LE(remark.size(), static_cast<std::size_t>(records::kMarkRemarkBytesMax));
      EXPECT_TRUE(records::IsPlainText(remark));
    }
  }
}

TEST(ScanReadingTest, ARealProfileGivesASignatureMarkedAsSuch) {
  PM_REQUIRE_SHARED_DATA();
  const std::string file =
      proofmark::testing::ReadFileOrFail(proofmark::testing::SharedDir() / "data" / "profiles" /
                                         "variability" / "Pink-B1-L2-Sneox1.csv");

  const ReadMark land = ReadScan(records::MarkRegion::kLand, "profile-csv", file);

  ASSERT_TRUE(land.signature.has_value()) << land.remarks.back();
  EXPECT_TRUE(LandOf(land).has(forensics::LandFlag::kFromProfile));
}

}  // namespace
}  // namespace proofmark::journeys
