// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace proofmark::testing {

// A deadline for work that has to come in time on a slow machine, under a sanitizer too, while the
// test waits the whole of it for something else that never comes.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr std::chrono::seconds kPatience(60);
#else
inline constexpr std::chrono::seconds kPatience(8);
#endif
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr std::chrono::seconds kPatience(30);
#else
inline constexpr std::chrono::seconds kPatience(8);
#endif

}  // namespace proofmark::testing
