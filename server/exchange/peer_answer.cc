// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/peer_answer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/x509/spiffe_name.h"

namespace proofmark::exchange {
namespace {

// Whether the ledger the partner names is that of its node.
bool IsLedgerOf(const federation::Partner& partner, const records::LedgerReceipt& receipt) {
  const absl::StatusOr<crypto::SpiffeName> name = crypto::SpiffeName::Parse(partner.node_id);
  return name.ok() &&
         receipt.origin == absl::StrFormat("%s/proofmark/%s/log", name->domain(), name->id()) &&
         receipt.leaf_hash.size() == crypto::Sha256Digest().size();
}

}  // namespace

absl::StatusOr<crypto::Envelope> SignMessage(const federation::NodeIdentity& identity,
                                             const federation::Partner& partner,
                                             const crypto::ExchangeId& exchange_id,
                                             std::string_view type, std::string payload,
                                             std::int64_t now_unix_ms) {
  crypto::Envelope envelope;
  envelope.key_id = identity.exchange_key_id();
  envelope.exchange_id = exchange_id;
  envelope.sender = identity.node_id();
  envelope.recipient = partner.node_id;
  envelope.unix_ms = now_unix_ms;
  envelope.type = std::string(type);
  envelope.payload = std::move(payload);
  return crypto::SignEnvelope(identity.exchange_key(), std::move(envelope));
}

absl::StatusOr<crypto::VerifiedEnvelope> OpenAnswer(const federation::Partner& partner,
                                                    std::string_view own_node_id,
                                                    const SentMessage& sent,
                                                    crypto::Envelope answer,
                                                    std::int64_t now_unix_ms) {
  crypto::EnvelopeExpectations expected;
  expected.recipient = std::string(own_node_id);
  expected.type = std::string(sent.answer_type);
  expected.request_hash = sent.hash;
  PM_ASSIGN_OR_RETURN(
      crypto::VerifiedEnvelope verified,
      crypto::OpenEnvelope(std::move(answer),
                           {.sender = partner.node_id, .keys = partner.exchange_keys}, expected));
  if (verified.envelope().exchange_id != sent.exchange_id) {
    return absl::PermissionDeniedError("it belongs to another exchange");
  }
  PM_RETURN_IF_ERROR(crypto::CheckAge(verified, now_unix_ms, sent.answer_age_ms_max));
  return verified;
}

std::optional<records::PeerEntry> EntryNamed(const federation::Partner& partner,
                                             const std::optional<records::LedgerReceipt>& receipt) {
  if (!receipt.has_value() || !IsLedgerOf(partner, *receipt)) return std::nullopt;
  records::PeerEntry entry;
  entry.index = receipt->index;
  const base::ByteSpan leaf = base::AsBytes(receipt->leaf_hash);
  std::copy(leaf.begin(), leaf.end(), entry.leaf_hash.begin());
  return entry;
}

}  // namespace proofmark::exchange
