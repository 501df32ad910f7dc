// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/land_extraction.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "base/bytes.h"
#include "crypto/hash/sha256.h"
#include "forensics/surface/resample.h"
#include "tests/bench/land_evaluation.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/forensics/striated/synthetic_land.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::LandRecipe;
using ::proofmark::testing::MakeLand;
using ::proofmark::testing::MaxCorrelation;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNoLand = absl::StatusCode::kFailedPrecondition;

const HeightMap& PlainLand() {
  static const auto& land = *new HeightMap(MakeLand({}));
  return land;
}

LandSignature SignatureOf(const HeightMap& map, const LandExtractionOptions& options = {}) {
  const absl::StatusOr<LandExtraction> out = ExtractLand(map, options);
  EXPECT_THAT(out, IsOk());
  return out.ok() ? out->signature : LandSignature{};
}

HeightMap MirrorY(const HeightMap& map) {
  HeightMap out = map;
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) out.at(x, y) = map.at(x, map.height - 1 - y);
  }
  return out;
}

LandSignature Reversed(LandSignature signature) {
  std::reverse(signature.height_nm.begin(), signature.height_nm.end());
  return signature;
}

// Correlation of a signature with the striae the land was made from, at the signature's own x.
double AgreementWithRecipe(const LandSignature& signature, const LandRecipe& recipe) {
  LandSignature truth = signature;
  for (std::size_t i = 0; i < truth.height_nm.size(); ++i) {
    const double x_um = signature.left_shoulder_um + static_cast<double>(i) * kSignaturePitchUm;
    truth.height_nm[i] = static_cast<std::int16_t>(
        testing::StriaeNm(recipe, static_cast<std::int64_t>(x_um * 1000.0), 0));
  }
  return MaxCorrelation(signature, truth);
}

TEST(ExtractLandTest, RecoversTheStriaeOfAKnownLand) {
  const LandRecipe recipe;

  const LandSignature signature = SignatureOf(MakeLand(recipe));

  EXPECT_GT(AgreementWithRecipe(signature, recipe), 0.95);
  EXPECT_EQ(signature.flags, 0U);
  EXPECT_EQ(signature.quality.missing_share, 0.0);
  EXPECT_GT(signature.quality.consistency, 0.95);
  EXPECT_GT(signature.quality.consistent_share, 0.8);
  EXPECT_GT(signature.quality.coherence, 0.8);
  EXPECT_NEAR(signature.quality.drift_um_per_mm, 0.0, 2.0);
}

// The flanks begin at 250 and 1550 um; the shoulder is a safe step inside of that.
TEST(ExtractLandTest, FindsTheShouldersOfAKnownLand) {
  const LandSignature signature = SignatureOf(PlainLand());

  EXPECT_NEAR(signature.left_shoulder_um, 290.0, 25.0);
  EXPECT_NEAR(signature.right_shoulder_um, 1510.0, 25.0);
  EXPECT_EQ(static_cast<double>(signature.height_nm.size() - 1) * kSignaturePitchUm,
            signature.width_um());
}

TEST(ExtractLandTest, SaysWhenNoGrooveWasSeen) {
  const LandSignature left = SignatureOf(MakeLand({.left_edge_nm = -100'000}));
  const LandSignature right = SignatureOf(MakeLand({.right_edge_nm = 9'000'000}));

  EXPECT_TRUE(left.has(LandFlag::kLeftShoulderAssumed));
  EXPECT_FALSE(left.has(LandFlag::kRightShoulderAssumed));
  EXPECT_FALSE(right.has(LandFlag::kLeftShoulderAssumed));
  EXPECT_TRUE(right.has(LandFlag::kRightShoulderAssumed));
}

TEST(ExtractLandTest, StepsInFromTheGrooveAsFarAsAsked) {
  const HeightMap map = PlainLand();

  const LandSignature near = SignatureOf(map, {.shoulder_step_in_um = 0.0});
  const LandSignature far = SignatureOf(map, {.shoulder_step_in_um = 100.0});

  EXPECT_NEAR(far.left_shoulder_um - near.left_shoulder_um, 100.0, kSignaturePitchUm);
  EXPECT_NEAR(near.right_shoulder_um - far.right_shoulder_um, 100.0, kSignaturePitchUm);
}

TEST(ExtractLandTest, TakesTheRoundnessOfTheBulletOff) {
  const LandSignature flat = SignatureOf(MakeLand({.radius_nm = 0}));
  for (const std::int64_t radius_nm : {2'500'000, 4'500'000, 9'000'000}) {
    SCOPED_TRACE(radius_nm);

    const LandSignature round = SignatureOf(MakeLand({.radius_nm = radius_nm}));

    EXPECT_GT(MaxCorrelation(round, flat), 0.999);
    EXPECT_NEAR(round.quality.amplitude_um, flat.quality.amplitude_um,
                0.02 * flat.quality.amplitude_um);
  }
}

TEST(ExtractLandTest, DoesNotFeelAnOffsetOrATiltOfTheScan) {
  const HeightMap level = PlainLand();
  HeightMap tilted = level;
  for (std::int64_t y = 0; y < level.height; ++y) {
    for (std::int64_t x = 0; x < level.width; ++x) {
      tilted.at(x, y) += 500.0F + 0.02F * static_cast<float>(x) - 0.05F * static_cast<float>(y);
    }
  }

  const LandSignature a = SignatureOf(level);
  const LandSignature b = SignatureOf(tilted);

  ASSERT_EQ(a.height_nm.size(), b.height_nm.size());
  int worst_nm = 0;
  for (std::size_t i = 0; i < a.height_nm.size(); ++i) {
    worst_nm = std::max(worst_nm, std::abs(a.height_nm[i] - b.height_nm[i]));
  }
  EXPECT_LE(worst_nm, 20);  // The median of tilted rows is another row's: its noise is 30 nm.
}

TEST(ExtractLandTest, ScalesWithTheHeights) {
  const LandSignature once = SignatureOf(PlainLand());
  HeightMap higher = PlainLand();
  for (float& z : higher.height_um) z *= 1.25F;

  const LandSignature scaled = SignatureOf(higher);

  EXPECT_GT(MaxCorrelation(once, scaled), 0.998);
  EXPECT_NEAR(scaled.quality.amplitude_um, 1.25 * once.quality.amplitude_um, 0.01);
}

TEST(ExtractLandTest, DoesNotDependOnThePitchOfTheScan) {
  const LandSignature fine = SignatureOf(PlainLand());
  for (const std::int64_t pitch_nm : {1563, 1935, 3125, 4000, 6250}) {
    SCOPED_TRACE(pitch_nm);
    const LandRecipe recipe{
        .width = 1'800'000 / pitch_nm, .height = 480'000 / pitch_nm, .pitch_nm = pitch_nm};

    const LandSignature other = SignatureOf(MakeLand(recipe));

    EXPECT_GT(MaxCorrelation(fine, other), 0.98);
    EXPECT_NEAR(fine.left_shoulder_um, other.left_shoulder_um, 15.0);
  }
}

TEST(ExtractLandTest, StraightensTheDriftOfTheStriae) {
  const LandRecipe drifting{.drift_permille = 120};

  const LandSignature signature = SignatureOf(MakeLand(drifting));

  EXPECT_NEAR(signature.quality.drift_um_per_mm, 120.0, 5.0);
  EXPECT_GT(AgreementWithRecipe(signature, drifting), 0.93);
  EXPECT_GT(signature.quality.consistent_share, 0.8);
}

// All eight ways a scan can lie. Of the turned ones the heel decides which way is up; what is left
// open is whether the scan was turned or mirrored, and that is said.
TEST(ExtractLandTest, GivesTheSameSignatureWhicheverWayTheScanLies) {
  const HeightMap scan = PlainLand();
  const LandSignature signature = SignatureOf(scan);
  const HeightMap quarter = QuarterTurn(scan);
  const HeightMap half = QuarterTurn(quarter);
  const HeightMap three_quarters = QuarterTurn(half);

  for (const HeightMap& turned : {quarter, three_quarters}) {
    const LandSignature other = SignatureOf(turned);
    EXPECT_EQ(other.height_nm, signature.height_nm);
    EXPECT_EQ(other.left_shoulder_um, signature.left_shoulder_um);
    EXPECT_EQ(other.quality, signature.quality);
    EXPECT_TRUE(other.has(LandFlag::kTransposed));
    EXPECT_TRUE(other.has(LandFlag::kHeelUncertain));
  }
  const LandSignature mirrored = SignatureOf(MirrorY(scan));
  EXPECT_GT(MaxCorrelation(mirrored, signature), 0.99);
  EXPECT_TRUE(mirrored.has(LandFlag::kHeelUncertain));
  EXPECT_FALSE(mirrored.has(LandFlag::kTransposed));
  const LandSignature upside_down = SignatureOf(half);
  EXPECT_GT(MaxCorrelation(Reversed(upside_down), signature), 0.99);
  EXPECT_LT(MaxCorrelation(upside_down, signature), 0.6);
  EXPECT_TRUE(upside_down.has(LandFlag::kHeelUncertain));
}

TEST(ExtractLandTest, CannotTellTheHeelOfALandWhoseEndsAreAlike) {
  EXPECT_TRUE(SignatureOf(MakeLand({.broken_heel = false})).has(LandFlag::kHeelUncertain));
}

TEST(ExtractLandTest, MeasuresTheBandFromTheHeel) {
  const LandQuality up = SignatureOf(PlainLand()).quality;
  const LandQuality down = SignatureOf(MirrorY(PlainLand())).quality;

  EXPECT_GT(up.band_from_um, 40.0);  // The rubble is left out.
  EXPECT_NEAR(down.band_from_um, up.band_from_um, 30.0);
  EXPECT_NEAR(down.band_to_um, up.band_to_um, 30.0);
}

TEST(ExtractLandTest, FlagsALandThatDoesNotRepeatAlongItself) {
  const LandSignature damaged = SignatureOf(MakeLand({.repeat_nm = 50'000, .broken_heel = false}));

  EXPECT_TRUE(damaged.has(LandFlag::kDamaged));
  EXPECT_LT(damaged.quality.consistency, 0.6);
  EXPECT_FALSE(SignatureOf(PlainLand()).has(LandFlag::kDamaged));
}

TEST(ExtractLandTest, MarksAGapAcrossTheLand) {
  HeightMap map = PlainLand();
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 400; x < 430; ++x) map.at(x, y) = kNotMeasured;
  }

  const LandSignature signature = SignatureOf(map);

  // 60 um of about 1215 um, less what smoothing carries over its ends.
  EXPECT_NEAR(signature.quality.missing_share, 60.0 / signature.width_um(), 0.01);
  const auto gap =
      static_cast<std::size_t>((830.0 - signature.left_shoulder_um) / kSignaturePitchUm);
  EXPECT_EQ(signature.height_nm[gap], kSampleNotMeasured);
}

// Whatever is stored in a point that was not measured, nothing feels it.
TEST(ExtractLandTest, ForgetsEverythingAboutAMissingPoint) {
  const HeightMap map = PlainLand();
  HeightMap other = map;
  std::uint32_t payload = 1;
  for (float& z : other.height_um) {
    if (!IsMeasured(z)) z = std::bit_cast<float>(0xFFC00000U | (payload++ & 0x3FFFFFU));
  }

  EXPECT_EQ(SignatureOf(map), SignatureOf(other));
}

// Any change of these bits is a change of the extractor: give it another version.
TEST(ExtractLandTest, GivesTheSameBitsOnEveryMachine) {
  const LandSignature signature = SignatureOf(MakeLand({.drift_permille = 40, .seed = 7}));
  std::string bytes;
  for (const std::int16_t z : signature.height_nm) {
    base::AppendU16Be(bytes, static_cast<std::uint16_t>(z));
  }

  EXPECT_EQ(crypto::Sha256Hex(bytes),
            "487fa2a2e3909a1a3bf90638838f1f0e7ca89c4ecc6aafcc95a9d0f63c7ce57d");
  EXPECT_EQ(LandExtractorVersion(),
            "land-2 form=iso-order2-1000um noise=iso-16um band=250um block=25um step=15um");
}

TEST(ExtractLandTest, ShowsWhatWasDone) {
  const HeightMap map = PlainLand();
  const absl::StatusOr<LandExtraction> out = ExtractLand(map, {});
  ASSERT_THAT(out, IsOk());

  EXPECT_EQ(out->trace.left_shoulder_um, out->signature.left_shoulder_um);
  EXPECT_EQ(out->trace.profile_um.size(), out->trace.form_um.size());
  EXPECT_EQ(out->trace.oriented.width, map.width);
  // Profile less form is the signature, before smoothing.
  const auto first = static_cast<std::size_t>(out->signature.left_shoulder_um / kSignaturePitchUm);
  for (std::size_t i = 0; i < out->signature.height_nm.size(); ++i) {
    EXPECT_NEAR(1000.0 * (out->trace.profile_um[first + i] - out->trace.form_um[first + i]),
                out->signature.height_nm[i], 400.0);
  }
  EXPECT_FALSE(IsMeasured(out->trace.form_um[first - 1]));
}

TEST(ExtractLandTest, RefusesASurfaceWithoutStriae) {
  HeightMap grain = MakeLand({.left_edge_nm = 0, .right_edge_nm = 9'000'000, .striae_nm = 0});
  for (std::int64_t y = 0; y < grain.height; ++y) {
    for (std::int64_t x = 0; x < grain.width; ++x) {
      grain.at(x, y) += static_cast<float>(testing::Random(2000, 9, x / 10, y / 10)) / 1000.0F;
    }
  }

  EXPECT_THAT(ExtractLand(grain, {}), StatusIs(kNoLand, HasSubstr("not a striated land")));
}

TEST(ExtractLandTest, RefusesALandTooNarrowOrAllFlank) {
  EXPECT_THAT(ExtractLand(MakeLand({.left_edge_nm = 730'000, .right_edge_nm = 1'070'000}), {}),
              StatusIs(kNoLand, HasSubstr("um wide, outside 300..12800 um")));
}

TEST(ExtractLandTest, RefusesAScanMostlyUnmeasured) {
  HeightMap map = PlainLand();
  for (std::size_t i = 0; i < map.height_um.size(); ++i) {
    if (i % 8 != 0) map.height_um[i] = kNotMeasured;
  }

  EXPECT_THAT(ExtractLand(map, {}), StatusIs(kNoLand, HasSubstr("measured share of the scan")));
}

// Millimetres or metres taken for micrometres, and the like.
TEST(ExtractLandTest, RefusesAnImplausibleScanAndNamesTheValue) {
  const auto refused = [](const std::function<void(HeightMap&)>& spoil, const char* message) {
    HeightMap map = PlainLand();
    spoil(map);
    EXPECT_THAT(ExtractLand(map, {}), StatusIs(kInvalid, HasSubstr(message)));
  };
  const auto scale = [](float factor) {
    return [factor](HeightMap& map) {
      for (float& z : map.height_um) z *= factor;
    };
  };

  refused(scale(1e-3F), "relief (0.1 % to 99.9 % of the heights) is 0.0");
  refused(scale(1e3F), "relief (0.1 % to 99.9 % of the heights) is ");
  refused(scale(1e6F), "largest height is ");
  refused([](HeightMap& map) { map.at(3, 100) = std::numeric_limits<float>::infinity(); },
          "largest height is inf um");
  refused([](HeightMap& map) { map.pitch_x_um = 2e-6; }, "pitch_x_um is 2e-06 um, outside 0.1..15");
  refused([](HeightMap& map) { map.pitch_y_um = -1.0; }, "pitch_y_um is -1 um");
  refused([](HeightMap& map) { map.pitch_y_um = std::nan(""); }, "pitch_y_um is nan um");
  refused([](HeightMap& map) { map.height_um.pop_back(); },
          "the map holds 215999 heights, not 900 x 240");
  refused([](HeightMap& map) { map.width = 0; }, "width is 0 points");
  refused([](HeightMap& map) { map.height = std::numeric_limits<std::int64_t>::max(); },
          "height is 9.22337e+18 points");
  refused(
      [](HeightMap& map) {
        map = {.width = 4000,
               .height = 1,
               .pitch_x_um = 10.0,
               .pitch_y_um = 10.0,
               .height_um = std::vector<float>(4000, 1.0F)};
      },
      "extent along x is 40000 um, outside 0..20000");
}

TEST(ExtractLandTest, RefusesOptionsOutsideTheirBounds) {
  const HeightMap map = PlainLand();

  EXPECT_THAT(ExtractLand(map, {.form_cutoff_um = 99.0}),
              StatusIs(kInvalid, HasSubstr("form_cutoff_um is 99 um, outside 100..2000")));
  EXPECT_THAT(ExtractLand(map, {.noise_cutoff_um = 61.0}),
              StatusIs(kInvalid, HasSubstr("noise_cutoff_um")));
  EXPECT_THAT(ExtractLand(map, {.block_um = 0.0}), StatusIs(kInvalid, HasSubstr("block_um")));
  EXPECT_THAT(ExtractLand(map, {.shoulder_step_in_um = std::nan("")}),
              StatusIs(kInvalid, HasSubstr("shoulder_step_in_um")));
}

TEST(ExtractLandTest, TakesAScanOfOneRowForAProfile) {
  HeightMap row = MakeLand({.noise_nm = 0, .broken_heel = false});
  row.height = 1;
  row.height_um.resize(static_cast<std::size_t>(row.width));

  const LandSignature signature = SignatureOf(row);

  EXPECT_TRUE(signature.has(LandFlag::kFromProfile));
  EXPECT_GT(MaxCorrelation(signature, SignatureOf(PlainLand())), 0.98);
}

struct Crosscut {
  std::vector<double> x_um, height_um;
};

Crosscut MakeCrosscut(double from_um, std::int64_t step = 1) {
  const HeightMap map = MakeLand({.broken_heel = false});
  Crosscut cut;
  for (std::int64_t x = 0; x < map.width; x += step) {
    cut.x_um.push_back(from_um + static_cast<double>(x) * map.pitch_x_um);
    cut.height_um.push_back(map.at(x, 120));
  }
  return cut;
}

TEST(ExtractLandFromProfileTest, AgreesWithTheScanItWasCutFrom) {
  const LandSignature of_scan = SignatureOf(PlainLand());
  for (const std::int64_t step : {1, 2, 3}) {
    const Crosscut cut = MakeCrosscut(-300.0, step);

    const absl::StatusOr<LandExtraction> out = ExtractLandFromProfile(cut.x_um, cut.height_um, {});

    ASSERT_THAT(out, IsOk());
    EXPECT_TRUE(out->signature.has(LandFlag::kFromProfile));
    EXPECT_NEAR(out->signature.left_shoulder_um, of_scan.left_shoulder_um - 300.0, 10.0);
    EXPECT_GT(MaxCorrelation(out->signature, of_scan), 0.97);
  }
}

TEST(ExtractLandFromProfileTest, LeavesGapsAsGaps) {
  Crosscut cut = MakeCrosscut(0.0);
  cut.x_um.erase(cut.x_um.begin() + 400, cut.x_um.begin() + 440);
  cut.height_um.erase(cut.height_um.begin() + 400, cut.height_um.begin() + 440);

  const absl::StatusOr<LandExtraction> out = ExtractLandFromProfile(cut.x_um, cut.height_um, {});

  ASSERT_THAT(out, IsOk());
  EXPECT_NEAR(out->signature.quality.missing_share, 80.0 / out->signature.width_um(), 0.01);
}

TEST(ExtractLandFromProfileTest, RefusesWhatIsNoProfile) {
  const Crosscut good = MakeCrosscut(0.0);
  const auto refused = [&](const std::function<void(Crosscut&)>& spoil, const char* message) {
    Crosscut cut = good;
    spoil(cut);
    EXPECT_THAT(ExtractLandFromProfile(cut.x_um, cut.height_um, {}),
                StatusIs(kInvalid, HasSubstr(message)));
  };

  refused([](Crosscut& c) { c.x_um.pop_back(); }, "899 positions but 900 heights");
  refused([](Crosscut& c) { c = {}; }, "profile length is 0 samples");
  refused([](Crosscut& c) { c.x_um[5] = c.x_um[4]; }, "position 5 is 8 um, not beyond");
  refused([](Crosscut& c) { c.x_um[7] = std::nan(""); }, "position 7 is nan um");
  refused([](Crosscut& c) { c.height_um[9] = std::nan(""); }, "height is nan um");
  refused([](Crosscut& c) { c.height_um[9] = 1e6; }, "height is 1e+06 um");
  refused([](Crosscut& c) { c.x_um.back() = 1e9; }, "extent of the profile is 1e+09 um");
  refused(
      [](Crosscut& c) {
        for (double& x : c.x_um) x *= 1e-3;
      },
      "median step");
  refused([](Crosscut& c) { c.x_um.front() = -std::numeric_limits<double>::infinity(); },
          "first position is -inf um");
}

}  // namespace
}  // namespace proofmark::forensics
