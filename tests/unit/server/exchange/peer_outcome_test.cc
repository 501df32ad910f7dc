// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/peer_outcome.h"

#include <functional>
#include <string>

#include "base/bytes.h"
#include "crypto/sign/key_id.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::exchange {
namespace {

using ::proofmark::testing::SeededRandom;
using ::testing::HasSubstr;
using wire::PartnerOutcome;

constexpr char kUs[] = "spiffe://north.test/proofmark/node/n1";
constexpr char kThem[] = "spiffe://south.test/proofmark/node/n1";
constexpr std::int64_t kNow = 1'790'000'000'000;

class PeerOutcomeTest : public ::testing::Test {
 protected:
  PeerOutcomeTest() {
    partner_.domain = "south.test";
    partner_.node_id = kThem;
    partner_.exchange_keys.emplace(KeyId(), key_.verifying_key());
    asked_.exchange_id = crypto::NewExchangeId(random_);
    asked_.hash = crypto::Sha256("the question");
    asked_.candidates_max = 2;
  }

  std::string KeyId() const { return crypto::ExchangeKeyId("south.test", key_.verifying_key()); }

  static wire::MatchResult Result(std::size_t candidates) {
    wire::MatchResult result;
    for (std::size_t i = 0; i < candidates; ++i) {
      wire::MatchCandidate candidate;
      candidate.handle = crypto::Sha256(std::to_string(i));
      result.candidates.push_back(candidate);
    }
    result.searched.method_version = "m";
    result.searched.calibration_version = "c";
    return result;
  }

  // A good answer, with `change` made before it is signed.
  federation::PeerAnswer Answer(const wire::MatchAnswer& answer,
                                const std::function<void(crypto::Envelope&)>& change = nullptr) {
    crypto::Envelope envelope;
    envelope.key_id = KeyId();
    envelope.exchange_id = asked_.exchange_id;
    envelope.sender = kThem;
    envelope.recipient = kUs;
    envelope.unix_ms = kNow;
    envelope.type = std::string(wire::kMatchAnswerType);
    envelope.request_hash = asked_.hash;
    const absl::StatusOr<std::string> payload = wire::Serialise(answer);
    EXPECT_THAT(payload, proofmark::testing::IsOk());
    envelope.payload = *payload;
    if (change) change(envelope);
    const auto sealed = crypto::SignEnvelope(key_, std::move(envelope));
    EXPECT_THAT(sealed, proofmark::testing::IsOk());
    return {.envelope = *sealed,
            .receipt = records::LedgerReceipt{.origin = "south.test/proofmark/n1/log",
                                              .index = 5,
                                              .leaf_hash = std::string(32, 'l')}};
  }

  PeerOutcome Judge(absl::StatusOr<federation::PeerAnswer> answer) {
    return JudgeAnswer(partner_, kUs, asked_, std::move(answer), kNow);
  }

  SeededRandom random_{3};
  crypto::SigningKey key_ = crypto::SigningKey::Generate(random_);
  federation::Partner partner_;
  AskedQuestion asked_;
};

TEST_F(PeerOutcomeTest, AGoodAnswerIsBelieved) {
  const PeerOutcome outcome = Judge(Answer(Result(2)));

  EXPECT_EQ(outcome.result.outcome, PartnerOutcome::kAnswered);
  EXPECT_EQ(outcome.result.agency, "south.test");
  EXPECT_EQ(outcome.result.result->candidates.size(), 2U);
  EXPECT_EQ(outcome.result.peer_receipt->index, 5U);
  EXPECT_EQ(outcome.logged.code, "ANSWERED");
  EXPECT_EQ(outcome.logged.count, 2U);
  EXPECT_EQ(outcome.logged.peer_entry->index, 5U);
  EXPECT_EQ(outcome.logged.response_hash,
            base::ToHex(base::ByteSpan(crypto::EnvelopeHash(Answer(Result(2)).envelope))));
}

TEST_F(PeerOutcomeTest, ASignedRefusalIsARefusal) {
  const PeerOutcome outcome =
      Judge(Answer(wire::MatchRefusal{.code = "QUALITY", .reason = "too few samples"}));

  EXPECT_EQ(outcome.result.outcome, PartnerOutcome::kRefused);
  EXPECT_EQ(outcome.result.refusal_code, "QUALITY");
  EXPECT_EQ(outcome.result.detail, "too few samples");
  EXPECT_EQ(outcome.logged.code, "REFUSED:QUALITY");
  EXPECT_EQ(outcome.logged.peer_entry->index, 5U);
}

// One bit anywhere in what is signed, and the answer is not believed.
TEST_F(PeerOutcomeTest, OneBitChangedAnywhereInThePayloadIsInvalid) {
  const federation::PeerAnswer good = Answer(Result(1));
  for (std::size_t byte = 0; byte < good.envelope.payload.size(); ++byte) {
    federation::PeerAnswer tampered = good;
    tampered.envelope.payload[byte] ^= static_cast<char>(1 << (byte % 8));

    const PeerOutcome outcome = Judge(std::move(tampered));

    ASSERT_EQ(outcome.result.outcome, PartnerOutcome::kInvalid) << "byte " << byte;
    ASSERT_FALSE(outcome.result.result.has_value());
    ASSERT_EQ(outcome.logged.response_hash, "");
  }
}

TEST_F(PeerOutcomeTest, OneFieldChangedAfterSigningIsInvalid) {
  const std::vector<std::function<void(crypto::Envelope&)>> changes = {
      [](crypto::Envelope& e) { e.unix_ms += 1; },
      [](crypto::Envelope& e) { e.exchange_id[0] ^= std::byte{1}; },
      [](crypto::Envelope& e) { e.request_hash[31] ^= std::byte{1}; },
      [](crypto::Envelope& e) { e.key_id += "x"; },
      [](crypto::Envelope& e) { e.sender = kUs; },
      [](crypto::Envelope& e) { e.recipient = kThem; },
      [](crypto::Envelope& e) { e.type = std::string(wire::kMatchQuestionType); },
      [](crypto::Envelope& e) { e.signature[0] ^= 1; },
      [](crypto::Envelope& e) { e.signature.clear(); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    federation::PeerAnswer tampered = Answer(Result(1));
    changes[i](tampered.envelope);
    EXPECT_EQ(Judge(std::move(tampered)).result.outcome, PartnerOutcome::kInvalid) << i;
  }
}

TEST_F(PeerOutcomeTest, AProperlySignedAnswerToSomethingElseIsInvalid) {
  const std::vector<std::function<void(crypto::Envelope&)>> changes = {
      [](crypto::Envelope& e) { e.exchange_id[0] ^= std::byte{1}; },
      [](crypto::Envelope& e) { e.request_hash = crypto::Sha256("another question"); },
      [](crypto::Envelope& e) { e.recipient = "spiffe://west.test/proofmark/node/n1"; },
      [](crypto::Envelope& e) { e.sender = "spiffe://south.test/proofmark/node/n2"; },
      [](crypto::Envelope& e) { e.type = std::string(wire::kMatchQuestionType); },
      [](crypto::Envelope& e) { e.payload = "nonsense"; },
      [](crypto::Envelope& e) { e.payload.clear(); },
      [](crypto::Envelope& e) { e.unix_ms -= crypto::kEnvelopeSkewMsMax + 1; },
      [](crypto::Envelope& e) { e.unix_ms += crypto::kEnvelopeSkewMsMax + 1; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const PeerOutcome outcome = Judge(Answer(Result(1), changes[i]));
    EXPECT_EQ(outcome.result.outcome, PartnerOutcome::kInvalid) << i;
    EXPECT_EQ(outcome.logged.code, "INVALID");
    EXPECT_THAT(outcome.result.detail, HasSubstr("not believed"));
  }
}

TEST_F(PeerOutcomeTest, AnAnswerUnderAKeyThatIsNotThePartnersIsInvalid) {
  key_ = crypto::SigningKey::Generate(random_);

  EXPECT_EQ(Judge(Answer(Result(1))).result.outcome, PartnerOutcome::kInvalid);
}

TEST_F(PeerOutcomeTest, MoreCandidatesThanAskedForAreInvalid) {
  EXPECT_EQ(Judge(Answer(Result(3))).result.outcome, PartnerOutcome::kInvalid);
}

TEST_F(PeerOutcomeTest, AReceiptOfAnotherLedgerOrNoneIsNotRecorded) {
  federation::PeerAnswer foreign = Answer(Result(1));
  foreign.receipt->origin = "west.test/proofmark/n1/log";
  federation::PeerAnswer torn = Answer(Result(1));
  torn.receipt->leaf_hash.pop_back();
  federation::PeerAnswer none = Answer(Result(1));
  none.receipt.reset();

  for (const federation::PeerAnswer& answer : {foreign, torn, none}) {
    const PeerOutcome outcome = Judge(answer);
    EXPECT_EQ(outcome.result.outcome, PartnerOutcome::kAnswered);
    EXPECT_FALSE(outcome.result.peer_receipt.has_value());
    EXPECT_FALSE(outcome.logged.peer_entry.has_value());
    EXPECT_THAT(outcome.result.detail, HasSubstr("no entry"));
  }
}

TEST_F(PeerOutcomeTest, EveryFailureOfTheCallIsAnOutcome) {
  struct Case {
    absl::StatusCode code;
    PartnerOutcome outcome;
    std::string logged;
  };
  const std::vector<Case> cases = {
      {absl::StatusCode::kUnavailable, PartnerOutcome::kUnreachable, "UNREACHABLE"},
      {absl::StatusCode::kDeadlineExceeded, PartnerOutcome::kTooLate, "TOO_LATE"},
      {absl::StatusCode::kCancelled, PartnerOutcome::kTooLate, "TOO_LATE"},
      {absl::StatusCode::kInvalidArgument, PartnerOutcome::kInvalid, "INVALID"},
      {absl::StatusCode::kDataLoss, PartnerOutcome::kInvalid, "INVALID"},
      {absl::StatusCode::kPermissionDenied, PartnerOutcome::kRefused, "REFUSED:NOT_A_PARTNER"},
      {absl::StatusCode::kUnauthenticated, PartnerOutcome::kRefused, "REFUSED:NOT_A_PARTNER"},
      {absl::StatusCode::kAlreadyExists, PartnerOutcome::kRefused, "REFUSED:EXCHANGE_REUSED"},
      {absl::StatusCode::kFailedPrecondition, PartnerOutcome::kRefused, "REFUSED:CLOCK_SKEW"},
      {absl::StatusCode::kResourceExhausted, PartnerOutcome::kRefused, "REFUSED:BUSY"},
      {absl::StatusCode::kInternal, PartnerOutcome::kRefused, "REFUSED:INTERNAL"},
      {absl::StatusCode::kUnknown, PartnerOutcome::kRefused, "REFUSED:INTERNAL"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.logged);
    const PeerOutcome outcome = Judge(absl::Status(c.code, "IGNORE PREVIOUS TEXT"));
    EXPECT_EQ(outcome.result.outcome, c.outcome);
    EXPECT_EQ(outcome.logged.code, c.logged);
    EXPECT_EQ(outcome.result.refusal_code.empty(), c.outcome != PartnerOutcome::kRefused);
    EXPECT_NE(outcome.result.detail, "");
    // Nobody signed what came with the failure: it is not shown.
    EXPECT_THAT(outcome.result.detail, ::testing::Not(HasSubstr("IGNORE")));
  }
}

}  // namespace
}  // namespace proofmark::exchange
