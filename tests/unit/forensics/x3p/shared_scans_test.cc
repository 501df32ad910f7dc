// SPDX-License-Identifier: Apache-2.0
// Every X3P file of the shared data: real scans from six writers, and the samples of the format.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "forensics/x3p/x3p.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::ReadFileOrFail;
using ::proofmark::testing::SharedDir;
using ::testing::Contains;
using ::testing::HasSubstr;

// Fields of one line of comma-separated values; quotes guard commas.
std::vector<std::string> Fields(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

using Row = std::map<std::string, std::string>;

std::vector<Row> ManifestScans() {
  std::istringstream lines(ReadFileOrFail(SharedDir() / "data" / "manifest.csv"));
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> names = Fields(line);
  std::vector<Row> rows;
  while (std::getline(lines, line)) {
    const std::vector<std::string> fields = Fields(line);
    Row row;
    for (std::size_t i = 0; i < names.size() && i < fields.size(); ++i) row[names[i]] = fields[i];
    if (row["file"].ends_with(".x3p")) rows.push_back(row);
  }
  return rows;
}

X3pScan ScanOf(const std::string& file) {
  absl::StatusOr<X3pScan> scan =
      ReadX3p(base::AsBytes(ReadFileOrFail(SharedDir() / "data" / file)));
  EXPECT_THAT(scan, IsOk()) << file;
  return scan.ok() ? *std::move(scan) : X3pScan();
}

void ExpectAsInManifest(const X3pScan& scan, Row& row) {
  if (!row["width_px"].empty()) {
    EXPECT_EQ(std::to_string(scan.map.width), row["width_px"]);
    EXPECT_EQ(std::to_string(scan.map.height), row["height_px"]);
    EXPECT_EQ(scan.data_type, row["z_type"]);
    // The manifest's numbers are those of the file, digit for digit.
    EXPECT_EQ(scan.map.pitch_x_um, std::strtod(row["resolution_x_um"].c_str(), nullptr));
    EXPECT_EQ(scan.map.pitch_y_um, std::strtod(row["resolution_y_um"].c_str(), nullptr));
  }
  if (row["unit"] == "m") {
    EXPECT_EQ(scan.unit, UnitVerdict::kMetres);
  }
  if (row["unit"].starts_with("um")) {
    EXPECT_EQ(scan.unit, UnitVerdict::kMicrometres);
    EXPECT_THAT(scan.warnings, Contains(HasSubstr("not metres but micrometres")));
  }
}

TEST(SharedScansTest, EveryFileIsReadAndIsWhatTheManifestSays) {
  PM_REQUIRE_SHARED_DATA();
  std::vector<Row> rows = ManifestScans();
  ASSERT_EQ(rows.size(), 103u);
  std::map<std::string, int> verdicts;

  for (Row& row : rows) {
    SCOPED_TRACE(row["file"]);
    const X3pScan scan = ScanOf(row["file"]);

    ExpectAsInManifest(scan, row);
    EXPECT_GT(scan.measured_points, 0);
    std::string study = row["file"].substr(0, row["file"].rfind('/'));
    if (study == "x3p_format") study = row["file"];
    ++verdicts[study + " | " + scan.data_type + " | " + std::string(UnitVerdictName(scan.unit)) +
               " | " + std::string(ChecksumVerdictName(scan.document_checksum)) + " | " +
               std::string(ChecksumVerdictName(scan.data_checksum))];
  }

  std::printf("set | z type | unit | main.xml MD5 | data MD5 : files\n");
  for (const auto& [what, files] : verdicts) std::printf("%s : %d\n", what.c_str(), files);
}

TEST(SharedScansTest, EveryFileInTheFoldersIsInTheManifest) {
  PM_REQUIRE_SHARED_DATA();
  std::set<std::string> listed;
  for (Row& row : ManifestScans()) listed.insert(row["file"]);
  int found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(SharedDir() / "data")) {
    if (entry.path().extension() != ".x3p") continue;
    ++found;
    EXPECT_TRUE(listed.count(entry.path().lexically_relative(SharedDir() / "data").string()))
        << entry.path();
  }
  EXPECT_EQ(static_cast<std::size_t>(found), listed.size());
}

// The samples of openGPS hold the same 16 heights (metres) in each of their encodings; point 8 is
// missing except in sample 2. The numbers are those their main.xml shows.
constexpr double kSampleHeights[16] = {
    4.86219120804151E-01, 3.46341436648013E-03, -8.08368571682830E-01, -5.79793099037002E-01,
    8.57622027393310E-01, 1.04759602566142E+00, 1.01879225277798E+00,  0.0,
    8.23683772970184E-01, 7.97872489327661E-01, -5.57459388341694E-01, -2.33247858849220E-01,
    6.75397146760858E-01, 4.20737549074718E-01, 6.42069248110950E-01,  -2.15696638464903E-01};

void ExpectSampleHeights(const X3pScan& scan, double offset_m, double tolerance_um) {
  ASSERT_EQ(scan.map.width, 4);
  ASSERT_EQ(scan.map.height, 4);
  EXPECT_EQ(scan.measured_points, 15);
  EXPECT_EQ(scan.unit, UnitVerdict::kImplausible);  // Heights of a metre: they say so themselves.
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 7) {
      EXPECT_FALSE(IsMeasured(scan.map.height_um[i]));
    } else {
      EXPECT_NEAR(scan.map.height_um[i], (kSampleHeights[i] + offset_m) * 1e6, tolerance_um);
    }
  }
}

constexpr double kFloatUm = 0.25;  // A float near 2e6 has steps of an eighth.

TEST(OpenGpsSamplesTest, ListAndBinaryGiveTheSameSurface) {
  PM_REQUIRE_SHARED_DATA();
  for (const char* file :
       {"x3p_format/ISO5436-sample1.x3p", "x3p_format/ISO5436-sample1_bin.x3p"}) {
    SCOPED_TRACE(file);
    const X3pScan scan = ScanOf(file);

    ExpectSampleHeights(scan, 0.0, kFloatUm);
    EXPECT_EQ(scan.data_type, "D");
    EXPECT_EQ(scan.map.pitch_x_um, 16016.0);
    EXPECT_EQ(scan.document_checksum, ChecksumVerdict::kMatch);
    EXPECT_EQ(scan.data_checksum, ChecksumVerdict::kMatch);
    EXPECT_EQ(scan.metadata.manufacturer, "NanoFocus AG");
    EXPECT_EQ(scan.metadata.model, "\xC2\xB5Surf X");
    EXPECT_EQ(scan.metadata.serial, "12345abc");
  }
}

// Integers of a thousandth, offset by minus a half: 986 stands for 0.486. The sample rounds.
TEST(OpenGpsSamplesTest, IntegersAreScaledAndOffset) {
  PM_REQUIRE_SHARED_DATA();
  for (const char* file :
       {"x3p_format/ISO5436-sample4.x3p", "x3p_format/ISO5436-sample4_bin.x3p"}) {
    SCOPED_TRACE(file);
    const X3pScan scan = ScanOf(file);

    ExpectSampleHeights(scan, 0.0, 510.0);
    EXPECT_FLOAT_EQ(scan.map.height_um[0], static_cast<float>((-0.5 + 0.001 * 986) * 1e6));
    EXPECT_FLOAT_EQ(scan.map.height_um[2], static_cast<float>((-0.5 + 0.001 * -308) * 1e6));
    EXPECT_FLOAT_EQ(scan.map.height_um[15], static_cast<float>((-0.5 + 0.001 * 284) * 1e6));
    EXPECT_EQ(scan.data_type, "I");
    EXPECT_EQ(scan.increment_z, 0.001);
  }
}

// A cloud of 16 points: x has offset 0.1, y and z 2 metres.
TEST(OpenGpsSamplesTest, APointCloudHasItsOffsets) {
  PM_REQUIRE_SHARED_DATA();
  const X3pScan scan = ScanOf("x3p_format/ISO5436-sample2.x3p");

  EXPECT_EQ(scan.feature, X3pFeature::kPointCloud);
  ASSERT_EQ(scan.points_um.size(), 16u);
  EXPECT_NEAR(scan.points_um[0][0], 100'000.0, 1e-6);
  EXPECT_NEAR(scan.points_um[0][1], 2'000'000.0, 1e-6);
  EXPECT_NEAR(scan.points_um[0][2], 2'486'219.120804151, 1e-6);
  EXPECT_NEAR(scan.points_um[15][0], 100'003.0, 1e-6);
  EXPECT_NEAR(scan.points_um[15][1], 2'000'003.0, 1e-6);
  EXPECT_NEAR(scan.points_um[15][2], 1'784'303.361535097, 1e-6);
}

// y is an absolute axis of integers 1 to 4, 2 metres each: a grid all the same. z is offset by 2.
TEST(OpenGpsSamplesTest, AnAbsoluteIntegerAxisIsAGrid) {
  PM_REQUIRE_SHARED_DATA();
  const X3pScan scan = ScanOf("x3p_format/ISO5436-sample3.x3p");

  EXPECT_EQ(scan.feature, X3pFeature::kSurface);
  EXPECT_EQ(scan.map.pitch_x_um, 16016.0);
  EXPECT_DOUBLE_EQ(scan.map.pitch_y_um, 2e6);
  ExpectSampleHeights(scan, 2.0, kFloatUm);
}

// First and last measured point, one in the middle, and how many there are: decoded from the bytes
// of bindata/data.bin without this code.
TEST(OpenGpsSamplesTest, AnInstrumentExportHasItsHeights) {
  PM_REQUIRE_SHARED_DATA();
  const X3pScan scan = ScanOf("x3p_format/KautschukInfiniteFocus.x3p");

  EXPECT_EQ(scan.map.pitch_x_um, 2.279984215);
  EXPECT_EQ(scan.map.pitch_y_um, 2.279794519);
  EXPECT_EQ(scan.measured_points, 539'944);
  EXPECT_FALSE(IsMeasured(scan.map.height_um[0]));  // The file has infinity there.
  EXPECT_FALSE(IsMeasured(scan.map.height_um[1408]));
  EXPECT_FLOAT_EQ(scan.map.height_um[1409], 2.439256377329002f);
  EXPECT_FLOAT_EQ(scan.map.height_um[543'518], -4.701643320004223f);
  EXPECT_FLOAT_EQ(scan.map.at(430, 100), -1.2655657428695122f);
  EXPECT_THAT(scan.warnings, Contains(HasSubstr("5296 points are infinite")));
}

// An image drawn as a surface, 0.6 um high: no reading is plausible, so metres; the increment of
// 1e-6 is not applied to its doubles. Its checksum file belongs to another main.xml.
TEST(OpenGpsSamplesTest, ALogoIsImplausibleAndReadAsWritten) {
  PM_REQUIRE_SHARED_DATA();
  const X3pScan scan = ScanOf("x3p_format/csafe-logo.x3p");

  EXPECT_EQ(scan.unit, UnitVerdict::kImplausible);
  EXPECT_EQ(scan.increment_z, 1e-6);
  EXPECT_EQ(scan.document_checksum, ChecksumVerdict::kMismatch);
  EXPECT_EQ(scan.data_checksum, ChecksumVerdict::kMatch);
  EXPECT_EQ(scan.measured_points, 310'479);
  EXPECT_FLOAT_EQ(scan.map.height_um.front(), 0.4f);
  EXPECT_FLOAT_EQ(scan.map.height_um.back(), 0.4f);
  EXPECT_FLOAT_EQ(scan.map.at(370, 200), 0.5098039215686274f);
}

TEST(SharedScansTest, MicrometreFilesKeepTheirNumbers) {
  PM_REQUIRE_SHARED_DATA();
  const X3pScan scan = ScanOf("cartridges/dfsc/K013sA1-raw.x3p");

  EXPECT_EQ(scan.map.height_um.front(), 32.6076774597168f);
  EXPECT_EQ(scan.map.height_um.back(), 26.426528930664062f);
  EXPECT_EQ(scan.map.at(400, 300), 94.90375518798828f);
  // Its mask is black and white, and names neither.
  ASSERT_EQ(scan.annotations.size(), 2u);
  EXPECT_EQ(scan.annotations[0].colour, "#000000");
  EXPECT_EQ(scan.annotations[0].points, 499'462);
  EXPECT_EQ(scan.annotations[1].colour, "#ffffff");
  EXPECT_EQ(scan.annotations[1].points, 76'519);
}

TEST(SharedScansTest, AnRFileHasItsMissingPoints) {
  PM_REQUIRE_SHARED_DATA();
  const X3pScan scan = ScanOf("bullets/hamby44/H44-Br1-B1-L1.x3p");

  EXPECT_EQ(scan.measured_points, 605'574);
  EXPECT_FALSE(IsMeasured(scan.map.height_um.front()));
  EXPECT_FLOAT_EQ(scan.map.at(700, 200), 43.70159841116106f);
}

}  // namespace
}  // namespace proofmark::forensics
