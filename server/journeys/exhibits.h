// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/federation/caller.h"
#include "server/journeys/corrections.h"
#include "server/match/exhibit_collection.h"
#include "server/registry/exhibit_registry.h"

namespace proofmark::journeys {

struct ExhibitWithdrawn {
  registry::Withdrawn withdrawn;
  std::string correction_id;  // Tells partners.
};
struct ExhibitCorrected {
  registry::Corrected corrected;
  std::string correction_id;  // Empty: nothing changed that partners may have been told.
};

// The agency's people reading, withdrawing and correcting exhibits: registry::ExhibitRegistry, and
// what follows for searches and for partners. Contracts as there. Thread-safe.
class Exhibits {
 public:
  // All must outlive the result.
  Exhibits(registry::ExhibitRegistry& registry, match::ExhibitCollection& collection,
           Corrections& corrections)
      : registry_(registry), collection_(collection), corrections_(corrections) {}

  absl::StatusOr<wire::ExhibitView> Get(const federation::Caller& caller, std::string_view id,
                                        bool include_signature) {
    return registry_.Get(caller, id, include_signature);
  }
  absl::StatusOr<registry::ExhibitPage> List(const federation::Caller& caller,
                                             std::int32_t page_size, std::string_view page_token,
                                             bool include_withdrawn) {
    return registry_.List(caller, page_size, page_token, include_withdrawn);
  }
  absl::StatusOr<registry::ResolvedHandle> ResolveHandle(const federation::Caller& caller,
                                                         std::string_view handle) {
    return registry_.ResolveHandle(caller, handle);
  }

  // When it returns, the exhibit takes part in no search that begins later, is named to nobody any
  // more, and letters to whoever received something of it are on their way.
  absl::StatusOr<ExhibitWithdrawn> Withdraw(const federation::Caller& caller, std::string_view id,
                                            std::string_view reason);

  // When it returns, searches that begin later go by what is stated now, and where partners may
  // have been told otherwise the letters are on their way.
  absl::StatusOr<ExhibitCorrected> Correct(const federation::Caller& caller, std::string_view id,
                                           const registry::ExhibitStatement& stated,
                                           std::string_view reason);

 private:
  registry::ExhibitRegistry& registry_;
  match::ExhibitCollection& collection_;
  Corrections& corrections_;
};

}  // namespace proofmark::journeys
