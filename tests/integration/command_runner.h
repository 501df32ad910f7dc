// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/support/loopback_node.h"

namespace proofmark::testing {

// How a command ended.
struct CommandEnded {
  absl::StatusOr<int> code;
  std::string out, err;
};
using CommandValues = std::vector<std::pair<std::string, std::string>>;

// Runs a command of the tool by its own code, as a member of `agency` in that role at its node.
// A name that `values` has several times has several values; an option that they do not have has
// its fallback. `folder` holds the profiles.
CommandEnded RunCommand(const std::filesystem::path& folder, const LoopbackNode& node,
                        const TestAgency& agency, crypto::StaffRole role,
                        const std::vector<std::string>& words, const CommandValues& values);

}  // namespace proofmark::testing
