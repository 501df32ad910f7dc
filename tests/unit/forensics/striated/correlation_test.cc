// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/correlation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "forensics/striated/ballistic_signature.h"
#include "forensics/synthetic/philox.h"

namespace proofmark::forensics {
namespace {

using Samples = std::vector<std::int16_t>;

// Heights within +-magnitude; a share of them not measured.
Samples Noise(std::int64_t count, std::uint32_t seed, double magnitude, double gap_share = 0.0) {
  const RandomStream stream(seed, 1, 2, 3);
  Samples samples;
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool gap = stream.Uniform(2 * i) < gap_share;
    samples.push_back(
        gap ? kSampleNotMeasured
            : static_cast<std::int16_t>(stream.Uniform(2 * i + 1, -magnitude, magnitude)));
  }
  return samples;
}

// Straight from the definition, in long double.
std::optional<long double> NaiveCorrelation(const Samples& query, const Samples& reference,
                                            std::int64_t shift, std::int64_t overlap_min) {
  long double n = 0, sq = 0, sr = 0, sqq = 0, srr = 0, sqr = 0;
  for (std::int64_t t = 0; t < std::int64_t(reference.size()); ++t) {
    const std::int64_t i = t - shift;
    if (i < 0 || i >= std::int64_t(query.size())) continue;
    const long double q = query[std::size_t(i)];
    const long double r = reference[std::size_t(t)];
    if (q == kSampleNotMeasured || r == kSampleNotMeasured) continue;
    n += 1;
    sq += q;
    sr += r;
    sqq += q * q;
    srr += r * r;
    sqr += q * r;
  }
  if (n < overlap_min || n < 2) return std::nullopt;
  const long double vq = n * sqq - sq * sq;
  const long double vr = n * srr - sr * sr;
  if (vq <= 0 || vr <= 0) return std::nullopt;
  return (n * sqr - sq * sr) / std::sqrt(vq * vr);
}

TEST(CorrelationAtTest, AgreesWithTheDefinitionForAllSmallSizesShiftsAndGaps) {
  std::int64_t compared = 0;
  for (std::int64_t n = 1; n <= 12; ++n) {
    for (std::int64_t m = 1; m <= 12; ++m) {
      for (const double gaps : {0.0, 0.3}) {
        const Samples q = Noise(n, 7 * static_cast<std::uint32_t>(n), 3000, gaps);
        const Samples r = Noise(m, 1000 + static_cast<std::uint32_t>(m), 3000, gaps);
        const MaskedProfile query = MakeMaskedProfile(q);
        const MaskedProfile reference = MakeMaskedProfile(r);
        for (std::int64_t shift = -n - 1; shift <= m + 1; ++shift) {
          const auto want = NaiveCorrelation(q, r, shift, 2);
          const auto got = CorrelationAt(query, reference, shift, 2);
          ASSERT_EQ(got.has_value(), want.has_value()) << n << " " << m << " " << shift;
          if (!want) continue;
          EXPECT_NEAR(*got, static_cast<double>(*want), 1e-14);
          ++compared;
        }
      }
    }
  }
  EXPECT_GT(compared, 2'000);
}

TEST(CorrelationAtTest, IsExactAtTheLargestSizeAndHeights) {
  for (const double gaps : {0.0, 0.5}) {
    const Samples q = Noise(kSignatureSamplesMax, 1, 32767, gaps);
    Samples r = Noise(kSignatureSamplesMax, 2, 32767, gaps);
    for (std::size_t i = 0; i < r.size(); i += 2) r[i] = i % 4 == 0 ? 32767 : -32767;
    for (const std::int64_t shift : {-4000, -1, 0, 1, 63, 64, 65, 4000}) {
      const auto got = CorrelationAt(MakeMaskedProfile(q), MakeMaskedProfile(r), shift, 2);
      const auto want = NaiveCorrelation(q, r, shift, 2);
      ASSERT_TRUE(got && want);
      EXPECT_NEAR(*got, static_cast<double>(*want), 1e-13) << shift;
    }
  }
}

TEST(CorrelationAtTest, IsUndefinedWhereASideIsConstantOrTooLittleOverlaps) {
  const MaskedProfile flat = MakeMaskedProfile(Samples(50, 7));
  const MaskedProfile rough = MakeMaskedProfile(Noise(50, 3, 100));

  EXPECT_EQ(CorrelationAt(flat, rough, 0, 2), std::nullopt);
  EXPECT_EQ(CorrelationAt(rough, flat, 0, 2), std::nullopt);
  EXPECT_TRUE(CorrelationAt(rough, rough, 30, 20));
  EXPECT_EQ(CorrelationAt(rough, rough, 31, 20), std::nullopt);
}

TEST(BestCorrelationTest, FindsItselfAtZeroWithFullScore) {
  const MaskedProfile profile = MakeMaskedProfile(Noise(300, 4, 2000, 0.05));

  const auto peak = BestCorrelation(profile, profile, {.shift_max = 100, .overlap_min = 150});

  ASSERT_TRUE(peak);
  EXPECT_DOUBLE_EQ(peak->ccf, 1.0);
  EXPECT_NEAR(peak->shift, 0.0, 0.05);  // Neighbours of noise are not symmetric with gaps.
  EXPECT_EQ(peak->overlap, profile.measured());
}

TEST(BestCorrelationTest, RecoversAKnownShift) {
  const Samples all = Noise(500, 5, 2000);
  for (const std::int64_t shift : {-40, -1, 0, 1, 40}) {
    SCOPED_TRACE(shift);
    const auto window = [&](std::int64_t from) {
      return MakeMaskedProfile(Samples(all.begin() + from, all.begin() + from + 400));
    };
    const MaskedProfile reference = window(shift < 0 ? -shift : 0);
    const MaskedProfile query = window(shift > 0 ? shift : 0);

    const auto peak = BestCorrelation(query, reference, {.shift_max = 128, .overlap_min = 200});

    ASSERT_TRUE(peak);
    EXPECT_NEAR(peak->shift, static_cast<double>(shift), 0.2);
    EXPECT_NEAR(peak->ccf, 1.0, 1e-9);
  }
}

TEST(BestCorrelationTest, IsTheLargestOfAllShiftsInTheWindowAboutTheMiddle) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const std::int64_t n = 20 + seed % 5;
    const std::int64_t m = 25 + seed % 7;
    const Samples q = Noise(n, seed, 500, 0.1);
    const Samples r = Noise(m, seed + 1000, 500, 0.1);
    const std::int64_t shift_max = seed % 9;
    long double best = -2;
    for (std::int64_t shift = -n; shift <= m; ++shift) {
      if (std::abs(2 * shift + n - m) > 2 * shift_max) continue;
      if (const auto value = NaiveCorrelation(q, r, shift, 10)) best = std::max(best, *value);
    }

    const auto peak = BestCorrelation(MakeMaskedProfile(q), MakeMaskedProfile(r),
                                      {.shift_max = shift_max, .overlap_min = 10});

    ASSERT_EQ(peak.has_value(), best > -2);
    if (!peak) continue;
    EXPECT_GE(peak->ccf, static_cast<double>(best) - 1e-12);  // The parabola only adds.
    EXPECT_LE(peak->ccf, std::min(1.0L, best + 0.25L));
    EXPECT_GE(peak->overlap, 10);
  }
}

}  // namespace
}  // namespace proofmark::forensics
