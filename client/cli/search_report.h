// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "client/cli/console.h"
#include "proto/wire/search.h"

namespace proofmark::client::cli {

// A whole search for people: what was asked, every partner's outcome and candidates, the own
// records' candidates, and what was searched for each. Says PROVISIONAL wherever a level rests on a
// provisional calibration.
std::string SearchText(const Console& console, const wire::Search& search);

// One line for a partner's outcome as it comes in.
std::string OutcomeLine(const wire::PartnerResult& result);

// How a search ends: 0 when there is a candidate at L1 or above anywhere. Without one: 6, 5 or 3
// when partners were asked and none answered (one answer failed verification, else one was away or
// too late, else all refused); otherwise 1.
int SearchExitCode(const wire::Search& search);

}  // namespace proofmark::client::cli
