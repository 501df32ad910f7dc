// SPDX-License-Identifier: Apache-2.0
#include "server/lookup/canary_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::lookup {
namespace {

using ::proofmark::testing::AllBytes;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

const federation::Caller kAdministrator{crypto::StaffRole::kAdministrator, "admin-1"};

SharedFirearm Canary(std::string serial) {
  return {.record_id = "",
          .fields = {.make = "WALTHER", .model = "", .serial = std::move(serial)},
          .group = firearm::StateGroup::kLostStolen,
          .reference = "N/2026/1"};
}

TEST(CanaryBookTest, PlantsListsRemovesAndLogsEachWithoutTheSerial) {
  ScratchState state;
  CanaryBook book(state.store(), state.ledger());
  const auto id = book.Plant(kAdministrator, Canary("ZQ77X41"));
  ASSERT_THAT(id, IsOk());

  state.Reopen();
  CanaryBook again(state.store(), state.ledger());
  const auto canaries = again.List();
  ASSERT_THAT(canaries, IsOk());
  ASSERT_EQ(canaries->size(), 1U);
  EXPECT_EQ((*canaries)[0].fields.serial, "ZQ77X41");
  EXPECT_EQ((*canaries)[0].fields.make, "WALTHER");
  EXPECT_EQ((*canaries)[0].group, firearm::StateGroup::kLostStolen);
  EXPECT_EQ((*canaries)[0].reference, "N/2026/1");
  EXPECT_TRUE(CanaryBook::IsCanary((*canaries)[0].record_id));
  EXPECT_EQ(CanaryBook::IdOf((*canaries)[0].record_id), *id);
  EXPECT_THAT(AllBytes(state.disk()), ::testing::Not(HasSubstr("ZQ77X41")));

  ASSERT_THAT(again.Remove(kAdministrator, *id), IsOk());
  EXPECT_TRUE(again.List()->empty());
  EXPECT_THAT(again.Remove(kAdministrator, *id), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(EntriesOf(state.ledger(), records::EntryKind::kRegistryChange).size(), 2U);
}

TEST(CanaryBookTest, RefusesWhatCannotBeLookedForOrTold) {
  ScratchState state;
  CanaryBook book(state.store(), state.ledger());
  SharedFirearm unprepared = Canary("zq-1");
  SharedFirearm without_serial = Canary("");
  SharedFirearm without_reference = Canary("ZQ1");
  without_reference.reference.clear();

  for (const SharedFirearm* bad : {&unprepared, &without_serial, &without_reference}) {
    EXPECT_THAT(book.Plant(kAdministrator, *bad), StatusIs(absl::StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(book.Remove(kAdministrator, "zz"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_TRUE(book.List()->empty());
}

}  // namespace
}  // namespace proofmark::lookup
