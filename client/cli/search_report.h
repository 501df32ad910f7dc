// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/console.h"
#include "proto/wire/search.h"

namespace proofmark::client::cli {

// A whole search for people: what was asked, every partner's outcome and candidates, the own
// records' candidates, and what was searched for each. Says PROVISIONAL wherever a level rests on a
// provisional calibration.
std::string SearchText(const Console& console, const wire::Search& search);

// One line for a partner's outcome as it comes in.
std::string OutcomeLine(const wire::PartnerResult& result);

// How a search ends: 0 when there is a candidate at L1 or above anywhere, 1 without one. When there
// is none and partners were asked but none answered, that is a fault: kAnswerInvalid when an answer
// failed verification, else kPartnersAway when one was away or too late, else kPartnersRefused.
absl::StatusOr<int> SearchExit(const wire::Search& search);

}  // namespace proofmark::client::cli
