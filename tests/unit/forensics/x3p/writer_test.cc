// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "forensics/x3p/archive.h"
#include "forensics/x3p/x3p.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

HeightMap RandomMap(std::int64_t width, std::int64_t height, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<float> heights(-90.0f, 90.0f);
  HeightMap map;
  map.width = width;
  map.height = height;
  map.pitch_x_um = 1.5625;
  map.pitch_y_um = 0.1 + 1e-9;
  for (std::int64_t i = 0; i < width * height; ++i) {
    map.height_um.push_back(engine() % 10 == 0 ? kNotMeasured : heights(engine));
  }
  return map;
}

X3pScan WrittenAndRead(const HeightMap& map, X3pWriteOptions::DataType type) {
  X3pWriteOptions options;
  options.data_type = type;
  const absl::StatusOr<std::string> file = WriteX3p(map, options);
  EXPECT_THAT(file, IsOk());
  absl::StatusOr<X3pScan> scan = ReadX3p(base::AsBytes(*file));
  EXPECT_THAT(scan, IsOk());
  return *std::move(scan);
}

TEST(WriteX3pTest, DoublesComeBackBitForBit) {
  const HeightMap map = RandomMap(317, 211, 1);

  const X3pScan scan = WrittenAndRead(map, X3pWriteOptions::DataType::kFloat64);

  EXPECT_EQ(scan.map.pitch_x_um, map.pitch_x_um);
  EXPECT_EQ(scan.map.pitch_y_um, map.pitch_y_um);
  EXPECT_THAT(scan.warnings, IsEmpty());
  ASSERT_EQ(scan.map.height_um.size(), map.height_um.size());
  for (std::size_t i = 0; i < map.height_um.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(scan.map.height_um[i]),
              std::bit_cast<std::uint32_t>(map.height_um[i]));
  }
}

TEST(WriteX3pTest, FloatsComeBackWithinOneUnitInTheLastPlace) {
  const HeightMap map = RandomMap(317, 211, 2);

  const X3pScan scan = WrittenAndRead(map, X3pWriteOptions::DataType::kFloat32);

  for (std::size_t i = 0; i < map.height_um.size(); ++i) {
    const std::int32_t read = std::bit_cast<std::int32_t>(scan.map.height_um[i]);
    const std::int32_t written = std::bit_cast<std::int32_t>(map.height_um[i]);
    ASSERT_LE(std::abs(read - written), 1) << map.height_um[i];
  }
}

TEST(WriteX3pTest, WhatIsNotMeasuredIsTheQuietNan) {
  HeightMap map = RandomMap(30, 30, 3);
  map.height_um[0] = std::bit_cast<float>(0xFFC12345u);
  map.height_um[1] = std::numeric_limits<float>::infinity();
  const absl::StatusOr<std::string> file = WriteX3p(map);
  ASSERT_THAT(file, IsOk());

  const absl::StatusOr<x3p::Archive> archive = x3p::Archive::Open(base::AsBytes(*file), 3, 1 << 20);
  ASSERT_THAT(archive, IsOk());
  const absl::StatusOr<x3p::Buffer> data =
      archive->Read(*archive->Find("bindata/data.bin"), 1 << 20);

  ASSERT_THAT(data, IsOk());
  EXPECT_EQ(base::ToHex(data->text().substr(0, 8)), "0000c07f0000c07f");
}

TEST(WriteX3pTest, TheSameInputGivesTheSameBytes) {
  const HeightMap map = RandomMap(64, 64, 4);

  EXPECT_EQ(*WriteX3p(map), *WriteX3p(map));
}

TEST(WriteX3pTest, NoClockOrLocaleReachesTheFile) {
  HeightMap map;
  map.width = 25;
  map.height = 9;
  map.pitch_x_um = map.pitch_y_um = 10.0;
  for (int i = 0; i < 225; ++i) map.height_um.push_back(static_cast<float>(i % 7));
  const std::string now = *WriteX3p(map);
  ASSERT_EQ(setenv("TZ", "Pacific/Kiritimati", 1), 0);
  tzset();

  EXPECT_EQ(*WriteX3p(map), now);
  EXPECT_EQ(now.substr(10, 4), std::string("\0\0\x21\0", 4));  // 1980-01-01 00:00.
}

// The worked example of docs/formats/x3p.md.
TEST(WriteX3pTest, WritesTheExampleOfTheFormatPage) {
  HeightMap map;
  map.width = 2;
  map.height = 1;
  map.pitch_x_um = map.pitch_y_um = 10.0;
  map.height_um = {1.0f, kNotMeasured};
  const absl::StatusOr<std::string> file = WriteX3p(map);
  ASSERT_THAT(file, IsOk());

  const absl::StatusOr<x3p::Archive> archive = x3p::Archive::Open(base::AsBytes(*file), 3, 1 << 20);
  ASSERT_THAT(archive, IsOk());
  ASSERT_EQ(archive->entries().size(), 3u);
  EXPECT_EQ(archive->entries()[0].name, "main.xml");
  const auto content = [&](int entry) {
    return std::string(
        archive->Read(archive->entries()[static_cast<std::size_t>(entry)], 1 << 20)->text());
  };

  EXPECT_THAT(content(0), HasSubstr("<Increment>1e-5</Increment>"));
  EXPECT_THAT(
      content(0),
      HasSubstr("<MD5ChecksumPointData>5a4c51f2315c8ffad3fe1c93cdc86236</MD5ChecksumPointData>"));
  EXPECT_EQ(base::ToHex(content(1)), "bd3786350000c07f");
  EXPECT_EQ(content(2), "3fc0417ccc4c73e95a4695b4380845f7 *main.xml\n");
}

// A plane deflates a thousand to one, which the reader takes for an attack.
TEST(WriteX3pTest, AFlatMapCanBeReadAgain) {
  HeightMap map = RandomMap(2000, 1000, 5);
  for (float& height : map.height_um) height = 1.0f;

  const X3pScan scan = WrittenAndRead(map, X3pWriteOptions::DataType::kFloat32);

  EXPECT_EQ(scan.measured_points, 2'000'000);
}

TEST(WriteX3pTest, MetadataComeBack) {
  X3pWriteOptions options;
  options.metadata.creator = "<A> & \"B\"\n";
  options.metadata.manufacturer = "M";
  options.metadata.model = "\xC2\xB5Surf";
  options.metadata.serial = "1";
  options.metadata.software = "v2";
  options.metadata.comment = "]]>";
  options.metadata.date = "2024-01-02";
  options.metadata.calibration_date = "2024-01-01";

  const absl::StatusOr<X3pScan> scan =
      ReadX3p(base::AsBytes(*WriteX3p(RandomMap(40, 40, 6), options)));

  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(scan->metadata.creator, "<A> & \"B\"");
  EXPECT_EQ(scan->metadata.manufacturer, "M");
  EXPECT_EQ(scan->metadata.model, "\xC2\xB5Surf");
  EXPECT_EQ(scan->metadata.serial, "1");
  EXPECT_EQ(scan->metadata.software, "v2");
  EXPECT_EQ(scan->metadata.comment, "]]>");
  EXPECT_EQ(scan->metadata.date, "2024-01-02");
  EXPECT_EQ(scan->metadata.calibration_date, "2024-01-01");
  EXPECT_THAT(scan->metadata.other, IsEmpty());
}

TEST(WriteX3pTest, RefusesAMapOutsideItsOwnRules) {
  const HeightMap good = RandomMap(10, 10, 7);
  const auto refused = [&](auto change) {
    HeightMap map = good;
    change(map);
    return WriteX3p(map).status();
  };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

  EXPECT_THAT(refused([](HeightMap& m) { m.width = 0; }), StatusIs(kInvalid));
  EXPECT_THAT(refused([](HeightMap& m) { m.height = -10; }), StatusIs(kInvalid));
  EXPECT_THAT(refused([](HeightMap& m) { m.width = std::int64_t{1} << 40; }), StatusIs(kInvalid));
  EXPECT_THAT(refused([](HeightMap& m) { m.height_um.pop_back(); }), StatusIs(kInvalid));
  EXPECT_THAT(refused([](HeightMap& m) { m.pitch_x_um = 0.0; }), StatusIs(kInvalid));
  EXPECT_THAT(refused([](HeightMap& m) { m.pitch_y_um = kNotMeasured; }), StatusIs(kInvalid));
  EXPECT_THAT(refused([](HeightMap& m) { m.height_um.assign(100, kNotMeasured); }),
              StatusIs(kInvalid));
}

}  // namespace
}  // namespace proofmark::forensics
