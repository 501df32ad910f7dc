// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/striae_features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "forensics/striated/bullet_comparison.h"
#include "forensics/synthetic/generator.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

LandSignature Land(std::uint32_t barrel, std::uint32_t shot, std::size_t land) {
  return *GenerateBulletSignature(
              {.seed = 21, .barrel = barrel, .profile = SyntheticProfile::kClean}, shot)
              .lands[land];
}

// Cosine striae 100 um apart, `signs` saying which ones point up; 32 samples each.
LandSignature Ridges(const std::vector<int>& signs) {
  LandSignature land;
  for (const int sign : signs) {
    for (int i = 0; i < 32; ++i) {
      const double up = 0.5 - 0.5 * std::cos(2.0 * 3.14159265358979 * i / 32.0);
      land.height_nm.push_back(static_cast<std::int16_t>(std::lround(1'000.0 * sign * up)));
    }
  }
  return land;
}

TEST(CompareStriaeTest, ALandMatchesItselfStriaForStria) {
  const LandSignature land = Land(1, 0, 0);

  const absl::StatusOr<StriaeFeatures> same = CompareStriae(land, land, 0.0);

  ASSERT_THAT(same, IsOk());
  EXPECT_DOUBLE_EQ(same->ccf, 1.0);
  EXPECT_NEAR(same->rough_cor, 1.0, 1e-12);
  EXPECT_GT(same->matches, 20);
  EXPECT_EQ(same->mismatches, 0);
  EXPECT_EQ(same->cms, same->matches);
  EXPECT_EQ(same->left_cms, same->matches);
  EXPECT_EQ(same->right_cms, same->matches);
  EXPECT_EQ(same->non_cms, 0);
  EXPECT_NEAR(same->difference_um, 0.0, 1e-9);
}

// Ten ridges and their hollows; in the other land the sixth ridge points down.
TEST(CompareStriaeTest, CountsRunsAsAnExaminerWould) {
  std::vector<int> signs(10, 1);
  const LandSignature all_up = Ridges(signs);
  signs[5] = -1;
  const LandSignature one_down = Ridges(signs);

  const absl::StatusOr<StriaeFeatures> striae = CompareStriae(all_up, one_down, 0.0);

  ASSERT_THAT(striae, IsOk());
  EXPECT_GE(striae->mismatches, 1);
  EXPECT_LE(striae->mismatches, 3);  // The ridge, and maybe the hollow to either side.
  EXPECT_GE(striae->left_cms, 8);    // Five ridges and the hollows between them.
  EXPECT_GE(striae->right_cms, 6);   // Four.
  EXPECT_EQ(striae->cms, std::max(striae->left_cms, striae->right_cms));
  EXPECT_EQ(striae->cms_peaks, 5);
  EXPECT_EQ(striae->non_cms, striae->mismatches);
  EXPECT_NEAR(striae->length_mm, 1.0, 1e-9);
}

TEST(CompareStriaeTest, ExchangingTheTwoChangesNothing) {
  const LandSignature a = Land(2, 0, 1);
  const LandSignature b = Land(2, 1, 1);
  const double lag_um = CompareLands(a, b, {})->lag_um;

  const absl::StatusOr<StriaeFeatures> ab = CompareStriae(a, b, lag_um);
  const absl::StatusOr<StriaeFeatures> ba = CompareStriae(b, a, -lag_um);

  ASSERT_THAT(ab, IsOk());
  ASSERT_THAT(ba, IsOk());
  EXPECT_EQ(ab->matches, ba->matches);
  EXPECT_EQ(ab->mismatches, ba->mismatches);
  EXPECT_EQ(ab->cms, ba->cms);
  EXPECT_NEAR(ab->ccf, ba->ccf, 1e-12);
  EXPECT_NEAR(ab->sum_peaks_um, ba->sum_peaks_um, 1e-9);
  EXPECT_NEAR(ab->difference_um, ba->difference_um, 1e-12);
}

TEST(CompareStriaeTest, TellsOneLandFromTwo) {
  const LandSignature a = Land(3, 0, 2);
  const LandSignature same = Land(3, 1, 2);
  const LandSignature other = Land(4, 0, 3);

  const auto near = CompareStriae(a, same, CompareLands(a, same, {})->lag_um);
  const auto far = CompareStriae(a, other, CompareLands(a, other, {})->lag_um);

  ASSERT_THAT(near, IsOk());
  ASSERT_THAT(far, IsOk());
  EXPECT_GT(near->matches, far->matches);
  EXPECT_LT(near->mismatches, far->mismatches);
  EXPECT_GT(near->cms, far->cms);
  EXPECT_GT(near->rough_cor, far->rough_cor);
  EXPECT_GT(near->sum_peaks_um, far->sum_peaks_um);
}

TEST(CompareStriaeTest, NamesWhatIsOutOfBounds) {
  const LandSignature good = Land(1, 0, 0);
  LandSignature tiny = good;
  tiny.height_nm.resize(kSignatureSamplesMin - 1);
  LandSignature flat = good;
  std::fill(flat.height_nm.begin(), flat.height_nm.end(), std::int16_t{4});

  EXPECT_THAT(CompareStriae(tiny, good, 0.0),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("query has 95 samples")));
  EXPECT_THAT(CompareStriae(good, good, std::nan("")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("lag_um")));
  EXPECT_THAT(CompareStriae(good, good, 6'000.0),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("0 samples")));
  EXPECT_THAT(CompareStriae(good, flat, 0.0), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace proofmark::forensics
