// SPDX-License-Identifier: Apache-2.0
#include "server/store/leveldb_status.h"

#include "absl/strings/str_format.h"

namespace proofmark::store {

absl::Status FromLevelDb(const leveldb::Status& status, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrFormat("%s: %s", what, status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(message);
  if (status.IsNotFound()) return absl::NotFoundError(message);
  return absl::UnavailableError(message);
}

}  // namespace proofmark::store
