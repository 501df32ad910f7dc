// SPDX-License-Identifier: Apache-2.0
#include "server/lookup/sealed_row.h"

#include <utility>

#include "base/status.h"

namespace proofmark::lookup {
namespace {

crypto::SealContext ContextOf(std::string_view name) { return {.record = "lookup", .field = name}; }

}  // namespace

absl::StatusOr<std::string> SealUnderNewKey(store::Store& store, std::string_view name,
                                            std::string_view plain, store::WriteRequest& request) {
  store::RecordKey key = store.NewRecordKey();
  PM_ASSIGN_OR_RETURN(const std::string sealed,
                      key.sealer.Seal(ContextOf(name), plain, store.random()));
  std::string row = std::string(key.id.AsText()) + sealed;
  request.new_keys.push_back(std::move(key));
  return row;
}

absl::StatusOr<OpenedRow> OpenSealed(const store::Store& store, std::string_view name,
                                     std::string_view row) {
  if (row.size() <= kKeyIdBytes) {
    return absl::DataLossError("a sealed row of the look-up is too short");
  }
  OpenedRow opened;
  PM_ASSIGN_OR_RETURN(opened.key_id, store::KeyId::Parse(row.substr(0, kKeyIdBytes)));
  PM_ASSIGN_OR_RETURN(const crypto::Sealer sealer, store.FindKey(opened.key_id));
  PM_ASSIGN_OR_RETURN(opened.plain, sealer.Open(ContextOf(name), row.substr(kKeyIdBytes)));
  return opened;
}

absl::StatusOr<TextKey> ParseTextKey(std::string_view key, std::size_t rest_bytes) {
  const auto damaged = [] { return absl::DataLossError("a row's key of the look-up is damaged"); };
  if (key.size() < 3) return damaged();
  const std::size_t text_bytes = static_cast<std::size_t>(static_cast<unsigned char>(key[1])) << 8 |
                                 static_cast<unsigned char>(key[2]);
  if (key.size() != 3 + text_bytes + rest_bytes) return damaged();
  return TextKey{.text = key.substr(3, text_bytes), .rest = key.substr(3 + text_bytes)};
}

}  // namespace proofmark::lookup
