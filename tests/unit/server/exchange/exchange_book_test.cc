// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/exchange_book.h"

#include <string>

#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::exchange {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::AllBytes;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kAsker[] = "spiffe://south.test/proofmark/node/n1";

class ExchangeBookTest : public ::testing::Test {
 protected:
  crypto::Envelope Answer(std::uint8_t exchange) {
    crypto::Envelope envelope;
    envelope.key_id = "key";
    envelope.exchange_id.fill(static_cast<std::byte>(exchange));
    envelope.sender = proofmark::testing::kTestNodeId;
    envelope.recipient = kAsker;
    envelope.unix_ms = state_.clock().UnixMillis();
    envelope.type = "match-answer/v1";
    envelope.payload = "THE-ANSWER-ITSELF";
    envelope.signature = std::string(64, 's');
    return envelope;
  }

  absl::StatusOr<ledger::Receipt> Record(const crypto::Envelope& answer,
                                         std::string_view question = "question") {
    records::EntryDraft draft;
    draft.kind = records::EntryKind::kQueryIn;
    draft.outcome = "ANSWERED";
    return book_.Record(draft, kAsker,
                        {.request_hash = crypto::Sha256(question),
                         .answer = answer,
                         .kept_until_unix_ms = answer.unix_ms + kAnswersKeptMs},
                        {});
  }

  ScratchState state_;
  ExchangeBook book_{state_.store(), state_.ledger()};
};

TEST_F(ExchangeBookTest, WhatWasAnsweredIsFoundWithItsReceipt) {
  const crypto::Envelope answer = Answer(1);
  const auto receipt = Record(answer);
  ASSERT_THAT(receipt, IsOk());

  const auto found = book_.Find(kAsker, answer.exchange_id);

  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->request_hash, crypto::Sha256("question"));
  EXPECT_EQ((*found)->receipt, *receipt);
  EXPECT_EQ(crypto::SignedBytes((*found)->answer), crypto::SignedBytes(answer));
  EXPECT_EQ((*found)->answer.payload, answer.payload);
  EXPECT_EQ((*found)->answer.signature, answer.signature);
}

TEST_F(ExchangeBookTest, AnotherAskersExchangeOfThatIdIsAnother) {
  ASSERT_THAT(Record(Answer(1)), IsOk());

  const auto found = book_.Find("spiffe://west.test/proofmark/node/n1", Answer(1).exchange_id);

  ASSERT_THAT(found, IsOk());
  EXPECT_FALSE(found->has_value());
}

TEST_F(ExchangeBookTest, AnExchangeIsRecordedOnceAndLoggedOnce) {
  ASSERT_THAT(Record(Answer(1)), IsOk());

  EXPECT_THAT(Record(Answer(1), "another"), StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(EntriesOf(state_.ledger()), SizeIs(1));
}

TEST_F(ExchangeBookTest, AnswersAreSealedAtRest) {
  ASSERT_THAT(Record(Answer(1)), IsOk());

  EXPECT_THAT(AllBytes(state_.disk()), Not(HasSubstr("THE-ANSWER-ITSELF")));
}

TEST_F(ExchangeBookTest, OnlyOldAnswersAreForgotten) {
  ASSERT_THAT(Record(Answer(1)), IsOk());
  state_.clock().AdvanceMillis(kAnswersKeptMs);
  ASSERT_THAT(Record(Answer(2)), IsOk());

  ASSERT_THAT(book_.Forget(state_.clock().UnixMillis()), IsOk());
  EXPECT_TRUE(book_.Find(kAsker, Answer(1).exchange_id)->has_value());

  state_.clock().AdvanceMillis(1);
  ASSERT_THAT(book_.Forget(state_.clock().UnixMillis()), IsOk());
  EXPECT_FALSE(book_.Find(kAsker, Answer(1).exchange_id)->has_value());
  EXPECT_TRUE(book_.Find(kAsker, Answer(2).exchange_id)->has_value());
  EXPECT_THAT(EntriesOf(state_.ledger()), SizeIs(2));
}

}  // namespace
}  // namespace proofmark::exchange
