// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/support/x3p_builder.h"
#include "tests/support/x3p_hostile.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::Attempt;
using ::proofmark::testing::HostileFile;
using ::testing::HasSubstr;

constexpr double kCpuMsMax = 2'000.0;
constexpr double kPeakMibMax = 512.0;

TEST(HostileX3pTest, TheValidFileTheyAreMadeOfIsRead) {
  EXPECT_EQ(testing::ReadX3pInChild(testing::X3pRecipe().Build()).code, absl::StatusCode::kOk);
}

TEST(HostileX3pTest, EachIsRefusedByNameWithinItsTimeAndMemory) {
  const std::vector<HostileFile> files = testing::HostileFiles();
  ASSERT_GE(files.size(), 24u);
  for (const HostileFile& file : files) {
    SCOPED_TRACE(file.name);

    const Attempt attempt = testing::ReadX3pInChild(file.build());

    EXPECT_EQ(attempt.code, file.code) << attempt.message;
    EXPECT_THAT(attempt.message, HasSubstr(file.names));
    EXPECT_LE(attempt.message.size(), 400u);
    EXPECT_EQ(attempt.message.find_first_of("\n\r\t"), std::string::npos);
    EXPECT_LT(attempt.cpu_ms, kCpuMsMax);
    EXPECT_LT(attempt.peak_mib, kPeakMibMax);
  }
}

}  // namespace
}  // namespace proofmark::forensics
