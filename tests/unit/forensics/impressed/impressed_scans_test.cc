// SPDX-License-Identifier: Apache-2.0
// Real scans: bounds that only a real loss of accuracy can break; the bench prints the figures.
#include "forensics/impressed/impressed_comparison.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/impressed/region_mask.h"
#include "forensics/x3p/x3p.h"
#include "gtest/gtest.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;

ImpressedSignature FromScan(const std::string& file) {
  const std::string bytes =
      testing::ReadFileOrFail(testing::SharedDir() / "data/cartridges" / file);
  const auto scan = ReadX3p(base::AsBytes(bytes));
  EXPECT_THAT(scan, IsOk());
  const auto mask = RegionMask(*scan, ImpressedRegion::kBreechFace);
  const auto out = ExtractImpression(scan->map, mask, {});
  EXPECT_THAT(out, IsOk());
  return out->signature;
}

ImpressedComparison Compare(const std::string& a, const std::string& b) {
  const auto pa = PrepareImpression(FromScan(a), TurnSearch::kDirected);
  const auto pb = PrepareImpression(FromScan(b), TurnSearch::kDirected);
  EXPECT_THAT(pa, IsOk());
  EXPECT_THAT(pb, IsOk());
  return *CompareImpressions(*pa, *pb, {});
}

TEST(RealBreechFacesTest, OwnMasksLoseAtMostTwoCells) {
  PM_REQUIRE_SHARED_DATA();

  const ImpressedComparison raw = Compare("raw/Fadul-1-1-raw.x3p", "raw/Fadul-1-2-raw.x3p");
  const ImpressedComparison processed = Compare("fadul/Fadul-1-1.x3p", "fadul/Fadul-1-2.x3p");

  EXPECT_GE(raw.cmc, processed.cmc - 2);
  EXPECT_GE(raw.cells_agreeing, processed.cells_agreeing - 2);
}

TEST(RealBreechFacesTest, SameAndDifferentSlidesAreFarApart) {
  PM_REQUIRE_SHARED_DATA();

  EXPECT_GE(Compare("weller/TW01-01.x3p", "weller/TW01-02.x3p").cmc, 18);
  EXPECT_LE(Compare("weller/TW01-01.x3p", "weller/TW02-01.x3p").cmc, 5);
  EXPECT_GT(Compare("weller/TW01-01.x3p", "weller/TW01-02.x3p").score, 0.9);
  EXPECT_LT(Compare("weller/TW01-01.x3p", "weller/TW02-01.x3p").score, 0.5);
}

TEST(RealBreechFacesTest, MicrometreFilesWithAMaskAreReadAndMatched) {
  PM_REQUIRE_SHARED_DATA();

  const ImpressedComparison same = Compare("dfsc/K013sA1-raw.x3p", "dfsc/K013sA2-raw.x3p");
  const ImpressedComparison different = Compare("dfsc/K013sA1.x3p", "dfsc/K227iG3.x3p");

  EXPECT_TRUE(FromScan("dfsc/K013sA1-raw.x3p").has(ImpressedFlag::kMaskFromFile));
  EXPECT_GE(same.cmc, different.cmc + 6);
}

}  // namespace
}  // namespace proofmark::forensics
