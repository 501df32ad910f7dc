// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/peer_outcome.h"

#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/envelope/envelope.h"
#include "server/exchange/desk.h"
#include "server/exchange/peer_answer.h"

namespace proofmark::exchange {
namespace {

using wire::PartnerOutcome;

std::string ExchangeBytes(const crypto::ExchangeId& id) {
  return std::string(base::AsText(base::ByteSpan(id)));
}

PeerOutcome OutcomeOf(const federation::Partner& partner, const AskedQuestion& asked,
                      PartnerOutcome outcome, std::string code, std::string detail) {
  PeerOutcome judged;
  judged.result.agency = partner.domain;
  judged.result.outcome = outcome;
  judged.result.detail = std::move(detail);
  judged.result.exchange_id = ExchangeBytes(asked.exchange_id);
  judged.logged.code = std::move(code);
  return judged;
}

void NoteReceipt(const federation::Partner& partner,
                 const std::optional<records::LedgerReceipt>& receipt, PeerOutcome& judged) {
  judged.logged.peer_entry = EntryNamed(partner, receipt);
  if (judged.logged.peer_entry.has_value()) {
    judged.result.peer_receipt = receipt;
    return;
  }
  if (!judged.result.detail.empty()) judged.result.detail += ' ';
  judged.result.detail += "It named no entry of its ledger.";
}

}  // namespace

std::variant<crypto::VerifiedEnvelope, PeerOutcome> BelieveAnswer(
    const federation::Partner& partner, std::string_view own_node_id, const AskedQuestion& asked,
    std::string_view answer_type, absl::StatusOr<federation::PeerAnswer>& answer,
    std::int64_t now_unix_ms) {
  if (!answer.ok()) return UnansweredOutcome(partner, asked, answer.status());
  absl::StatusOr<crypto::VerifiedEnvelope> verified =
      OpenAnswer(partner, own_node_id,
                 {.exchange_id = asked.exchange_id, .hash = asked.hash, .answer_type = answer_type},
                 std::move(answer->envelope), now_unix_ms);
  if (!verified.ok()) {
    return InvalidOutcome(partner, asked, std::string(verified.status().message()));
  }
  return *std::move(verified);
}

PeerOutcome AnsweredOutcome(const federation::Partner& partner, const AskedQuestion& asked) {
  return OutcomeOf(partner, asked, PartnerOutcome::kAnswered, "ANSWERED", "");
}

PeerOutcome RefusedOutcome(const federation::Partner& partner, const AskedQuestion& asked,
                           std::string code, std::string reason) {
  PeerOutcome judged = OutcomeOf(partner, asked, PartnerOutcome::kRefused, OutcomeOfRefusal(code),
                                 std::move(reason));
  judged.result.refusal_code = std::move(code);
  return judged;
}

// What the partner wrote is not shown: nobody signed it.
PeerOutcome UnansweredOutcome(const federation::Partner& partner, const AskedQuestion& asked,
                              const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return NothingInTime(partner, asked);
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kDataLoss:
      return InvalidOutcome(partner, asked, "it is not well-formed");
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return RefusedOutcome(
          partner, asked, "NOT_A_PARTNER",
          "It does not accept this node's identity or signature. Compare certificates "
          "and exchange keys with its administrator.");
    case absl::StatusCode::kAlreadyExists:
      return RefusedOutcome(partner, asked, "EXCHANGE_REUSED",
                            "It holds another question under this exchange id. Ask again.");
    case absl::StatusCode::kFailedPrecondition:
      return RefusedOutcome(partner, asked, "CLOCK_SKEW",
                            "Its clock and ours differ too much. Check the time on both nodes.");
    case absl::StatusCode::kResourceExhausted:
      return RefusedOutcome(partner, asked, "BUSY",
                            "It has more to do than it can now. Ask again later.");
    case absl::StatusCode::kUnavailable:
      return OutcomeOf(partner, asked, PartnerOutcome::kUnreachable, "UNREACHABLE",
                       "It could not be reached. Ask again later, or try `proofmark partners`.");
    default:
      return RefusedOutcome(partner, asked, "INTERNAL", "It failed to answer. Ask again later.");
  }
}

PeerOutcome InvalidOutcome(const federation::Partner& partner, const AskedQuestion& asked,
                           std::string_view why) {
  return OutcomeOf(
      partner, asked, PartnerOutcome::kInvalid, "INVALID",
      absl::StrFormat("Its answer was not believed: %s. Report it to the partner's administrator.",
                      why.substr(0, 256)));
}

void NoteEvidence(const federation::Partner& partner, const crypto::VerifiedEnvelope& verified,
                  const std::optional<records::LedgerReceipt>& receipt, PeerOutcome& judged) {
  judged.logged.response_hash = base::ToHex(base::ByteSpan(verified.hash()));
  NoteReceipt(partner, receipt, judged);
}

PeerOutcome JudgeAnswer(const federation::Partner& partner, std::string_view own_node_id,
                        const AskedQuestion& asked, absl::StatusOr<federation::PeerAnswer> answer,
                        std::int64_t now_unix_ms) {
  auto believed =
      BelieveAnswer(partner, own_node_id, asked, wire::kMatchAnswerType, answer, now_unix_ms);
  if (auto* outcome = std::get_if<PeerOutcome>(&believed)) return std::move(*outcome);
  const auto& verified = std::get<crypto::VerifiedEnvelope>(believed);
  absl::StatusOr<wire::MatchAnswer> parsed = wire::ParseMatchAnswer(verified.payload());
  if (!parsed.ok()) return InvalidOutcome(partner, asked, std::string(parsed.status().message()));

  const std::optional<wire::BudgetStatement> budget =
      std::visit([](const auto& outcome) { return outcome.budget; }, *parsed);
  PeerOutcome judged;
  if (auto* refusal = std::get_if<wire::MatchRefusal>(&*parsed)) {
    judged = RefusedOutcome(partner, asked, std::move(refusal->code), std::move(refusal->reason));
  } else {
    wire::MatchResult& result = std::get<wire::MatchResult>(*parsed);
    if (result.candidates.size() > static_cast<std::size_t>(asked.candidates_max)) {
      return InvalidOutcome(partner, asked, "it lists more candidates than were asked for");
    }
    judged = AnsweredOutcome(partner, asked);
    judged.logged.count = result.candidates.size();
    result.budget.reset();
    judged.result.result = std::move(result);
  }
  if (budget.has_value()) {
    judged.logged.budget = ToldBudgetOf(partner, *budget, now_unix_ms);
  }
  NoteEvidence(partner, verified, answer->receipt, judged);
  return judged;
}

federation::ToldBudget ToldBudgetOf(const federation::Partner& partner,
                                    const wire::BudgetStatement& told, std::int64_t now_unix_ms) {
  return {.agency = partner.domain,
          .unix_ms = now_unix_ms,
          .statement = {.limits = {.per_day = told.per_day, .per_30_days = told.per_30_days},
                        .used_today = told.used_today,
                        .used_30_days = told.used_30_days}};
}

PeerOutcome NothingInTime(const federation::Partner& partner, const AskedQuestion& asked) {
  return OutcomeOf(partner, asked, PartnerOutcome::kTooLate, "TOO_LATE",
                   "It did not answer in time. Ask again with a longer deadline.");
}

}  // namespace proofmark::exchange
