// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/cmps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "forensics/striated/ballistic_signature.h"
#include "forensics/striated/coarse_cmps.h"
#include "forensics/synthetic/generator.h"
#include "forensics/synthetic/philox.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

// Smooth noise: neighbours correlate, as along a land.
std::vector<double> Striae(std::int64_t count, std::uint32_t seed) {
  const RandomStream stream(seed, 0, 0, 99);
  std::vector<double> z;
  for (std::uint32_t i = 0; i < count; ++i) {
    double sum = 0.0;
    for (std::uint32_t k = 0; k < 9; ++k) sum += (k < 5 ? 1.0 : -0.8) * stream.Normal(i + 4 * k);
    z.push_back(sum);
  }
  return z;
}

std::vector<double> From(const std::vector<double>& all, std::int64_t begin, std::int64_t count) {
  return {all.begin() + begin, all.begin() + begin + count};
}

TEST(CompareSegmentsTest, EverySegmentOfAProfileFindsItself) {
  const std::vector<double> x = Striae(730, 1);

  const absl::StatusOr<CmpsResult> result = CompareSegments(x, x, {});

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->segment_count, 14);
  EXPECT_EQ(result->count, 14);
  EXPECT_EQ(result->shift, 0);
}

TEST(CompareSegmentsTest, LosesOnlyTheSegmentsShiftedOut) {
  const std::vector<double> all = Striae(1200, 2);
  const std::vector<double> x = From(all, 0, 1000);
  // Segments 0..2 are not in it, and of segment 3 only half.
  const std::vector<double> y = From(all, 175, 1000);

  const absl::StatusOr<CmpsResult> result = CompareSegments(x, y, {});

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->segment_count, 20);
  EXPECT_EQ(result->count, 16);
  EXPECT_EQ(result->shift, -175);
}

TEST(CompareSegmentsTest, OffsetAndPositiveGainChangeNothing) {
  const std::vector<double> x = Striae(700, 3);
  std::vector<double> y = Striae(700, 4);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += 0.8 * x[i];
  std::vector<double> scaled = y;
  for (double& z : scaled) z = 12.5 * z - 700.0;

  const absl::StatusOr<CmpsResult> plain = CompareSegments(x, y, {});
  const absl::StatusOr<CmpsResult> changed = CompareSegments(x, scaled, {});

  ASSERT_THAT(plain, IsOk());
  ASSERT_THAT(changed, IsOk());
  EXPECT_EQ(plain->count, changed->count);
  EXPECT_EQ(plain->shift, changed->shift);
}

TEST(CompareSegmentsTest, UnrelatedProfilesAgreeOnFewSegments) {
  for (std::uint32_t seed = 0; seed < 5; ++seed) {
    const absl::StatusOr<CmpsResult> result =
        CompareSegments(Striae(1100, 10 + seed), Striae(1100, 40 + seed), {});

    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->segment_count, 22);
    EXPECT_LE(result->count, 5);
  }
}

TEST(CompareSegmentsTest, GapsAreSkippedNotRead) {
  std::vector<double> x = Striae(700, 5);
  std::vector<double> holes = x;
  for (std::size_t i = 300; i < 330; ++i) {
    holes[i] = std::numeric_limits<double>::quiet_NaN();
  }

  const absl::StatusOr<CmpsResult> result = CompareSegments(x, holes, {});

  ASSERT_THAT(result, IsOk());
  EXPECT_GE(result->count, 13);  // Of 14: one segment lost most of itself.
}

TEST(CompareSegmentsTest, NamesWhatIsOutOfBounds) {
  const std::vector<double> x = Striae(200, 6);
  const std::vector<double> infinite = {1.0, std::numeric_limits<double>::infinity(), 2.0};

  EXPECT_THAT(CompareSegments({}, x, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("reference has 0")));
  EXPECT_THAT(CompareSegments(x, infinite, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("comparison holds inf")));
  EXPECT_THAT(CompareSegments(x, x, {.segment_samples = 1}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("segment_samples")));
  EXPECT_THAT(CompareSegments(x, x, {.tolerance_samples = -1}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("tolerance_samples")));
  EXPECT_THAT(CompareSegments(x, x, {.peaks = {}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("peaks")));
  EXPECT_THAT(CompareSegments(x, x, {.peaks = {5, 0}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("peaks")));
}

TEST(CountVotesTest, CountsSegmentsOnceAndReportsTheMiddleOfTheBestShifts) {
  EXPECT_EQ(CountVotes({}, 5).count, 0);
  const CmpsResult result = CountVotes({{10, 11}, {12}, {}, {14}, {40}}, 2);
  EXPECT_EQ(result.segment_count, 5);
  EXPECT_EQ(result.count, 3);  // Shift 12: segments 0, 1, 3.
  EXPECT_EQ(result.shift, 12);
}

// --- The fast form --------------------------------------------------------------------------

std::vector<double> Plain(const CoarseProfile& profile) {
  std::vector<double> z;
  for (std::size_t i = 0; i < profile.level.size(); ++i) {
    z.push_back(profile.mask[i] != 0 ? profile.level[i] : std::numeric_limits<double>::quiet_NaN());
  }
  return z;
}

// Heights without the gaps they have, and with one where `gap` begins.
std::vector<std::int16_t> WithGap(std::vector<std::int16_t> height_nm,
                                  std::optional<std::size_t> gap) {
  std::replace(height_nm.begin(), height_nm.end(), kSampleNotMeasured, std::int16_t{0});
  if (gap)
    std::fill_n(height_nm.begin() + static_cast<std::ptrdiff_t>(*gap), 30, kSampleNotMeasured);
  return height_nm;
}

// Same rule, same data, two implementations, which go different ways with gaps and where a segment
// is longer than what it is laid on. They may part where two peaks are equal to a float's
// precision, so a rare difference of one is allowed and counted.
TEST(CompareCoarseSegmentsTest, AgreesWithTheGeneralMethod) {
  const CmpsOptions options{
      .segment_samples = kCoarseSegment, .tolerance_samples = kCoarseTolerance, .peaks = {5, 3, 1}};
  struct Change {
    std::optional<std::size_t> gap_of_first;
    std::optional<std::size_t> gap_of_second;
    std::size_t second_size;
  };
  constexpr std::size_t kWhole = 10'000;
  const std::vector<Change> changes = {{{}, {}, kWhole},  {301, {}, kWhole}, {{}, 200, kWhole},
                                       {100, 77, kWhole}, {{}, {}, 80},      {{}, {}, 97},
                                       {{}, {}, 230},     {150, {}, 90},     {{}, 40, 150}};
  std::int64_t compared = 0, different = 0, votes = 0;
  for (const Change& change : changes) {
    for (std::uint32_t barrel = 0; barrel < 4; ++barrel) {
      const BulletSignature first = GenerateBulletSignature({.seed = 3, .barrel = barrel}, 0);
      const BulletSignature second = GenerateBulletSignature({.seed = 3, .barrel = barrel / 2}, 1);
      for (std::size_t land = 0; land < 6; ++land) {
        std::vector<std::int16_t> x = WithGap(first.lands[land]->height_nm, change.gap_of_first);
        std::vector<std::int16_t> y = WithGap(second.lands[land]->height_nm, change.gap_of_second);
        x.resize(x.size() / 12 * 12);  // The fast form ends at a whole half-segment.
        y.resize(std::min(y.size(), change.second_size));
        const CoarseProfile a = MakeCoarseProfile(x);
        const CoarseProfile b = MakeCoarseProfile(y);
        ASSERT_EQ(a.gapless, !change.gap_of_first);
        ASSERT_EQ(b.gapless, !change.gap_of_second);

        const CmpsResult fast = CompareCoarseSegments(a, b);
        const absl::StatusOr<CmpsResult> general = CompareSegments(Plain(a), Plain(b), options);

        ASSERT_THAT(general, IsOk());
        EXPECT_EQ(fast.segment_count, general->segment_count);
        EXPECT_NEAR(static_cast<double>(fast.count), static_cast<double>(general->count), 1.0);
        ++compared;
        different += fast.count == general->count ? 0 : 1;
        votes += general->count;
      }
    }
  }
  EXPECT_EQ(compared, 216);
  EXPECT_LE(different, 6);
  EXPECT_GT(votes, 216);
}

TEST(CompareCoarseSegmentsTest, EverySegmentOfALandFindsItself) {
  const BulletSignature bullet = GenerateBulletSignature({.barrel = 9}, 0);
  for (const auto& land : bullet.lands) {
    const CoarseProfile profile = MakeCoarseProfile(land->height_nm);
    const CmpsResult result = CompareCoarseSegments(profile, profile);
    std::int64_t whole = 0;  // Segments with no gap in their longest scale.
    for (std::int64_t i = 0; i < result.segment_count; ++i) {
      bool gap = false;
      for (std::int64_t t = -18; t < 30; ++t) {
        const std::int64_t at = i * kCoarseSegment + t;
        if (at < 0 || at >= profile.size()) continue;
        gap = gap || profile.mask[static_cast<std::size_t>(at)] == 0;
      }
      whole += gap ? 0 : 1;
    }
    EXPECT_GT(whole, 10);
    EXPECT_GE(result.count, whole);
    EXPECT_EQ(result.segment_count, profile.size() / kCoarseSegment);
  }
}

TEST(MakeCoarseProfileTest, HeightsInGapsLeaveNoTraceAndLevelsStayInBounds) {
  std::vector<std::int16_t> z = {
      100, 200, kSampleNotMeasured, 300, kSampleNotMeasured, kSampleNotMeasured, 32767, -32767, 5};
  const CoarseProfile profile = MakeCoarseProfile(z);

  EXPECT_EQ(profile.size(), 5);
  EXPECT_EQ(profile.mask, (std::vector<std::int16_t>{1, 1, 0, 1, 1}));
  EXPECT_EQ(profile.level[2], 0);
  for (const std::int16_t level : profile.level) EXPECT_LE(std::abs(level), kCoarseLevelMax);
}

TEST(MakeCoarseProfileTest, AConstantLandHasNoLevels) {
  const CoarseProfile profile = MakeCoarseProfile(std::vector<std::int16_t>(200, 1234));
  for (const std::int16_t level : profile.level) EXPECT_EQ(level, 0);
  EXPECT_EQ(CompareCoarseSegments(profile, profile).count, 0);
}

}  // namespace
}  // namespace proofmark::forensics
