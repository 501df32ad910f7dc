// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/envelope.h"

#include "proofmark/v1/exchange.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"

namespace proofmark::wire {
namespace {

constexpr std::int64_t kDigitalSignatureBytes = 64;

static_assert(kKeyIdBytesMax <= static_cast<std::int64_t>(crypto::kEnvelopeKeyIdBytesMax) &&
              kPartyBytesMax <= static_cast<std::int64_t>(crypto::kEnvelopePartyBytesMax) &&
              kEnvelopePayloadBytesMax <=
                  static_cast<std::int64_t>(crypto::kEnvelopePayloadBytesMax));

}  // namespace

v1::SignedEnvelope ToProto(const crypto::Envelope& envelope) {
  v1::SignedEnvelope message;
  message.set_key_id(envelope.key_id);
  message.set_exchange_id(std::string(base::AsText(envelope.exchange_id)));
  message.set_sender(envelope.sender);
  message.set_recipient(envelope.recipient);
  message.set_unix_ms(envelope.unix_ms);
  message.set_payload_type(envelope.type);
  message.set_request_hash(std::string(crypto::AsText(envelope.request_hash)));
  message.set_payload(envelope.payload);
  message.set_digital_signature(envelope.signature);
  return message;
}

absl::StatusOr<crypto::Envelope> FromProto(const v1::SignedEnvelope& message,
                                           std::string_view field) {
  crypto::Envelope envelope;
  PM_RETURN_IF_ERROR(CheckAscii(field, "key_id", message.key_id(), 1, kKeyIdBytesMax));
  PM_RETURN_IF_ERROR(CheckBytes(field, "exchange_id", message.exchange_id(),
                                std::ssize(envelope.exchange_id),
                                std::ssize(envelope.exchange_id)));
  PM_RETURN_IF_ERROR(CheckAscii(field, "sender", message.sender(), 1, kPartyBytesMax));
  PM_RETURN_IF_ERROR(CheckAscii(field, "recipient", message.recipient(), 1, kPartyBytesMax));
  PM_RETURN_IF_ERROR(CheckInteger(field, "unix_ms", message.unix_ms(), 0, kUnixMsMax));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "payload_type", message.payload_type(), 1, kPayloadTypeBytesMax));
  PM_RETURN_IF_ERROR(CheckBytes(field, "payload", message.payload(), 0, kEnvelopePayloadBytesMax));
  PM_RETURN_IF_ERROR(CheckBytes(field, "digital_signature", message.digital_signature(),
                                kDigitalSignatureBytes, kDigitalSignatureBytes));
  envelope.key_id = message.key_id();
  PM_ASSIGN_OR_RETURN(envelope.exchange_id, crypto::ParseExchangeId(message.exchange_id()));
  envelope.sender = message.sender();
  envelope.recipient = message.recipient();
  envelope.unix_ms = message.unix_ms();
  envelope.type = message.payload_type();
  PM_ASSIGN_OR_RETURN(envelope.request_hash,
                      ReadDigest(field, "request_hash", message.request_hash()));
  envelope.payload = message.payload();
  envelope.signature = message.digital_signature();
  return envelope;
}

absl::StatusOr<std::string> Serialise(const crypto::Envelope& envelope) {
  const v1::SignedEnvelope message = ToProto(envelope);
  PM_RETURN_IF_ERROR(FromProto(message, "envelope").status());
  return WriteBytes(message, kEnvelopeBytesMax, "envelope");
}

absl::StatusOr<crypto::Envelope> ParseEnvelope(std::string_view bytes) {
  v1::SignedEnvelope message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kEnvelopeBytesMax, "envelope", message));
  return FromProto(message, "envelope");
}

}  // namespace proofmark::wire
