// SPDX-License-Identifier: Apache-2.0
// Strict mode where it counts: in what a partner that asks is answered.
#include <chrono>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::exchange {
namespace {

using ::proofmark::testing::AskAll;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TwoAgencies;
using records::EntryKind;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using wire::PartnerOutcome;

// South answers north unless its ledger has been unwitnessed for more than ten minutes.
class StrictModeTest : public ::testing::Test {
 protected:
  StrictModeTest() {
    two_.south.Crash();
    two_.south.publishing.strict_after = std::chrono::minutes(10);
    two_.south.Start();
    asked_ = two_.north.Submit(0, 0, "A-1");
    two_.south.Submit(0, 1, "B-1");
  }

  PartnerOutcome Ask() {
    const auto search = two_.north.node().searches().Run(
        kExaminer, AskAll(asked_), [](const journeys::SearchEvent&) {}, nullptr);
    EXPECT_THAT(search, IsOk());
    EXPECT_THAT(search->partners, SizeIs(1));
    return search->partners[0].outcome;
  }
  const ledger::Ledger& Ledger() { return two_.south.node().ledger(); }

  TwoAgencies two_;
  std::string asked_;
};

TEST_F(StrictModeTest, APartnersQuestionIsDeniedWhileTheLedgerIsUnwitnessedTooLong) {
  EXPECT_EQ(Ask(), PartnerOutcome::kAnswered);  // Not long enough yet.
  two_.clock.AdvanceMillis(11 * 60 * 1000);

  EXPECT_NE(Ask(), PartnerOutcome::kAnswered);

  const auto denials = EntriesOf(Ledger(), EntryKind::kDeny);
  ASSERT_THAT(denials, SizeIs(1));
  EXPECT_EQ(denials[0].draft.outcome, "UNWITNESSED");
  EXPECT_EQ(denials[0].draft.peer, two_.north.node_id());
  EXPECT_THAT(EntriesOf(Ledger(), EntryKind::kQueryIn), SizeIs(1));  // The one before.
}

TEST_F(StrictModeTest, ItAnswersAgainOnceItIsWitnessed) {
  two_.clock.AdvanceMillis(11 * 60 * 1000);
  EXPECT_NE(Ask(), PartnerOutcome::kAnswered);
  EXPECT_THAT(EntriesOf(Ledger(), EntryKind::kQueryIn), IsEmpty());

  ASSERT_THAT(two_.south.node().publishing().PublishNow(), IsOk());

  EXPECT_EQ(Ask(), PartnerOutcome::kAnswered);
}

TEST_F(StrictModeTest, NotEvenAStoredAnswerGoesOutAgain) {
  crypto::Envelope question;
  two_.wire.on_question = [&](crypto::Envelope& envelope) { question = envelope; };
  EXPECT_EQ(Ask(), PartnerOutcome::kAnswered);
  const SendingPeer north{.domain = two_.north.domain(), .node_id = two_.north.node_id()};
  EXPECT_THAT(two_.south.node().reception().Receive(north, question, {}), IsOk());
  two_.clock.AdvanceMillis(11 * 60 * 1000);

  EXPECT_THAT(two_.south.node().reception().Receive(north, question, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace proofmark::exchange
