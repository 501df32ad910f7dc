// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command.h"

namespace proofmark::client::cli {

// What a command line asks for.
struct ParsedLine {
  const Command* command = nullptr;  // Never null.
  std::vector<std::string> path;     // The words that name it.
  Arguments arguments;
  bool help = false;  // --help was given: show the command's help, do nothing.
};

// Reads the words behind the program's name.
//   kUsage (fault)  unknown command or option, a missing or repeated one, a value outside its range
//                   or choices; the message names it.
absl::StatusOr<ParsedLine> ParseLine(const Command& root, const std::vector<std::string>& words);

}  // namespace proofmark::client::cli
