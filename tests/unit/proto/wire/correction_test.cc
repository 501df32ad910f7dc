// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/correction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "proofmark/v1/correction.pb.h"
#include "tests/support/status_matchers.h"

namespace proofmark::wire {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

Correction Withdrawal() {
  return {
      .cause = CorrectionCause::kExhibitWithdrawn,
      .corrected_by = "lab-1",
      .correct_unix_ms = 1'790'000'000'000,
      .exchanges = {
          {.exchange_id = std::string(16, 'a'),
           .part = CorrectedPart::kAnswer,
           .handles = {crypto::Sha256("one"), crypto::Sha256("two")}},
          {.exchange_id = std::string(16, 'b'), .part = CorrectedPart::kQuestion, .handles = {}}}};
}

CorrectionFile Made() {
  CorrectionFile file;
  file.correction_id = std::string(32, 'a');
  file.corrected_by = "lab-1";
  file.exhibit_id = std::string(32, 'b');
  file.reasons = "wrong item";
  file.letters = {{.agency = "south.test",
                   .exchange_id = std::string(16, 'x'),
                   .exchange_count = 2,
                   .send_unix_ms = 5,
                   .acknowledge_unix_ms = 7,
                   .refusal_code = ""}};
  file.settled = true;
  return file;
}

TEST(CorrectionWireTest, IsTheSameAfterTravelling) {
  const auto bytes = Serialise(Withdrawal());
  ASSERT_THAT(bytes, IsOk());
  const auto read = ParseCorrection(*bytes);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(*read, Withdrawal());
}

TEST(CorrectionWireTest, RefusesWhatItsBoundsForbid) {
  Correction correction = Withdrawal();
  correction.exchanges.clear();
  EXPECT_THAT(Serialise(correction),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("exchanges")));
  correction = Withdrawal();
  correction.exchanges[1].exchange_id = correction.exchanges[0].exchange_id;
  EXPECT_THAT(Serialise(correction), StatusIs(StatusCode::kInvalidArgument, HasSubstr("twice")));
  correction = Withdrawal();
  correction.exchanges[1].handles = {crypto::Sha256("a question names none")};
  EXPECT_THAT(Serialise(correction), StatusIs(StatusCode::kInvalidArgument, HasSubstr("handles")));
  correction = Withdrawal();
  correction.exchanges[0].exchange_id.pop_back();
  EXPECT_THAT(Serialise(correction),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("exchange_id")));
  correction = Withdrawal();
  correction.corrected_by.clear();
  EXPECT_THAT(Serialise(correction),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("corrected_by")));
}

TEST(CorrectionWireTest, AFileOfEitherSideIsTheSameAfterStoring) {
  CorrectionFile received;
  received.correction_id = std::string(32, 'c');
  received.side = CorrectionSide::kReceived;
  received.corrected_by = "lab-1";
  received.agency = "north.test";
  received.exchanges = Withdrawal().exchanges;
  received.candidates_deleted = 2;
  received.details_deleted = 1;
  for (const CorrectionFile& file : {Made(), received}) {
    const auto bytes = Serialise(file);
    ASSERT_THAT(bytes, IsOk());
    const auto read = ParseCorrectionFile(*bytes);
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(*read, file);
  }
}

TEST(CorrectionWireTest, WaitsUntilEveryLetterIsAnswered) {
  CorrectionFile file = Made();
  EXPECT_FALSE(file.IsWaiting());
  file.settled = false;
  EXPECT_TRUE(file.IsWaiting());
  file.settled = true;
  file.letters[0].acknowledge_unix_ms.reset();
  EXPECT_TRUE(file.IsWaiting());
  file.letters[0].refusal_code = "NOT_A_PARTNER";
  EXPECT_FALSE(file.IsWaiting());
}

}  // namespace
}  // namespace proofmark::wire
