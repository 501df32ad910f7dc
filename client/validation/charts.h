// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/validation/results.h"

// Charts of one table as SVG, ready to stand inside a page: without XML declaration. Drawn by
// gnuplot.
//   Errors    kProgramMissing, kProgramFailed, kCannotWrite (faults).
//   Threads   May be called concurrently.
namespace proofmark::client::validation {

// How the scores of both classes are spread; each class sums to one.
absl::StatusOr<std::string> DrawHistogram(const Comparisons& comparisons);

// True positives over false positives, the latter on a logarithmic axis where there are many pairs:
// what matters is on the far left.
absl::StatusOr<std::string> DrawRoc(const Comparisons& comparisons, const Evaluation& evaluation);

// Share of each class whose likelihood ratio is at least so large. Needs an evidence row with
// figures.
absl::StatusOr<std::string> DrawTippett(const Evaluation& evaluation);

// Share of queries whose first right candidate has at most this rank.
absl::StatusOr<std::string> DrawRanks(const Retrieval& retrieval);

}  // namespace proofmark::client::validation
