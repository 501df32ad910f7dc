// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/validation/results.h"

namespace proofmark::client::validation {

inline constexpr std::int64_t kPeerCountsBytesMax = 64LL << 20;

// Sets other people's counts of congruent cells beside ours, pair by pair: the text has the heading
// `specimen1,specimen2,same_source,cells,cmc` and one pair a line, without quotation marks. One
// line for people for each study and for all: pairs in common, lowest same-source and highest
// different-source count and variance ratio of both, and the same of counts as shares of the cells
// compared.
//   Errors    kCannotRead (fault); kManifest (fault) naming the line that is not such a pair.
absl::StatusOr<std::vector<std::string>> ComparePeerCounts(const std::filesystem::path& file,
                                                           const Results& results);

}  // namespace proofmark::client::validation
