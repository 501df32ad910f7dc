// SPDX-License-Identifier: Apache-2.0
#include "forensics/profile/profile_csv.h"

#include <filesystem>
#include <string>

#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ProfileCsvTest, ReadsPointsWithGapsAndEitherLineEnd) {
  const absl::StatusOr<CsvProfile> profile =
      ParseProfileCsv("x_um,z_um\r\n0.5,-1.25\r\n1,2e1\n7.5,3");

  ASSERT_THAT(profile, IsOk());
  EXPECT_THAT(profile->x_um, ElementsAre(0.5, 1.0, 7.5));
  EXPECT_THAT(profile->height_um, ElementsAre(-1.25, 20.0, 3.0));
}

TEST(ProfileCsvTest, RefusesAnotherHeading) {
  for (const char* file : {"", "z_um,x_um\n0,0\n1,1\n", " x_um,z_um\n0,0\n1,1\n", "0,0\n1,1\n"}) {
    EXPECT_THAT(ParseProfileCsv(file), StatusIs(StatusCode::kInvalidArgument, HasSubstr("line 1")));
  }
}

TEST(ProfileCsvTest, RefusesALineThatIsNotTwoNumbersAndNamesIt) {
  for (const char* line : {"", "1", "1,", ",1", "1,2,3", "1;2", "1,nan", "inf,1", "1,1e7", " 1,2",
                           "1,2 ", "0x1,2", "1,-1000000.1"}) {
    SCOPED_TRACE(line);
    EXPECT_THAT(ParseProfileCsv(std::string("x_um,z_um\n0,0\n") + line + "\n9,9\n"),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("line 3")));
  }
}

TEST(ProfileCsvTest, RefusesPositionsThatStandStillOrTurnBack) {
  EXPECT_THAT(ParseProfileCsv("x_um,z_um\n1,0\n1,0\n"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("line 3")));
  EXPECT_THAT(ParseProfileCsv("x_um,z_um\n1,0\n0,0\n"), StatusIs(StatusCode::kInvalidArgument));
}

TEST(ProfileCsvTest, RefusesFewerThanTwoPoints) {
  EXPECT_THAT(ParseProfileCsv("x_um,z_um\n"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseProfileCsv("x_um,z_um\n1,1\n"), StatusIs(StatusCode::kInvalidArgument));
}

TEST(ProfileCsvTest, AcceptsTheMostPointsAndRefusesOneMore) {
  std::string file = "x_um,z_um\n";
  for (std::int64_t i = 0; i < kProfileCsvPointsMax; ++i) file += std::to_string(i) + ",0\n";

  EXPECT_THAT(ParseProfileCsv(file), IsOk());
  EXPECT_THAT(ParseProfileCsv(file + std::to_string(kProfileCsvPointsMax) + ",0\n"),
              StatusIs(StatusCode::kResourceExhausted));
}

TEST(ProfileCsvTest, RefusesMoreBytesThanTheMaximumUnread) {
  EXPECT_THAT(ParseProfileCsv(std::string(kProfileCsvBytesMax + 1, 'x')),
              StatusIs(StatusCode::kResourceExhausted));
}

TEST(ProfileCsvTest, ReadsEveryRealProfile) {
  PM_REQUIRE_SHARED_DATA();
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           proofmark::testing::SharedDir() / "data" / "profiles" / "variability")) {
    if (entry.path().extension() != ".csv") continue;
    SCOPED_TRACE(entry.path().filename());
    EXPECT_THAT(ParseProfileCsv(proofmark::testing::ReadFileOrFail(entry.path())), IsOk());
    ++read;
  }
  EXPECT_EQ(read, 60);
}

}  // namespace
}  // namespace proofmark::forensics
