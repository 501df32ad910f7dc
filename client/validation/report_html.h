// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/validation/results.h"

namespace proofmark::client::validation {

// One page that needs nothing from elsewhere: no scripts, fonts or pictures are fetched, and its
// content policy forbids it. All text from the set is escaped.
//   Errors    those of charts.h.
absl::StatusOr<std::string> ReportHtml(const Results& results);

}  // namespace proofmark::client::validation
