// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/envelope/envelope.h"
#include "proto/wire/messages.h"

// Signed envelopes. Conversion checks lengths and alphabets; crypto::OpenEnvelope() decides what to
// believe.
// The rules of all conversions: proto/wire/common.h.
namespace proofmark::wire {

inline constexpr std::int64_t kKeyIdBytesMax = 128;
inline constexpr std::int64_t kPayloadTypeBytesMax = 64;  // Which there are, the receiver knows.
inline constexpr std::int64_t kEnvelopePayloadBytesMax = 3'700'000;
inline constexpr std::int64_t kEnvelopeBytesMax = kEnvelopePayloadBytesMax + 4096;

v1::SignedEnvelope ToProto(const crypto::Envelope& envelope);
absl::StatusOr<crypto::Envelope> FromProto(const v1::SignedEnvelope& message,
                                           std::string_view field);

// For keeping an answer, to give it again when the question is repeated.
absl::StatusOr<std::string> Serialise(const crypto::Envelope& envelope);
absl::StatusOr<crypto::Envelope> ParseEnvelope(std::string_view bytes);

}  // namespace proofmark::wire
