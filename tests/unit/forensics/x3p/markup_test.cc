// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/markup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/status_matchers.h"

namespace proofmark::forensics::x3p {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kBytesMax = 10'000;

std::vector<std::string> PointsOf(std::string_view points) {
  DatumReader reader(points);
  std::vector<std::string> out;
  for (std::string_view datum; reader.Next(&datum);) out.emplace_back(datum);
  return out;
}

TEST(SplitPointsTest, TakesThePointsOutOfTheDocument) {
  const absl::StatusOr<SplitDocument> split = SplitPoints(
      "<r><p:DataList x='>'><Datum>1;2</Datum> <!-- </p:DataList> --><Datum/>"
      "<Datum> 3 </Datum><Datum></Datum></p:DataList><after/></r>",
      kBytesMax);

  ASSERT_THAT(split, IsOk());
  EXPECT_EQ(split->without_points, "<r><p:DataList x='>'></p:DataList><after/></r>");
  EXPECT_THAT(PointsOf(split->points), ElementsAre("1;2", "", "3", ""));
}

TEST(SplitPointsTest, LeavesADocumentWithoutPointsAlone) {
  const std::string document = "<?xml version='1.0'?><r><!-- <DataList> --><a b=\"/>\"/>t</r>\n";

  const absl::StatusOr<SplitDocument> split = SplitPoints(document, kBytesMax);

  ASSERT_THAT(split, IsOk());
  EXPECT_EQ(split->without_points, document);
  EXPECT_FALSE(split->has_points);
}

TEST(SplitPointsTest, PointsDoNotCountAsNodes) {
  std::string document = "<r><DataList>";
  for (int i = 0; i < 20'000; ++i) document += "<Datum>1</Datum>";
  document += "</DataList></r>";

  EXPECT_THAT(SplitPoints(document, kBytesMax), IsOk());
}

TEST(SplitPointsTest, AllowsExactlyTheDepthAndNodesOfTheBound) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "<a>";
    for (int i = 0; i < depth; ++i) text += "</a>";
    return text;
  };
  const auto wide = [](std::int64_t nodes) {
    std::string text = "<r>\n";
    for (std::int64_t i = 1; i < nodes; ++i) text += "<a/>";
    return text + "</r>";
  };

  EXPECT_THAT(SplitPoints(nested(kDepthMax), kBytesMax), IsOk());
  EXPECT_THAT(SplitPoints(nested(kDepthMax + 1), kBytesMax),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(SplitPoints(wide(kNodesMax), 1 << 20), IsOk());
  EXPECT_THAT(SplitPoints(wide(kNodesMax + 1), 1 << 20),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(SplitPointsTest, RefusesEveryDeclaration) {
  for (const char* bad : {"<!DOCTYPE r><r/>", "<!doctype r><r/>", "<r><!ENTITY a 'b'></r>",
                          "<r><![INCLUDE[ ]]></r>", "<!>"}) {
    EXPECT_THAT(SplitPoints(bad, kBytesMax),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not allowed")))
        << bad;
  }
}

TEST(SplitPointsTest, RefusesMarkupThatIsNotNested) {
  for (const char* bad :
       {"<r>", "</r>", "<r></s>", "<a><b></a></b>", "<r a='></r>", "<r a='<'/>", "< r/>", "<!--",
        "<![CDATA[ ]>", "<?xml", "<r><DataList></r></DataList>", "<r><DataList>",
        "<r><DataList/><DataList></DataList><DataList></DataList></r>",
        "<DataList><Datum><Datum/></Datum></DataList>", "<DataList><Datum>1</Datun></DataList>",
        "<DataList><Datum>1<!-- --></Datum></DataList>", "<DataList><?p ?></DataList>"}) {
    EXPECT_THAT(SplitPoints(bad, kBytesMax), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

}  // namespace
}  // namespace proofmark::forensics::x3p
