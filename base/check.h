// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace proofmark::base {

// Logs the broken invariant and ends the process.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace proofmark::base

// Ends the process when an invariant of our own does not hold, in every build type. Never for data
// from outside: that returns a Status.
#define PM_CHECK(condition)                                           \
  do {                                                                \
    if (!(condition)) [[unlikely]]                                    \
      ::proofmark::base::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)
