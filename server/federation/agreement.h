// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "server/federation/partner.h"

namespace proofmark::federation {

// What the agreement with a partner says about one question.
struct AgreementDecision {
  bool allowed = false;
  std::string refusal_code;  // Of records::RefusalCodes when not allowed, else empty.
  std::string reason;        // One sentence for people when not allowed, else empty.
};

// Whether `partner` may be answered when it asks for `purpose`, and whether it may be asked. What
// no agreement names is denied; `partner` is nullptr for an agency without one.
//   Threads  Pure.
AgreementDecision DecideAnswering(const Partner* partner, std::string_view purpose);
AgreementDecision DecideAsking(const Partner* partner, std::string_view purpose);

}  // namespace proofmark::federation
