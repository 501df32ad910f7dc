// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/reception.h"

#include <algorithm>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "forensics/synthetic/generator.h"
#include "tests/support/generated_cases.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::exchange {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kPurpose;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TwoAgencies;
using records::EntryKind;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// South asks by hand, so that every step can be gone wrong; north answers.
class ReceptionTest : public ::testing::Test {
 protected:
  static wire::MatchQuestion Question() {
    wire::MatchQuestion question;
    question.characteristics.bullet_class = "9";
    question.signature = forensics::GenerateBulletSignature(
        {.seed = 11, .barrel = 0, .profile = forensics::SyntheticProfile::kClean}, 5);
    question.purpose = kPurpose;
    question.offence = "HOMICIDE";
    question.subject_role = "OBJECT_ONLY";
    question.case_commitment = crypto::Sha256("the case");
    question.actor = "their-examiner";
    return question;
  }

  crypto::Envelope Sign(const wire::MatchQuestion& question, std::uint8_t exchange = 1,
                        const std::function<void(crypto::Envelope&)>& change = nullptr) {
    crypto::Envelope envelope;
    envelope.key_id = two_.south.node().identity().exchange_key_id();
    envelope.exchange_id.fill(static_cast<std::byte>(exchange));
    envelope.sender = two_.south.node_id();
    envelope.recipient = two_.north.node_id();
    envelope.unix_ms = two_.clock.UnixMillis();
    envelope.type = std::string(wire::kMatchQuestionType);
    const absl::StatusOr<std::string> payload = wire::Serialise(question);
    EXPECT_THAT(payload, IsOk());
    envelope.payload = *payload;
    if (change) change(envelope);
    const auto sealed = crypto::SignEnvelope(two_.south.exchange_key(), std::move(envelope));
    EXPECT_THAT(sealed, IsOk());
    return *sealed;
  }

  absl::StatusOr<ReleasedAnswer> Ask(crypto::Envelope envelope, const AnswerLimits& limits = {}) {
    return two_.north.node().reception().Receive(
        {.domain = two_.south.domain(), .node_id = two_.south.node_id()}, std::move(envelope),
        limits);
  }

  wire::MatchAnswer Parsed(const absl::StatusOr<ReleasedAnswer>& answer) {
    EXPECT_THAT(answer, IsOk());
    const auto parsed = wire::ParseMatchAnswer(answer->envelope.payload);
    EXPECT_THAT(parsed, IsOk());
    return *parsed;
  }
  std::string RefusalOf(const absl::StatusOr<ReleasedAnswer>& answer) {
    const wire::MatchAnswer parsed = Parsed(answer);
    const auto* refusal = std::get_if<wire::MatchRefusal>(&parsed);
    return refusal == nullptr ? "" : refusal->code;
  }

  // The one denial logged, and nothing answered.
  void ExpectDenied(const std::string& outcome) {
    EXPECT_THAT(EntriesOf(Ledger(), EntryKind::kQueryIn), IsEmpty());
    const auto denials = EntriesOf(Ledger(), EntryKind::kDeny);
    ASSERT_THAT(denials, SizeIs(1));
    EXPECT_EQ(denials[0].draft.outcome, outcome);
    EXPECT_EQ(denials[0].draft.peer, two_.south.node_id());
  }
  const ledger::Ledger& Ledger() { return two_.north.node().ledger(); }

  TwoAgencies two_;
};

TEST_F(ReceptionTest, TheAnswerIsSignedBoundToTheQuestionAndLogged) {
  two_.north.Submit(0, 0, "A-1");
  const crypto::Envelope question = Sign(Question());

  const auto answer = Ask(question);

  ASSERT_THAT(answer, IsOk());
  const crypto::SigningKey& key = two_.north.exchange_key();
  EXPECT_THAT(
      key.verifying_key().Verify(crypto::SignedBytes(answer->envelope), answer->envelope.signature),
      IsOk());
  EXPECT_EQ(answer->envelope.request_hash, crypto::EnvelopeHash(question));
  EXPECT_EQ(answer->envelope.exchange_id, question.exchange_id);
  const auto entry = Ledger().Read(answer->receipt.index);
  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(crypto::AsText(entry->leaf_hash), answer->receipt.leaf_hash);
  const records::EntryDraft& draft = entry->entry.draft;
  EXPECT_EQ(draft.kind, EntryKind::kQueryIn);
  EXPECT_EQ(draft.peer, two_.south.node_id());
  EXPECT_EQ(draft.purpose, kPurpose);
  EXPECT_EQ(draft.actor, "their-examiner");
  EXPECT_EQ(draft.case_commitment, base::ToHex(base::ByteSpan(crypto::Sha256("the case"))));
  EXPECT_EQ(draft.request_hash, base::ToHex(base::ByteSpan(crypto::EnvelopeHash(question))));
  EXPECT_EQ(draft.response_hash,
            base::ToHex(base::ByteSpan(crypto::EnvelopeHash(answer->envelope))));
  EXPECT_EQ(draft.outcome, "ANSWERED");
}

TEST_F(ReceptionTest, TheSameQuestionAgainGetsTheSameBytesAndReceiptEvenAfterACrash) {
  two_.north.Submit(0, 0, "A-1");
  const crypto::Envelope question = Sign(Question());
  const auto first = Ask(question);
  ASSERT_THAT(first, IsOk());
  two_.north.Submit(0, 1, "A-2");  // Another answer, were it computed anew.
  two_.north.Crash();
  two_.north.Start();
  two_.clock.AdvanceMillis(crypto::kEnvelopeSkewMsMax + 1);  // The repetition comes late.

  const auto second = Ask(question);

  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(crypto::SignedBytes(second->envelope), crypto::SignedBytes(first->envelope));
  EXPECT_EQ(second->envelope.signature, first->envelope.signature);
  EXPECT_EQ(second->receipt, first->receipt);
  EXPECT_THAT(EntriesOf(Ledger(), EntryKind::kQueryIn), SizeIs(1));
}

TEST_F(ReceptionTest, AnotherQuestionUnderAUsedExchangeIdIsRefusedAndLogged) {
  ASSERT_THAT(Ask(Sign(Question())), IsOk());
  wire::MatchQuestion other = Question();
  other.offence = "ROBBERY";

  EXPECT_THAT(Ask(Sign(other)), StatusIs(StatusCode::kAlreadyExists));

  EXPECT_THAT(EntriesOf(Ledger(), EntryKind::kQueryIn), SizeIs(1));
  const auto denials = EntriesOf(Ledger(), EntryKind::kDeny);
  ASSERT_THAT(denials, SizeIs(1));
  EXPECT_EQ(denials[0].draft.outcome, "EXCHANGE_REUSED");
}

TEST_F(ReceptionTest, ANodeWithoutAgreementGetsNoAnswer) {
  const auto answer = two_.north.node().reception().Receive(
      {.domain = "west.test", .node_id = "spiffe://west.test/proofmark/node/n1"}, Sign(Question()),
      {});

  EXPECT_THAT(answer, StatusIs(StatusCode::kUnauthenticated));
  const auto denials = EntriesOf(Ledger(), EntryKind::kDeny);
  ASSERT_THAT(denials, SizeIs(1));
  EXPECT_EQ(denials[0].draft.outcome, "NOT_A_PARTNER");
  EXPECT_EQ(denials[0].draft.peer, "spiffe://west.test/proofmark/node/n1");
}

TEST_F(ReceptionTest, AnEnvelopeOfAnotherSenderThanTheConnectionIsDenied) {
  EXPECT_THAT(
      Ask(Sign(Question(), 1,
               [](crypto::Envelope& e) { e.sender = "spiffe://west.test/proofmark/node/n1"; })),
      StatusIs(StatusCode::kUnauthenticated));
  ExpectDenied("UNAUTHENTICATED");
}

TEST_F(ReceptionTest, AnEnvelopeForSomebodyElseIsDenied) {
  EXPECT_THAT(
      Ask(Sign(Question(), 1,
               [](crypto::Envelope& e) { e.recipient = "spiffe://west.test/proofmark/node/n1"; })),
      StatusIs(StatusCode::kPermissionDenied));
  ExpectDenied("WRONG_RECIPIENT");
}

TEST_F(ReceptionTest, OneBitOfTheQuestionChangedIsDenied) {
  crypto::Envelope tampered = Sign(Question());
  tampered.payload[tampered.payload.size() / 2] ^= 1;

  EXPECT_THAT(Ask(std::move(tampered)), StatusIs(StatusCode::kUnauthenticated));
  ExpectDenied("UNAUTHENTICATED");
}

TEST_F(ReceptionTest, AClockTooFarAwayIsDenied) {
  EXPECT_THAT(Ask(Sign(Question(), 1,
                       [](crypto::Envelope& e) { e.unix_ms -= crypto::kEnvelopeSkewMsMax + 1; })),
              StatusIs(StatusCode::kFailedPrecondition));
  ExpectDenied("CLOCK_SKEW");
}

TEST_F(ReceptionTest, AProperlySignedPayloadThatIsNoQuestionIsDenied) {
  EXPECT_THAT(Ask(Sign(Question(), 1, [](crypto::Envelope& e) { e.payload = "nonsense"; })),
              StatusIs(StatusCode::kInvalidArgument));
  ExpectDenied("MALFORMED");
}

TEST_F(ReceptionTest, AnActorThatTheLedgerCannotHoldIsDenied) {
  wire::MatchQuestion question = Question();
  question.actor = "Inspector Morse";

  EXPECT_THAT(Ask(Sign(question)), StatusIs(StatusCode::kInvalidArgument));
  ExpectDenied("MALFORMED");
}

TEST_F(ReceptionTest, APurposeNotAgreedIsASignedRefusalAndLogged) {
  wire::MatchQuestion question = Question();
  question.purpose = "TRAFFICKING_TRACE";

  EXPECT_EQ(RefusalOf(Ask(Sign(question))), "PURPOSE");

  const auto entries = EntriesOf(Ledger(), EntryKind::kQueryIn);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].draft.outcome, "REFUSED:PURPOSE");
  EXPECT_EQ(entries[0].draft.count, 0U);
}

TEST_F(ReceptionTest, ACaseIsRefusedForTheSameReasonsAsABullet) {
  wire::MatchQuestion question = Question();
  question.kind = records::ExhibitKind::kCaseEvidence;
  forensics::CaseSignature signature = ::proofmark::testing::GeneratedCase(1, 0);
  signature.impressions[0].extractor_version = "some-other-method/9";
  question.signature = signature;
  EXPECT_EQ(RefusalOf(Ask(Sign(question, 1))), "METHOD_VERSION");

  signature = ::proofmark::testing::GeneratedCase(1, 0);
  std::fill(signature.impressions[0].relief.begin(), signature.impressions[0].relief.end(), 1);
  question.signature = signature;
  EXPECT_EQ(RefusalOf(Ask(Sign(question, 2))), "QUALITY");

  question.signature = ::proofmark::testing::GeneratedCase(1, 0);
  EXPECT_EQ(RefusalOf(Ask(Sign(question, 3))), "");
}

TEST_F(ReceptionTest, AnotherMethodIsARefusal) {
  wire::MatchQuestion question = Question();
  std::get<forensics::BulletSignature>(question.signature).extractor_version =
      "some-other-method/9";

  EXPECT_EQ(RefusalOf(Ask(Sign(question))), "METHOD_VERSION");
}

TEST_F(ReceptionTest, AnImplausibleSignatureIsARefusal) {
  wire::MatchQuestion question = Question();
  for (auto& land : std::get<forensics::BulletSignature>(question.signature).lands) {
    if (land.has_value()) std::fill(land->height_nm.begin(), land->height_nm.end(), 0);
  }

  EXPECT_EQ(RefusalOf(Ask(Sign(question))), "QUALITY");
}

TEST_F(ReceptionTest, AHandleGivenLeadsBackToTheExhibit) {
  const std::string id = two_.north.Submit(0, 0, "A-1");
  const auto answer = Ask(Sign(Question()));
  const wire::MatchAnswer parsed = Parsed(answer);
  const auto* result = std::get_if<wire::MatchResult>(&parsed);
  ASSERT_NE(result, nullptr);
  ASSERT_THAT(result->candidates, SizeIs(1));

  const auto resolved = two_.north.node().exhibits().ResolveHandle(
      kExaminer, crypto::AsText(result->candidates[0].handle));

  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->view.exhibit.id, id);
  EXPECT_EQ(resolved->asking_agency, "south.test");
  EXPECT_EQ(resolved->exchange_id,
            std::string(base::AsText(base::ByteSpan(answer->envelope.exchange_id))));
}

TEST_F(ReceptionTest, AtMostAsManyCandidatesAsAskedFor) {
  for (std::uint32_t shot = 0; shot < 3; ++shot) {
    two_.north.Submit(0, shot, "A-" + std::to_string(shot));
  }
  wire::MatchQuestion question = Question();
  question.candidates_max = 2;

  const wire::MatchAnswer parsed = Parsed(Ask(Sign(question)));

  ASSERT_TRUE(std::holds_alternative<wire::MatchResult>(parsed));
  EXPECT_THAT(std::get<wire::MatchResult>(parsed).candidates, SizeIs(2));
}

TEST_F(ReceptionTest, TwentyExhibitsOfOneGunInOneCaseCostTwentyUnitsAndRaiseNoAlarm) {
  constexpr std::uint32_t kExhibits = 20;
  for (std::uint32_t shot = 0; shot < kExhibits; ++shot) {
    wire::MatchQuestion question = Question();
    question.signature = forensics::GenerateBulletSignature(
        {.seed = 11, .barrel = 0, .profile = forensics::SyntheticProfile::kClean}, shot);
    EXPECT_EQ(RefusalOf(Ask(Sign(question, static_cast<std::uint8_t>(shot + 1)))), "");
  }

  const auto budgets = two_.north.node().Budgets();
  ASSERT_THAT(budgets, IsOk());
  EXPECT_EQ(budgets->front().here.used_today, kExhibits);
  EXPECT_THAT(EntriesOf(Ledger(), EntryKind::kAlarm), IsEmpty());
}

TEST_F(ReceptionTest, ACallerWhoLeavesGetsNothingAndMayAskTheSameAgain) {
  two_.north.Submit(0, 0, "A-1");
  const crypto::Envelope question = Sign(Question());

  EXPECT_THAT(Ask(question, {.deadline = std::nullopt, .cancelled = [] { return true; }}),
              StatusIs(StatusCode::kCancelled));
  ExpectDenied("CANCELLED");

  EXPECT_THAT(Ask(question), IsOk());
  EXPECT_THAT(EntriesOf(Ledger(), EntryKind::kQueryIn), SizeIs(1));
}

TEST_F(ReceptionTest, AnAnswerThatCannotBeReadyInTimeIsNotReleased) {
  two_.north.Submit(0, 0, "A-1");

  EXPECT_THAT(Ask(Sign(Question()), {.deadline = two_.clock.Steady(), .cancelled = nullptr}),
              StatusIs(StatusCode::kCancelled));
  ExpectDenied("CANCELLED");
}

TEST_F(ReceptionTest, AForgottenAnswerIsNotComputedAgain) {
  const crypto::Envelope question = Sign(Question());
  ASSERT_THAT(Ask(question), IsOk());
  two_.clock.AdvanceMillis(kAnswersKeptMs + 1);
  two_.north.Crash();
  two_.north.Start();

  EXPECT_THAT(Ask(question), StatusIs(StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace proofmark::exchange
