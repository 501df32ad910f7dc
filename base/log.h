// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace proofmark::base {

enum class LogSeverity { kDebug, kInfo, kWarning, kError };

// One line of operator help on stderr, time-stamped (UTC). It is not evidence: that is the ledger.
// Never give it keys, serials, names, case numbers, or scores of outside queries. Control
// characters in `message` are replaced, so text from outside cannot forge a line. Thread-safe.
void Log(LogSeverity severity, std::string_view message);

// Drops lines below `severity`. The initial value is kInfo. Thread-safe.
void SetLogThreshold(LogSeverity severity);

}  // namespace proofmark::base
