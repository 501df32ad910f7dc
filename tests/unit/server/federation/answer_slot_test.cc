// SPDX-License-Identifier: Apache-2.0
#include "server/federation/answer_slot.h"

#include "gtest/gtest.h"

namespace proofmark::federation {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(AnswerSlotTest, AnAnswerLeavesAtTheNextWholeSlotAndNeverAtOnce) {
  EXPECT_EQ(AnswerLeavesAfter(milliseconds(0)), kAnswerSlot);
  EXPECT_EQ(AnswerLeavesAfter(milliseconds(3)), kAnswerSlot);
  EXPECT_EQ(AnswerLeavesAfter(kAnswerSlot), kAnswerSlot);
  EXPECT_EQ(AnswerLeavesAfter(kAnswerSlot + nanoseconds(1)), 2 * kAnswerSlot);
}

}  // namespace
}  // namespace proofmark::federation
