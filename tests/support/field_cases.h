// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::testing {

// One change to a valid message, and how the refusal of the result begins; empty when the result is
// still valid.
template <typename Message>
struct FieldCase {
  std::string law;
  std::function<void(Message&)> change;
  std::string error_begins;
};

// Applies every case to its own copy of `valid` and reads it with `read`.
template <typename Message, typename Read>
void ExpectFieldCases(const Message& valid, const std::vector<FieldCase<Message>>& cases,
                      const Read& read) {
  ASSERT_THAT(read(valid), IsOk());
  for (const FieldCase<Message>& field_case : cases) {
    SCOPED_TRACE(field_case.law);
    Message message = valid;
    field_case.change(message);

    const auto result = read(message);

    if (field_case.error_begins.empty()) {
      EXPECT_THAT(result, IsOk());
    } else {
      EXPECT_THAT(result, StatusIs(absl::StatusCode::kInvalidArgument,
                                   ::testing::StartsWith(field_case.error_begins)));
    }
  }
}

}  // namespace proofmark::testing
