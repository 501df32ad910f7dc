// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/store/key_file.h"
#include "server/store/record_key.h"

namespace proofmark::store {

// The store's own rows; docs/formats/store.md. Shared by store.cc and group_writer.cc.

std::string SchemaRow();
std::string FormatSchema(std::uint32_t version);
absl::StatusOr<std::uint32_t> ParseSchema(std::string_view value);

// Written with every batch that changes the key file.
std::string KeyFileStateRow();
std::string FormatKeyFileState(const KeyFileState& state);
absl::StatusOr<KeyFileState> ParseKeyFileState(std::string_view value);

// Says that the key was erased on purpose, so that its absence is no damage.
std::string ErasedKeyRow(const KeyId& id);
std::string ErasedKeyRowPrefix();
absl::StatusOr<KeyId> ParseErasedKeyRow(std::string_view key);

}  // namespace proofmark::store
