// SPDX-License-Identifier: Apache-2.0
#include "forensics/surface/resample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace proofmark::forensics {
namespace {

std::vector<float> Resample(const std::vector<float>& source, double from_um, double to_um) {
  const RowResampler resampler(static_cast<std::int64_t>(source.size()), from_um, to_um);
  std::vector<float> target(static_cast<std::size_t>(resampler.samples()));
  resampler.Run(source, target);
  return target;
}

TEST(RowResamplerTest, ReturnsARowOfTheSamePitchUnchanged) {
  const std::vector<float> row = {1.0F, 2.0F, 5.0F, -3.0F};

  EXPECT_EQ(Resample(row, 2.0, 2.0), row);
}

TEST(RowResamplerTest, KeepsARampAtAnyPitch) {
  std::vector<float> row;
  for (int i = 0; i < 400; ++i) row.push_back(0.5F * static_cast<float>(i));
  for (const double from_um : {0.645, 1.5625, 1.935, 3.125, 7.37}) {
    SCOPED_TRACE(from_um);

    const std::vector<float> out = Resample(row, from_um, 3.125);

    ASSERT_EQ(out.size(), static_cast<std::size_t>(399.0 * from_um / 3.125) + 1);
    // The outermost windows hang over the end of the row and lean inwards.
    for (std::size_t i = 2; i + 2 < out.size(); ++i) {
      EXPECT_NEAR(out[i], 0.5 * static_cast<double>(i) * 3.125 / from_um, 1e-3) << i;
    }
  }
}

TEST(RowResamplerTest, AveragesOverTheWidthOfASample) {
  // Windows of two source samples: half of the neighbours on either side.
  const std::vector<float> out = Resample({0.0F, 4.0F, 8.0F, 4.0F, 0.0F}, 1.5, 3.0);

  ASSERT_EQ(out.size(), 3U);
  EXPECT_NEAR(out[1], 0.25 * 4.0 + 0.5 * 8.0 + 0.25 * 4.0, 1e-6);
}

TEST(RowResamplerTest, MeasuresASampleThatIsHalfMeasured) {
  const float gap = kNotMeasured;

  EXPECT_NEAR(Resample({0.0F, gap, 8.0F, gap, 0.0F}, 1.5, 3.0)[1], 8.0, 1e-6);
  EXPECT_FALSE(IsMeasured(Resample({0.0F, 4.0F, gap, gap, 0.0F}, 1.5, 3.0)[1]));
}

TEST(CellMeansTest, AveragesCellsAndDropsWhatIsLeftOver) {
  HeightMap map{.width = 5, .height = 4, .pitch_x_um = 2.0, .pitch_y_um = 2.0, .height_um = {}};
  for (int i = 0; i < 20; ++i) map.height_um.push_back(static_cast<float>(i));
  map.at(0, 0) = kNotMeasured;
  map.at(2, 0) = map.at(3, 0) = map.at(2, 1) = kNotMeasured;

  const HeightMap cells = CellMeans(map, 4.0);

  ASSERT_EQ(cells.width, 2);
  ASSERT_EQ(cells.height, 2);
  EXPECT_EQ(cells.pitch_x_um, 4.0);
  EXPECT_NEAR(cells.at(0, 0), (1.0 + 5.0 + 6.0) / 3.0, 1e-6);
  EXPECT_FALSE(IsMeasured(cells.at(1, 0)));  // One of four.
  EXPECT_NEAR(cells.at(1, 1), (12.0 + 13.0 + 17.0 + 18.0) / 4.0, 1e-6);
}

TEST(QuarterTurnTest, IsATurnAndNotAMirror) {
  const HeightMap map{.width = 3,
                      .height = 2,
                      .pitch_x_um = 1.0,
                      .pitch_y_um = 2.0,
                      .height_um = {1, 2, 3, 4, 5, 6}};

  const HeightMap once = QuarterTurn(map);
  const HeightMap four = QuarterTurn(QuarterTurn(QuarterTurn(once)));

  EXPECT_EQ(once.width, 2);
  EXPECT_EQ(once.height, 3);
  EXPECT_EQ(once.pitch_x_um, 2.0);
  EXPECT_EQ(once.height_um, (std::vector<float>{4, 1, 5, 2, 6, 3}));
  EXPECT_EQ(four.height_um, map.height_um);
}

// Every count of rows up to 40, every share of gaps, against sorting each column.
TEST(ColumnMediansTest, AgreesWithSortingEachColumn) {
  std::mt19937 engine(11);
  constexpr std::int64_t kColumns = 37;
  for (std::int64_t rows = 1; rows <= 40; ++rows) {
    SCOPED_TRACE(rows);
    std::vector<float> values(static_cast<std::size_t>(rows * kColumns));
    for (float& v : values) {
      v = engine() % 4 == 0 ? kNotMeasured : static_cast<float>(engine() % 1000) - 500.0F;
    }
    std::vector<float> scratch = values;
    std::vector<float> median(kColumns);

    ColumnMedians(scratch, kColumns, median);

    for (std::int64_t x = 0; x < kColumns; ++x) {
      std::vector<float> column;
      for (std::int64_t y = 0; y < rows; ++y) {
        const float v = values[static_cast<std::size_t>(y * kColumns + x)];
        if (IsMeasured(v)) column.push_back(v);
      }
      std::sort(column.begin(), column.end());
      const std::size_t n = column.size();
      const float got = median[static_cast<std::size_t>(x)];
      if (n == 0 || 2 * n < static_cast<std::size_t>(rows)) {
        EXPECT_FALSE(IsMeasured(got));
      } else {
        EXPECT_EQ(got, 0.5F * (column[(n - 1) / 2] + column[n / 2]));
      }
    }
  }
}

}  // namespace
}  // namespace proofmark::forensics
