// SPDX-License-Identifier: Apache-2.0
#include "client/cli/progress.h"

#include <chrono>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"

namespace proofmark::client::cli {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ProgressTextTest, SaysHowFarHowFastAndHowLong) {
  EXPECT_EQ(ProgressText({.what = "exhibits",
                          .done = 5,
                          .total = 20,
                          .bytes_done = 25'000'000,
                          .bytes_total = 100'000'000},
                         milliseconds(5'000)),
            "exhibits [======>                 ] 5/20  25.0 MB/100.0 MB  5.0 MB/s  15 s left");
}

TEST(ProgressTextTest, WithoutBytesCountsMatter) {
  EXPECT_EQ(ProgressText({.what = "scans", .done = 10, .total = 20}, milliseconds(4'000)),
            "scans [============>           ] 10/20  2.5/s  4.0 s left");
}

TEST(ProgressTextTest, ARateNeedsTime) {
  EXPECT_THAT(ProgressText({.what = "scans", .done = 1, .total = 20}, milliseconds(10)),
              Not(HasSubstr("/s")));
}

TEST(ProgressTextTest, AFullBarHasNoHead) {
  EXPECT_EQ(ProgressText({.what = "scans", .done = 2, .total = 2}, milliseconds(0)),
            "scans [========================] 2/2");
}

TEST(ProgressTextTest, NothingToDoIsNoDivisionByZero) {
  EXPECT_THAT(ProgressText({.what = "scans"}, milliseconds(1'000)), HasSubstr("0/0"));
}

TEST(BytesTextTest, UsesPowersOfTen) {
  EXPECT_EQ(BytesText(0), "0 B");
  EXPECT_EQ(BytesText(999), "999 B");
  EXPECT_EQ(BytesText(1'000), "1.0 kB");
  EXPECT_EQ(BytesText(999'949), "999.9 kB");
  EXPECT_EQ(BytesText(999'960), "1.0 MB");
  EXPECT_EQ(BytesText(1'500'000'000), "1.5 GB");
}

TEST(DurationTextTest, GrowsWithTheTime) {
  EXPECT_EQ(DurationText(milliseconds(0)), "0.0 s");
  EXPECT_EQ(DurationText(milliseconds(9'940)), "9.9 s");
  EXPECT_EQ(DurationText(milliseconds(37'000)), "37 s");
  EXPECT_EQ(DurationText(milliseconds(125'000)), "2 min 5 s");
  EXPECT_EQ(DurationText(milliseconds(7'500'000)), "2 h 5 min");
}

TEST(ProgressTest, OnATerminalALineMovesAndVanishes) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(out, err, {.err_terminal = true});
  proofmark::testing::FakeClock clock;
  Progress progress(console, clock);

  progress.Show({.what = "scans", .done = 1, .total = 3});
  clock.AdvanceMillis(200);
  progress.Show({.what = "scans", .done = 3, .total = 3});
  progress.Finish();

  EXPECT_THAT(err.str(), HasSubstr("1/3\r\x1b[K"));
  EXPECT_TRUE(err.str().ends_with("\r\x1b[Kscans: 3 of 3 in 0.2 s\n"));
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressTest, ElsewhereThereIsOneLineAtTheEnd) {
  std::ostringstream out;
  std::ostringstream err;
  Console console(out, err, {});
  proofmark::testing::FakeClock clock;
  Progress progress(console, clock);

  for (int i = 0; i <= 100; ++i) {
    clock.AdvanceMillis(100);
    progress.Show({.what = "scans", .done = i, .total = 100});
  }
  progress.Finish();

  EXPECT_EQ(err.str(), "scans: 100 of 100 in 10 s\n");
}

}  // namespace
}  // namespace proofmark::client::cli
