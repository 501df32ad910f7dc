// SPDX-License-Identifier: Apache-2.0
#include "server/registry/paging.h"

#include "absl/strings/str_format.h"
#include "base/bytes.h"

namespace proofmark::registry {

absl::StatusOr<std::size_t> PageSize(std::int32_t asked, std::int32_t when_zero) {
  if (asked < 0 || asked > kPageSizeMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("page_size is %d; 0..%d", asked, kPageSizeMax));
  }
  return static_cast<std::size_t>(asked == 0 ? when_zero : asked);
}

absl::StatusOr<std::string> ParsePageToken(store::Table table, std::string_view token,
                                           std::size_t key_bytes) {
  // Length first: what follows costs as much as the token is long.
  if (token.size() == 2 * key_bytes) {
    const absl::StatusOr<std::string> key = base::ParseHex(token);
    if (key.ok()) return store::StoreKey(table).Bytes(*key).Build();
  }
  return absl::InvalidArgumentError("page_token is not one of this list");
}

std::string ToPageToken(std::string_view key) { return base::ToHex(key.substr(1)); }

}  // namespace proofmark::registry
