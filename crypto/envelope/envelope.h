// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "crypto/hash/sha256.h"
#include "crypto/sign/ed25519.h"

namespace proofmark::crypto {

inline constexpr std::size_t kEnvelopeKeyIdBytesMax = 320;
inline constexpr std::size_t kEnvelopePartyBytesMax = 512;
inline constexpr std::size_t kEnvelopeTypeBytesMax = 128;
inline constexpr std::size_t kEnvelopePayloadBytesMax = 4 * 1024 * 1024;
inline constexpr std::int64_t kEnvelopeSkewMsMax = 5 * 60 * 1000;

// Chosen by the asker, the same in the request, its retries and the response.
using ExchangeId = std::array<std::byte, 16>;

ExchangeId NewExchangeId(base::Random& random);
// kInvalidArgument  not 16 bytes.
absl::StatusOr<ExchangeId> ParseExchangeId(std::string_view bytes);

// The `request_hash` of a request: it answers nothing.
inline constexpr Sha256Digest kNoRequest{};

// One message between two nodes, as it travels: docs/formats/envelope.md. Nothing in it may be
// believed before OpenEnvelope().
struct Envelope {
  std::string key_id{};  // Which of the sender's keys signed; 1 to kEnvelopeKeyIdBytesMax.
  ExchangeId exchange_id{};
  std::string sender{};      // SPIFFE URI of a node; 1 to kEnvelopePartyBytesMax.
  std::string recipient{};   // The same of the other.
  std::int64_t unix_ms = 0;  // When it was signed; >= 0.
  std::string type{};        // Full name of the payload's message; 1 to kEnvelopeTypeBytesMax.
  Sha256Digest request_hash = kNoRequest;  // In a response, EnvelopeHash() of the request.
  std::string payload{};    // Kept as received, never encoded again; to kEnvelopePayloadBytesMax.
  std::string signature{};  // DigitalSignature over SignedBytes(), 64 bytes.
};

// `envelope`, whose signature is still empty, signed by `key`.
//   kInvalidArgument  a field is out of its range, or there is a signature already.
//   others            of SigningKey::Sign().
absl::StatusOr<Envelope> SignEnvelope(const SigningKey& key, Envelope envelope);

// The bytes under the signature. Every field but the payload's length has its length in front, so
// no two envelopes share them. Fields must be in range (SignEnvelope and OpenEnvelope see to it).
std::string SignedBytes(const Envelope& envelope);

// SHA-256(SignedBytes() || signature): names one signed message. It is the `req` or `rsp` of a
// ledger entry, the request hash of a response, and what idempotency compares.
Sha256Digest EnvelopeHash(const Envelope& envelope);

// Who must have signed, known from the connection and the federation's configuration.
struct ExpectedPeer {
  std::string sender{};                                     // SPIFFE URI.
  std::map<std::string, VerifyingKey, std::less<>> keys{};  // By key id; may be empty.
};

struct EnvelopeExpectations {
  std::string recipient{};  // Our own SPIFFE URI.
  std::string type{};
  Sha256Digest request_hash = kNoRequest;  // Of our request, when a response is opened.
};

// An envelope whose signature, parties, type and request were checked; OpenEnvelope() alone makes
// it. Its time is not checked: see CheckAge(). A value.
class VerifiedEnvelope {
 public:
  const Envelope& envelope() const { return envelope_; }
  const std::string& payload() const { return envelope_.payload; }
  const Sha256Digest& hash() const { return hash_; }  // EnvelopeHash().

 private:
  friend absl::StatusOr<VerifiedEnvelope> OpenEnvelope(Envelope, const ExpectedPeer&,
                                                       const EnvelopeExpectations&);
  explicit VerifiedEnvelope(Envelope envelope);

  Envelope envelope_;
  Sha256Digest hash_;
};

// Believes `envelope` or says why not. The node that answers then
//   1. looks up the exchange id: known with this hash, it sends the stored response again; known
//      with another hash, it refuses;
//   2. only then calls CheckAge(), so that a late retry still gets its answer;
//   3. parses the payload.
// The node that asked checks the skew at once: it waits no longer than its own deadline.
//
//   Errors   kInvalidArgument   a field is out of its range.
//            kUnauthenticated   another sender, an unknown key id, or the signature fails.
//            kPermissionDenied  properly signed, but for another recipient, of another type, or
//                               about another request.
//   Threads  Pure; may be called concurrently.
absl::StatusOr<VerifiedEnvelope> OpenEnvelope(Envelope envelope, const ExpectedPeer& peer,
                                              const EnvelopeExpectations& expectations);

// OK if it was signed at most `age_ms_max` ago, and not more than kEnvelopeSkewMsMax from now.
//   kFailedPrecondition  otherwise; the message says by how much and which way.
absl::Status CheckAge(const VerifiedEnvelope& envelope, std::int64_t now_unix_ms,
                      std::int64_t age_ms_max);

// OK if the sender's clock and ours differ by at most kEnvelopeSkewMsMax. Errors as CheckAge.
inline absl::Status CheckClockSkew(const VerifiedEnvelope& envelope, std::int64_t now_unix_ms) {
  return CheckAge(envelope, now_unix_ms, kEnvelopeSkewMsMax);
}

}  // namespace proofmark::crypto
