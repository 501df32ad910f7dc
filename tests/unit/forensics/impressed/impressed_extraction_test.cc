// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/impressed_extraction.h"

#include <algorithm>

#include "forensics/impressed/region_mask.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/forensics/impressed/made_relief.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::MadeSurface;
using ::proofmark::testing::RingScan;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

// A whole primer: breech face between 0.8 and 1.7 mm, a raised rim and a hole inside, roll-off and
// the case head outside. Tilted, and off the middle of the scan.
HeightMap PrimerScan(const MadeSurface& surface) {
  HeightMap map{
      .width = 440, .height = 440, .pitch_x_um = 10.0, .pitch_y_um = 10.0, .height_um = {}};
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      const double px = static_cast<double>(x) * 10.0 - 2'250.0;
      const double py = static_cast<double>(y) * 10.0 - 2'150.0;
      const double r = std::sqrt(px * px + py * py);
      double z = surface.HeightUm(px, py);
      if (r < 800.0) z += 60.0;
      if (r < 600.0) z -= 0.4 * (600.0 - r);
      if (r > 1'700.0) z -= 0.5 * (r - 1'700.0);
      if (r > 2'100.0) z += 230.0;
      map.height_um.push_back(static_cast<float>(z + 0.01 * px - 0.02 * py + 50.0));
    }
  }
  return map;
}

TEST(ExtractImpressionTest, OutlinesTheBreechFaceOfAWholePrimer) {
  const absl::StatusOr<ImpressedExtraction> out =
      ExtractImpression(PrimerScan(MadeSurface(1)), {}, {});

  ASSERT_THAT(out, IsOk());
  EXPECT_TRUE(out->signature.has(ImpressedFlag::kMaskFound));
  EXPECT_NEAR(out->signature.quality.outer_radius_um, 1'725.0, 60.0);
  EXPECT_NEAR(out->signature.quality.inner_radius_um, 830.0, 60.0);
  EXPECT_NEAR(out->trace.centre_x_um, 2'250.0, 50.0);
  EXPECT_NEAR(out->signature.quality.tilt_um_per_mm, 22.4, 1.0);
  EXPECT_GT(out->signature.quality.valid_area_mm2, 3.0);
  EXPECT_LT(out->signature.quality.valid_area_mm2, 7.1);
}

TEST(ExtractImpressionTest, TakesAProcessedScanAsItStands) {
  const absl::StatusOr<ImpressedExtraction> out =
      ExtractImpression(RingScan(MadeSurface(1), {}), {}, {});

  ASSERT_THAT(out, IsOk());
  EXPECT_TRUE(out->signature.has(ImpressedFlag::kMaskFromGaps));
  EXPECT_EQ(out->signature.quality.outer_radius_um, 0.0);
  EXPECT_NEAR(out->signature.quality.rms_um, 1.5, 0.4);
}

// Where the middle of the relief lies, from the middle of the scan.
double MiddleOffUm(const ImpressedExtraction& out, const HeightMap& scan) {
  const ImpressedSignature& s = out.signature;
  const auto off = [&](double from_um, std::int64_t count, std::int64_t points, double pitch_um) {
    return from_um + 0.5 * s.pitch_um * static_cast<double>(count - 1) -
           0.5 * pitch_um * static_cast<double>(points - 1);
  };
  const double x = off(out.trace.relief_left_um, s.width, scan.width, scan.pitch_x_um);
  const double y = off(out.trace.relief_top_um, s.height, scan.height, scan.pitch_y_um);
  return std::sqrt(x * x + y * y);
}

TEST(ExtractImpressionTest, APartOfAMarkKeepsTheMiddleOfTheWhole) {
  const HeightMap whole = RingScan(MadeSurface(1), {});
  HeightMap quarter = whole, most = whole;
  for (std::int64_t y = 0; y < whole.height; ++y) {
    for (std::int64_t x = 0; x < whole.width; ++x) {
      if (x < whole.width / 2 || y < whole.height / 2) quarter.at(x, y) = kNotMeasured;
      if (3 * x > 2 * whole.width) most.at(x, y) = kNotMeasured;
    }
  }
  const auto of_whole = ExtractImpression(whole, {}, {});
  const auto of_quarter = ExtractImpression(quarter, {}, {});
  const auto of_most = ExtractImpression(most, {}, {});

  ASSERT_THAT(of_whole, IsOk());
  ASSERT_THAT(of_quarter, IsOk());
  ASSERT_THAT(of_most, IsOk());
  EXPECT_FALSE(of_whole->signature.has(ImpressedFlag::kPart));
  EXPECT_FALSE(of_whole->signature.has(ImpressedFlag::kMiddleUnknown));
  EXPECT_TRUE(of_quarter->signature.has(ImpressedFlag::kPart));
  EXPECT_TRUE(of_most->signature.has(ImpressedFlag::kPart));
  EXPECT_LT(MiddleOffUm(*of_whole, whole), 20.0);
  EXPECT_LT(MiddleOffUm(*of_quarter, whole), 40.0);
  EXPECT_LT(MiddleOffUm(*of_most, whole), 20.0);
  EXPECT_THAT(CheckSignature(of_quarter->signature), IsOk());
}

TEST(ExtractImpressionTest, APatchWithoutThePrimersEdgeSaysThatItsMiddleIsUnknown) {
  HeightMap patch = RingScan(MadeSurface(1), {.outer_um = 3'000.0, .inner_um = 0.0});
  for (std::int64_t y = 0; y < patch.height; ++y) {
    for (std::int64_t x = 0; x < patch.width; ++x) {
      if (x < 20 || x > 140 || y < 100 || y > 190) patch.at(x, y) = kNotMeasured;
    }
  }

  const auto out = ExtractImpression(patch, {}, {});

  ASSERT_THAT(out, IsOk());
  EXPECT_TRUE(out->signature.has(ImpressedFlag::kMiddleUnknown));
  EXPECT_FALSE(out->signature.has(ImpressedFlag::kPart));
  EXPECT_EQ(out->signature.width, 121);
  EXPECT_EQ(out->signature.height, 91);
}

TEST(ExtractImpressionTest, SpikesAndDropOutsHardlyChangeTheRelief) {
  const HeightMap clean = RingScan(MadeSurface(1), {.pitch_um = 6.25});
  HeightMap spiked = clean;
  // Not at its edge, which says what is stored.
  const HeightMap inner =
      RingScan(MadeSurface(1), {.pitch_um = 6.25, .outer_um = 1'650.0, .inner_um = 750.0});
  for (std::size_t i = 0; i < spiked.height_um.size(); ++i) {
    if (!IsMeasured(inner.height_um[i])) continue;
    if (i % 101 == 0) spiked.height_um[i] += i % 2 == 0 ? 60.0F : -45.0F;
    if (i % 23 == 0) spiked.height_um[i] = kNotMeasured;
  }
  const auto before = ExtractImpression(clean, {}, {});
  const auto after = ExtractImpression(spiked, {}, {});

  ASSERT_THAT(before, IsOk());
  ASSERT_THAT(after, IsOk());
  ASSERT_EQ(before->signature.relief.size(), after->signature.relief.size());
  double square = 0.0, both = 0.0;
  for (std::size_t i = 0; i < before->signature.relief.size(); ++i) {
    const int a = before->signature.relief[i], b = after->signature.relief[i];
    if (a == kReliefNotMeasured || b == kReliefNotMeasured) continue;
    square += (a - b) * (a - b);
    both += 1.0;
  }
  EXPECT_LT(std::sqrt(square / both), 0.15 * kReliefLevelsPerRms);
}

TEST(ExtractImpressionTest, NothingOutsideTheMaskIsFelt) {
  HeightMap scan = PrimerScan(MadeSurface(1));
  const HeightMap ring = RingScan(MadeSurface(1), {.pitch_um = 10.0});
  std::vector<std::uint8_t> mask(scan.height_um.size(), 0);
  for (std::int64_t y = 0; y < ring.height; ++y) {
    for (std::int64_t x = 0; x < ring.width; ++x) {
      mask[static_cast<std::size_t>((y + 36) * scan.width + x + 46)] =
          IsMeasured(ring.at(x, y)) ? 1 : 0;
    }
  }
  const absl::StatusOr<ImpressedExtraction> before = ExtractImpression(scan, mask, {});
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0) scan.height_um[i] = static_cast<float>(i % 97) - 500.0F;
  }

  const absl::StatusOr<ImpressedExtraction> after = ExtractImpression(scan, mask, {});

  ASSERT_THAT(before, IsOk());
  ASSERT_THAT(after, IsOk());
  EXPECT_TRUE(after->signature.has(ImpressedFlag::kMaskFromFile));
  EXPECT_EQ(before->signature, after->signature);
}

TEST(ExtractImpressionTest, AnOffsetChangesNothingAndATiltHardlyAnything) {
  const HeightMap scan = RingScan(MadeSurface(1), {});
  HeightMap raised = scan;
  for (float& z : raised.height_um) z += 64.0F;
  const auto before = ExtractImpression(scan, {}, {});
  const auto lifted = ExtractImpression(raised, {}, {});
  const auto tilted = ExtractImpression(RingScan(MadeSurface(1), {.tilt = 0.002}), {}, {});

  ASSERT_THAT(before, IsOk());
  ASSERT_THAT(lifted, IsOk());
  ASSERT_THAT(tilted, IsOk());
  ASSERT_EQ(before->signature.relief.size(), lifted->signature.relief.size());
  ASSERT_EQ(before->signature.relief.size(), tilted->signature.relief.size());
  int largest = 0;
  for (std::size_t i = 0; i < before->signature.relief.size(); ++i) {
    largest =
        std::max({largest, std::abs(before->signature.relief[i] - lifted->signature.relief[i]),
                  std::abs(before->signature.relief[i] - tilted->signature.relief[i])});
  }
  EXPECT_LE(largest, 1);
}

TEST(ExtractImpressionTest, ANegativeCastIsTurnedBack) {
  const HeightMap scan = RingScan(MadeSurface(1), {});
  HeightMap cast = scan;
  for (std::int64_t y = 0; y < cast.height; ++y) {
    for (std::int64_t x = 0; x < cast.width; ++x) cast.at(x, y) = -scan.at(scan.width - 1 - x, y);
  }
  const auto direct = ExtractImpression(scan, {}, {});
  const auto undone = ExtractImpression(cast, {}, {.negative_cast = true});

  ASSERT_THAT(direct, IsOk());
  ASSERT_THAT(undone, IsOk());
  EXPECT_TRUE(undone->signature.has(ImpressedFlag::kInverted));
  EXPECT_EQ(undone->signature.relief, direct->signature.relief);
}

TEST(ExtractImpressionTest, RefusesWithTheFieldAndItsBound) {
  const HeightMap good = RingScan(MadeSurface(1), {});
  HeightMap fine = good, coarse = good, short_map = good, high = good, empty = good;
  fine.pitch_x_um = 0.4;
  coarse.pitch_y_um = 16.1;
  short_map.height_um.pop_back();
  high.height_um[good.height_um.size() / 2] = 2e5F;
  std::fill(empty.height_um.begin(), empty.height_um.end(), kNotMeasured);
  const std::vector<std::uint8_t> mask(7, 1);
  const auto code = absl::StatusCode::kInvalidArgument;

  EXPECT_THAT(ExtractImpression(fine, {}, {}), StatusIs(code, HasSubstr("pitch_x_um")));
  EXPECT_THAT(ExtractImpression(coarse, {}, {}), StatusIs(code, HasSubstr("pitch_y_um")));
  EXPECT_THAT(ExtractImpression(short_map, {}, {}), StatusIs(code, HasSubstr("heights")));
  EXPECT_THAT(ExtractImpression(high, {}, {}), StatusIs(code, HasSubstr("largest height")));
  EXPECT_THAT(ExtractImpression(good, mask, {}), StatusIs(code, HasSubstr("region mask")));
  EXPECT_THAT(ExtractImpression(good, {}, {.region = ImpressedRegion::kApertureShear}),
              StatusIs(code, HasSubstr("region 3")));
  EXPECT_THAT(ExtractImpression(empty, {}, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("plane")));
}

TEST(CheckSignatureTest, NamesTheFirstFieldOutsideItsBounds) {
  const auto made = ExtractImpression(RingScan(MadeSurface(1), {}), {}, {});
  ASSERT_THAT(made, IsOk());
  const ImpressedSignature good = made->signature;
  ASSERT_THAT(CheckSignature(good), IsOk());
  ImpressedSignature no_version = good, striated = good, pitch = good, wide = good, quality = good;
  no_version.extractor_version.clear();
  striated.region = ImpressedRegion::kApertureShear;
  pitch.pitch_um = 12.0;
  wide.width = kReliefSideMax + 1;
  quality.quality.rms_um = std::nan("");
  const auto code = absl::StatusCode::kInvalidArgument;

  EXPECT_THAT(CheckSignature(no_version), StatusIs(code, HasSubstr("extractor_version")));
  EXPECT_THAT(CheckSignature(striated), StatusIs(code, HasSubstr("region")));
  EXPECT_THAT(CheckSignature(pitch), StatusIs(code, HasSubstr("pitch_um")));
  EXPECT_THAT(CheckSignature(wide), StatusIs(code, HasSubstr("width")));
  EXPECT_THAT(CheckSignature(quality), StatusIs(code, HasSubstr("rms_um")));
}

TEST(MethodStatementTest, SaysWhereNoRealMarksWereTried) {
  EXPECT_EQ(MethodStatement(ImpressedRegion::kBreechFace).find("untested"), std::string_view::npos);
  for (const ImpressedRegion region :
       {ImpressedRegion::kFiringPin, ImpressedRegion::kApertureShear, ImpressedRegion::kEjector}) {
    EXPECT_THAT(std::string(MethodStatement(region)), HasSubstr("untested on this region"));
  }
}

TEST(RegionMaskTest, PrefersTheLabelThenRedThenTheBrightestGrey) {
  X3pScan scan;
  scan.map = {.width = 4, .height = 1, .pitch_x_um = 1, .pitch_y_um = 1, .height_um = {0, 0, 0, 0}};
  scan.mask = {1, 2, 0, 1};
  const auto breech = ImpressedRegion::kBreechFace;
  using Mask = std::vector<std::uint8_t>;

  scan.annotations = {{"#00ff00", "Breech face", 2}, {"#ff0000", "", 1}};
  EXPECT_EQ(RegionMask(scan, breech), (Mask{1, 0, 0, 1}));
  scan.annotations = {{"#00ff00", "other", 2}, {"#ff0000", "", 1}};
  EXPECT_EQ(RegionMask(scan, breech), (Mask{0, 1, 0, 0}));
  scan.annotations = {{"#000000", "", 2}, {"#ffffff", "", 1}};
  EXPECT_EQ(RegionMask(scan, breech), (Mask{0, 1, 0, 0}));
  scan.annotations = {{"#00ff00", "", 2}, {"#0000ff", "", 1}};
  EXPECT_TRUE(RegionMask(scan, breech).empty());
  scan.mask.clear();
  EXPECT_TRUE(RegionMask(scan, breech).empty());
}

}  // namespace
}  // namespace proofmark::forensics
