// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <leveldb/status.h>

#include <string_view>

#include "absl/status/status.h"

namespace proofmark::store {

// "<what>: <LevelDB's words>". Corruption is kDataLoss, absence kNotFound, all else kUnavailable:
// the disk did not do what it was told.
absl::Status FromLevelDb(const leveldb::Status& status, std::string_view what);

}  // namespace proofmark::store
