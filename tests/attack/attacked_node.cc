// SPDX-License-Identifier: Apache-2.0
#include "tests/attack/attacked_node.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "crypto/hash/sha256.h"
#include "forensics/evidence/calibration_data.h"
#include "proto/wire/match.h"
#include "server/exchange/peer_answer.h"
#include "server/match/plausibility.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::attack {
namespace {

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) base::Log(base::LogSeverity::kError, value.status().ToString());
  PM_CHECK(value.ok());
  return *std::move(value);
}

// Without a node: what the comparison says is told at once.
class BareRecord final : public AttackedNode {
 public:
  BareRecord(const AttackedRecord& record, bool with_scores)
      : record_(record), with_scores_(with_scores) {}

  Told Ask(const forensics::BulletSignature& probe, std::chrono::milliseconds /*after*/) override {
    if (!match::CheckPlausible(probe).ok()) return {};
    const std::optional<forensics::BulletComparison> comparison = record_.Compare(probe);
    if (!comparison.has_value()) return {};
    return {.refused = false,
            .level = forensics::EvaluateBullets(*comparison, BoldCalibration()).level,
            .score = with_scores_ ? comparison->score : 0.0};
  }

 private:
  const AttackedRecord& record_;
  const bool with_scores_;
};

// A whole node that its laboratory gave the record and the calibration; the asker is its partner
// with the budget of the default, and every question comes in as an envelope signed by that partner
// and leaves as a signed answer, sketched, charged and logged on the way.
class HardenedNode final : public AttackedNode {
 public:
  explicit HardenedNode(const AttackedRecord& record)
      : answering_(two_.north.AsPartner({testing::kPurpose}, {testing::kPurpose})) {
    node::Node& node = two_.north.node();
    OrDie(
        node.submissions().Submit(testing::kLab, record.exhibit().header, record.exhibit().scans));
    OrDie(node.calibrations().Install({crypto::StaffRole::kAdministrator, "admin-3"},
                                      forensics::CalibrationText(BoldCalibration())));
  }

  Told Ask(const forensics::BulletSignature& probe, std::chrono::milliseconds after) override {
    two_.clock.AdvanceMillis(after.count());
    const wire::MatchAnswer answer = Exchange(probe);
    Told told;
    if (const auto* refusal = std::get_if<wire::MatchRefusal>(&answer)) {
      told.refused = refusal->code == "CAPACITY";
      refusals_ += told.refused ? 1 : 0;
    } else if (const auto& result = std::get<wire::MatchResult>(answer);
               !result.candidates.empty()) {
      told.level = result.candidates.front().level;
    }
    return told;
  }

  std::int64_t refusals() override { return refusals_; }
  std::int64_t alarms() override {
    return static_cast<std::int64_t>(
        testing::EntriesOf(two_.north.node().ledger(), records::EntryKind::kAlarm).size());
  }

 private:
  wire::MatchAnswer Exchange(const forensics::BulletSignature& probe) {
    const crypto::ExchangeId exchange = crypto::NewExchangeId(random_);
    wire::MatchQuestion question;
    question.characteristics.bullet_class = "9";
    question.signature = probe;
    question.purpose = testing::kPurpose;
    question.offence = "HOMICIDE";
    question.subject_role = "OBJECT_ONLY";
    question.case_commitment = crypto::Sha256(base::AsText(base::ByteSpan(exchange)));
    question.actor = "their-examiner";
    question.exhaustive = true;  // Nothing is to be missed.
    const std::int64_t now_ms = two_.clock.UnixMillis();
    crypto::Envelope envelope = OrDie(
        exchange::SignMessage(two_.south.node().identity(), answering_, exchange,
                              wire::kMatchQuestionType, OrDie(wire::Serialise(question)), now_ms));
    const exchange::SentMessage sent{.exchange_id = exchange,
                                     .hash = crypto::EnvelopeHash(envelope),
                                     .answer_type = wire::kMatchAnswerType};
    exchange::ReleasedAnswer released = OrDie(two_.north.node().reception().Receive(
        {.domain = two_.south.domain(), .node_id = two_.south.node_id()}, std::move(envelope), {}));
    const crypto::VerifiedEnvelope answer = OrDie(exchange::OpenAnswer(
        answering_, two_.south.node_id(), sent, std::move(released.envelope), now_ms));
    return OrDie(wire::ParseMatchAnswer(answer.payload()));
  }

  testing::TwoAgencies two_;  // South asks, north answers.
  const federation::Partner answering_;
  testing::SeededRandom random_{7};
  std::int64_t refusals_ = 0;
};

}  // namespace

std::unique_ptr<AttackedNode> AttackedNode::Create(const AttackedRecord& record, Defence defence) {
  if (defence == Defence::kHardened) return std::make_unique<HardenedNode>(record);
  return std::make_unique<BareRecord>(record, defence == Defence::kRawScores);
}

}  // namespace proofmark::attack
