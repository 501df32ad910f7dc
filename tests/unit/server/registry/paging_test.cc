// SPDX-License-Identifier: Apache-2.0
#include "server/registry/paging.h"

#include "server/registry/tables.h"
#include "tests/support/status_matchers.h"

namespace proofmark::registry {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;

TEST(PagingTest, ZeroMeansTheDefaultAndTheBoundsHold) {
  EXPECT_EQ(*PageSize(0, 7), 7U);
  EXPECT_EQ(*PageSize(1, 7), 1U);
  EXPECT_EQ(*PageSize(kPageSizeMax, 7), static_cast<std::size_t>(kPageSizeMax));
  EXPECT_THAT(PageSize(kPageSizeMax + 1, 7), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(PageSize(-1, 7), StatusIs(StatusCode::kInvalidArgument));
}

TEST(PagingTest, ATokenLeadsBackToItsKey) {
  const std::string key = store::StoreKey(kListingTable).U64(0x0102030405060708).Build();

  const auto parsed = ParsePageToken(kListingTable, ToPageToken(key), 8);

  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(*parsed, key);
}

TEST(PagingTest, ATokenOfAnotherListIsRefused) {
  const std::string key = store::StoreKey(kListingTable).U64(1).Build();

  EXPECT_THAT(ParsePageToken(kListingTable, ToPageToken(key), 24),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace proofmark::registry
