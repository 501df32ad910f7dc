// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "crypto/sign/ed25519.h"

namespace proofmark::crypto {

// What an Ed25519 key of a signed note is for. Stored; never renumber.
//   Source  docs/references.md#c2sp-signed-note
enum class NoteKeyType : unsigned char {
  kNote = 0x01,         // Over the note text: log keys, signed configuration.
  kCosignature = 0x04,  // Over a time and a checkpoint: witness keys.
};

using NoteKeyId = std::array<std::byte, 4>;

// The first 4 bytes of SHA-256(key name || LF || type || public key). A hint which key to try,
// not an identity: collisions are cheap to make.
NoteKeyId ComputeNoteKeyId(std::string_view key_name, NoteKeyType type, const VerifyingKey& key);

// "<key name>+<key id, 8 hex digits>+<base64 of type || public key>".
std::string ToVerifierKey(std::string_view key_name, NoteKeyType type, const VerifyingKey& key);

// The id under which an agency's exchange key stands in its envelopes and its descriptor:
// "<domain>/proofmark/exchange+<key id, 8 hex digits>", the key id as of type kNote and that name.
std::string ExchangeKeyId(std::string_view agency_domain, const VerifyingKey& key);

}  // namespace proofmark::crypto
