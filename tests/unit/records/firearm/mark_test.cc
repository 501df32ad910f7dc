// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/mark.h"

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::firearm {
namespace {

using proofmark::testing::IsOk;
using proofmark::testing::StatusIs;

TEST(DeactivationMarkTest, ReadsTheFullAndTheShortForm) {
  const struct {
    const char* text;
    DeactivationMark mark;
    const char* written;
  } kMarks[] = {
      {"EU/FR/BEX/19", {"FR", "BEX", 2019}, "EU/FR/BEX/2019"},
      {"EU/FR", {"FR", "", 0}, "EU/FR"},
      {"EU/GB/LPH/2018", {"GB", "LPH", 2018}, "EU/GB/LPH/2018"},
      {"eu gb   lph 18", {"GB", "LPH", 2018}, "EU/GB/LPH/2018"},
      {"EU D A-1 16", {"D", "A-1", 2016}, "EU/D/A-1/2016"},
  };
  for (const auto& known : kMarks) {
    const absl::StatusOr<DeactivationMark> mark = ParseMark(known.text);
    ASSERT_THAT(mark, IsOk()) << known.text;
    EXPECT_EQ(*mark, known.mark) << known.text;
    EXPECT_EQ(MarkText(*mark), known.written);
    EXPECT_EQ(ParseMark(MarkText(*mark)).value(), known.mark);
    EXPECT_EQ(IsFull(*mark), known.mark.year != 0);
  }
}

TEST(DeactivationMarkTest, RefusesEveryNeighbourOfItsGrammar) {
  for (const char* const text : {"",
                                 "EU",
                                 "EU/",
                                 "E/FR",
                                 "FR/EU",
                                 "EU/FR/BEX",
                                 "EU/FR/BEX/1",
                                 "EU/FR/BEX/019",
                                 "EU/FR/BEX/20190",
                                 "EU/FR/BEX/1x",
                                 "EU/FR/BEX/19/X",
                                 "EU//BEX/19",
                                 "EU/FR//19",
                                 "EU/FRAN",
                                 "EU/F1",
                                 "EU/FR/ABCDEFGHIJKLM/19",
                                 "EU/FR/B_X/19",
                                 "EU/FR/",
                                 "EU/FR ",
                                 " EU/FR",
                                 "EU/FR/BEX/1999",
                                 "EU/FR/BEX/3000",
                                 "EU-FR",
                                 "EU/\xC3\x84"}) {
    EXPECT_THAT(ParseMark(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
  EXPECT_THAT(ParseMark(std::string(100'000, '/')), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CountryCodeTest, HasOneNameForEachCountry) {
  EXPECT_EQ(CountryCode("EL"), "GR");
  EXPECT_EQ(CountryCode("uk"), "GB");
  EXPECT_EQ(CountryCode("GB"), "GB");
  EXPECT_EQ(CountryCode("FR"), "FR");
}

}  // namespace
}  // namespace proofmark::firearm
