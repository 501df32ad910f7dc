// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign/key_id.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "crypto/sign/note_text.h"

namespace proofmark::crypto {
namespace {

std::string TypedKey(NoteKeyType type, const VerifyingKey& key) {
  std::string typed(1, static_cast<char>(type));
  typed.append(key.raw());
  return typed;
}

std::string NameAndId(std::string_view key_name, NoteKeyType type, const VerifyingKey& key) {
  std::string text(key_name);
  return text.append("+").append(base::ToHex(ComputeNoteKeyId(key_name, type, key)));
}

absl::Status Refuse(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("verifier key: %s", why));
}

bool IsOfType(NoteKeyType type, const VerifyingKey& key) {
  return (type == NoteKeyType::kEcdsa) == (key.algorithm() == SignatureAlgorithm::kEcdsaP256);
}

bool IsKnownType(unsigned char type) {
  return type == static_cast<unsigned char>(NoteKeyType::kNote) ||
         type == static_cast<unsigned char>(NoteKeyType::kCosignature);
}

}  // namespace

NoteKeyId ComputeNoteKeyId(std::string_view key_name, NoteKeyType type, const VerifyingKey& key) {
  PM_CHECK(IsOfType(type, key));
  Sha256Hasher hasher;
  if (type == NoteKeyType::kEcdsa) {
    hasher.Update(key.raw());
  } else {
    hasher.Update(key_name);
    hasher.Update("\n");
    hasher.Update(TypedKey(type, key));
  }
  const Sha256Digest digest = hasher.Finish();
  NoteKeyId id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

std::string ToVerifierKey(std::string_view key_name, NoteKeyType type, const VerifyingKey& key) {
  return NameAndId(key_name, type, key).append("+").append(base::ToBase64(TypedKey(type, key)));
}

absl::StatusOr<NoteVerifierKey> MakeVerifierKey(std::string_view key_name, NoteKeyType type,
                                                const VerifyingKey& key) {
  PM_RETURN_IF_ERROR(CheckNoteKeyName(key_name));
  if (!IsOfType(type, key)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "key %s: must be %s", key_name, type == NoteKeyType::kEcdsa ? "EC P-256" : "Ed25519"));
  }
  NoteVerifierKey made;
  made.name = key_name;
  made.id = ComputeNoteKeyId(key_name, type, key);
  made.type = static_cast<unsigned char>(type);
  made.public_key = key.raw();
  if (type != NoteKeyType::kEcdsa) made.verifier = key;
  return made;
}

absl::StatusOr<NoteVerifierKey> ParseVerifierKey(std::string_view text) {
  if (text.size() > kVerifierKeyBytesMax) {
    return Refuse(absl::StrFormat("%d bytes, more than %d", text.size(), kVerifierKeyBytesMax));
  }
  const std::size_t id_at = text.find('+');
  const std::size_t key_at = id_at == text.npos ? text.npos : text.find('+', id_at + 1);
  if (key_at == text.npos) return Refuse("not <name>+<id>+<key>");
  NoteVerifierKey key;
  key.name = text.substr(0, id_at);
  PM_RETURN_IF_ERROR(CheckNoteKeyName(key.name));

  const std::string_view id_text = text.substr(id_at + 1, key_at - id_at - 1);
  const absl::StatusOr<std::string> id = base::ParseHex(id_text);
  // Written in one way only: upper case is refused.
  if (!id.ok() || id->size() != key.id.size() || base::ToHex(*id) != id_text) {
    return Refuse("its id is not 8 lower-case hexadecimal digits");
  }
  std::ranges::copy(base::AsBytes(*id), key.id.begin());

  absl::StatusOr<std::string> typed = base::ParseBase64(text.substr(key_at + 1));
  if (!typed.ok() || typed->size() < 2) return Refuse("its key is not base64 of type and bytes");
  key.type = static_cast<unsigned char>(typed->front());
  key.public_key = typed->substr(1);
  if (!IsKnownType(key.type)) return key;

  const NoteKeyType type{key.type};
  PM_ASSIGN_OR_RETURN(key.verifier, VerifyingKey::FromRaw(key.public_key));
  if (ComputeNoteKeyId(key.name, type, *key.verifier) != key.id) {
    return Refuse("its id is that of another key");
  }
  return key;
}

std::string ToVerifierKey(const NoteVerifierKey& key) {
  std::string typed(1, static_cast<char>(key.type));
  typed.append(key.public_key);
  return key.name + "+" + base::ToHex(key.id) + "+" + base::ToBase64(typed);
}

NoteKeyType ExchangeKeyType(const VerifyingKey& key) {
  return key.algorithm() == SignatureAlgorithm::kEcdsaP256 ? NoteKeyType::kEcdsa
                                                           : NoteKeyType::kNote;
}

std::string ExchangeKeyId(std::string_view agency_domain, const VerifyingKey& key) {
  return NameAndId(std::string(agency_domain).append("/proofmark/exchange"), ExchangeKeyType(key),
                   key);
}

}  // namespace proofmark::crypto
