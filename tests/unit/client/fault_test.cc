// SPDX-License-Identifier: Apache-2.0
#include "client/fault.h"

#include <set>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client {
namespace {

using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

TEST(FaultTest, EveryNumberIsUsedOnce) {
  std::set<FaultCode> seen;
  for (const Fault& fault : Faults()) EXPECT_TRUE(seen.insert(fault.code).second);
  EXPECT_GE(seen.size(), 30U);
}

TEST(FaultTest, EveryRowSaysWhatItMeansAndWhatToDo) {
  for (const Fault& fault : Faults()) {
    SCOPED_TRACE(FaultName(fault.code));
    EXPECT_FALSE(fault.title.empty());
    EXPECT_TRUE(fault.meaning.ends_with('.'));
    EXPECT_TRUE(fault.remedy.ends_with('.'));
    EXPECT_NE(fault.status, absl::StatusCode::kOk);
  }
}

TEST(FaultTest, TheFirstDigitIsTheExitCode) {
  EXPECT_EQ(ExitCodeOf(FaultCode::kNotFound), 1);
  EXPECT_EQ(ExitCodeOf(FaultCode::kUsage), 2);
  EXPECT_EQ(ExitCodeOf(FaultCode::kPartnersRefused), 3);
  EXPECT_EQ(ExitCodeOf(FaultCode::kExpired), 4);
  EXPECT_EQ(ExitCodeOf(FaultCode::kUnreachable), 5);
  EXPECT_EQ(ExitCodeOf(FaultCode::kDamaged), 6);
  EXPECT_EQ(ExitCodeOf(FaultCode::kCannotWrite), 7);
}

TEST(FaultTest, InterruptionEndsWith130) { EXPECT_EQ(ExitCodeOf(FaultCode::kInterrupted), 130); }

TEST(FaultTest, EveryExitCodeIsOneOfTheTable) {
  const std::set<int> allowed = {1, 2, 3, 4, 5, 6, 7, 130};
  for (const Fault& fault : Faults()) {
    EXPECT_TRUE(allowed.contains(ExitCodeOf(fault.code))) << FaultName(fault.code);
  }
}

TEST(FaultTest, AStatusCarriesItsFault) {
  const absl::Status status = MakeFault(FaultCode::kKeyMismatch, "a.pem and a.key");

  EXPECT_EQ(FaultOf(status), FaultCode::kKeyMismatch);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("a.pem")));
}

TEST(FaultTest, ANodesStatusStandsForTheFaultOfItsCode) {
  EXPECT_EQ(FaultOf(absl::NotFoundError("")), FaultCode::kNotFound);
  EXPECT_EQ(FaultOf(absl::InvalidArgumentError("")), FaultCode::kRefusedArgument);
  EXPECT_EQ(FaultOf(absl::PermissionDeniedError("")), FaultCode::kPermission);
  EXPECT_EQ(FaultOf(absl::ResourceExhaustedError("")), FaultCode::kBudget);
  EXPECT_EQ(FaultOf(absl::FailedPreconditionError("")), FaultCode::kState);
  EXPECT_EQ(FaultOf(absl::UnauthenticatedError("")), FaultCode::kNotAuthenticated);
  EXPECT_EQ(FaultOf(absl::UnavailableError("")), FaultCode::kUnreachable);
  EXPECT_EQ(FaultOf(absl::DeadlineExceededError("")), FaultCode::kTooLate);
  EXPECT_EQ(FaultOf(absl::DataLossError("")), FaultCode::kDamaged);
  EXPECT_EQ(FaultOf(absl::InternalError("")), FaultCode::kNodeFault);
  EXPECT_EQ(FaultOf(absl::UnimplementedError("")), FaultCode::kNodeFault);
}

TEST(FaultTest, NamesAreReadBack) {
  for (const Fault& fault : Faults()) {
    const Fault* found = ParseFault(FaultName(fault.code));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->code, fault.code);
  }
  EXPECT_NE(ParseFault("pm-4002"), nullptr);
  EXPECT_NE(ParseFault("4002"), nullptr);
}

TEST(FaultTest, AnythingElseIsNoName) {
  for (const char* text : {"", "PM-", "PM-9999", "PM-400", "PM-40022", "PM 4002", "XM-4002",
                           "PM-4o02", "-4002", "PM--402", "PM-4002 "}) {
    EXPECT_EQ(ParseFault(text), nullptr) << text;
  }
}

}  // namespace
}  // namespace proofmark::client
