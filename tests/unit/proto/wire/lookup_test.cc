// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "proofmark/v1/exchange.pb.h"
#include "proofmark/v1/lookup.pb.h"
#include "proofmark/v1/lookup_service.pb.h"
#include "tests/support/status_matchers.h"

namespace proofmark::wire {
namespace {

using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

// A message that was read, and says this.
MATCHER_P(Says, value, "") { return arg.ok() && *arg == value; }

LookupReason Reason() {
  return {.purpose = "CRIMINAL_INVESTIGATION", .offence = "", .actor = "examiner-7"};
}

LookupTable Table() {
  return {.snapshot_id = {},
          .epoch = 685,
          .table_hash = {},
          .size_bytes = 262'300,
          .public_key = std::string(33, '\x02'),
          .key_entry = {.entry = "entry", .proof = "proof"},
          .table_entry = {.entry = "another", .proof = "proof"}};
}

LookupQuestion Question(std::size_t elements) {
  return {.snapshot_id = {},
          .epoch = 685,
          .reason = Reason(),
          .case_commitment = {},
          .elements = std::vector<std::string>(elements, std::string(33, '\x03'))};
}

LookupAnswer Answer(std::size_t elements) {
  return {.outcome = LookupEvaluation{.elements = std::vector<std::string>(elements,
                                                                           std::string(33, '\x03')),
                                      .proof = std::string(64, 'p')},
          .budget = BudgetStatement{.per_day = 2'000, .per_30_days = 20'000}};
}

LookupPartnerResult Answered(std::string agency) {
  LookupPartnerResult result;
  result.agency = std::move(agency);
  result.outcome = PartnerOutcome::kAnswered;
  result.hits = {{.input_index = 0, .state_group = firearm::StateGroup::kLostStolen}};
  result.table_row_count = 4'096;
  result.table_unix_ms = 1'790'000'000'000;
  result.exchange_id = std::string(16, 'x');
  return result;
}

FirearmLookup Lookup() {
  return {.ask_unix_ms = 1'790'000'000'000,
          .asked_by = "examiner-7",
          .purpose = "CRIMINAL_INVESTIGATION",
          .inputs = {{.fields = LookupFields::kSerial, .serial_key = "AB1"}},
          .evaluation_count = 4,
          .other_reading_count = 3,
          .partners = {Answered("fr.example"), Answered("gb.example")}};
}

TEST(LookupPayloadTest, EveryMessageComesBackAsItWasWritten) {
  const LookupTableQuestion table_question{.reason = Reason()};
  EXPECT_THAT(ParseLookupTableQuestion(*Serialise(table_question)), Says(table_question));
  const LookupTableAnswer table = Table();
  EXPECT_THAT(ParseLookupTableAnswer(*Serialise(table)), Says(table));
  const LookupTableAnswer refused = Refusal{"POLICY", "No."};
  EXPECT_THAT(ParseLookupTableAnswer(*Serialise(refused)), Says(refused));
  EXPECT_THAT(ParseLookupQuestion(*Serialise(Question(64))), Says(Question(64)));
  EXPECT_THAT(ParseLookupAnswer(*Serialise(Answer(4))), Says(Answer(4)));
  const LookupHitQuestion hit{.handle = {}, .reason = Reason(), .case_commitment = {}};
  EXPECT_THAT(ParseLookupHitQuestion(*Serialise(hit)), Says(hit));
  const LookupHitAnswer record =
      LookupRecord{.state_group = firearm::StateGroup::kDestroyed, .reference = "GB/1"};
  EXPECT_THAT(ParseLookupHitAnswer(*Serialise(record)), Says(record));
}

TEST(LookupPayloadTest, ABatchIsAMultipleOfFourUpTo64) {
  for (const std::size_t count : {0U, 1U, 3U, 5U, 63U, 65U, 68U}) {
    SCOPED_TRACE(count);
    EXPECT_THAT(Serialise(Question(count)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("elements")));
    EXPECT_THAT(Serialise(Answer(count)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("elements")));
  }
}

// An evaluation, a refusal, a full or an empty budget: the size tells the size of the batch alone.
TEST(LookupPayloadTest, AnAnswersSizeDoesNotTellWhatItSays) {
  LookupAnswer poor = Answer(4);
  poor.budget->used_today = 1'999;
  const LookupAnswer refused{.outcome = Refusal{"CAPACITY", "Used up."}, .budget = std::nullopt};
  EXPECT_EQ(Serialise(Answer(4))->size(), kAnswerSizeClassBytes);
  EXPECT_EQ(Serialise(poor)->size(), kAnswerSizeClassBytes);
  EXPECT_EQ(Serialise(refused)->size(), kAnswerSizeClassBytes);
  EXPECT_EQ(Serialise(LookupHitAnswer(Refusal{"NOT_HELD", "Gone."}))->size(),
            Serialise(LookupHitAnswer(LookupRecord{.reference = "GB/1"}))->size());

  std::string shorter = *Serialise(Answer(4));
  shorter.pop_back();
  EXPECT_THAT(ParseLookupAnswer(shorter), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(LookupPayloadTest, RefusesEachFieldOutOfItsBounds) {
  const auto refuses = [](const auto& value, std::string_view field) {
    EXPECT_THAT(Serialise(value),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(std::string(field))));
  };
  LookupTable table = Table();
  table.public_key.pop_back();
  refuses(LookupTableAnswer(table), "public_key");
  table = Table();
  table.size_bytes = kLookupTableBytesMax + 1;
  refuses(LookupTableAnswer(table), "size_bytes");
  table = Table();
  table.key_entry.entry.clear();
  refuses(LookupTableAnswer(table), "key_entry.entry");
  LookupQuestion question = Question(4);
  question.elements[3].push_back('x');
  refuses(question, "elements[3]");
  question = Question(4);
  question.reason.purpose = "lower";
  refuses(question, "purpose");
  LookupAnswer answer = Answer(4);
  std::get<LookupEvaluation>(answer.outcome).proof.pop_back();
  refuses(answer, "proof");
  refuses(LookupHitAnswer(LookupRecord{.reference = ""}), "reference");
}

TEST(LookupMessageTest, ARequestComesBackAndIsRefusedOutOfItsBounds) {
  const FirearmLookupRequest request{.serial = "AB 12345",
                                     .make = "Glock",
                                     .model = "17",
                                     .reading_count = 8,
                                     .purpose = "CRIMINAL_INVESTIGATION",
                                     .case_reference = "24-117",
                                     .offence = "HOMICIDE",
                                     .partners = {"fr.example"},
                                     .deadline_ms = 5'000};
  EXPECT_THAT(FromProto(ToProto(request), ""), Says(request));
  const std::vector<std::pair<std::string, void (*)(v1::LookUpFirearmRequest&)>> bad = {
      {"serial", [](auto& m) { m.clear_serial(); }},
      {"model", [](auto& m) { m.clear_make(); }},
      {"reading_count", [](auto& m) { m.set_reading_count(33); }},
      {"purpose", [](auto& m) { m.clear_purpose(); }},
      {"case_reference", [](auto& m) { m.clear_case_reference(); }},
      {"partners", [](auto& m) { m.add_partners("fr.example"); }},
      {"deadline", [](auto& m) { m.mutable_deadline()->set_seconds(601); }},
  };
  for (const auto& one : bad) {
    SCOPED_TRACE(one.first);
    v1::LookUpFirearmRequest message = ToProto(request);
    one.second(message);
    EXPECT_THAT(FromProto(message, ""),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(one.first)));
  }
}

TEST(LookupMessageTest, ALookupComesBackAndIsRefusedOutOfItsBounds) {
  EXPECT_THAT(FromProto(ToProto(Lookup()), ""), Says(Lookup()));
  FirearmLookup unsorted = Lookup();
  std::swap(unsorted.partners[0], unsorted.partners[1]);
  FirearmLookup no_input = Lookup();
  no_input.partners[0].hits[0].input_index = 1;
  FirearmLookup refused_with_hits = Lookup();
  refused_with_hits.partners[0].outcome = PartnerOutcome::kRefused;
  refused_with_hits.partners[0].refusal_code = "POLICY";
  FirearmLookup refused_without_code = Lookup();
  refused_without_code.partners[0].hits.clear();
  refused_without_code.partners[0].outcome = PartnerOutcome::kRefused;
  for (const FirearmLookup* bad :
       {&unsorted, &no_input, &refused_with_hits, &refused_without_code}) {
    EXPECT_THAT(FromProto(ToProto(*bad), ""), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(LookupMessageTest, AHitsAnswerHasARecordExactlyWhenAnswered) {
  HitAnswer answer{.result = Answered("gb.example"), .record = LookupRecord{.reference = "GB/1"}};
  EXPECT_THAT(FromProto(ToProto(answer), ""), Says(answer));
  answer.record.reset();
  EXPECT_THAT(FromProto(ToProto(answer), ""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("record")));
}

}  // namespace
}  // namespace proofmark::wire
