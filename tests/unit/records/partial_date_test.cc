// SPDX-License-Identifier: Apache-2.0
#include "records/partial_date.h"

#include "gtest/gtest.h"

namespace proofmark::records {
namespace {

PartialDate Date(std::string_view text) {
  const std::optional<PartialDate> date = ParsePartialDate(text);
  EXPECT_TRUE(date.has_value()) << text;
  return date.value_or(PartialDate{});
}

TEST(PartialDateTest, ReadsAndWritesWhatAPaperTells) {
  for (const char* const text : {"2018", "2018-06", "2018-06-28", "2016-02-29", "0999-12-31"}) {
    EXPECT_EQ(PartialDateText(Date(text)), text);
  }
  EXPECT_EQ(Date("2018-06"), (PartialDate{2018, 6, 0}));
}

TEST(PartialDateTest, RefusesWhatIsNoDate) {
  for (const char* const text :
       {"", "18", "2018-", "2018-13", "2018-00", "2018-06-00", "2018-00-01", "2018-06-31",
        "2017-02-29", "2018/06/28", "28.06.2018", "2018-6-28", "2018-06-28 ", "-018", "201a"}) {
    EXPECT_FALSE(ParsePartialDate(text).has_value()) << text;
  }
  EXPECT_FALSE(IsPartialDate({2018, 0, 1}));
  EXPECT_FALSE(IsPartialDate({-1, 0, 0}));
  EXPECT_FALSE(IsPartialDate({10'000, 1, 1}));
}

TEST(PartialDateTest, OrdersOnlyWhatCannotBeOtherwise) {
  EXPECT_EQ(Compare(Date("2018-06-27"), Date("2018-06-28")), DateOrder::kBefore);
  EXPECT_EQ(Compare(Date("2018-06-28"), Date("2018-06-28")), DateOrder::kSameDay);
  EXPECT_EQ(Compare(Date("2018-06-29"), Date("2018-06-28")), DateOrder::kAfter);
  EXPECT_EQ(Compare(Date("2017"), Date("2018-01-01")), DateOrder::kBefore);
  EXPECT_EQ(Compare(Date("2018"), Date("2018-01-01")), DateOrder::kUncertain);
  EXPECT_EQ(Compare(Date("2018"), Date("2018-12-31")), DateOrder::kUncertain);
  EXPECT_EQ(Compare(Date("2018"), Date("2019")), DateOrder::kBefore);
  EXPECT_EQ(Compare(Date("2018-02"), Date("2018-03-01")), DateOrder::kBefore);
  EXPECT_EQ(Compare(Date("2018-02"), Date("2018-02")), DateOrder::kUncertain);
  EXPECT_EQ(Compare(Date("2018-12"), Date("2018")), DateOrder::kUncertain);
  EXPECT_EQ(Compare(Date("2019-01"), Date("2018")), DateOrder::kAfter);
}

}  // namespace
}  // namespace proofmark::records
