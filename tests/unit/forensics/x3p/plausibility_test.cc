// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/plausibility.h"

#include <gtest/gtest.h>

#include <vector>

#include "forensics/surface/height_map.h"

namespace proofmark::forensics::x3p {
namespace {

// A breech face: 6.25 um steps, 3.5 mm wide, 13 um high, in metres.
constexpr double kPitch = 6.25e-6;
constexpr double kExtent = 3.5e-3;
constexpr double kRange = 13e-6;

UnitReading Judged(double lateral_factor, double height_factor) {
  return JudgeUnits({{kPitch * lateral_factor, kPitch * lateral_factor},
                     kExtent * lateral_factor,
                     kRange * height_factor});
}

TEST(JudgeUnitsTest, RecognisesEachReading) {
  EXPECT_EQ(Judged(1, 1).verdict, UnitVerdict::kMetres);
  EXPECT_EQ(Judged(1e6, 1e6).verdict, UnitVerdict::kMicrometres);
  EXPECT_EQ(Judged(1e3, 1e3).verdict, UnitVerdict::kMillimetres);
  EXPECT_EQ(Judged(1, 1e6).verdict, UnitVerdict::kHeightMicrometres);
}

TEST(JudgeUnitsTest, GivesTheFactorsOfTheReading) {
  EXPECT_EQ(Judged(1e6, 1e6).lateral_um, 1.0);
  EXPECT_EQ(Judged(1e6, 1e6).height_um, 1.0);
  EXPECT_EQ(Judged(1, 1e6).lateral_um, 1e6);
  EXPECT_EQ(Judged(1, 1e6).height_um, 1.0);
}

// Heights of 13 as written, steps in metres: 13 um and 13 mm are possible, only one is plausible.
// Heights of 2: 2 um and 2 mm both are.
TEST(JudgeUnitsTest, DoesNotChooseBetweenTwoPlausibleReadings) {
  EXPECT_EQ(JudgeUnits({{kPitch, kPitch}, kExtent, 13.0}).verdict, UnitVerdict::kHeightMicrometres);
  EXPECT_EQ(JudgeUnits({{kPitch, kPitch}, kExtent, 2.0}).verdict, UnitVerdict::kImplausible);
}

TEST(JudgeUnitsTest, ImplausibleMeansMetres) {
  const UnitReading reading = Judged(1e9, 1e9);

  EXPECT_EQ(reading.verdict, UnitVerdict::kImplausible);
  EXPECT_EQ(reading.lateral_um, 1e6);
  EXPECT_EQ(reading.height_um, 1e6);
}

TEST(JudgeUnitsTest, EveryBoundIsIncluded) {
  // Exact as doubles, so that no rounding decides.
  const auto judged = [](double pitch_um, double extent_um, double range_um) {
    return JudgeUnits({{pitch_um}, extent_um, range_um}).verdict;
  };
  // Read as micrometres: factors of one.
  EXPECT_EQ(judged(kPitchUmMin, kExtentUmMin, kHeightRangeUmMin), UnitVerdict::kMicrometres);
  EXPECT_EQ(judged(kPitchUmMax, kExtentUmMax, kHeightRangeUmMax), UnitVerdict::kMicrometres);
  EXPECT_EQ(judged(51.0, kExtentUmMax, kHeightRangeUmMax), UnitVerdict::kImplausible);
  EXPECT_EQ(judged(kPitchUmMax, 40'001.0, kHeightRangeUmMax), UnitVerdict::kImplausible);
  EXPECT_EQ(judged(kPitchUmMax, kExtentUmMax, 5'001.0), UnitVerdict::kImplausible);
}

TEST(HeightRangeTest, LeavesOutATenthOfAPercentAtEachEnd) {
  std::vector<float> heights;
  for (int i = 0; i <= 10'000; ++i) heights.push_back(static_cast<float>(i));
  heights.insert(heights.begin() + 5, kNotMeasured);

  EXPECT_DOUBLE_EQ(HeightRange(heights), 9'980.0);
  EXPECT_EQ(HeightRange(std::vector<float>(10, kNotMeasured)), 0.0);
}

TEST(HeightRangeTest, SamplesALargeScanEvenly) {
  std::vector<float> heights(3'000'000, kNotMeasured);
  for (std::size_t i = 0; i < heights.size(); i += 3) heights[i] = static_cast<float>(i) * 1e-3f;

  EXPECT_NEAR(HeightRange(heights), 3'000.0 * 0.998, 1.0);
}

std::vector<float> RampWith(float value, int times) {
  std::vector<float> heights;
  for (int i = 0; i < 1'000; ++i) heights.push_back(static_cast<float>(i) * 0.01f);
  heights.insert(heights.end(), static_cast<std::size_t>(times), value);
  return heights;
}

TEST(RemoveSentinelsTest, RemovesAFarValueHeldByManyPoints) {
  for (const float value : {-32768.0f, 1e30f, -30.0f}) {
    std::vector<float> heights = RampWith(value, 100);

    const std::vector<Sentinel> removed = RemoveSentinels(heights);

    ASSERT_EQ(removed.size(), 1u) << value;
    EXPECT_EQ(removed[0].value, value);
    EXPECT_EQ(removed[0].points, 100);
    EXPECT_FALSE(IsMeasured(heights.back()));
    EXPECT_TRUE(IsMeasured(heights.front()));
  }
}

TEST(RemoveSentinelsTest, RemovesOneAtEachEnd) {
  std::vector<float> heights = RampWith(-1e9f, 200);
  heights.insert(heights.end(), 200, 1e5f);

  EXPECT_EQ(RemoveSentinels(heights).size(), 2u);
}

TEST(RemoveSentinelsTest, KeepsWhatASurfaceCanHave) {
  std::vector<float> few = RampWith(1e30f, 50);    // Not more than 5 %.
  std::vector<float> near = RampWith(-9.0f, 500);  // A level within one range.
  std::vector<float> flat(1'000, 3.0f);            // A plane.
  std::vector<float> step(500, 0.0f);              // Two planes.
  step.resize(1'000, 10.0f);
  std::vector<float> tiny = {0.0f, 0.1f, 0.2f, 50.0f};  // Too few to judge.
  for (std::vector<float>* heights : {&few, &near, &flat, &step, &tiny}) {
    EXPECT_TRUE(RemoveSentinels(*heights).empty());
  }
}

}  // namespace
}  // namespace proofmark::forensics::x3p
