// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/coarse_impression.h"

#include <cstring>
#include <random>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/forensics/impressed/made_relief.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::MadeSurface;
using ::proofmark::testing::RingScan;
using ::proofmark::testing::ScanOf;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

ImpressedSignature Mark(std::uint32_t seed, const ScanOf& scan = {}) {
  return ExtractImpression(RingScan(MadeSurface(seed), scan), {}, {})->signature;
}

struct Records {
  std::vector<std::uint8_t> levels;
  std::vector<float> norms;

  void Add(const ImpressedSignature& signature, CoarseGrid grid) {
    const auto record = MakeCoarseImpression(signature, grid);
    ASSERT_THAT(record, IsOk());
    ASSERT_EQ(static_cast<std::int64_t>(record->level.size()), CoarseBytes(grid));
    levels.insert(levels.end(), record->level.begin(), record->level.end());
    norms.push_back(record->inverse_norm);
  }
};

TEST(ScoreCoarseTest, EveryKernelGivesTheSameBits) {
  for (const CoarseGrid grid : {CoarseGrid::kB1, CoarseGrid::kB2}) {
    const auto query = ImpressionQuery::Make(Mark(1), grid, TurnSearch::kDirected);
    ASSERT_THAT(query, IsOk());
    Records records;
    for (std::uint32_t seed = 1; seed <= 3; ++seed) records.Add(Mark(seed), grid);
    // Hostile records: every byte at an end of its range.
    records.levels.resize(records.levels.size() + static_cast<std::size_t>(CoarseBytes(grid)), 31);
    records.levels.resize(records.levels.size() + static_cast<std::size_t>(CoarseBytes(grid)), 0);
    records.norms.insert(records.norms.end(), 2, 1.0F);
    std::vector<float> want(5), got(5);
    ScoreCoarse(*query, records.levels, records.norms, want, CoarseKernels().back());
    for (const CoarseKernel& kernel : CoarseKernels()) {
      SCOPED_TRACE(kernel.name);
      ScoreCoarse(*query, records.levels, records.norms, got, kernel);
      EXPECT_EQ(std::memcmp(got.data(), want.data(), 5 * sizeof(float)), 0);
    }
  }
}

TEST(ScoreCoarseTest, TheSameMarkTurnedAndMovedStandsOut) {
  for (const CoarseGrid grid : {CoarseGrid::kB1, CoarseGrid::kB2}) {
    const auto query = ImpressionQuery::Make(Mark(1), grid, TurnSearch::kDirected);
    ASSERT_THAT(query, IsOk());
    Records records;
    records.Add(Mark(1), grid);
    records.Add(Mark(1, {.turn_degrees = 13.0}), grid);
    for (std::uint32_t seed = 10; seed < 20; ++seed) records.Add(Mark(seed), grid);
    std::vector<float> scores(12);

    ScoreCoarse(*query, records.levels, records.norms, scores);

    const float other = *std::max_element(scores.begin() + 2, scores.end());
    EXPECT_GT(scores[0], 0.9F);
    EXPECT_GT(scores[1], other + 0.2F);
    EXPECT_LT(other, 0.5F);
  }
}

TEST(ScoreCoarseTest, AnEmptyRecordScoresNothing) {
  const auto query = ImpressionQuery::Make(Mark(1), CoarseGrid::kB1, TurnSearch::kDirected);
  ASSERT_THAT(query, IsOk());
  const std::vector<std::uint8_t> nothing(static_cast<std::size_t>(CoarseBytes(CoarseGrid::kB1)),
                                          kCoarseNothing);
  std::vector<float> score(1);

  ScoreCoarse(*query, nothing, std::vector<float>{0.0F}, score);

  EXPECT_EQ(score[0], 0.0F);
}

TEST(MeasuredDirectionsTest, AreThoseInWhichAnythingWasMeasured) {
  const ImpressedSignature whole = Mark(1);
  ImpressedSignature quarter = whole, nothing = whole;
  for (std::int64_t i = 0; i < whole.width * whole.height; ++i) {
    const bool kept = i % whole.width > whole.width / 2 && i / whole.width > whole.height / 2;
    if (!kept) quarter.relief[static_cast<std::size_t>(i)] = kReliefNotMeasured;
    nothing.relief[static_cast<std::size_t>(i)] = kReliefNotMeasured;
  }

  EXPECT_EQ(MeasuredDirections(whole), 1.0);
  EXPECT_NEAR(MeasuredDirections(quarter), 0.25, 0.02);
  EXPECT_EQ(MeasuredDirections(nothing), 0.0);
}

TEST(ImpressionQueryTest, RefusesAMirroredSearch) {
  EXPECT_THAT(ImpressionQuery::Make(Mark(1), CoarseGrid::kB1, TurnSearch::kFullCircleOrMirror),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("turns")));
}

}  // namespace
}  // namespace proofmark::forensics
