// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace proofmark::lookup {

// Rows of this room that begin with the id of their own key: key id (16), open bytes, sealed bytes.
// Erasing the key erases the row from every copy of the store.

inline constexpr std::size_t kKeyIdBytes = 16;

// Adds to `request` a new key and returns the row's bytes from the key id on, without open bytes.
//   name  Of the field that is sealed.
absl::StatusOr<std::string> SealUnderNewKey(store::Store& store, std::string_view name,
                                            std::string_view plain, store::WriteRequest& request);

struct OpenedRow {
  store::KeyId key_id;
  std::string plain;
};
//   kNotFound  the key was erased.
//   kDataLoss  the row is damaged.
absl::StatusOr<OpenedRow> OpenSealed(const store::Store& store, std::string_view name,
                                     std::string_view row);

// A row's key parts after the table: LP2(text), then `rest_bytes` more.
struct TextKey {
  std::string_view text;
  std::string_view rest;
};
//   kDataLoss  of another shape.
absl::StatusOr<TextKey> ParseTextKey(std::string_view key, std::size_t rest_bytes);

}  // namespace proofmark::lookup
