// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign/key_id.h"

#include <algorithm>

#include "base/bytes.h"
#include "crypto/hash/sha256.h"

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

}  // namespace

NoteKeyId ComputeNoteKeyId(std::string_view key_name, NoteKeyType type, const VerifyingKey& key) {
  Sha256Hasher hasher;
  hasher.Update(key_name);
  hasher.Update("\n");
  hasher.Update(TypedKey(type, key));
  const Sha256Digest digest = hasher.Finish();
  NoteKeyId id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

std::string ToVerifierKey(std::string_view key_name, NoteKeyType type, const VerifyingKey& key) {
  return NameAndId(key_name, type, key).append("+").append(base::ToBase64(TypedKey(type, key)));
}

std::string ExchangeKeyId(std::string_view agency_domain, const VerifyingKey& key) {
  return NameAndId(std::string(agency_domain).append("/proofmark/exchange"), NoteKeyType::kNote,
                   key);
}

}  // namespace proofmark::crypto
