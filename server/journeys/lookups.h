// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/wire/lookup.h"
#include "server/exchange/asking.h"
#include "server/exchange/keyed_lock.h"
#include "server/exchange/question_log.h"
#include "server/federation/caller.h"
#include "server/lookup/held_tables.h"

namespace proofmark::journeys {

// A table is asked for anew when the partner has not confirmed it for so long.
inline constexpr std::int64_t kTableConfirmedMsMax = 3600LL * 1000;

// What look-ups work with. All must outlive them.
struct LookupRooms {
  exchange::AskingRooms asking;
  lookup::HeldTables& tables;
};

// The inputs of one look-up: the serial by its keys K1 and, where it is another, K2, in every form
// that make and model fill, then so many other readings of the mark by the serial alone.
struct LookupPlan {
  std::vector<wire::LookupInput> inputs;  // What is shown; 1..wire::kLookupElementsMax.
  std::vector<std::string> bytes;         // What is blinded, as many.
  std::int64_t other_reading_count = 0;   // Readings there are beyond those.
};
//   kInvalidArgument  no letter or digit in the serial, or a bound exceeded. Names no serial.
//   Threads  Pure.
absl::StatusOr<LookupPlan> PlanLookup(const wire::FirearmLookupRequest& request);

// How an examiner learns whether partners hold a firearm, without their learning which
// (docs/formats/private-lookup.md). For each partner at once:
//   1. its newest table is here, verified against what it logged, or is fetched;
//   2. the inputs are blinded; entry `query-out`, with a commitment to them under the case's key;
//   3. the proof is verified, the outputs are looked for in the table here;
//   4. entry `answer-in`, then the caller hears of it.
// A partner that shows another key or table than it logged is an alarm, and nothing of it is used.
// Thread-safe; waits on the caller's thread.
class Lookups {
 public:
  explicit Lookups(const LookupRooms& rooms);

  //   kInvalidArgument  as PlanLookup(), or a code of no list.
  //   kNotFound         a partner named is not known.
  absl::StatusOr<wire::FirearmLookup> LookUp(const federation::Caller& caller,
                                             const wire::FirearmLookupRequest& request);

  // Asks for the record behind a hit, which tells the partner which record it is.
  //   As LookUp().
  absl::StatusOr<wire::HitAnswer> AskAboutHit(const federation::Caller& caller,
                                              const wire::HitRequest& request);

 private:
  class Run;

  // Constant after construction.
  const LookupRooms rooms_;
  // Do their own locking.
  exchange::QuestionLog questions_;
  exchange::KeyedLock fetching_;  // By domain.
};

}  // namespace proofmark::journeys
