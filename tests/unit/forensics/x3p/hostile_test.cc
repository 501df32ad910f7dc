// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/support/x3p_builder.h"
#include "tests/support/x3p_hostile.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::Attempt;
using ::proofmark::testing::AxisXml;
using ::proofmark::testing::BytesOfNumbers;
using ::proofmark::testing::HostileFile;
using ::proofmark::testing::X3pRecipe;
using ::testing::HasSubstr;

// Sanitizers keep freed memory and slow everything down.
#if defined(__SANITIZE_ADDRESS__)
constexpr double kFactor = 5.0;
#else
constexpr double kFactor = 1.0;
#endif
constexpr double kCpuMsMax = 2'000.0 * kFactor;
constexpr double kPeakMibMax = 512.0 * kFactor;

void ExpectReadWithinBounds(const std::string& file) {
  const Attempt attempt = testing::ReadX3pInChild(file);

  EXPECT_EQ(attempt.code, absl::StatusCode::kOk) << attempt.message;
  EXPECT_LT(attempt.cpu_ms, kCpuMsMax);
  EXPECT_LT(attempt.peak_mib, kPeakMibMax);
  std::printf("%9zu bytes: %.0f ms, %.0f MiB\n", file.size(), attempt.cpu_ms, attempt.peak_mib);
}

TEST(HostileX3pTest, TheValidFileTheyAreMadeOfIsRead) {
  EXPECT_EQ(testing::ReadX3pInChild(testing::X3pRecipe().Build()).code, absl::StatusCode::kOk);
}

TEST(HostileX3pTest, EachIsRefusedByNameWithinItsTimeAndMemory) {
  const std::vector<HostileFile> files = testing::HostileFiles();
  ASSERT_GE(files.size(), 24u);
  for (const HostileFile& file : files) {
    SCOPED_TRACE(file.name);

    const Attempt attempt = testing::ReadX3pInChild(file.build());

    EXPECT_EQ(attempt.code, file.code) << attempt.message;
    EXPECT_THAT(attempt.message, HasSubstr(file.names));
    EXPECT_LE(attempt.message.size(), 400u);
    EXPECT_EQ(attempt.message.find_first_of("\n\r\t"), std::string::npos);
    EXPECT_LT(attempt.cpu_ms, kCpuMsMax);
    EXPECT_LT(attempt.peak_mib, kPeakMibMax);
  }
}

// 16 Mi points of 8 bytes, and a mask of as many pixels.
std::string LargestFile() {
  X3pRecipe recipe;
  recipe.deflate = false;
  recipe.SetMatrix("4096", "4096");
  recipe.cz = AxisXml("A", "D", "1");
  std::vector<double> heights(std::size_t{1} << 24);
  for (std::size_t i = 0; i < heights.size(); ++i)
    heights[i] = static_cast<double>(i % 4096) * 1e-8;
  recipe.data = BytesOfNumbers(heights);
  heights = {};
  testing::RawPng png;
  png.width = png.height = png.rows = 4096;
  png.pixels = std::string(std::size_t{3} << 24, '\x40');
  recipe.mask = BuildPng(png);

  return recipe.Build();
}

// Every judgement at once over as many points as possible: signs, validity, far-off values.
std::string FileThatNeedsEveryJudgement() {
  X3pRecipe recipe;
  recipe.deflate = false;
  recipe.SetMatrix("4096", "4096");
  recipe.cz = AxisXml("A", "I", "1e-09");
  recipe.valid_link = "bindata/valid.bin";
  recipe.valid = std::string(std::size_t{1} << 21, '\xFF');
  std::vector<std::int16_t> heights(std::size_t{1} << 24);
  constexpr std::int16_t kFarValues[] = {-32768, 32767, -12000, 6000};
  for (std::size_t i = 0; i < heights.size(); ++i) {
    heights[i] = i % 10 < 4 ? kFarValues[i % 10] : static_cast<std::int16_t>(i % 997);
  }
  recipe.data = BytesOfNumbers(heights);

  return recipe.Build();
}

std::string LongestList() {
  X3pRecipe recipe;
  recipe.deflate = false;
  recipe.feature = "PCL";
  recipe.cx = recipe.cy = recipe.cz = AxisXml("A", "D", "");
  recipe.dimension = "<ListDimension>1000000</ListDimension>";
  recipe.data_list = "<DataList>";
  for (int i = 0; i < 1'000'000; ++i) {
    recipe.data_list += "<Datum>" + std::to_string(i) + "e-9;1.234567890123456e-05;" +
                        std::to_string(i % 1000) + "e-8</Datum>\n";
  }
  recipe.data_list += "</DataList>";

  return recipe.Build();
}

// The bounds hold for what is accepted, too.
TEST(HostileX3pTest, TheLargestFilesAllowedAreReadWithinTheSameBounds) {
  ExpectReadWithinBounds(LargestFile());
  ExpectReadWithinBounds(FileThatNeedsEveryJudgement());
  ExpectReadWithinBounds(LongestList());
}

}  // namespace
}  // namespace proofmark::forensics
