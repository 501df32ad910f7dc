// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/agreement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "forensics/striated/ballistic_signature.h"
#include "forensics/synthetic/generator.h"

namespace proofmark::forensics {
namespace {

using Heights = std::vector<std::int16_t>;

Heights Land(std::uint32_t barrel, std::uint32_t shot, std::size_t land) {
  return GenerateBulletSignature({.seed = 5, .barrel = barrel}, shot).lands[land]->height_nm;
}

LevelProfile Whole(Heights heights) {  // Without gaps.
  for (std::int16_t& z : heights) z = z == kSampleNotMeasured ? std::int16_t{0} : z;
  return MakeLevelProfile(heights);
}

Heights WithGap(Heights heights, std::size_t from, std::size_t count) {
  std::fill_n(heights.begin() + static_cast<std::ptrdiff_t>(from), count, kSampleNotMeasured);
  return heights;
}

// The mean over segments as the header says it, sample by sample; NaN without one.
double MeanAt(const LevelProfile& query, const LevelProfile& reference, std::int64_t shift,
              std::int64_t* segments) {
  long double total = 0.0L;
  *segments = 0;
  for (std::int64_t begin = 0; begin + 24 <= query.size(); begin += 12) {
    if (begin + shift < 0 || begin + shift + 24 > reference.size()) continue;
    long double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (std::int64_t i = begin; i < begin + 24; ++i) {
      const auto q = static_cast<std::size_t>(i);
      const auto r = static_cast<std::size_t>(i + shift);
      if (query.mask[q] == 0 || reference.mask[r] == 0) continue;
      const long double a = query.level[q];
      const long double b = reference.level[r];
      n += 1;
      x += a;
      y += b;
      xx += a * a;
      yy += b * b;
      xy += a * b;
    }
    const long double energy = (n * xx - x * x) * (n * yy - y * y);
    if (n < 12 || energy <= 0) continue;
    total += (n * xy - x * y) / std::sqrt(energy);
    ++*segments;
  }
  return *segments > 0 ? static_cast<double>(total / static_cast<long double>(*segments))
                       : std::nan("");
}

void ExpectAsTheReferenceSays(const LevelProfile& query, const LevelProfile& reference) {
  const CorrelationWindow window{.shift_max = 60, .overlap_min = 192};
  const std::optional<AgreementPeak> peak = BestAgreement(query, reference, window);
  ASSERT_TRUE(peak.has_value());
  double best = -2.0;
  const double middle = 0.5 * static_cast<double>(reference.size() - query.size());
  for (std::int64_t shift = -400; shift <= 400; ++shift) {
    if (std::abs(static_cast<double>(shift) - middle) > 60.0) continue;
    std::int64_t segments = 0;
    const double mean = MeanAt(query, reference, shift, &segments);
    if (segments >= 192 / 12 - 2) best = std::max(best, mean);
  }
  const auto whole = static_cast<std::int64_t>(std::floor(peak->shift + 0.5));
  std::int64_t segments = 0;
  EXPECT_NEAR(MeanAt(query, reference, whole, &segments), best, 1e-6);
  EXPECT_EQ(peak->segment_count, segments);
  // The parabola adds a little to the highest of three.
  EXPECT_GE(peak->agreement, best - 1e-6);
  EXPECT_LE(peak->agreement, std::min(1.0, best + 0.1));
}

TEST(BestAgreementTest, AgreesWithTheDefinition) {
  for (std::uint32_t barrel = 0; barrel < 4; ++barrel) {
    SCOPED_TRACE(barrel);
    ExpectAsTheReferenceSays(Whole(Land(barrel, 0, 0)), Whole(Land(barrel, 1, 0)));
    ExpectAsTheReferenceSays(Whole(Land(barrel, 0, 0)), Whole(Land(barrel, 1, 1)));
  }
}

TEST(BestAgreementTest, AgreesWithTheDefinitionOverGaps) {
  const LevelProfile query = MakeLevelProfile(WithGap(Land(1, 0, 2), 100, 37));
  const LevelProfile reference = MakeLevelProfile(WithGap(Land(1, 1, 2), 300, 61));
  ASSERT_FALSE(query.gapless || reference.gapless);

  ExpectAsTheReferenceSays(query, reference);
}

TEST(BestAgreementTest, MaskedSumsGiveTheSameAsRunningSums) {
  const LevelProfile query = Whole(Land(2, 0, 0));
  LevelProfile claims_gaps = query;
  claims_gaps.gapless = false;
  const LevelProfile reference = Whole(Land(2, 1, 0));
  const CorrelationWindow window{.shift_max = 80, .overlap_min = 192};

  const auto quick = BestAgreement(query, reference, window);
  const auto masked = BestAgreement(claims_gaps, reference, window);

  ASSERT_TRUE(quick && masked);
  EXPECT_EQ(quick->agreement, masked->agreement);
  EXPECT_EQ(quick->shift, masked->shift);
  EXPECT_EQ(quick->segment_count, masked->segment_count);
}

TEST(BestAgreementTest, ALandAgreesFullyWithItselfWhereItLies) {
  const Heights land = Land(3, 0, 0);
  const Heights later(land.begin() + 40, land.end());

  const auto same = BestAgreement(Whole(land), Whole(land), {.shift_max = 80, .overlap_min = 192});
  const auto moved =
      BestAgreement(Whole(later), Whole(land), {.shift_max = 80, .overlap_min = 192});

  ASSERT_TRUE(same && moved);
  EXPECT_NEAR(same->agreement, 1.0, 1e-6);
  EXPECT_NEAR(same->shift, 0.0, 0.2);
  EXPECT_GT(moved->agreement, 0.99);  // Levels are rounded anew.
  EXPECT_NEAR(moved->shift, 40.0, 0.2);
}

// What a whole-land coefficient cannot do: one scar a hundred times as tall as the striae.
TEST(BestAgreementTest, ATallScarWeighsNoMoreThanItsLength) {
  Heights scarred = Land(3, 1, 0);
  for (std::size_t i = 200; i < 212; ++i) scarred[i] = 2'000;
  const CorrelationWindow window{.shift_max = 80, .overlap_min = 192};

  const auto clean = BestAgreement(Whole(Land(3, 0, 0)), Whole(Land(3, 1, 0)), window);
  const auto with_scar = BestAgreement(Whole(Land(3, 0, 0)), Whole(scarred), window);

  ASSERT_TRUE(clean && with_scar);
  EXPECT_NEAR(with_scar->agreement, clean->agreement, 0.1);
}

TEST(BestAgreementTest, SaysWhenTooLittleOverlaps) {
  const LevelProfile land = Whole(Land(3, 0, 0));

  EXPECT_FALSE(
      BestAgreement(land, land, {.shift_max = 10, .overlap_min = land.size() + 1}).has_value());
  EXPECT_FALSE(
      BestAgreement(land, MakeLevelProfile(Heights(400, 7)), {.shift_max = 10, .overlap_min = 192})
          .has_value());  // Flat: no segment has a coefficient.
}

}  // namespace
}  // namespace proofmark::forensics
