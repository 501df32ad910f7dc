// SPDX-License-Identifier: Apache-2.0
#include "server/store/meta_rows.h"

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "server/store/keys.h"

namespace proofmark::store {

std::string SchemaRow() { return StoreKey(kMetaTable).Bytes("schema").Build(); }

std::string FormatSchema(std::uint32_t version) {
  std::string value;
  base::AppendU32Be(value, version);
  return value;
}

absl::StatusOr<std::uint32_t> ParseSchema(std::string_view value) {
  if (value.size() != 4) {
    return absl::DataLossError(absl::StrFormat("schema row: %d bytes, not 4", value.size()));
  }
  std::uint32_t version = 0;
  for (const char c : value) version = version << 8 | static_cast<unsigned char>(c);
  return version;
}

std::string KeyFileStateRow() { return StoreKey(kMetaTable).Bytes("keys").Build(); }

std::string FormatKeyFileState(const KeyFileState& state) {
  std::string value;
  base::AppendU64Be(value, state.generation);
  base::AppendU64Be(value, state.count);
  return value;
}

absl::StatusOr<KeyFileState> ParseKeyFileState(std::string_view value) {
  if (value.size() != 16) {
    return absl::DataLossError(absl::StrFormat("key file row: %d bytes, not 16", value.size()));
  }
  return KeyFileState{.generation = base::ParseU64Be(value.substr(0, 8)),
                      .count = base::ParseU64Be(value.substr(8))};
}

std::string ErasedKeyRow(const KeyId& id) {
  return StoreKey(kErasedKeyTable).Bytes(id.AsText()).Build();
}

std::string ErasedKeyRowPrefix() { return StoreKey(kErasedKeyTable).Build(); }

absl::StatusOr<KeyId> ParseErasedKeyRow(std::string_view key) {
  return KeyId::Parse(key.substr(1));
}

}  // namespace proofmark::store
