// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace proofmark::testing {

// The folder of real scans and vectors: PROOFMARK_SHARED_DIR, else ../shared beside the sources.
inline std::filesystem::path SharedDir() {
  if (const char* set = std::getenv("PROOFMARK_SHARED_DIR"); set != nullptr && *set != '\0') {
    return set;
  }
  return std::filesystem::path(PROOFMARK_SOURCE_DIR).parent_path() / "shared";
}

// The whole of a file; an empty string and a test failure when it cannot be read.
inline std::string ReadFileOrFail(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << "cannot read " << path;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace proofmark::testing

// First line of a test that needs the shared data: skips where it is absent, and fails instead
// when CI=true, since there it must be present.
#define PM_REQUIRE_SHARED_DATA()                                                       \
  if (!std::filesystem::exists(::proofmark::testing::SharedDir() / "README.md")) {     \
    const char* pm_ci = std::getenv("CI");                                             \
    if (pm_ci != nullptr && std::string_view(pm_ci) == "true") {                       \
      FAIL() << "CI=true and no shared data at " << ::proofmark::testing::SharedDir(); \
    }                                                                                  \
    GTEST_SKIP() << "no shared data at " << ::proofmark::testing::SharedDir()          \
                 << "; set PROOFMARK_SHARED_DIR";                                      \
  }                                                                                    \
  static_assert(true)
