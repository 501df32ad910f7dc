// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "server/federation/partner.h"
#include "server/journeys/standing_questions.h"
#include "server/registry/exhibit_registry.h"
#include "server/registry/firearm_registry.h"
#include "server/store/store.h"

namespace proofmark::journeys {

// Asks partners unbidden: where the circumstances in which an exhibit was recovered, as people
// stated them and as the records of the firearm that fired it say, are among the share triggers of
// a partner's rule, a standing question is registered in the name of who submitted the exhibit.
// An exhibit is looked at when it comes in, when its circumstances are corrected, and when such a
// firearm changes; not when a rule does. Thread-safe.
//   Source  docs/references.md#ibin
class ShareTriggers {
 public:
  struct Rooms {
    store::Store& store;
    const registry::ExhibitRegistry& registry;
    const registry::FirearmRegistry& firearms;
    const federation::Partners& partners;  // Of the configuration: who is left out now is told so.
    StandingQuestions& standing;
    const base::Clock& clock;
  };
  // All must outlive it.
  explicit ShareTriggers(const Rooms& rooms) : rooms_(rooms) {}

  // Of every exhibit that is due. What fails stays due; the first error.
  absl::Status SettleDue();

 private:
  absl::Status Settle(const records::ExhibitId& id);
  absl::StatusOr<federation::Words> CircumstancesOf(const records::ExhibitId& id,
                                                    const records::ExhibitIdentity& identity) const;

  const Rooms rooms_;

  base::Mutex settling_;  // One at a time.
};

}  // namespace proofmark::journeys
