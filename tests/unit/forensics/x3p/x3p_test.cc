// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/x3p.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/support/status_matchers.h"
#include "tests/support/x3p_builder.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::AxisXml;
using ::proofmark::testing::BuildPng;
using ::proofmark::testing::BytesOfNumbers;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::RawEntry;
using ::proofmark::testing::RawPng;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::WavyHeights;
using ::proofmark::testing::X3pRecipe;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

absl::StatusOr<X3pScan> Read(const X3pRecipe& recipe, const X3pLimits& limits = {}) {
  return ReadX3p(base::AsBytes(recipe.Build()), limits);
}

// Heights of the recipe, 40 x 30, times `factor`, as `T`.
template <typename T>
std::string Wavy(double factor) {
  std::vector<T> numbers;
  for (const double height : WavyHeights(40, 30)) {
    const double value = height * factor;
    numbers.push_back(static_cast<T>(std::is_integral_v<T> ? std::round(value) : value));
  }
  return BytesOfNumbers(numbers);
}

// The height of every point is within `tolerance_um` of the recipe's.
void ExpectWavy(const X3pScan& scan, double tolerance_um) {
  const std::vector<double> expected = WavyHeights(40, 30);
  ASSERT_EQ(scan.map.height_um.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(scan.map.height_um[i], expected[i] * 1e6, tolerance_um) << "point " << i;
  }
}

TEST(ReadX3pTest, ReadsAPlainSurfaceWithoutWarning) {
  const absl::StatusOr<X3pScan> scan = Read(X3pRecipe());

  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->feature, X3pFeature::kSurface);
  EXPECT_EQ(scan->map.width, 40);
  EXPECT_EQ(scan->map.height, 30);
  EXPECT_EQ(scan->map.pitch_x_um, 10.0);
  EXPECT_EQ(scan->map.pitch_y_um, 10.0);
  EXPECT_EQ(scan->measured_points, 1200);
  EXPECT_EQ(scan->data_type, "F");
  EXPECT_EQ(scan->increment_x, 1e-5);
  EXPECT_EQ(scan->unit, UnitVerdict::kMetres);
  EXPECT_EQ(scan->document_checksum, ChecksumVerdict::kMatch);
  EXPECT_EQ(scan->data_checksum, ChecksumVerdict::kMatch);
  EXPECT_THAT(scan->points_um, IsEmpty());
  EXPECT_THAT(scan->mask, IsEmpty());
  EXPECT_THAT(scan->warnings, IsEmpty());
  ExpectWavy(*scan, 1e-6);
}

TEST(ReadX3pTest, ReadsEveryDataType) {
  X3pRecipe recipe;
  recipe.data = Wavy<double>(1.0);
  recipe.cz = AxisXml("A", "D", "1");
  ASSERT_THAT(Read(recipe), IsOk());
  ExpectWavy(*Read(recipe), 1e-6);

  recipe.data = Wavy<std::int16_t>(1e9);  // Nanometres.
  recipe.cz = AxisXml("A", "I", "1e-09");
  ASSERT_THAT(Read(recipe), IsOk());
  ExpectWavy(*Read(recipe), 1e-3);

  recipe.data = Wavy<std::int32_t>(1e12);  // Picometres.
  recipe.cz = AxisXml("A", "L", "1e-12");
  ASSERT_THAT(Read(recipe), IsOk());
  ExpectWavy(*Read(recipe), 1e-6);
}

TEST(ReadX3pTest, AddsTheOffsetOfZ) {
  X3pRecipe recipe;
  recipe.data = Wavy<std::int16_t>(1e9);
  recipe.cz = AxisXml("A", "I", "1e-09", "2e-06");

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_NEAR(scan->map.height_um[0], WavyHeights(40, 30)[0] * 1e6 + 2.0, 1e-3);
}

TEST(ReadX3pTest, XRunsFastest) {
  X3pRecipe recipe;
  recipe.SetMatrix("3", "2");
  recipe.data = BytesOfNumbers<float>({0e-6f, 1e-6f, 2e-6f, 10e-6f, 11e-6f, 12e-6f});

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_FLOAT_EQ(scan->map.at(2, 0), 2.0f);
  EXPECT_FLOAT_EQ(scan->map.at(0, 1), 10.0f);
}

// R writes its missing value as a signalling NaN; others set the sign.
TEST(ReadX3pTest, GivesEveryNanAndInfinityTheSameBits) {
  X3pRecipe recipe;
  recipe.cz = AxisXml("A", "D", "1");
  std::vector<double> heights = WavyHeights(40, 30);
  heights[0] = std::bit_cast<double>(std::uint64_t{0x7FF00000000007A2});
  heights[1] = std::bit_cast<double>(std::uint64_t{0xFFF8000000000000});
  heights[2] = std::numeric_limits<double>::infinity();
  heights[3] = -std::numeric_limits<double>::infinity();
  heights[4] = 1e300;
  recipe.data = BytesOfNumbers(heights);

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(scan->map.height_um[i]), 0x7FC00000u) << i;
  }
  EXPECT_EQ(scan->measured_points, 1195);
  EXPECT_THAT(scan->warnings, Contains(HasSubstr("3 points are infinite")));
}

TEST(ReadX3pTest, APointIsMeasuredOnlyWhereValidityAndValueAgree) {
  X3pRecipe recipe;
  const std::vector<double> wavy = WavyHeights(40, 30);
  std::vector<float> heights(wavy.begin(), wavy.end());
  heights[9] = std::numeric_limits<float>::quiet_NaN();
  recipe.data = BytesOfNumbers(heights);
  recipe.valid_link = "bindata/valid.bin";
  recipe.valid = std::string(150, '\xFF');
  recipe.valid[0] = '\x7F';  // Point 7.
  recipe.valid[1] = '\xFE';  // Point 8.

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_TRUE(IsMeasured(scan->map.height_um[6]));
  EXPECT_FALSE(IsMeasured(scan->map.height_um[7]));
  EXPECT_FALSE(IsMeasured(scan->map.height_um[8]));
  EXPECT_FALSE(IsMeasured(scan->map.height_um[9]));
  EXPECT_TRUE(IsMeasured(scan->map.height_um[10]));
  EXPECT_EQ(scan->measured_points, 1197);
}

TEST(ReadX3pTest, ReadsPointsWrittenInTheDocument) {
  X3pRecipe recipe;
  recipe.SetMatrix("2", "2");
  recipe.cz = AxisXml("A", "D", "");
  recipe.data_list =
      "<DataList>\n<Datum>1e-6</Datum><!-- c --><Datum/>\n<Datum>3e-6</Datum><Datum>NaN</Datum>"
      "</DataList>";

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_FLOAT_EQ(scan->map.at(0, 0), 1.0f);
  EXPECT_FLOAT_EQ(scan->map.at(0, 1), 3.0f);
  EXPECT_EQ(scan->measured_points, 2);
  EXPECT_EQ(scan->data_checksum, ChecksumVerdict::kMatch);
}

TEST(ReadX3pTest, ReadsAProfileAsOneRow) {
  X3pRecipe recipe;
  recipe.feature = "PRF";
  recipe.cy = "";
  recipe.SetMatrix("1200", "1");

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->feature, X3pFeature::kProfile);
  EXPECT_EQ(scan->map.width, 1200);
  EXPECT_EQ(scan->map.height, 1);
  EXPECT_EQ(scan->map.pitch_y_um, 10.0);
}

// Records of x (float64), y (int16), z (float32) on a grid of 10 um by 20 um.
std::string Records(double jitter) {
  std::string data;
  const std::vector<double> heights = WavyHeights(40, 30);
  for (std::int16_t row = 0; row < 30; ++row) {
    for (int column = 0; column < 40; ++column) {
      data += BytesOfNumbers<double>({column * 10e-6 + (column == 7 ? jitter : 0.0)});
      data += BytesOfNumbers<std::int16_t>({row});
      data += BytesOfNumbers<float>(
          {static_cast<float>(heights[static_cast<std::size_t>(row * 40 + column)])});
    }
  }
  return data;
}

TEST(ReadX3pTest, FindsTheStepOfAbsoluteAxes) {
  X3pRecipe recipe;
  recipe.cx = AxisXml("A", "D", "", "0.5");
  recipe.cy = AxisXml("A", "I", "2e-05");
  recipe.data = Records(0.0);

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_NEAR(scan->map.pitch_x_um, 10.0, 1e-6);
  EXPECT_NEAR(scan->map.pitch_y_um, 20.0, 1e-9);
  ExpectWavy(*scan, 1e-6);
}

TEST(ReadX3pTest, AMatrixOffAnyGridIsAPointCloud) {
  X3pRecipe recipe;
  recipe.cx = AxisXml("A", "D", "");
  recipe.cy = AxisXml("A", "I", "2e-05");
  recipe.data = Records(1e-6);

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->feature, X3pFeature::kPointCloud);
  EXPECT_THAT(scan->map.height_um, IsEmpty());
  ASSERT_EQ(scan->points_um.size(), 1200u);
  EXPECT_NEAR(scan->points_um[47][0], 71.0, 1e-9);
  EXPECT_NEAR(scan->points_um[47][1], 20.0, 1e-9);
  EXPECT_THAT(scan->warnings, Contains(HasSubstr("on no grid")));
}

TEST(ReadX3pTest, TurnsAPointCloudByItsRotation) {
  X3pRecipe recipe;
  recipe.feature = "PCL";
  recipe.cx = AxisXml("A", "D", "", "1e-06");
  recipe.cy = AxisXml("A", "D", "");
  recipe.cz = AxisXml("A", "D", "");
  recipe.rotation = "<Rotation><r11>0</r11><r12>-1</r12><r21>1</r21><r22>0</r22></Rotation>";
  recipe.dimension = "<ListDimension>2</ListDimension>";
  recipe.data = BytesOfNumbers<double>({1e-6, 2e-6, 3e-6, 300e-6, 5e-6, 6e-6});

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  ASSERT_EQ(scan->points_um.size(), 2u);
  EXPECT_NEAR(scan->points_um[0][0], -1.0, 1e-9);
  EXPECT_NEAR(scan->points_um[0][1], 1.0, 1e-9);
  EXPECT_NEAR(scan->points_um[0][2], 3.0, 1e-9);
  EXPECT_EQ(scan->unit, UnitVerdict::kMetres);
}

TEST(ReadX3pTest, WarnsOfARotatedSurface) {
  X3pRecipe recipe;
  recipe.rotation = "<Rotation><r11>-1</r11><r22>-1</r22></Rotation>";
  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_THAT(scan->warnings, Contains(HasSubstr("Rotation")));
}

TEST(ReadX3pTest, CorrectsFilesInMicrometresAndSaysSo) {
  X3pRecipe recipe;
  recipe.cx = AxisXml("I", "F", "10");
  recipe.cy = AxisXml("I", "F", "10.5");
  recipe.data = Wavy<float>(1e6);

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->unit, UnitVerdict::kMicrometres);
  EXPECT_EQ(scan->map.pitch_x_um, 10.0);
  EXPECT_EQ(scan->map.pitch_y_um, 10.5);
  EXPECT_EQ(scan->increment_x, 10.0);
  EXPECT_THAT(scan->warnings, Contains(HasSubstr("not metres but micrometres")));
  ExpectWavy(*scan, 1e-6);
}

TEST(ReadX3pTest, CorrectsFilesInMillimetresAndHeightsAlone) {
  X3pRecipe recipe;
  recipe.cx = recipe.cy = AxisXml("I", "F", "0.01");
  recipe.data = Wavy<float>(1e3);
  absl::StatusOr<X3pScan> scan = Read(recipe);
  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->unit, UnitVerdict::kMillimetres);
  EXPECT_EQ(scan->map.pitch_x_um, 10.0);
  ExpectWavy(*scan, 1e-6);

  recipe = X3pRecipe();
  recipe.data = Wavy<float>(1e6);
  scan = Read(recipe);
  ASSERT_THAT(scan, IsOk());
  // Eight units high can be 8 um, but not 8 mm.
  EXPECT_EQ(scan->unit, UnitVerdict::kHeightMicrometres);
  EXPECT_EQ(scan->map.pitch_x_um, 10.0);
  ExpectWavy(*scan, 1e-6);
}

TEST(ReadX3pTest, NeverRefusesWhatIsOnlyImplausible) {
  for (const char* pitch : {"1e-190", "1e-12", "0.5", "1e190"}) {
    X3pRecipe recipe;
    recipe.cx = AxisXml("I", "D", pitch);

    const absl::StatusOr<X3pScan> scan = Read(recipe);

    ASSERT_THAT(scan, IsOk()) << pitch;
    EXPECT_EQ(scan->unit, UnitVerdict::kImplausible);
    EXPECT_THAT(scan->warnings, Contains(HasSubstr("implausible")));
    EXPECT_TRUE(std::isfinite(scan->map.pitch_x_um) && scan->map.pitch_x_um > 0.0);
    ExpectWavy(*scan, 1e-6);
  }
}

TEST(ReadX3pTest, LeavesTheIncrementOutOfFloatingPointHeights) {
  X3pRecipe recipe;
  recipe.cz = AxisXml("A", "F", "1e-06");

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->increment_z, 1e-6);
  EXPECT_THAT(scan->warnings, Contains(HasSubstr("left out")));
  ExpectWavy(*scan, 1e-6);
}

TEST(ReadX3pTest, MultipliesFloatingPointHeightsWhenOnlyThatIsPlausible) {
  X3pRecipe recipe;
  recipe.cz = AxisXml("A", "F", "5e-07");
  recipe.data = Wavy<float>(1.0 / 5e-7);

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->unit, UnitVerdict::kMetres);
  EXPECT_THAT(scan->warnings, Contains(HasSubstr("multiplied by CZ/Increment 5e-07")));
  ExpectWavy(*scan, 1e-5);
}

TEST(ReadX3pTest, ReadsIntegersAsUnsignedWhenTheyJumpOtherwise) {
  X3pRecipe recipe;
  recipe.cz = AxisXml("A", "I", "1e-09");
  std::vector<std::uint16_t> heights;
  for (const double height : WavyHeights(40, 30)) {
    heights.push_back(static_cast<std::uint16_t>(std::round(height * 1e9 + 32'768.0)));
  }
  recipe.data = BytesOfNumbers(heights);

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_THAT(scan->warnings, Contains(HasSubstr("unsigned")));
  EXPECT_NEAR(scan->map.height_um[0], WavyHeights(40, 30)[0] * 1e6 + 32.768, 1e-3);
}

TEST(ReadX3pTest, InfersTheTypeOfHeightsFromTheSize) {
  X3pRecipe recipe;
  recipe.cz = AxisXml("A", "", "1");
  absl::StatusOr<X3pScan> scan = Read(recipe);
  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->data_type, "F");
  EXPECT_THAT(scan->warnings, Contains(HasSubstr("read as F")));
  ExpectWavy(*scan, 1e-6);

  recipe.data = Wavy<double>(1.0);
  scan = Read(recipe);
  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->data_type, "D");

  recipe.cz = AxisXml("A", "", "1e-09");
  recipe.data = Wavy<std::int32_t>(1e9);
  scan = Read(recipe);
  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->data_type, "L");
  ExpectWavy(*scan, 1e-3);
}

TEST(ReadX3pTest, TakesAFarValueHeldByManyPointsAsMissing) {
  X3pRecipe recipe;
  recipe.cz = AxisXml("A", "I", "1e-09");
  recipe.data = Wavy<std::int16_t>(1e9);
  for (std::size_t i = 0; i < 200; ++i) {
    recipe.data[2 * i] = '\x00';
    recipe.data[2 * i + 1] = '\x80';  // -32768.
  }

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->sentinel_points, 200);
  EXPECT_EQ(scan->measured_points, 1000);
  EXPECT_EQ(scan->unit, UnitVerdict::kMetres);
}

TEST(ReadX3pTest, FollowsLinksFromTheFolderOfTheDocument) {
  X3pRecipe recipe;
  recipe.folder = "scan/";
  RawEntry shadow;
  shadow.name = "__MACOSX/scan/main.xml";
  shadow.content = "not XML";
  RawEntry directory;
  directory.name = "scan/";
  recipe.more = {shadow, directory};

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->document_checksum, ChecksumVerdict::kMatch);
}

TEST(ReadX3pTest, TakesOtherRootsAndOrders) {
  X3pRecipe recipe;
  recipe.root = "ISO5436";
  ASSERT_THAT(Read(recipe), IsOk());

  const std::string document = X3pRecipe().DocumentXml();
  const std::size_t first = document.find("<Record1>");
  const std::size_t third = document.find("<Record3>");
  const std::size_t fourth = document.find("<Record4>");
  recipe.document = "\xEF\xBB\xBF" + document.substr(0, first) +
                    document.substr(third, fourth - third) + document.substr(first, third - first) +
                    document.substr(fourth);
  EXPECT_THAT(Read(recipe), IsOk());
}

TEST(ReadX3pTest, TellsEverySpellingOfADocumentChecksum) {
  const std::string document = X3pRecipe().DocumentXml();
  const auto verdict = [](std::string_view text) {
    X3pRecipe recipe;
    recipe.checksum = std::string(text);
    const absl::StatusOr<X3pScan> scan = Read(recipe);
    EXPECT_THAT(scan, IsOk());
    return scan->document_checksum;
  };
  // The content the recipe itself writes: digits, space, asterisk, name.
  const std::string written = X3pRecipe().Archive().entries.back().content;
  const std::string digits = written.substr(0, 32);
  std::string upper = digits;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));

  EXPECT_EQ(verdict(digits), ChecksumVerdict::kMatch);
  EXPECT_EQ(verdict(digits + "\r\n"), ChecksumVerdict::kMatch);
  EXPECT_EQ(verdict(upper + " *main.xml\n"), ChecksumVerdict::kMatch);
  EXPECT_EQ(verdict(digits + "  main.xml\n"), ChecksumVerdict::kMatch);
  EXPECT_EQ(verdict(std::string(32, '0')), ChecksumVerdict::kMismatch);
  EXPECT_EQ(verdict(digits + "0"), ChecksumVerdict::kMismatch);
  EXPECT_EQ(verdict(""), ChecksumVerdict::kMismatch);
  EXPECT_EQ(verdict(std::string(10'000, 'a')), ChecksumVerdict::kMismatch);
}

TEST(ReadX3pTest, AMissingChecksumIsAWarning) {
  X3pRecipe recipe;
  recipe.with_checksum_file = false;
  recipe.data_md5 = "";

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->document_checksum, ChecksumVerdict::kAbsent);
  EXPECT_EQ(scan->data_checksum, ChecksumVerdict::kAbsent);
  EXPECT_EQ(scan->warnings.size(), 2u);
}

TEST(ReadX3pTest, ReadsTheMetadataAndKeepsWhatItDoesNotKnow) {
  X3pRecipe recipe;
  recipe.record2 =
      "<Record2><Date>2024-01-02</Date><Creator>A &amp; B&#10;C</Creator><Instrument>"
      "<Manufacturer>M</Manufacturer><Model>\xC2\xB5Surf</Model><Serial>1</Serial>"
      "<Version>2</Version></Instrument><CalibrationDate>N/A</CalibrationDate>"
      "<ProbingSystem><Type>NonContacting</Type></ProbingSystem><Comment>c</Comment></Record2>";
  recipe.record3_extra = "<Vendor><Thing>7</Thing></Vendor>";

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  const X3pMetadata& metadata = scan->metadata;
  EXPECT_EQ(metadata.date, "2024-01-02");
  EXPECT_EQ(metadata.creator, "A & B C");
  EXPECT_EQ(metadata.manufacturer, "M");
  EXPECT_EQ(metadata.model, "\xC2\xB5Surf");
  EXPECT_EQ(metadata.serial, "1");
  EXPECT_EQ(metadata.software, "2");
  EXPECT_EQ(metadata.calibration_date, "N/A");
  EXPECT_EQ(metadata.comment, "c");
  EXPECT_THAT(metadata.other, Contains(Pair("Record2/ProbingSystem/Type", "NonContacting")));
  EXPECT_THAT(metadata.other, Contains(Pair("Record3/Vendor/Thing", "7")));
}

TEST(ReadX3pTest, BoundsTheUnknownElementsItKeeps) {
  X3pRecipe recipe;
  for (int i = 0; i < 300; ++i) recipe.record2 += "<v>" + std::string(5000, 'x') + "</v>";

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->metadata.other.size(), 256u);
  EXPECT_EQ(scan->metadata.other[0].second.size(), 4096u);
  EXPECT_THAT(scan->warnings, Contains(HasSubstr("more than 256 unknown elements")));
}

RawPng Mask(std::uint8_t channels) {
  RawPng png;
  png.width = 40;
  png.height = png.rows = 30;
  png.channels = channels;
  for (int i = 0; i < 1200; ++i) {
    const bool left = i % 40 < 10;
    const bool right = i % 40 >= 35;
    png.pixels += left ? std::string("\xFF\x00\x00", 3) : right ? "\x10\x20\x30" : "\xCD\x7F\x32";
    if (channels == 4) png.pixels += right ? '\0' : '\xFF';
  }
  return png;
}

TEST(ReadX3pTest, ReadsTheAnnotationsOfAMask) {
  X3pRecipe recipe;
  recipe.mask = BuildPng(Mask(3));
  recipe.record3_extra =
      "<Mask><Background>#CD7F32</Background><Annotations>"
      "<Annotation color=\"#FF0000\">left groove</Annotation></Annotations></Mask>";

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  ASSERT_EQ(scan->annotations.size(), 2u);
  EXPECT_EQ(scan->annotations[0].colour, "#ff0000");
  EXPECT_EQ(scan->annotations[0].label, "left groove");
  EXPECT_EQ(scan->annotations[0].points, 300);
  EXPECT_EQ(scan->annotations[1].colour, "#102030");
  EXPECT_EQ(scan->annotations[1].label, "");
  ASSERT_EQ(scan->mask.size(), 1200u);
  EXPECT_EQ(scan->mask[0], 1);
  EXPECT_EQ(scan->mask[20], 0);
  EXPECT_EQ(scan->mask[39], 2);
}

TEST(ReadX3pTest, TransparentPointsAreNotAnnotated) {
  X3pRecipe recipe;
  recipe.mask = BuildPng(Mask(4));

  const absl::StatusOr<X3pScan> scan = Read(recipe);

  ASSERT_THAT(scan, IsOk());
  ASSERT_EQ(scan->annotations.size(), 1u);
  EXPECT_EQ(scan->mask[39], 0);
}

TEST(ReadX3pTest, HonoursSmallerLimits) {
  const X3pRecipe recipe;
  const auto with = [&](auto change) {
    X3pLimits limits;
    change(limits);
    return Read(recipe, limits).status();
  };

  EXPECT_THAT(with([](X3pLimits& l) { l.points_max = 1200; }), IsOk());
  EXPECT_THAT(with([](X3pLimits& l) { l.points_max = 1199; }),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("1200 points")));
  EXPECT_THAT(with([](X3pLimits& l) { l.point_data_bytes_max = 4799; }),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("4800")));
  EXPECT_THAT(with([](X3pLimits& l) { l.entries_max = 2; }),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("3 entries")));
  EXPECT_THAT(with([](X3pLimits& l) { l.document_bytes_max = 500; }),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("500")));
}

}  // namespace
}  // namespace proofmark::forensics
