// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace proofmark::base {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "proofmark: broken invariant %s at %s:%d\n", condition, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace proofmark::base
