// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "proto/wire/firearm_check.h"
#include "server/exchange/asking.h"
#include "server/federation/caller.h"

namespace proofmark::journeys {

// What is sent to partners for a check as people write it: numbers by the keys they are compared
// by, make and model by the words of look-ups.
//   kInvalidArgument  nothing that it can be compared by, or a bound exceeded. Names the field,
//   never
//                     its value.
//   Threads  Pure.
absl::StatusOr<wire::FirearmCheck> PrepareCheck(const wire::FirearmToCheck& check);

// How the agency asks partners of a firearm by name (docs/formats/firearm-check.md): whether a
// certificate stands, whether a mark of deactivation was put on it, whether its serial number is
// among the shared records, whether a model of alarm weapon conforms; and for counts of all of them
// that are deactivated. Partners learn what is asked
// about; Lookups is the way to ask for a serial number without that. For each partner at once:
//   1. our agreement lets us ask it, or the entry `deny` says why not;
//   2. entry `query-out`, with a commitment to what is asked about under the case's key;
//   3. the signed answer is believed and of the kind that was asked for, or is invalid;
//   4. entry `answer-in`, then the caller hears of it.
// Thread-safe; waits on the caller's thread until every partner answered or its time is over.
class FirearmQuestions {
 public:
  explicit FirearmQuestions(const exchange::AskingRooms& rooms)
      : rooms_(rooms), questions_(rooms.store, rooms.ledger) {}

  // One result for each partner asked, by domain, whatever became of it; `verdict` is there exactly
  // when it answered, and holds the type at the index of `request.check`.
  //   kInvalidArgument  as PrepareCheck(), or a code of no list.
  //   kNotFound         a partner named is not known.
  absl::StatusOr<wire::FirearmChecked> Ask(const federation::Caller& caller,
                                           const wire::FirearmCheckRequest& request);

 private:
  absl::StatusOr<wire::FirearmCheckResult> AskOne(exchange::Asking& asking,
                                                  const federation::Partner& partner,
                                                  const wire::FirearmCheck& check) const;
  exchange::Asking::Beside Ground(const federation::Partner& partner,
                                  const wire::FirearmCheck& check) const;
  void AddGround(const federation::Partner& partner, exchange::Asked& asked,
                 const std::optional<std::string>& told_name) const;

  // Constant after construction.
  const exchange::AskingRooms rooms_;
  // Does its own locking.
  exchange::QuestionLog questions_;
};

}  // namespace proofmark::journeys
