// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/keys.h"
#include "server/store/store.h"

namespace proofmark::registry {

// Records to which something must still be done: a row of a table of their own, in the batch of
// what makes it due, until it is done. No crash loses it.

// What `request` must carry. `raw_id`: 16 bytes.
void AddDue(store::Table table, std::string_view raw_id, base::Random& random,
            store::WriteRequest& request);

// Calls `settle` for each row; one for which it says true goes, unless it became due anew
// meanwhile. An error of one leaves that one due and the others are done; the first error is
// returned.
//   Threads  one call at a time for each table.
absl::Status SettleDueRows(
    store::Store& store, store::Table table,
    const std::function<absl::StatusOr<bool>(std::string_view raw_id)>& settle);

}  // namespace proofmark::registry
