// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/federation/caller.h"
#include "server/match/exhibit_collection.h"
#include "server/registry/exhibit_registry.h"

namespace proofmark::journeys {

// The agency's people reading and withdrawing exhibits: registry::ExhibitRegistry, and what
// follows for searches. Contracts as there. Thread-safe.
class Exhibits {
 public:
  // Both must outlive the result.
  Exhibits(registry::ExhibitRegistry& registry, match::ExhibitCollection& collection)
      : registry_(registry), collection_(collection) {}

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

  // When it returns, the exhibit takes part in no search that begins later.
  absl::StatusOr<registry::Withdrawn> Withdraw(const federation::Caller& caller,
                                               std::string_view id, std::string_view reason);

 private:
  registry::ExhibitRegistry& registry_;
  match::ExhibitCollection& collection_;
};

}  // namespace proofmark::journeys
