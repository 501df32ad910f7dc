// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace proofmark::base {

// Of the whole program; CMakeLists.txt states it once.
inline constexpr char kVersion[] = PROOFMARK_VERSION;

}  // namespace proofmark::base
