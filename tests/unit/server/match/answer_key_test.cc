// SPDX-License-Identifier: Apache-2.0
#include "server/match/answer_key.h"

#include "base/bytes.h"
#include "server/match/tables.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::match {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::StatusIs;

constexpr char kExchange[] = "0123456789abcdef";
constexpr char kRecord[] = "00112233445566778899aabbccddeeff";

TEST(AnswerKeyTest, StaysTheSameAcrossAReopening) {
  ScratchState state;
  const auto before = AnswerKey::Open(state.store());
  ASSERT_THAT(before, IsOk());
  const crypto::Sha256Digest handle = before->HandleOf("south.test", kExchange, kRecord);
  const crypto::Sha256Digest order = before->OrderOf("south.test", kRecord);
  state.Reopen();

  const auto after = AnswerKey::Open(state.store());

  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->HandleOf("south.test", kExchange, kRecord), handle);
  EXPECT_EQ(after->OrderOf("south.test", kRecord), order);
}

TEST(AnswerKeyTest, HandlesOfTwoExchangesAskersOrRecordsDiffer) {
  ScratchState state;
  const auto key = AnswerKey::Open(state.store());
  ASSERT_THAT(key, IsOk());
  const crypto::Sha256Digest handle = key->HandleOf("south.test", kExchange, kRecord);

  EXPECT_NE(key->HandleOf("south.test", "0123456789abcdeg", kRecord), handle);
  EXPECT_NE(key->HandleOf("west.test", kExchange, kRecord), handle);
  EXPECT_NE(key->HandleOf("south.test", kExchange, "ffeeddccbbaa99887766554433221100"), handle);
}

TEST(AnswerKeyTest, TheOrderDependsOnAskerAndRecordAndIsNoHandle) {
  ScratchState state;
  const auto key = AnswerKey::Open(state.store());
  ASSERT_THAT(key, IsOk());

  EXPECT_NE(key->OrderOf("south.test", kRecord), key->OrderOf("west.test", kRecord));
  EXPECT_NE(key->OrderOf("south.test", kRecord), key->HandleOf("south.test", "", kRecord));
}

TEST(AnswerKeyTest, TwoNodesHaveTwoSecrets) {
  ScratchState one;
  ScratchState other;
  std::array<std::byte, 1> skipped;
  other.random().Fill(skipped);  // Another stream of chance from here on.
  const auto key = AnswerKey::Open(one.store());
  const auto other_key = AnswerKey::Open(other.store());
  ASSERT_THAT(key, IsOk());
  ASSERT_THAT(other_key, IsOk());

  EXPECT_NE(key->OrderOf("south.test", kRecord), other_key->OrderOf("south.test", kRecord));
}

TEST(AnswerKeyTest, ADamagedSecretIsAnAlarmAndNeverANewOne) {
  ScratchState state;
  ASSERT_THAT(AnswerKey::Open(state.store()), IsOk());
  for (const std::string& row : {std::string(), std::string(16, 'k'), std::string(80, 'k')}) {
    store::WriteRequest request;
    request.mutations.Put(store::StoreKey(kAnswerKeyTable).Build(), row);
    ASSERT_THAT(state.store().Commit(std::move(request)), IsOk());

    EXPECT_FALSE(AnswerKey::Open(state.store()).ok());
  }
}

}  // namespace
}  // namespace proofmark::match
