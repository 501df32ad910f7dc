// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "client/cli/command.h"

namespace proofmark::client::cli {

// Scripts that complete commands, options, choices and files, made from the command tree. Each is
// to be loaded by its shell as it is.
std::string BashCompletion(const Command& root);
std::string ZshCompletion(const Command& root);
std::string FishCompletion(const Command& root);

}  // namespace proofmark::client::cli
