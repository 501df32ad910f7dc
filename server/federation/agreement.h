// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "records/exhibit.h"
#include "server/federation/partner.h"

namespace proofmark::federation {

// What nodes do for each other.
enum class Service {
  kMatch,         // Candidates for a signature.
  kDetails,       // The second step: what stands behind named candidates, released by a person.
  kLookup,        // Private look-ups of firearms. Only where a budget of them is agreed.
  kFirearmCheck,  // Questions that name a firearm. Only where a budget of them is agreed.
  // Counts of deactivated firearms: where that budget and the breakdown are agreed.
  kFirearmStatistics,
  // What follows from an earlier exchange: decisions, states of links, corrections. Owed to every
  // partner, whatever the purpose was.
  kFollowUp,
};

// Its word in federation descriptors: "match", "details", "lookup", "firearm-check",
// "firearm-statistics", "follow-up".
std::string_view ToText(Service service);

// Its word in agreements: "bullet", "case".
std::string_view ToText(records::ItemKind item);

// What a message asks for, as far as an agreement speaks of it.
struct AskedFor {
  Service service = Service::kMatch;
  std::string_view purpose;    // Of records::PurposeCodes(). All from here on: not for kFollowUp.
  std::string_view offence{};  // Of records::OffenceCodes(), or empty: none named.
  std::optional<records::ItemKind> item{};  // Of the exhibit asked with; absent where none is.
  std::string_view breakdown{};             // Of statistics: firearm::BreakdownText().
  std::int64_t unix_ms = 0;                 // Now.
};

// What the agreement with a partner says about one message.
struct AgreementDecision {
  bool allowed = false;
  std::string refusal_code;  // Of records::RefusalCodes when not allowed, else empty.
  std::string reason;        // One sentence for people when not allowed, else empty.
};

// Whether `partner` may be answered when it asks for this, and whether it may be asked for it. What
// no agreement names is denied; `partner` is nullptr for an agency without one.
//   Threads  Pure.
AgreementDecision DecideAnswering(const Partner* partner, const AskedFor& asked);
AgreementDecision DecideAsking(const Partner* partner, const AskedFor& asked);

// Whether private look-ups of the partner may be answered at all, for one purpose or another.
bool MayLookUpHere(const Partner& partner);

}  // namespace proofmark::federation
