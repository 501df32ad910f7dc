// SPDX-License-Identifier: Apache-2.0
#include "client/cli/console.h"

#include <sstream>
#include <string>

#include "client/cli/table.h"
#include "client/cli/words.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace proofmark::client::cli {
namespace {

constexpr char kMark[] = "\xEF\xBF\xBD";

TEST(PrintableTest, KeepsTextOfAnyScript) {
  EXPECT_EQ(Printable("24-117/3 \xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xAB"),
            "24-117/3 \xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xAB");
}

// A label from a node must not be able to move the cursor or forge a line.
TEST(PrintableTest, ControlCharactersBecomeMarks) {
  EXPECT_EQ(Printable("a\x1b[31mb"), std::string("a") + kMark + "[31mb");
  EXPECT_EQ(Printable("a\nb\r\t"), std::string("a") + kMark + "b" + kMark + kMark);
  EXPECT_EQ(Printable("\x7f"), kMark);
  EXPECT_EQ(Printable("\xC2\x9B"), kMark);  // CSI as one character of U+0080..U+009F.
}

TEST(PrintableTest, WhatIsNoUtf8BecomesMarks) {
  EXPECT_EQ(Printable("\xC0\x80"), std::string(kMark) + kMark);  // Overlong NUL.
  EXPECT_EQ(Printable("\xED\xA0\x80").substr(0, 3), kMark);      // A surrogate.
  EXPECT_EQ(Printable("\xF4\x90\x80\x80").substr(0, 3), kMark);  // Above U+10FFFF.
  EXPECT_EQ(Printable("\xE2\x82"), std::string(kMark) + kMark);  // Cut off.
  EXPECT_EQ(Printable("\x80"), kMark);
}

class TableTest : public ::testing::Test {
 protected:
  std::ostringstream out_;
  std::ostringstream err_;
  Console plain_{out_, err_, {}};
  Console coloured_{out_, err_, {.out_colour = true}};
};

TEST_F(TableTest, ColumnsAreAsWideAsTheirContent) {
  Table table({{"name"}, {"count", Align::kRight}});
  table.AddRow({"a", "1"});
  table.AddRow({"longer", "1234567"});

  EXPECT_EQ(table.Text(plain_),
            "name      count\n"
            "a             1\n"
            "longer  1234567\n");
}

TEST_F(TableTest, CharactersCountAndNotBytes) {
  Table table({{"a"}, {"b"}});
  table.AddRow({"\xC3\xA9\xC3\xA9", "x"});
  table.AddRow({"ee", "y"});

  EXPECT_EQ(table.Text(plain_), "a   b\n\xC3\xA9\xC3\xA9  x\nee  y\n");
}

TEST_F(TableTest, LongCellsEndWithAnEllipsis) {
  Table table({{"label", Align::kLeft, 5}});
  table.AddRow({"12345"});
  table.AddRow({"123456"});

  EXPECT_EQ(table.Text(plain_), "label\n12345\n1234\xE2\x80\xA6\n");
}

TEST_F(TableTest, LinesHaveNoBlanksAtTheirEnds) {
  Table table({{"a"}, {"b"}});
  table.AddRow({"wide wide", ""});

  EXPECT_EQ(table.Text(plain_, 2), "  a          b\n  wide wide\n");
}

TEST_F(TableTest, WithoutRowsThereIsNothing) { EXPECT_EQ(Table({{"a"}}).Text(plain_), ""); }

TEST_F(TableTest, ColourOnlyWhereItIsAllowed) {
  Table table({{"a"}});
  table.AddRow({Cell("bad", Style::kBad)});

  EXPECT_EQ(table.Text(plain_), "a\nbad\n");
  EXPECT_THAT(table.Text(coloured_), ::testing::HasSubstr("\x1b[1;31mbad\x1b[0m"));
}

TEST_F(TableTest, CellsFromOutsideAreMadePrintable) {
  Table table({{"a"}});
  table.AddRow({std::string("x\x1b[2J")});

  EXPECT_THAT(table.Text(plain_), ::testing::Not(::testing::HasSubstr("\x1b")));
}

TEST_F(TableTest, FactsAreAligned) {
  Facts facts;
  facts.Add("a", "1");
  facts.Add("long name", "2");
  facts.Add("none", "");

  EXPECT_EQ(facts.Text(plain_), "a:         1\nlong name: 2\nnone:\n");
}

TEST(WordsTest, CountsAreGroupedByThrees) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(1'000), "1 000");
  EXPECT_EQ(CountText(1'234'567), "1 234 567");
  EXPECT_EQ(CountText(-1'000), "-1 000");
}

TEST(WordsTest, TimesAreUtc) {
  EXPECT_EQ(TimeText(0), "1970-01-01 00:00:00Z");
  EXPECT_EQ(DateText(1'790'000'000'000), "2026-09-21");
}

TEST(WordsTest, RatiosHaveTwoSignificantDigits) {
  EXPECT_EQ(RatioText(0.0, -1.0, 0.5), "1 (0.1 to 3.2)");
  EXPECT_EQ(RatioText(2.505, 1.0, 3.1), "320 (10 to 1 300)");
  EXPECT_EQ(RatioText(6.0, 5.5, 7.25), "10^6.0 (10^5.5 to 10^7.2)");
  EXPECT_EQ(RatioText(-4.0, -5.0, -3.0), "10^-4.0 (10^-5.0 to 10^-3.0)");
}

}  // namespace
}  // namespace proofmark::client::cli
