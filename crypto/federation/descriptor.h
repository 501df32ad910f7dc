// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "crypto/sign/key_id.h"

namespace proofmark::crypto {

// Who is in the federation, by which keys, and what each may ask of the others: the text that the
// agencies' governance keys sign (docs/formats/federation-descriptor.md).
//   Threads  Everything here is pure; the types are plain values.

inline constexpr std::size_t kFederationAgenciesMax = 64;
inline constexpr std::size_t kFederationCaPinsMax = 8;
inline constexpr std::size_t kFederationKeysMax = 8;  // Of one sort, of one agency.
inline constexpr std::size_t kFederationServicesMax = 16;
inline constexpr std::size_t kFederationPurposesMax = 32;
inline constexpr std::uint64_t kFederationVersionMax = INT64_MAX;
inline constexpr std::uint64_t kFederationLimitMax = 1'000'000;
inline constexpr std::int64_t kFederationLifeMin_s = 3600;
inline constexpr std::int64_t kFederationLifeMax_s = 800LL * 24 * 3600;
inline constexpr std::size_t kFederationEndpointBytesMax = 261;  // 255 of host name, colon, port.

// One agency. What it does not list it does not have: an empty list grants nothing.
struct FederationAgency {
  std::string domain;                 // What CheckAgencyDomain() accepts; unique.
  std::string node_id;                // SPIFFE id of its node, in `domain`.
  std::string endpoint;               // host:port of its partner port.
  std::vector<Sha256Digest> ca_pins;  // SHA-256 of the SubjectPublicKeyInfo of its federation CAs.
  // Named "<domain>/proofmark/exchange", so that name and id are ExchangeKeyId().
  std::vector<NoteVerifierKey> exchange_keys;
  std::optional<NoteVerifierKey> log_key;      // "<domain>/proofmark/<node>/log", type kNote.
  std::optional<NoteVerifierKey> witness_key;  // ".../witness", type kCosignature.
  // Named "<domain>/proofmark/governance", type kNote. None: the agency takes no part in governing.
  std::vector<NoteVerifierKey> governance_keys;
  std::set<std::string, std::less<>> services;  // It may ask for these, [a-z][a-z0-9-]{0,31},
  std::set<std::string, std::less<>> purposes;  // for these purposes, [A-Z0-9_]{1,32},
  // and of these services at most so many questions to each other agency in 24 hours.
  std::map<std::string, std::uint64_t, std::less<>> limits;
};

struct FederationDescriptor {
  std::uint64_t version = 1;  // 1..kFederationVersionMax; each follows a smaller one.
  // Its life: not_before <= now < not_after; kFederationLifeMin_s..kFederationLifeMax_s long.
  std::int64_t not_before_unix_s = 0;
  std::int64_t not_after_unix_s = 0;
  // Governing agencies that must sign this version and the next. More than half of them, so that
  // no two groups without a common member could each make a next version.
  std::size_t threshold = 1;
  std::vector<FederationAgency> agencies;  // 1..kFederationAgenciesMax; ascending when parsed.

  const FederationAgency* Find(std::string_view domain) const;  // nullptr: not in it.
};

// The names of keys, as they stand in their verifier keys.
std::string FederationExchangeKeyName(std::string_view domain);
std::string FederationGovernanceKeyName(std::string_view domain);

// The one text of a descriptor; sorts what the format has sorted.
//   kInvalidArgument  a rule above is broken, a value stands twice, a public key or a pin has two
//                     uses (or two agencies), there is no governance key, or the text would exceed
//                     kNoteBytesMax. Names agency and field.
absl::StatusOr<std::string> FormatFederationDescriptor(FederationDescriptor descriptor);

// Reads what FormatFederationDescriptor() writes, and nothing else: formatting gives the same
// bytes.
//   kInvalidArgument  anything else. Names the line or the agency.
absl::StatusOr<FederationDescriptor> ParseFederationDescriptor(std::string_view text);

// Where a descriptor is in its life.
enum class DescriptorStage {
  kEarly,    // Before not_before.
  kInForce,  // Between.
  kGrace,    // After not_after, for the grace period: what was granted works, nothing is accepted.
  kEnded,    // After that: nothing works.
};
DescriptorStage StageAt(const FederationDescriptor& descriptor, std::int64_t now_unix_s,
                        std::int64_t grace_s);

// How much of its life has passed, 0..100.
int LifePassedPercent(const FederationDescriptor& descriptor, std::int64_t now_unix_s);

}  // namespace proofmark::crypto
