// SPDX-License-Identifier: Apache-2.0
#include "server/match/answer_key.h"

#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/status.h"
#include "server/match/tables.h"
#include "server/store/write_request.h"

namespace proofmark::match {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kKeyIdBytes = 16;
constexpr crypto::SealContext kContext{.record = "match", .field = "answer key"};

// The secret in its row: the id of the key that seals it, then the sealed bytes.
absl::StatusOr<crypto::SecretBytes> Unseal(const store::Store& store, std::string_view row) {
  if (row.size() <= kKeyIdBytes) return absl::DataLossError("the answer key's row is too short");
  PM_ASSIGN_OR_RETURN(const store::KeyId id, store::KeyId::Parse(row.substr(0, kKeyIdBytes)));
  PM_ASSIGN_OR_RETURN(const crypto::Sealer sealer, store.FindKey(id));
  PM_ASSIGN_OR_RETURN(std::string secret, sealer.Open(kContext, row.substr(kKeyIdBytes)));
  if (secret.size() != kSecretBytes) return absl::DataLossError("the answer key is damaged");
  return crypto::SecretBytes::TakeFrom(secret);
}

absl::StatusOr<crypto::SecretBytes> Make(store::Store& store, const std::string& row_key) {
  crypto::SecretBytes secret = crypto::SecretBytes::Random(kSecretBytes, store.random());
  store::RecordKey key = store.NewRecordKey();
  PM_ASSIGN_OR_RETURN(
      const std::string sealed,
      key.sealer.Seal(kContext, base::AsText(secret.ExposeForOpenSsl()), store.random()));
  store::WriteRequest request;
  request.preconditions.push_back({.key = row_key, .value = std::nullopt});
  request.mutations.Put(row_key, std::string(key.id.AsText()) + sealed);
  request.new_keys.push_back(std::move(key));
  PM_RETURN_IF_ERROR(store.Commit(std::move(request)));
  return secret;
}

// HMAC(HMAC(secret, label || LP2(asker) || rest), record id).
crypto::Sha256Digest Derive(const crypto::SecretBytes& secret, std::string_view label,
                            std::string_view asker, std::string_view rest,
                            std::string_view record_id) {
  std::string scope(label);
  base::AppendLp2(scope, asker);
  scope.append(rest);
  const crypto::Sha256Digest key = crypto::HmacSha256(secret.ExposeForOpenSsl(), scope);
  return crypto::HmacSha256(base::ByteSpan(key), record_id);
}

}  // namespace

absl::StatusOr<AnswerKey> AnswerKey::Open(store::Store& store) {
  const std::string row_key = store::StoreKey(kAnswerKeyTable).Build();
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, store.Get(row_key));
  PM_ASSIGN_OR_RETURN(crypto::SecretBytes secret,
                      row.has_value() ? Unseal(store, *row) : Make(store, row_key));
  return AnswerKey(std::move(secret));
}

crypto::Sha256Digest AnswerKey::HandleOf(std::string_view asker, std::string_view exchange_id,
                                         std::string_view record_id) const {
  return Derive(secret_, "handle", asker, exchange_id, record_id);
}

crypto::Sha256Digest AnswerKey::OrderOf(std::string_view asker, std::string_view record_id) const {
  return Derive(secret_, "order", asker, "", record_id);
}

double AnswerKey::BorderShift(std::string_view asker, std::string_view record_id,
                              std::string_view coarse_sketch) const {
  const crypto::Sha256Digest digest = Derive(secret_, "border", asker, coarse_sketch, record_id);
  // As many bits as a double holds.
  return static_cast<double>(base::ParseU64Be(crypto::AsText(digest).substr(0, 8)) >> 11) * 0x1p-53;
}

crypto::Sha256Digest AnswerKey::CollectionOf(std::string_view asker, std::string_view state) const {
  return Derive(secret_, "collection", asker, "", state);
}

crypto::Sha256Digest AnswerKey::SketchSeed() const { return Derive(secret_, "sketch", "", "", ""); }

}  // namespace proofmark::match
