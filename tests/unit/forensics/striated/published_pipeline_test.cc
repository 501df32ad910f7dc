// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/published_pipeline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "forensics/striated/cmps.h"
#include "forensics/x3p/x3p.h"
#include "tests/bench/land_evaluation.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::ReadFileOrFail;
using ::proofmark::testing::SharedDir;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

// Between -1 and 1, without order.
double Chance(std::int64_t a, std::int64_t b) {
  const double v =
      std::sin(12.9898 * static_cast<double>(a) + 78.233 * static_cast<double>(b)) * 43758.5453;
  return 2.0 * (v - std::floor(v)) - 1.0;
}

// A bent surface with striae 50 um apart of chance heights, 2.0 by 0.4 mm; the first `rough_rows`
// change every 12 um.
HeightMap Striated(std::int64_t rough_rows) {
  HeightMap map{.width = 1281, .height = 257, .pitch_x_um = 1.5625, .pitch_y_um = 1.5625};
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      const double u = static_cast<double>(x) * map.pitch_x_um;
      const auto knot = static_cast<std::int64_t>(u / 50.0);
      const double t = u / 50.0 - static_cast<double>(knot);
      const std::int64_t own = y < rough_rows ? 1 + y / 8 : 0;
      const double wave = (1.0 - t) * Chance(knot, own) + t * Chance(knot + 1, own);
      const double bend = (u - 1000.0) * (u - 1000.0) / 9000.0;
      map.height_um.push_back(static_cast<float>(wave - bend));
    }
  }
  return map;
}

TEST(PublishedPipelineTest, TakesTheFirstRowThatRepeats) {
  const absl::StatusOr<PublishedLand> land = ExtractPublished(Striated(96), 100.0, 1900.0, {});

  ASSERT_THAT(land, IsOk());
  EXPECT_GE(land->crosscut_um, 140.0);  // 96 rows are 150 um.
  EXPECT_LE(land->crosscut_um, 180.0);
  EXPECT_EQ(land->signature_um.size(), 1153U);
  double square = 0.0;
  for (const double z : land->signature_um) square += z * z;
  EXPECT_GT(std::sqrt(square / 1153.0), 0.3);  // Bend gone (110 um), striae kept (0.47).
  EXPECT_LT(std::sqrt(square / 1153.0), 0.6);
}

TEST(PublishedPipelineTest, NamesWhatIsOutOfBounds) {
  HeightMap empty = Striated(0);
  for (float& z : empty.height_um) z = kNotMeasured;

  EXPECT_THAT(ExtractPublished(Striated(0), -1.0, 1900.0, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("shoulders")));
  EXPECT_THAT(ExtractPublished(Striated(0), 100.0, 300.0, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("shoulders")));
  EXPECT_THAT(ExtractPublished(Striated(0), 100.0, 1900.0, 401.0),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("crosscut_um")));
  EXPECT_THAT(ExtractPublished(empty, 100.0, 1900.0, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no crosscut")));
}

TEST(PublishedPipelineTest, CcfIsOneForAShiftedCopy) {
  std::vector<double> z;
  for (int i = 0; i < 400; ++i) z.push_back(std::sin(0.03 * i * i * 0.05) + 0.2 * (i % 7));
  const std::vector<double> later(z.begin() + 60, z.end());

  EXPECT_NEAR(PublishedCcf(z, later).value_or(0.0), 1.0, 1e-12);
  EXPECT_FALSE(PublishedCcf(z, std::vector<double>(400, 1.0)).has_value());
}

// One crosscut a land, where the published work took it: enough to tell most lands of this barrel.
TEST(PublishedPipelineTest, SameLandsOfHamby44StandOut) {
  PM_REQUIRE_SHARED_DATA();
  std::map<std::string, std::vector<double>> signatures[2];
  std::map<std::string, std::vector<double>> marks;
  for (const auto& row : proofmark::testing::ReadSharedTable("data/truth/grooves.csv")) {
    for (const char* column : {"left_groove_um", "right_groove_um", "crosscut_um"}) {
      marks[row.at("file")].push_back(std::atof(row.at(column).c_str()));
    }
  }
  for (const auto& row : proofmark::testing::ReadSharedTable("data/manifest.csv")) {
    const bool first = row.at("specimen") == "H44-Br1-B1";
    if (!first && row.at("specimen") != "H44-Br1-B2") continue;
    const std::string file = ReadFileOrFail(SharedDir() / "data" / row.at("file"));
    const absl::StatusOr<X3pScan> scan = ReadX3p(base::AsBytes(file));
    ASSERT_THAT(scan, IsOk());
    const std::vector<double>& mark = marks.at(row.at("file"));
    const absl::StatusOr<PublishedLand> land =
        ExtractPublished(scan->map, mark[0], mark[1], mark[2]);
    ASSERT_THAT(land, IsOk());
    EXPECT_EQ(land->crosscut_um, mark[2]);
    signatures[first ? 0 : 1][row.at("land_truth")] = land->signature_um;
  }
  std::vector<double> same_ccf, different_ccf, same_count, different_count;
  for (const auto& [a, of_first] : signatures[0]) {
    for (const auto& [b, of_second] : signatures[1]) {
      const absl::StatusOr<CmpsResult> count = CompareSegments(of_first, of_second, {});
      ASSERT_THAT(count, IsOk());
      (a == b ? same_count : different_count).push_back(static_cast<double>(count->count));
      (a == b ? same_ccf : different_ccf)
          .push_back(PublishedCcf(of_first, of_second).value_or(-1.0));
    }
  }

  ASSERT_EQ(same_ccf.size(), 6U);
  ASSERT_EQ(different_ccf.size(), 30U);
  EXPECT_GE(proofmark::testing::SpreadOf(same_ccf).mean,
            proofmark::testing::SpreadOf(different_ccf).mean + 0.1);
  EXPECT_GE(proofmark::testing::SpreadOf(same_count).mean,
            proofmark::testing::SpreadOf(different_count).mean + 1.0);
  EXPECT_LE(proofmark::testing::SpreadOf(different_count).most, 5.0);
}

}  // namespace
}  // namespace proofmark::forensics
