// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/scan_reading.h"

#include <random>
#include <string>

#include "forensics/synthetic/generator.h"
#include "forensics/x3p/x3p.h"
#include "records/exhibit.h"
#include "records/text.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/generated_exhibits.h"

namespace proofmark::journeys {
namespace {

using ::proofmark::testing::GeneratedBullet;
using ::proofmark::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ScanReadingTest, AGeneratedScanGivesASignature) {
  const ReadLand land = ReadLandScan("x3p", GeneratedBullet(0, 0, "A").scans[0]);

  ASSERT_TRUE(land.signature.has_value());
  EXPECT_NEAR(land.signature->width_um(), 1'900.0, 200.0);
  EXPECT_FALSE(land.signature->has(forensics::LandFlag::kUnitCorrected));
}

TEST(ScanReadingTest, WhatIsNoScanIsARemarkAndNotAnError) {
  for (const char* file : {"", "nonsense", "PK\x03\x04"}) {
    const ReadLand land = ReadLandScan("x3p", file);
    EXPECT_FALSE(land.signature.has_value());
    ASSERT_THAT(land.remarks, SizeIs(1));
    EXPECT_THAT(land.remarks[0], HasSubstr("not read"));
  }
  EXPECT_THAT(ReadLandScan("profile-csv", "x,y\n1,2\n").remarks[0], HasSubstr("not read"));
  EXPECT_THAT(ReadLandScan("tiff", "II*").remarks[0], HasSubstr("format"));
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

  const ReadLand land = ReadLandScan("x3p", *file);

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

  const ReadLand land = ReadLandScan("x3p", *file);

  EXPECT_FALSE(land.signature.has_value());
  EXPECT_THAT(land.remarks.back(), HasSubstr("no signature"));
}

TEST(ScanReadingTest, RemarksAreBoundedPlainText) {
  for (const ReadLand& land :
       {ReadLandScan("x3p", std::string(4'000, '\x01')), ReadLandScan("profile-csv", "\x1b[31m")}) {
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

  const ReadLand land = ReadLandScan("profile-csv", file);

  ASSERT_TRUE(land.signature.has_value()) << land.remarks.back();
  EXPECT_TRUE(land.signature->has(forensics::LandFlag::kFromProfile));
}

}  // namespace
}  // namespace proofmark::journeys
