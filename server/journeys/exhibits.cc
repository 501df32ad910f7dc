// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/exhibits.h"

#include "base/status.h"

namespace proofmark::journeys {

absl::StatusOr<registry::Withdrawn> Exhibits::Withdraw(const federation::Caller& caller,
                                                       std::string_view id,
                                                       std::string_view reason) {
  PM_ASSIGN_OR_RETURN(registry::Withdrawn withdrawn, registry_.Withdraw(caller, id, reason));
  collection_.Erase(withdrawn.view.exhibit.id);
  return withdrawn;
}

}  // namespace proofmark::journeys
