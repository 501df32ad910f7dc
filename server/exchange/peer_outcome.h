// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "crypto/envelope/envelope.h"
#include "crypto/hash/sha256.h"
#include "proto/wire/search.h"
#include "server/exchange/question_log.h"
#include "server/federation/partner.h"
#include "server/federation/peer_client.h"

namespace proofmark::exchange {

// What was asked, as far as judging its answer needs it.
struct AskedQuestion {
  crypto::ExchangeId exchange_id{};
  crypto::Sha256Digest hash{};  // crypto::EnvelopeHash of the signed question.
  std::int32_t candidates_max = 0;
};

// What came of a question, for the caller and for the ledger.
struct PeerOutcome {
  wire::PartnerResult result;  // Without elapsed time and without our own receipt.
  QuestionOutcome logged;
};

// Believes a partner's answer, or says what else came of the question: envelope (signature,
// parties, type, question answered, exchange, skew), payload and its bounds. Never fails: every
// failure is an outcome.
//   now_unix_ms  when it came.
//   Threads      Pure.
PeerOutcome JudgeAnswer(const federation::Partner& partner, std::string_view own_node_id,
                        const AskedQuestion& asked, absl::StatusOr<federation::PeerAnswer> answer,
                        std::int64_t now_unix_ms);

// The steps of it that every question to a partner has, whatever its type.
//   1. The envelope is believed, or the outcome is another: what came is used up.
std::variant<crypto::VerifiedEnvelope, PeerOutcome> BelieveAnswer(
    const federation::Partner& partner, std::string_view own_node_id, const AskedQuestion& asked,
    std::string_view answer_type, absl::StatusOr<federation::PeerAnswer>& answer,
    std::int64_t now_unix_ms);
//   2. The payload was read: answered, refused, or nothing that can be believed.
PeerOutcome AnsweredOutcome(const federation::Partner& partner, const AskedQuestion& asked);
PeerOutcome RefusedOutcome(const federation::Partner& partner, const AskedQuestion& asked,
                           std::string code, std::string reason);
//      A call that ended without a signed answer.
PeerOutcome UnansweredOutcome(const federation::Partner& partner, const AskedQuestion& asked,
                              const absl::Status& status);
PeerOutcome InvalidOutcome(const federation::Partner& partner, const AskedQuestion& asked,
                           std::string_view why);
//   3. What the ledger says of an answer, or a refusal, that was read.
void NoteEvidence(const federation::Partner& partner, const crypto::VerifiedEnvelope& verified,
                  const std::optional<records::LedgerReceipt>& receipt, PeerOutcome& judged);

federation::ToldBudget ToldBudgetOf(const federation::Partner& partner,
                                    const wire::BudgetStatement& told, std::int64_t now_unix_ms);

// The outcome of a question to which nothing came in time.
PeerOutcome NothingInTime(const federation::Partner& partner, const AskedQuestion& asked);

}  // namespace proofmark::exchange
