// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/profile_csv.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

absl::StatusOr<CrosscutProfile> Parse(std::string_view text) {
  return ParseProfileCsv(base::AsBytes(text));
}

TEST(ParseProfileCsvTest, ReadsPositionsAndHeights) {
  const absl::StatusOr<CrosscutProfile> profile =
      Parse("x_um,z_um\n0,-62.98588\n0.645,1e1\n1.29, -3.5 \n");

  ASSERT_THAT(profile, IsOk());
  EXPECT_THAT(profile->x_um, ElementsAre(0.0, 0.645, 1.29));
  EXPECT_THAT(profile->height_um, ElementsAre(-62.98588, 10.0, -3.5));
}

TEST(ParseProfileCsvTest, TakesEitherLineEndAndAMissingLastOne) {
  for (const char* text :
       {"x_um,z_um\r\n1,2\r\n2,3\r\n", "x_um,z_um\r\n1,2\r\n2,3", "x_um,z_um\n1,2\n2,3"}) {
    const absl::StatusOr<CrosscutProfile> profile = Parse(text);

    ASSERT_THAT(profile, IsOk()) << text;
    EXPECT_THAT(profile->height_um, ElementsAre(2.0, 3.0));
  }
}

TEST(ParseProfileCsvTest, LeavesOutPointsThatWereNotMeasured) {
  const absl::StatusOr<CrosscutProfile> profile = Parse("x_um,z_um\n1,\n2,NA\n3,NaN\n4,nan\n5,7\n");

  ASSERT_THAT(profile, IsOk());
  EXPECT_THAT(profile->x_um, ElementsAre(5.0));
}

TEST(ParseProfileCsvTest, NamesTheLineAndWhatIsWrongWithIt) {
  const auto refused = [](std::string_view text, const char* message) {
    EXPECT_THAT(Parse(text), StatusIs(kInvalid, HasSubstr(message))) << text;
  };

  refused("", "profile line 1: is not the heading");
  refused("x,z\n1,2\n", "profile line 1: is not the heading");
  refused("x_um;z_um\n", "profile line 1");
  refused("x_um,z_um\n", "no measured sample");
  refused("x_um,z_um\n1,NA\n", "no measured sample");
  refused("x_um,z_um\n1\n", "profile line 2: has no comma");
  refused("x_um,z_um\n1,2\n\n3,4\n", "profile line 3: has no comma");
  refused("x_um,z_um\n1,2\n1,3\n", "profile line 3: x_um is 1, not beyond 1");
  refused("x_um,z_um\n1,NA\n0,3\n", "profile line 3: x_um is 0, not beyond 1");
  refused("x_um,z_um\nNA,3\n", "profile line 2: x_um is no number");
  refused("x_um,z_um\n1,2,3\n", "profile line 2: z_um is no number");
  refused("x_um,z_um\n1,0x10\n", "profile line 2: z_um is no number");
  refused("x_um,z_um\n1,inf\n", "profile line 2: z_um is no number");
  refused("x_um,z_um\n1,1e7\n", "profile line 2: z_um is no number within");
  refused("x_um,z_um\n1e400,1\n", "profile line 2: x_um is no number");
  refused(std::string("x_um,z_um\n1,2") + std::string(300, ' ') + "\n", "above 256");
  refused(std::string_view("x_um,z_um\n1,2\0\n", 15), "profile line 2: z_um is no number");
}

TEST(ParseProfileCsvTest, BoundsTheNumberOfSamples) {
  std::string text = "x_um,z_um\n";
  for (std::int64_t i = 0; i < kProfileCsvSamplesMax; ++i) text += std::to_string(i) + "e-3,\n";
  const std::string last = std::to_string(kProfileCsvSamplesMax) + "e-3,1\n";

  EXPECT_THAT(Parse(text), StatusIs(kInvalid, HasSubstr("no measured sample")));
  EXPECT_THAT(Parse(text + last), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(ParseProfileCsvTest, BoundsTheSizeOfTheFile) {
  const std::string text(static_cast<std::size_t>(kProfileCsvBytesMax) + 1, ' ');

  EXPECT_THAT(Parse(text), StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("67108865")));
}

}  // namespace
}  // namespace proofmark::forensics
