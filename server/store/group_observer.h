// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "server/store/high_water_file.h"
#include "server/store/write_request.h"

namespace proofmark::store {

// The ledger's part in every group commit. Called from the writer thread only.
class GroupObserver {
 public:
  virtual ~GroupObserver() = default;

  // After the last request's turn of a group: adds what the group as a whole must say, and returns
  // the mark the ledger reaches with it; none when it did not move.
  virtual std::optional<HighWaterMark> Seal(Mutations& mutations) = 0;

  // The group and its mark are durable; nobody has been told yet.
  virtual void Committed() = 0;
};

}  // namespace proofmark::store
