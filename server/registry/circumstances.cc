// SPDX-License-Identifier: Apache-2.0
#include "server/registry/circumstances.h"

#include <algorithm>

#include "records/firearm/lookup_words.h"

namespace proofmark::registry {

std::set<std::string> CircumstancesOf(const wire::KeptFirearm& kept) {
  using firearm::StateGroup;
  std::set<std::string> codes;
  const bool told = std::ranges::any_of(kept.sightings, [](const wire::FirearmSighting& sighting) {
    return sighting.group == StateGroup::kDeactivated;
  });
  const bool was_deactivated =
      std::ranges::any_of(kept.history, [](const firearm::StateEvent& event) {
        return firearm::GroupOf(event.to) == StateGroup::kDeactivated;
      });
  if (kept.deactivation || !kept.seen_marks.empty() || told || was_deactivated) {
    codes.emplace("DEACTIVATED_LINK");
  }
  if (std::ranges::any_of(kept.history, [](const firearm::StateEvent& event) {
        return event.to == firearm::State::kConverted;
      })) {
    codes.emplace("CONVERTED");
  }
  return codes;
}

}  // namespace proofmark::registry
