// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proto/wire/details.h"
#include "proto/wire/handling.h"

namespace proofmark::federation {

// What may be done with something that a partner released.
enum class MaterialUse {
  kReading,       // Shown to one of the agency's own people.
  kIntelligence,  // Taken out of the node for investigators.
  kEvidence,      // Taken out of the node for judicial proceedings.
  kOnward,        // Passed on to a third agency, in a question, an answer or a release.
};

struct UseDecision {
  bool allowed = false;
  // Why not: a code of the ledger, "H1", "H2", "H3", "INTELLIGENCE" or "DELETED"; empty when
  // allowed.
  std::string code;
  std::string reason;  // One sentence for people when not allowed, else empty.
};

// The conditions of an answer of the first step, for the decision below: intelligence, whatever its
// codes, and without a day of deletion of its own.
//   Threads  Pure.
wire::Handling ConditionsOf(const wire::AnswerHandling& answer);

// Whether what was given under these conditions was to be deleted by now.
//   Threads  Pure.
bool IsToBeDeleted(const wire::Handling& handling, std::int64_t now_unix_ms);

// Whether the conditions under which something was given, and what was done about them since,
// allow this use. Everything that shows, exports or passes on released material asks here.
//   delete by     nothing from then on, whether or not it was erased yet.
//   H3            nothing before `by` has acknowledged what it says. `by` is a pseudonym; empty for
//                 what the node does by itself: anybody's acknowledgement counts.
//   H1            no evidence before the owner's permission is recorded; nor what was given as
//                 intelligence alone.
//   H2            not onward before the owner's permission is recorded.
//   Threads  Pure.
//   Source   docs/references.md#council-6243-18
UseDecision DecideUse(const wire::Handling& handling, std::span<const wire::HandlingStep> steps,
                      MaterialUse use, std::string_view by, std::int64_t now_unix_ms);

}  // namespace proofmark::federation
