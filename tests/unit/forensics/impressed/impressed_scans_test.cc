// SPDX-License-Identifier: Apache-2.0
// Real scans: bounds that only a real loss of accuracy can break; the bench prints the figures.
#include <array>
#include <functional>
#include <string>

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

// `cut` takes away from the heights first.
ImpressedSignature FromScan(const std::string& file,
                            const std::function<void(HeightMap&)>& cut = {}) {
  const std::string bytes =
      testing::ReadFileOrFail(testing::SharedDir() / "data/cartridges" / file);
  auto scan = ReadX3p(base::AsBytes(bytes));
  EXPECT_THAT(scan, IsOk());
  if (cut) cut(scan->map);
  const auto mask = RegionMask(*scan, ImpressedRegion::kBreechFace);
  const auto out = ExtractImpression(scan->map, mask, {});
  EXPECT_THAT(out, IsOk());
  return out->signature;
}

ImpressedComparison Compare(const ImpressedSignature& a, const ImpressedSignature& b) {
  const auto pa = PrepareImpression(a, TurnSearch::kDirected);
  const auto pb = PrepareImpression(b, TurnSearch::kDirected);
  EXPECT_THAT(pa, IsOk());
  EXPECT_THAT(pb, IsOk());
  return *CompareImpressions(*pa, *pb, {});
}

ImpressedComparison Compare(const std::string& a, const std::string& b) {
  return Compare(FromScan(a), FromScan(b));
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

// What was cut off moves the middle of what is left by half a millimetre, each another way.
TEST(RealBreechFacesTest, PartsOfScansAreKnownAgain) {
  PM_REQUIRE_SHARED_DATA();

  const auto lower = [](HeightMap& map) {
    map.height_um.erase(map.height_um.begin(),
                        map.height_um.begin() + (3 * map.height / 10) * map.width);
    map.height -= 3 * map.height / 10;
  };
  const auto left = [](HeightMap& map) {
    for (std::int64_t y = 0; y < map.height; ++y) {
      for (std::int64_t x = 3 * map.width / 4; x < map.width; ++x) map.at(x, y) = kNotMeasured;
    }
  };
  for (const auto& [one, same, other] :
       {std::array{"fadul/Fadul-1-1.x3p", "fadul/Fadul-1-2.x3p", "fadul/Fadul-2-1.x3p"},
        std::array{"weller/TW01-02.x3p", "weller/TW01-03.x3p", "weller/TW02-01.x3p"},
        std::array{"raw/Fadul-1-1-raw.x3p", "raw/Fadul-1-2-raw.x3p", "weller/TW01-03.x3p"}}) {
    const ImpressedSignature part = FromScan(one, lower);

    EXPECT_TRUE(part.has(ImpressedFlag::kPart)) << one;
    EXPECT_GT(Compare(part, FromScan(same, left)).score, 0.85) << one;
    EXPECT_LT(Compare(part, FromScan(other, left)).score, 0.6) << one;
  }
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
