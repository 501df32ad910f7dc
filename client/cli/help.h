// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/console.h"
#include "client/fault.h"

namespace proofmark::client::cli {

// The help of one command: usage, what it does, its places and options, examples. `path` is the
// words that name it, without the program.
std::string HelpText(const Console& console, const Command& command,
                     const std::vector<std::string>& path);

// The table of exit codes.
std::string ExitCodesText();

// The page behind `proofmark explain PM-nnnn`.
std::string FaultText(const Console& console, const Fault& fault);

// "proofmark: PM-5001: ..." with the next step, for stderr.
std::string FailureText(const Console& console, const absl::Status& status);

// The manual of all commands in Markdown: docs/manual/commands.md is exactly this text.
std::string ManualText(const Command& root);

}  // namespace proofmark::client::cli
