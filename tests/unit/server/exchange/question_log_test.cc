// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/question_log.h"

#include <string>

#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::exchange {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::StatusIs;
using records::EntryKind;
using ::testing::IsEmpty;
using ::testing::SizeIs;

records::EntryDraft Draft(char exchange) {
  records::EntryDraft draft;
  draft.peer = "spiffe://south.test/proofmark/node/n1";
  draft.exchange = std::string(32, exchange);
  draft.purpose = "CRIMINAL_INVESTIGATION";
  draft.case_commitment = std::string(64, 'c');
  draft.actor = "examiner-7";
  draft.request_hash = std::string(64, 'd');
  return draft;
}

QuestionOutcome Answered() {
  return {.code = "ANSWERED",
          .count = 3,
          .response_hash = std::string(64, 'e'),
          .peer_entry = records::PeerEntry{.index = 17}};
}

TEST(QuestionLogTest, TheAnswerRepeatsTheQuestionAndAddsItsOutcome) {
  ScratchState state;
  QuestionLog log(state.store(), state.ledger());
  const auto question = log.Open(Draft('1'));
  ASSERT_THAT(question, IsOk());

  ASSERT_THAT(log.Close(*question, Answered()), IsOk());

  const auto entries = EntriesOf(state.ledger());
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].draft.kind, EntryKind::kQueryOut);
  EXPECT_EQ(entries[0].draft.outcome, "ASKED");
  records::EntryDraft expected = entries[0].draft;
  expected.kind = EntryKind::kAnswerIn;
  expected.outcome = "ANSWERED";
  expected.count = 3;
  expected.response_hash = std::string(64, 'e');
  expected.peer_entry = records::PeerEntry{.index = 17};
  EXPECT_EQ(entries[1].draft, expected);
}

TEST(QuestionLogTest, AQuestionIsClosedOnce) {
  ScratchState state;
  QuestionLog log(state.store(), state.ledger());
  const auto question = log.Open(Draft('1'));
  ASSERT_THAT(question, IsOk());
  ASSERT_THAT(log.Close(*question, Answered()), IsOk());

  EXPECT_THAT(log.Close(*question, Answered()), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(EntriesOf(state.ledger(), EntryKind::kAnswerIn), SizeIs(1));
}

TEST(QuestionLogTest, AnExchangeIsAskedOnce) {
  ScratchState state;
  QuestionLog log(state.store(), state.ledger());
  ASSERT_THAT(log.Open(Draft('1')), IsOk());

  EXPECT_THAT(log.Open(Draft('1')), StatusIs(StatusCode::kAlreadyExists));
}

TEST(QuestionLogTest, WhatACrashLeftOpenIsClosedAtTheNextStart) {
  ScratchState state;
  {
    QuestionLog log(state.store(), state.ledger());
    const auto answered = log.Open(Draft('1'));
    ASSERT_THAT(answered, IsOk());
    ASSERT_THAT(log.Open(Draft('2')), IsOk());
    ASSERT_THAT(log.Close(*answered, Answered()), IsOk());
  }
  state.Reopen();
  QuestionLog log(state.store(), state.ledger());

  ASSERT_THAT(log.CloseAbandoned(), IsOk());
  ASSERT_THAT(log.CloseAbandoned(), IsOk());  // Once is enough.

  const auto closed = EntriesOf(state.ledger(), EntryKind::kAnswerIn);
  ASSERT_THAT(closed, SizeIs(2));
  EXPECT_EQ(closed[1].draft.outcome, "ABANDONED");
  EXPECT_EQ(closed[1].draft.exchange, std::string(32, '2'));
  EXPECT_EQ(closed[1].draft.case_commitment, std::string(64, 'c'));
}

TEST(QuestionLogTest, ARefusedEntryLeavesNothingOpen) {
  ScratchState state;
  QuestionLog log(state.store(), state.ledger());
  records::EntryDraft draft = Draft('1');
  draft.purpose = "two words";

  EXPECT_THAT(log.Open(draft), StatusIs(StatusCode::kInvalidArgument));

  ASSERT_THAT(log.CloseAbandoned(), IsOk());
  EXPECT_THAT(EntriesOf(state.ledger()), IsEmpty());
}

}  // namespace
}  // namespace proofmark::exchange
