// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/bullet_comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "forensics/striated/ballistic_signature.h"
#include "forensics/striated/phase_significance.h"
#include "forensics/striated/prepared_bullet.h"
#include "forensics/synthetic/generator.h"
#include "forensics/synthetic/philox.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

BulletSignature Bullet(std::uint32_t barrel, std::uint32_t shot, std::int64_t lands = 6) {
  return GenerateBulletSignature({.seed = 11, .barrel = barrel, .land_count = lands}, shot);
}

LandSignature Turned(LandSignature land) {
  std::reverse(land.height_nm.begin(), land.height_nm.end());
  return land;
}

// The bullet scanned the other way up: every land turned, the order reversed.
BulletSignature Turned(const BulletSignature& bullet) {
  BulletSignature turned = bullet;
  std::reverse(turned.lands.begin(), turned.lands.end());
  for (auto& land : turned.lands) {
    if (land) land = Turned(*land);
  }
  return turned;
}

BulletSignature Rotated(const BulletSignature& bullet, std::int64_t by) {
  BulletSignature rotated = bullet;
  std::rotate(rotated.lands.begin(), rotated.lands.begin() + by, rotated.lands.end());
  return rotated;
}

BulletSignature WithUncertainHeel(BulletSignature bullet) {
  for (auto& land : bullet.lands) {
    if (land) land->set(LandFlag::kHeelUncertain);
  }
  return bullet;
}

// --- Lands ----------------------------------------------------------------------------------

TEST(CompareLandsTest, ALandAgreesFullyWithItself) {
  const LandSignature land = *Bullet(1, 0).lands[0];

  const absl::StatusOr<LandComparison> same = CompareLands(land, land, {});

  ASSERT_THAT(same, IsOk());
  EXPECT_DOUBLE_EQ(same->ccf, 1.0);
  EXPECT_NEAR(same->lag_um, 0.0, 0.05);
  EXPECT_GE(same->cmps_share, 0.85);  // A gap takes its segments with it.
  EXPECT_GT(same->score, 0.9);
}

TEST(CompareLandsTest, ExchangingTheTwoNegatesTheLagAndChangesNothingElse) {
  for (std::uint32_t barrel = 0; barrel < 4; ++barrel) {
    for (std::size_t land = 0; land < 6; ++land) {
      const LandSignature a = *Bullet(barrel, 0).lands[land];
      const LandSignature b = *Bullet(barrel / 2, 1).lands[land];

      const absl::StatusOr<LandComparison> ab = CompareLands(a, b, {});
      const absl::StatusOr<LandComparison> ba = CompareLands(b, a, {});

      ASSERT_THAT(ab, IsOk());
      ASSERT_THAT(ba, IsOk());
      EXPECT_EQ(ab->score, ba->score);
      EXPECT_EQ(ab->ccf, ba->ccf);
      EXPECT_EQ(ab->cmps_share, ba->cmps_share);
      EXPECT_EQ(ab->overlap_um, ba->overlap_um);
      EXPECT_EQ(ab->lag_um, -ba->lag_um);
    }
  }
}

TEST(CompareLandsTest, TurningBothEndForEndChangesNoBitOfTheScore) {
  for (std::size_t land = 0; land < 6; ++land) {
    const LandSignature a = *Bullet(3, 0).lands[land];
    const LandSignature b = *Bullet(3, 1).lands[land];

    const absl::StatusOr<LandComparison> forward = CompareLands(a, b, {});
    const absl::StatusOr<LandComparison> turned = CompareLands(Turned(a), Turned(b), {});

    ASSERT_THAT(forward, IsOk());
    ASSERT_THAT(turned, IsOk());
    EXPECT_EQ(forward->score, turned->score);
    // Left ends before, right ends after: the lags differ by the difference of the lengths.
    const double longer_um =
        (static_cast<double>(b.height_nm.size()) - static_cast<double>(a.height_nm.size())) *
        kSignaturePitchUm;
    EXPECT_NEAR(turned->lag_um, longer_um - forward->lag_um, 1e-9);
  }
}

TEST(CompareLandsTest, RecoversAKnownLag) {
  const LandSignature whole = *Bullet(2, 0).lands[1];
  LandSignature query = whole;
  query.height_nm.erase(query.height_nm.begin(), query.height_nm.begin() + 20);  // 62.5 um.

  const absl::StatusOr<LandComparison> result = CompareLands(query, whole, {});

  ASSERT_THAT(result, IsOk());
  EXPECT_NEAR(result->lag_um, 62.5, 0.1);  // The query moves right to meet the whole.
  EXPECT_NEAR(result->ccf, 1.0, 1e-9);
}

// Two pieces of one land, cut at either end; the ends of a piece that were cut are assumed
// shoulders.
TEST(CompareLandsTest, LooksFromTheShouldersThatWereSeen) {
  const LandSignature whole = *Bullet(2, 0).lands[1];
  LandSignature left = whole;
  LandSignature right = whole;
  left.height_nm.resize(450);
  right.height_nm.erase(right.height_nm.begin(), right.height_nm.end() - 450);
  const double apart_um = static_cast<double>(whole.height_nm.size() - 450) * kSignaturePitchUm;
  ASSERT_GT(apart_um, 200.0);
  const LandComparisonOptions narrow{.lag_um_max = 60.0};

  // Believed to be whole lands, they are laid middle on middle, and not found.
  const absl::StatusOr<LandComparison> believed = CompareLands(right, left, narrow);
  // No shoulder in common: every shift.
  right.set(LandFlag::kLeftShoulderAssumed);
  left.set(LandFlag::kRightShoulderAssumed);
  const absl::StatusOr<LandComparison> free = CompareLands(right, left, narrow);
  // The right shoulder in common: from where it meets, and turned, the left.
  const absl::StatusOr<LandComparison> anchored = CompareLands(right, whole, narrow);
  LandSignature turned = Turned(right);
  turned.flags = 0;
  turned.set(LandFlag::kRightShoulderAssumed);
  const absl::StatusOr<LandComparison> reversed = CompareLands(turned, Turned(whole), narrow);

  ASSERT_THAT(believed, IsOk());
  ASSERT_THAT(free, IsOk());
  ASSERT_THAT(anchored, IsOk());
  ASSERT_THAT(reversed, IsOk());
  EXPECT_LE(std::abs(believed->lag_um), 62.5);
  EXPECT_NEAR(free->lag_um, apart_um, 0.2);
  EXPECT_NEAR(free->ccf, 1.0, 1e-9);
  EXPECT_NEAR(anchored->lag_um, apart_um, 0.2);
  EXPECT_NEAR(anchored->ccf, 1.0, 1e-9);
  EXPECT_NEAR(reversed->lag_um, 0.0, 0.2);
  EXPECT_EQ(reversed->score, anchored->score);
}

// A sample that was not measured has no height: whatever the measured part says must not depend on
// how long the gap's own values could have been.
TEST(CompareLandsTest, OnlySamplesMeasuredInBothCount) {
  const LandSignature a = *Bullet(4, 0).lands[0];
  LandSignature gap_in_a = a;
  LandSignature gap_in_b = a;
  std::fill_n(gap_in_a.height_nm.begin() + 100, 80, kSampleNotMeasured);
  std::fill_n(gap_in_b.height_nm.begin() + 300, 40, kSampleNotMeasured);

  const absl::StatusOr<LandComparison> result = CompareLands(gap_in_a, gap_in_b, {});

  ASSERT_THAT(result, IsOk());
  EXPECT_DOUBLE_EQ(result->ccf, 1.0);
  const auto measured = std::count_if(a.height_nm.begin(), a.height_nm.end(),
                                      [](std::int16_t z) { return z != kSampleNotMeasured; });
  EXPECT_LE(result->overlap_um, static_cast<double>(measured - 100) * kSignaturePitchUm);
}

TEST(CompareLandsTest, SaysWhenTooLittleOverlaps) {
  LandSignature a = *Bullet(4, 0).lands[0];
  LandSignature b = a;
  for (std::size_t i = 0; i < a.height_nm.size(); ++i) {
    (i < a.height_nm.size() / 2 ? a : b).height_nm[i] = kSampleNotMeasured;
  }

  EXPECT_THAT(CompareLands(a, b, {.lag_um_max = 0.0}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no lag")));
}

TEST(CompareLandsTest, NamesWhatIsOutOfBounds) {
  const LandSignature good = *Bullet(4, 0).lands[0];
  LandSignature tiny = good;
  LandSignature huge = good;
  tiny.height_nm.resize(kSignatureSamplesMin - 1);
  huge.height_nm.resize(kSignatureSamplesMax + 1, 5);

  EXPECT_THAT(CompareLands(tiny, good, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("95 samples")));
  EXPECT_THAT(CompareLands(good, huge, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("4097 samples")));
  EXPECT_THAT(CompareLands(good, good, {.lag_um_max = 5001.0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("lag_um_max")));
  EXPECT_THAT(CompareLands(good, good, {.overlap_um_min = 0.0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("overlap_um_min")));
}

TEST(LandScoreTest, RisesWithBothAndStaysInBounds) {
  for (double ccf = -1.0; ccf <= 1.0; ccf += 0.05) {
    for (double share = 0.0; share <= 1.0; share += 0.05) {
      const double score = LandScore(ccf, share);
      EXPECT_GE(score, 0.0);
      EXPECT_LE(score, 1.0);
      EXPECT_LE(score, LandScore(ccf + 0.01, share));
      EXPECT_LE(score, LandScore(ccf, share + 0.01));
    }
  }
  EXPECT_EQ(LandScore(1.0, 1.0), 1.0);
  EXPECT_LT(LandScore(0.5, 0.5), LandScore(0.6, 0.5));
  EXPECT_LT(LandScore(0.5, 0.5), LandScore(0.5, 0.6));
}

// --- Bullets --------------------------------------------------------------------------------

TEST(CompareBulletsTest, FindsThePhaseAfterRotatingTheLands) {
  const BulletSignature bullet = Bullet(5, 0);
  for (std::int64_t by = 0; by < 6; ++by) {
    // Land i of the rotated reference is land i + by: query land i lies on reference i - by.
    const absl::StatusOr<BulletComparison> result =
        CompareBullets(bullet, Rotated(Bullet(5, 1), by), {});

    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->phase, (6 - by) % 6);
    EXPECT_EQ(result->lands_compared, 6);
    EXPECT_EQ(result->phases_tried, 6);
    EXPECT_FALSE(result->reversed);
    ASSERT_EQ(result->pairs.size(), 6U);
    for (const LandPair& pair : result->pairs) {
      EXPECT_EQ(pair.reference_land, (pair.query_land + result->phase) % 6);
    }
  }
}

TEST(CompareBulletsTest, ScoreIsTheMeanOfTheBestPhaseAndContrastItsLead) {
  const BulletSignature a = Bullet(6, 0);
  const BulletSignature b = Bullet(7, 0);
  std::vector<double> means;
  for (std::size_t p = 0; p < 6; ++p) {
    double sum = 0.0;
    for (std::size_t i = 0; i < 6; ++i) {
      sum += CompareLands(*a.lands[i], *b.lands[(i + p) % 6], {})->score;
    }
    means.push_back(sum / 6.0);
  }
  std::sort(means.begin(), means.end());

  const absl::StatusOr<BulletComparison> result = CompareBullets(a, b, {});

  ASSERT_THAT(result, IsOk());
  EXPECT_DOUBLE_EQ(result->score, means[5]);
  EXPECT_DOUBLE_EQ(result->contrast, means[5] - means[2]);  // Median of the five others.
}

TEST(CompareBulletsTest, ExchangingTheTwoMirrorsTheAnswer) {
  for (std::uint32_t barrel = 0; barrel < 4; ++barrel) {
    BulletSignature a = Bullet(barrel, 0);
    BulletSignature b = Rotated(Bullet(barrel / 2, 1), 2);
    if (barrel == 1) a.lands[3].reset();
    if (barrel == 2) a = WithUncertainHeel(a);
    if (barrel == 3) b = WithUncertainHeel(b);

    const absl::StatusOr<BulletComparison> ab = CompareBullets(a, b, {});
    const absl::StatusOr<BulletComparison> ba = CompareBullets(b, a, {});

    ASSERT_THAT(ab, IsOk());
    ASSERT_THAT(ba, IsOk());
    EXPECT_EQ(ab->score, ba->score);
    EXPECT_EQ(ab->contrast, ba->contrast);
    EXPECT_EQ(ab->phase_log10_p, ba->phase_log10_p);
    EXPECT_EQ(ab->reversed, ba->reversed);
    EXPECT_EQ(ab->order_reversed, ba->order_reversed);
    std::set<std::pair<std::int64_t, std::int64_t>> pairs, mirrored;
    for (const LandPair& pair : ab->pairs) pairs.insert({pair.query_land, pair.reference_land});
    for (const LandPair& pair : ba->pairs) mirrored.insert({pair.reference_land, pair.query_land});
    EXPECT_EQ(pairs, mirrored);
  }
}

TEST(CompareBulletsTest, TurningBothBulletsChangesNoBitOfTheScore) {
  const BulletSignature a = Bullet(8, 0);
  const BulletSignature b = Bullet(8, 1);

  const absl::StatusOr<BulletComparison> forward = CompareBullets(a, b, {});
  const absl::StatusOr<BulletComparison> turned = CompareBullets(Turned(a), Turned(b), {});

  ASSERT_THAT(forward, IsOk());
  ASSERT_THAT(turned, IsOk());
  EXPECT_EQ(forward->score, turned->score);
  EXPECT_EQ(forward->contrast, turned->contrast);
  EXPECT_EQ(forward->phase_log10_p, turned->phase_log10_p);
}

TEST(CompareBulletsTest, AnUncertainHeelFindsTheTurnedAndTheMirroredBullet) {
  const BulletSignature a = Bullet(8, 0);
  const BulletSignature b = Bullet(8, 1);
  BulletSignature mirrored = a;
  for (auto& land : mirrored.lands) land = Turned(*land);
  const double straight = CompareBullets(a, b, {})->score;

  const absl::StatusOr<BulletComparison> blind = CompareBullets(Turned(a), b, {});
  const absl::StatusOr<BulletComparison> turned =
      CompareBullets(WithUncertainHeel(Turned(a)), b, {});
  const absl::StatusOr<BulletComparison> mirror =
      CompareBullets(WithUncertainHeel(mirrored), b, {});

  ASSERT_THAT(turned, IsOk());
  ASSERT_THAT(mirror, IsOk());
  EXPECT_LT(blind->score, 0.6 * straight);
  EXPECT_EQ(turned->score, straight);
  EXPECT_TRUE(turned->reversed);
  EXPECT_TRUE(turned->order_reversed);
  EXPECT_EQ(turned->phases_tried, 24);
  EXPECT_EQ(mirror->score, straight);
  EXPECT_TRUE(mirror->reversed);
  EXPECT_FALSE(mirror->order_reversed);
  for (const LandPair& pair : turned->pairs) {
    EXPECT_EQ(pair.reference_land, (turned->phase - pair.query_land + 6) % 6);
    EXPECT_EQ(pair.reference_land, 5 - pair.query_land);  // Land j of a became land 5 - j.
  }
}

TEST(CompareBulletsTest, MissingLandsAreLeftOutOfTheMean) {
  const BulletSignature b = Bullet(5, 1);
  BulletSignature part = Bullet(5, 0);
  const absl::StatusOr<BulletComparison> whole = CompareBullets(part, b, {});
  part.lands[1].reset();
  part.lands[4].reset();

  const absl::StatusOr<BulletComparison> result = CompareBullets(part, b, {});

  ASSERT_THAT(whole, IsOk());
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->lands_compared, 4);
  double sum = 0.0;
  for (const LandPair& pair : whole->pairs) {
    if (pair.query_land != 1 && pair.query_land != 4) sum += pair.comparison.score;
  }
  EXPECT_DOUBLE_EQ(result->score, sum / 4.0);
}

TEST(CompareBulletsTest, APartWithFewerLandsIsFoundInTheWhole) {
  BulletSignature part = Rotated(Bullet(5, 0), 3);
  part.lands.resize(2);

  const absl::StatusOr<BulletComparison> result = CompareBullets(part, Bullet(5, 1), {});

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->phase, 3);
  EXPECT_EQ(result->lands_compared, 2);
}

TEST(CompareBulletsTest, RefusesOtherVersionsAndEmptyBullets) {
  const BulletSignature good = Bullet(5, 0);
  BulletSignature other = good;
  other.extractor_version = "another";
  BulletSignature none = good;
  none.lands.clear();
  BulletSignature many = good;
  many.lands.resize(kBulletLandsMax + 1);
  BulletSignature blank = good;
  for (auto& land : blank.lands) land.reset();

  EXPECT_THAT(CompareBullets(good, other, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("extractor_version")));
  EXPECT_THAT(CompareBullets(none, good, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("0 lands")));
  EXPECT_THAT(CompareBullets(good, many, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("25 lands")));
  EXPECT_THAT(CompareBullets(blank, good, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("no pair of lands")));
}

// --- Phase significance -------------------------------------------------------------------

TEST(PhaseSignificanceTest, AgreesWithSimulation) {
  // Two means: T is |difference|, P(T >= t) = 2 Q(t / sqrt 2).
  const std::vector<double> two = {0.3, 0.3 + 1.7};
  EXPECT_NEAR(std::pow(10.0, PhaseLog10P(two, 1.0)), std::erfc(1.7 / 2.0), 1e-6);

  const RandomStream stream(1, 2, 3, 4);
  const std::vector<double> six = {0.0, 0.1, 0.2, 0.3, 0.4, 1.9};  // T = 1.9 - 0.2.
  std::int64_t as_large = 0;
  constexpr std::uint32_t kTrials = 200'000;
  for (std::uint32_t trial = 0; trial < kTrials; ++trial) {
    std::vector<double> means;
    for (std::uint32_t i = 0; i < 6; ++i) means.push_back(stream.Normal(6 * trial + i));
    std::sort(means.begin(), means.end());
    as_large += means[5] - means[2] >= 1.7 ? 1 : 0;
  }
  EXPECT_NEAR(std::pow(10.0, PhaseLog10P(six, 1.0)), static_cast<double>(as_large) / kTrials,
              0.005);
}

TEST(PhaseSignificanceTest, FallsWithTheLeadAndKeepsItsDigitsFarOut) {
  double before = 1.0;
  for (double lead = 0.0; lead < 18.0; lead += 0.5) {
    const std::vector<double> means = {0.0, 0.0, 0.0, 0.0, 0.0, lead};
    const double log10_p = PhaseLog10P(means, 1.0);
    EXPECT_LT(log10_p, before);
    before = log10_p;
  }
  EXPECT_LT(before, -30.0);
  EXPECT_GT(before, -100.0);
  EXPECT_EQ(PhaseLog10P(std::vector<double>{0.5}, 1.0), 0.0);
}

TEST(PhaseSignificanceTest, TellsOneBarrelFromTwo) {
  const absl::StatusOr<BulletComparison> same = CompareBullets(Bullet(5, 0), Bullet(5, 1), {});
  const absl::StatusOr<BulletComparison> different = CompareBullets(Bullet(5, 0), Bullet(6, 1), {});

  ASSERT_THAT(same, IsOk());
  ASSERT_THAT(different, IsOk());
  EXPECT_LT(same->phase_log10_p, -4.0);
  EXPECT_GT(different->phase_log10_p, -3.0);
}

}  // namespace
}  // namespace proofmark::forensics
