// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/sign/ed25519.h"

namespace proofmark::crypto {

// What a key is for. Stored; never renumber.
//   Source  docs/references.md#c2sp-signed-note
enum class NoteKeyType : unsigned char {
  kNote = 0x01,         // Ed25519 over the note text: log keys, signed configuration.
  kEcdsa = 0x02,        // ECDSA on P-256: exchange keys alone. Notes so signed are not read here.
  kCosignature = 0x04,  // Ed25519 over a time and a checkpoint: witness keys.
};

using NoteKeyId = std::array<std::byte, 4>;

// The first 4 bytes of SHA-256(key name || LF || type || public key), of kEcdsa those of
// SHA-256(public key). A hint which key to try, not an identity: collisions are cheap to make.
// `key` is of the type's algorithm.
NoteKeyId ComputeNoteKeyId(std::string_view key_name, NoteKeyType type, const VerifyingKey& key);

// "<key name>+<key id, 8 hex digits>+<base64 of type || public key>".
std::string ToVerifierKey(std::string_view key_name, NoteKeyType type, const VerifyingKey& key);

// Longest verifier key read: room for the keys of ML-DSA-44 (1312 bytes), which others publish.
inline constexpr std::size_t kVerifierKeyBytesMax = 4096;

// What a verifier key's text says.
struct NoteVerifierKey {
  std::string name;                      // As CheckNoteKeyName() wants it.
  NoteKeyId id{};                        // Computed for the types that verify notes.
  unsigned char type = 0;                // A NoteKeyType, or a type kept though it is not known.
  std::string public_key;                // VerifyingKey::raw() for the types of NoteKeyType.
  std::optional<VerifyingKey> verifier;  // Set exactly for the types that verify notes.

  bool Is(NoteKeyType wanted) const { return type == static_cast<unsigned char>(wanted); }
};

//   kInvalidArgument  not a name CheckNoteKeyName() accepts, or a key of another algorithm than the
//                     type's.
absl::StatusOr<NoteVerifierKey> MakeVerifierKey(std::string_view key_name, NoteKeyType type,
                                                const VerifyingKey& key);

// Reads what ToVerifierKey() writes. A key of another type (0x06 is ML-DSA-44, which OpenSSL 3.0
// lacks) is kept with its bytes and verifies nothing.
//   kInvalidArgument  another shape, longer than kVerifierKeyBytesMax, an id that does not fit the
//                     key, or an Ed25519 key that VerifyingKey::FromRaw() refuses.
absl::StatusOr<NoteVerifierKey> ParseVerifierKey(std::string_view text);

// "<key name>+<key id, 8 hex digits>+<base64 of type || public key>", for keys of every type.
std::string ToVerifierKey(const NoteVerifierKey& key);

// kNote of an Ed25519 key, kEcdsa of one of P-256.
NoteKeyType ExchangeKeyType(const VerifyingKey& key);

// The id under which an agency's exchange key stands in its envelopes and its descriptor:
// "<domain>/proofmark/exchange+<key id, 8 hex digits>", the key id as of that name and
// ExchangeKeyType().
std::string ExchangeKeyId(std::string_view agency_domain, const VerifyingKey& key);

}  // namespace proofmark::crypto
