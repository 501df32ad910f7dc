// SPDX-License-Identifier: Apache-2.0
#include "forensics/evidence/cross_validation.h"

#include <algorithm>

#include "base/status.h"

namespace proofmark::forensics {
namespace {

constexpr double kLn10 = 0x1.26bb1bbb55516p+1;

double Log10Of(const LogisticModel& model, double score) {
  return (model.intercept + model.slope * score) / kLn10;
}

// The group of each firearm; -1 for numbers that no pair has.
std::vector<std::int32_t> DealGroups(std::span<const ScoredPair> pairs) {
  std::int32_t count = 0;
  for (const ScoredPair& pair : pairs) {
    count = std::max({count, pair.firearm_a + 1, pair.firearm_b + 1});
  }
  std::vector<std::int32_t> group(static_cast<std::size_t>(count), -1);
  for (const ScoredPair& pair : pairs) {
    group[static_cast<std::size_t>(pair.firearm_a)] = 0;
    group[static_cast<std::size_t>(pair.firearm_b)] = 0;
  }
  std::int32_t next = 0;
  for (std::int32_t& of : group) {
    if (of == 0) of = next++ % kFoldsMax;
  }
  return group;
}

}  // namespace

std::vector<std::optional<double>> LeaveFirearmsOut(std::span<const ScoredPair> pairs) {
  const std::vector<std::int32_t> group = DealGroups(pairs);
  std::vector<std::pair<std::int32_t, std::int32_t>> groups_of;
  groups_of.reserve(pairs.size());
  for (const ScoredPair& pair : pairs) {
    groups_of.push_back(std::minmax({group[static_cast<std::size_t>(pair.firearm_a)],
                                     group[static_cast<std::size_t>(pair.firearm_b)]}));
  }
  std::vector<std::optional<double>> log10_lrs(pairs.size());
  std::vector<double> weights(pairs.size());
  for (std::int32_t p = 0; p < kFoldsMax; ++p) {
    for (std::int32_t q = p; q < kFoldsMax; ++q) {
      bool wanted = false;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        const auto [a, b] = groups_of[i];
        wanted = wanted || (a == p && b == q);
        weights[i] = a == p || a == q || b == p || b == q ? 0.0 : 1.0;
      }
      if (!wanted) continue;
      const absl::StatusOr<LogisticModel> model = FitLogistic(pairs, weights);
      if (!model.ok()) continue;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (groups_of[i] == std::pair(p, q)) log10_lrs[i] = Log10Of(*model, pairs[i].score);
      }
    }
  }
  return log10_lrs;
}

absl::StatusOr<std::vector<double>> Resubstitute(std::span<const ScoredPair> pairs) {
  PM_ASSIGN_OR_RETURN(const LogisticModel model, FitLogistic(pairs, {}));
  std::vector<double> log10_lrs;
  log10_lrs.reserve(pairs.size());
  for (const ScoredPair& pair : pairs) log10_lrs.push_back(Log10Of(model, pair.score));
  return log10_lrs;
}

}  // namespace proofmark::forensics
