// SPDX-License-Identifier: Apache-2.0
#include "crypto/envelope/envelope.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"

namespace proofmark::crypto {
namespace {

constexpr std::string_view kTag = "proofmark/exchange/v1\n";

// Visible ASCII: what our names, ids and types are made of, and what a log line can hold.
absl::Status CheckText(const char* field, std::string_view text, std::size_t bytes_max) {
  const bool visible =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (text.empty() || text.size() > bytes_max || !visible) {
    return absl::InvalidArgumentError(
        absl::StrFormat("envelope %s: not 1 to %d visible ASCII characters", field, bytes_max));
  }
  return absl::OkStatus();
}

absl::Status CheckFields(const Envelope& envelope) {
  PM_RETURN_IF_ERROR(CheckText("key id", envelope.key_id, kEnvelopeKeyIdBytesMax));
  PM_RETURN_IF_ERROR(CheckText("sender", envelope.sender, kEnvelopePartyBytesMax));
  PM_RETURN_IF_ERROR(CheckText("recipient", envelope.recipient, kEnvelopePartyBytesMax));
  PM_RETURN_IF_ERROR(CheckText("type", envelope.type, kEnvelopeTypeBytesMax));
  if (envelope.unix_ms < 0) {
    return absl::InvalidArgumentError("envelope time: before 1970");
  }
  if (envelope.payload.size() > kEnvelopePayloadBytesMax) {
    return absl::InvalidArgumentError("envelope payload: more than 4 MiB");
  }
  return absl::OkStatus();
}

}  // namespace

ExchangeId NewExchangeId(base::Random& random) {
  ExchangeId id;
  random.Fill(id);
  return id;
}

absl::StatusOr<ExchangeId> ParseExchangeId(std::string_view bytes) {
  ExchangeId id;
  if (bytes.size() != id.size()) return absl::InvalidArgumentError("exchange id: not 16 bytes");
  std::copy_n(base::AsBytes(bytes).begin(), id.size(), id.begin());
  return id;
}

std::string SignedBytes(const Envelope& envelope) {
  std::string bytes(kTag);
  base::AppendLp2(bytes, envelope.key_id);
  bytes.append(base::AsText(envelope.exchange_id));
  base::AppendLp2(bytes, envelope.sender);
  base::AppendLp2(bytes, envelope.recipient);
  base::AppendU64Be(bytes, static_cast<std::uint64_t>(envelope.unix_ms));
  base::AppendLp2(bytes, envelope.type);
  bytes.append(AsText(envelope.request_hash));
  bytes.append(AsText(Sha256(envelope.payload)));
  return bytes;
}

Sha256Digest EnvelopeHash(const Envelope& envelope) {
  Sha256Hasher hasher;
  hasher.Update(SignedBytes(envelope));
  hasher.Update(envelope.signature);
  return hasher.Finish();
}

absl::StatusOr<Envelope> SignEnvelope(const SigningKey& key, Envelope envelope) {
  PM_RETURN_IF_ERROR(CheckFields(envelope));
  if (!envelope.signature.empty()) {
    return absl::InvalidArgumentError("envelope signature: there is one already");
  }
  PM_ASSIGN_OR_RETURN(const DigitalSignature signature, key.Sign(SignedBytes(envelope)));
  envelope.signature = AsText(signature);
  return envelope;
}

VerifiedEnvelope::VerifiedEnvelope(Envelope envelope)
    : envelope_(std::move(envelope)), hash_(EnvelopeHash(envelope_)) {}

absl::StatusOr<VerifiedEnvelope> OpenEnvelope(Envelope envelope, const ExpectedPeer& peer,
                                              const EnvelopeExpectations& expectations) {
  PM_RETURN_IF_ERROR(CheckFields(envelope));
  if (envelope.sender != peer.sender) {
    return absl::UnauthenticatedError("envelope: the sender is not the connected peer");
  }
  const auto key = peer.keys.find(envelope.key_id);
  if (key == peer.keys.end()) {
    return absl::UnauthenticatedError("envelope: no such exchange key of the sender");
  }
  PM_RETURN_IF_ERROR(key->second.Verify(SignedBytes(envelope), envelope.signature));

  if (envelope.recipient != expectations.recipient) {
    return absl::PermissionDeniedError("envelope: addressed to another node");
  }
  if (envelope.type != expectations.type) {
    return absl::PermissionDeniedError("envelope: holds another type of message");
  }
  if (envelope.request_hash != expectations.request_hash) {
    return absl::PermissionDeniedError("envelope: belongs to another request");
  }
  return VerifiedEnvelope(std::move(envelope));
}

absl::Status CheckAge(const VerifiedEnvelope& envelope, std::int64_t now_unix_ms,
                      std::int64_t age_ms_max) {
  PM_CHECK(now_unix_ms >= 0);  // And so is the envelope's time: the difference cannot overflow.
  const std::int64_t ahead_ms = envelope.envelope().unix_ms - now_unix_ms;
  const std::int64_t ms_max = ahead_ms > 0 ? kEnvelopeSkewMsMax : age_ms_max;
  if (std::abs(ahead_ms) > ms_max) {
    return absl::FailedPreconditionError(
        absl::StrFormat("envelope time: %d ms %s our clock, at most %d are accepted",
                        std::abs(ahead_ms), ahead_ms > 0 ? "ahead of" : "behind", ms_max));
  }
  return absl::OkStatus();
}

}  // namespace proofmark::crypto
