// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "proofmark/v1/audit_service.pb.h"
#include "server/ledger/ledger.h"

namespace proofmark::rpc {

inline constexpr std::int32_t kEntriesPageDefault = 200;

//   kInvalidArgument  outside 0..ledger::kReadEntriesMax; 0 is the default.
inline absl::StatusOr<std::int64_t> ReadPageSize(std::int32_t page_size) {
  if (page_size == 0) return kEntriesPageDefault;
  if (page_size > 0 && page_size <= ledger::kReadEntriesMax) return page_size;
  return absl::InvalidArgumentError(absl::StrFormat("page_size: %d, must be 1..%d, or 0 for %d",
                                                    page_size, ledger::kReadEntriesMax,
                                                    kEntriesPageDefault));
}

inline v1::LedgerEntry ToProto(const ledger::StoredEntry& stored) {
  v1::LedgerEntry entry;
  entry.set_index(stored.entry.seq);
  entry.set_entry(stored.bytes);
  entry.set_leaf_hash(std::string(crypto::AsText(stored.leaf_hash)));
  return entry;
}

}  // namespace proofmark::rpc
