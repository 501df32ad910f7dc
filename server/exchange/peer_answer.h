// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "crypto/envelope/envelope.h"
#include "records/ledger_entry.h"
#include "records/receipt.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"

namespace proofmark::exchange {

// `payload` of `type` to `partner`, signed by this node at `now_unix_ms` under that exchange id.
absl::StatusOr<crypto::Envelope> SignMessage(const federation::NodeIdentity& identity,
                                             const federation::Partner& partner,
                                             const crypto::ExchangeId& exchange_id,
                                             std::string_view type, std::string payload,
                                             std::int64_t now_unix_ms);

// A message that was sent, as far as judging its answer needs it.
struct SentMessage {
  crypto::ExchangeId exchange_id{};
  crypto::Sha256Digest hash{};  // crypto::EnvelopeHash of the signed message.
  std::string_view answer_type;
  // How old the answer may be. A letter that was answered once gets the same answer again for as
  // long as it is sent.
  std::int64_t answer_age_ms_max = crypto::kEnvelopeSkewMsMax;
};

// Believes a partner's answer: signature, parties, type, message answered, exchange, age.
//   kInvalidArgument, kUnauthenticated, kPermissionDenied, kFailedPrecondition  it is not believed.
//   Threads  Pure.
absl::StatusOr<crypto::VerifiedEnvelope> OpenAnswer(const federation::Partner& partner,
                                                    std::string_view own_node_id,
                                                    const SentMessage& sent,
                                                    crypto::Envelope answer,
                                                    std::int64_t now_unix_ms);

// The entry that a partner says it wrote; nullopt when it names none, or one of another ledger than
// its node's.
std::optional<records::PeerEntry> EntryNamed(const federation::Partner& partner,
                                             const std::optional<records::LedgerReceipt>& receipt);

}  // namespace proofmark::exchange
