// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "forensics/evidence/fit.h"

namespace proofmark::forensics {

inline constexpr std::int32_t kFoldsMax = 12;

// The log10 likelihood ratio of each pair from a model that never saw its firearms: for each two
// groups of firearms a logistic model is fitted to the pairs of all others. Up to kFoldsMax
// firearms every firearm is a group of its own; more are dealt out in turn.
//   Result    in the order of `pairs`; nullopt where the rest holds no pair of one of the classes.
//   Cost      groups * (groups + 1) / 2 fits.
//   Threads   Pure.
std::vector<std::optional<double>> LeaveFirearmsOut(std::span<const ScoredPair> pairs);

// The same from the model fitted to all pairs (resubstitution): what looks better than it is.
//   Errors    kInvalidArgument  a class is empty.
absl::StatusOr<std::vector<double>> Resubstitute(std::span<const ScoredPair> pairs);

}  // namespace proofmark::forensics
