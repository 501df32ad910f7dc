// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/firearm_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "proofmark/v1/exchange.pb.h"
#include "proofmark/v1/firearm_check.pb.h"
#include "proofmark/v1/firearm_question_service.pb.h"
#include "tests/support/field_cases.h"
#include "tests/support/status_matchers.h"

namespace proofmark::wire {
namespace {

using ::proofmark::testing::ExpectFieldCases;
using ::proofmark::testing::FieldCase;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

MATCHER_P(Says, value, "") { return arg.ok() && *arg == value; }

SerialForms Serial() { return {.lookalike = "CB12345", .transliteration = "SB12345"}; }

std::vector<FirearmCheck> Checks() {
  return {CertificateCheck{.entity = "LPH", .number = "A17", .serial = Serial()},
          CertificateCheck{.entity = "LPH", .number = "A17", .serial = std::nullopt},
          MarkCheck{.mark = {.country = "GB", .entity = "LPH", .year = 2018},
                    .firearm_class = firearm::FirearmClass::kPistolSemi,
                    .serial = Serial()},
          SerialCheck{.serial = {.lookalike = "1", .transliteration = ""},
                      .make = "GLC",
                      .firearm_class = std::nullopt},
          AlarmModelCheck{.make = "EKOL", .model = "FIRAT92"},
          StatisticsCheck{.by = {firearm::Dimension::kStandard, firearm::Dimension::kYear}}};
}

FirearmStatistics Statistics() {
  return {.as_of_unix_ms = 1'790'000'000'000,
          .by = {firearm::Dimension::kStandard, firearm::Dimension::kYear},
          .smallest = 10,
          .shared = {.counts = {{{"EU-2018", "2019"}, 40, 20},
                                {{"EU-2018", "2020"}, 31, std::nullopt},
                                {{"UK-2010", "2012"}, std::nullopt, std::nullopt}},
                     .total = {{}, 99, 50}}};
}

FirearmCheckQuestion Question(FirearmCheck check) {
  return {.purpose = "CRIMINAL_INVESTIGATION",
          .offence = "HOMICIDE",
          .subject_role = "OBJECT_ONLY",
          .case_commitment = {},
          .actor = "examiner-7",
          .check = std::move(check)};
}

std::vector<FirearmVerdict> Verdicts() {
  const std::string reference(kFirearmReferenceBytes, 'r');
  return {
      CertificateStanding::kValid,
      CertificateStanding::kWithdrawn,
      CertificateStanding::kNotFound,
      CertificateStanding::kMismatch,
      MarkVerdict{.standing = MarkStanding::kKnown, .reference = reference},
      MarkVerdict{.standing = MarkStanding::kUnknown, .reference = ""},
      MarkVerdict{.standing = MarkStanding::kConflict, .reference = reference},
      SerialCheckVerdict{.state_group = firearm::StateGroup::kLostStolen, .reference = reference},
      SerialCheckVerdict{},
      AlarmModelVerdict{.result = firearm::AlarmConformity::kNotConforming,
                        .authority = "Banc d'épreuves",
                        .tested_on = records::PartialDate{2024, 3, 0}},
      AlarmModelVerdict{},
      Statistics()};
}

// A message with its oneof as it came, and an error of the conversion.
template <typename Message>
std::string BytesOf(const Message& message) {
  return message.SerializeAsString();
}

v1::FirearmCheckQuestion MessageOf(const FirearmCheck& check) {
  v1::FirearmCheckQuestion message;
  EXPECT_TRUE(message.ParseFromString(Serialise(Question(check)).value()));
  return message;
}

v1::FirearmCheckAnswer MessageOf(const FirearmVerdict& verdict) {
  v1::FirearmCheckAnswer message;
  EXPECT_TRUE(message.ParseFromString(
      Serialise(FirearmCheckAnswer{.outcome = verdict, .budget = std::nullopt}).value()));
  message.clear_padding();
  return message;
}

// With the padding that its size needs.
std::string Padded(v1::FirearmCheckAnswer message) {
  const std::size_t size = message.ByteSizeLong();
  message.set_padding(std::string(1024 - size - 3, '\0'));
  EXPECT_EQ(message.ByteSizeLong(), 1024U);
  return message.SerializeAsString();
}

TEST(FirearmCheckWireTest, QuestionsOfEveryKindComeBackAsTheyWere) {
  for (const FirearmCheck& check : Checks()) {
    const auto bytes = Serialise(Question(check));
    ASSERT_THAT(bytes, IsOk());
    EXPECT_THAT(ParseFirearmCheckQuestion(*bytes), Says(Question(check)));
  }
}

TEST(FirearmCheckWireTest, EveryVerdictComesBackAsItWasAndAllHaveOneSize) {
  for (const FirearmVerdict& verdict : Verdicts()) {
    const FirearmCheckAnswer answer{
        .outcome = verdict, .budget = BudgetStatement{.per_day = 100, .per_30_days = 1'000}};
    const auto bytes = Serialise(answer);
    ASSERT_THAT(bytes, IsOk());
    EXPECT_EQ(bytes->size(), 1024U);
    EXPECT_THAT(ParseFirearmCheckAnswer(*bytes), Says(answer));
  }
  const FirearmCheckAnswer refused{.outcome = MakeRefusal("CAPACITY", "Used up."),
                                   .budget = std::nullopt};
  const auto bytes = Serialise(refused);
  ASSERT_THAT(bytes, IsOk());
  EXPECT_EQ(bytes->size(), 1024U);
  EXPECT_THAT(ParseFirearmCheckAnswer(*bytes), Says(refused));
}

TEST(FirearmCheckWireTest, AQuestionIsRefusedForEveryFieldOutOfItsBounds) {
  const auto read = [](const v1::FirearmCheckQuestion& message) {
    return ParseFirearmCheckQuestion(BytesOf(message));
  };
  using Case = FieldCase<v1::FirearmCheckQuestion>;
  ExpectFieldCases<v1::FirearmCheckQuestion>(
      MessageOf(Checks()[0]),
      {Case{"no purpose", [](auto& m) { m.clear_purpose(); }, "question.purpose"},
       Case{"offence", [](auto& m) { m.set_offence("a b"); }, "question.offence"},
       Case{"role", [](auto& m) { m.set_subject_role("a b"); }, "question.subject_role"},
       Case{"commitment", [](auto& m) { m.set_case_commitment("short"); },
            "question.case_commitment"},
       Case{"no actor", [](auto& m) { m.clear_actor(); }, "question.actor"},
       Case{"no kind", [](auto& m) { m.clear_check(); }, "question.check"},
       Case{"entity", [](auto& m) { m.mutable_certificate()->set_entity("lph"); },
            "question.certificate.entity"},
       Case{"long entity",
            [](auto& m) { m.mutable_certificate()->set_entity(std::string(33, 'A')); },
            "question.certificate.entity"},
       Case{"no number", [](auto& m) { m.mutable_certificate()->clear_number(); },
            "question.certificate.number"},
       Case{"longest number",
            [](auto& m) { m.mutable_certificate()->set_number(std::string(128, '7')); }, ""},
       Case{"long number",
            [](auto& m) { m.mutable_certificate()->set_number(std::string(129, '7')); },
            "question.certificate.number"},
       Case{"raw number", [](auto& m) { m.mutable_certificate()->set_number("A/17"); },
            "question.certificate.number"},
       Case{"empty serial",
            [](auto& m) { m.mutable_certificate()->mutable_serial()->clear_lookalike(); },
            "question.certificate.serial.lookalike"},
       Case{"raw serial",
            [](auto& m) { m.mutable_certificate()->mutable_serial()->set_lookalike("AB-1"); },
            "question.certificate.serial.lookalike"},
       Case{"long key",
            [](auto& m) {
              m.mutable_certificate()->mutable_serial()->set_transliteration(std::string(65, 'A'));
            },
            "question.certificate.serial.transliteration"}},
      read);
  ExpectFieldCases<v1::FirearmCheckQuestion>(
      MessageOf(Checks()[2]),
      {Case{"no mark", [](auto& m) { m.mutable_mark()->clear_mark(); }, "question.mark.mark"},
       Case{"a mark in another form", [](auto& m) { m.mutable_mark()->set_mark("EU GB LPH 18"); },
            "question.mark.mark"},
       Case{"class", [](auto& m) { m.mutable_mark()->set_firearm_class("PISTOL"); },
            "question.mark.firearm_class"},
       Case{"no class", [](auto& m) { m.mutable_mark()->clear_firearm_class(); }, ""},
       Case{"no serial", [](auto& m) { m.mutable_mark()->clear_serial(); },
            "question.mark.serial"}},
      read);
  ExpectFieldCases<v1::FirearmCheckQuestion>(
      MessageOf(Checks()[3]),
      {Case{"no serial", [](auto& m) { m.mutable_serial()->clear_serial(); },
            "question.serial.serial"},
       Case{"make", [](auto& m) { m.mutable_serial()->set_make("Glock"); }, "question.serial.make"},
       Case{"no make", [](auto& m) { m.mutable_serial()->clear_make(); }, ""},
       Case{"class", [](auto& m) { m.mutable_serial()->set_firearm_class("x"); },
            "question.serial.firearm_class"}},
      read);
  ExpectFieldCases<v1::FirearmCheckQuestion>(
      MessageOf(Checks()[4]),
      {Case{"no make", [](auto& m) { m.mutable_alarm_model()->clear_make(); },
            "question.alarm_model.make"},
       Case{"long make", [](auto& m) { m.mutable_alarm_model()->set_make(std::string(65, 'A')); },
            "question.alarm_model.make"},
       Case{"no model", [](auto& m) { m.mutable_alarm_model()->clear_model(); },
            "question.alarm_model.model"}},
      read);
}

TEST(FirearmCheckWireTest, AQuestionForStatisticsNamesWhatMayBeCountedBy) {
  using Case = FieldCase<v1::FirearmCheckQuestion>;
  const auto by = [](std::vector<std::string> codes) {
    return [codes = std::move(codes)](auto& m) {
      m.mutable_statistics()->clear_dimensions();
      for (const std::string& code : codes) m.mutable_statistics()->add_dimensions(code);
    };
  };
  ExpectFieldCases<v1::FirearmCheckQuestion>(
      MessageOf(Checks()[5]),
      {Case{"nothing", by({}), "question.statistics.dimensions"},
       Case{"three", by({"CLASS", "COUNTRY", "DEFECT"}), ""},
       Case{"four", by({"STANDARD", "YEAR", "CLASS", "COUNTRY"}), "question.statistics.dimensions"},
       Case{"twice", by({"YEAR", "YEAR"}), "question.statistics.dimensions"},
       Case{"another order", by({"YEAR", "STANDARD"}), "question.statistics.dimensions"},
       Case{"entities", by({"ENTITY"}), "question.statistics.dimensions"},
       Case{"none of the list", by({"SERIAL"}), "question.statistics.dimensions[0]"}},
      [](const v1::FirearmCheckQuestion& message) {
        return ParseFirearmCheckQuestion(BytesOf(message));
      });
}

TEST(FirearmCheckWireTest, StatisticsThatTellWhatTheySayIsHiddenAreRefused) {
  using Case = FieldCase<v1::FirearmCheckAnswer>;
  const auto row = [](v1::FirearmCheckAnswer& m, int i) {
    return m.mutable_statistics()->mutable_counts(i);
  };
  ExpectFieldCases<v1::FirearmCheckAnswer>(
      MessageOf(FirearmVerdict(Statistics())),
      {Case{"no time", [](auto& m) { m.mutable_statistics()->clear_as_of_time(); },
            "answer.statistics.as_of_time"},
       Case{"no dimension", [](auto& m) { m.mutable_statistics()->clear_dimensions(); },
            "answer.statistics.dimensions"},
       Case{"bound", [](auto& m) { m.mutable_statistics()->set_smallest(1); },
            "answer.statistics.smallest"},
       Case{"a small count", [&](auto& m) { row(m, 1)->set_record_count(9); },
            "answer.statistics.counts[1].record_count"},
       Case{"a count below none", [&](auto& m) { row(m, 1)->set_record_count(-1); },
            "answer.statistics.counts[1].record_count"},
       Case{"a small part", [&](auto& m) { row(m, 0)->set_conforming_count(9); },
            "answer.statistics.counts[0].conforming_count"},
       Case{"a small rest", [&](auto& m) { row(m, 0)->set_conforming_count(31); },
            "answer.statistics.counts[0].conforming_count"},
       Case{"more than all", [&](auto& m) { row(m, 0)->set_conforming_count(41); },
            "answer.statistics.counts[0].conforming_count"},
       Case{"a part of what is hidden", [&](auto& m) { row(m, 2)->set_conforming_count(0); },
            "answer.statistics.counts[2].record_count"},
       Case{"a key too few", [&](auto& m) { row(m, 0)->mutable_key()->RemoveLast(); },
            "answer.statistics.counts[0].key"},
       Case{"an empty key", [&](auto& m) { row(m, 0)->clear_key(); },
            "answer.statistics.counts[0].key"},
       Case{"a long key", [&](auto& m) { row(m, 0)->set_key(1, std::string(65, 'A')); },
            "answer.statistics.counts[0].key[1]"},
       Case{"one row twice", [&](auto& m) { row(m, 1)->set_key(1, "2019"); },
            "answer.statistics.counts"},
       Case{"no total", [](auto& m) { m.mutable_statistics()->clear_total(); },
            "answer.statistics.total"}},
      [](const v1::FirearmCheckAnswer& message) {
        return ParseFirearmCheckAnswer(Padded(message));
      });
}

// As many rows as an answer may have fit into it.
TEST(FirearmCheckWireTest, TheLargestStatisticsFit) {
  FirearmStatistics statistics = Statistics();
  statistics.shared.counts.clear();
  for (int i = 0; i < kStatisticsRowsMax; ++i) {
    statistics.shared.counts.push_back(
        {{std::to_string(10'000 + i) + std::string(59, 'a'), std::string(64, 'b')}, 1'000'000, 0});
  }
  const FirearmCheckAnswer answer{.outcome = FirearmVerdict(statistics), .budget = std::nullopt};
  const auto bytes = Serialise(answer);
  ASSERT_THAT(bytes, IsOk());
  EXPECT_THAT(ParseFirearmCheckAnswer(*bytes), Says(answer));
  statistics.shared.counts.push_back({{"z", "z"}, std::nullopt, std::nullopt});
  EXPECT_THAT(Serialise(statistics), StatusIs(absl::StatusCode::kInvalidArgument));
}

// A kind that this version does not know must not be taken for a question without one.
TEST(FirearmCheckWireTest, AKindThatIsNotKnownIsRefused) {
  std::string bytes = BytesOf(MessageOf(Checks()[0]));
  bytes += std::string("\x5a\x00", 2);  // Field 11, of length 0.

  EXPECT_THAT(ParseFirearmCheckQuestion(bytes), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(FirearmCheckWireTest, AnAnswerIsRefusedForEveryFieldOutOfItsBounds) {
  const auto read = [](const v1::FirearmCheckAnswer& message) {
    return ParseFirearmCheckAnswer(Padded(message));
  };
  using Case = FieldCase<v1::FirearmCheckAnswer>;
  ExpectFieldCases<v1::FirearmCheckAnswer>(
      MessageOf(Verdicts()[0]),
      {Case{"not set", [](auto& m) { m.set_certificate(v1::CERTIFICATE_STANDING_UNSPECIFIED); },
            "answer.certificate"},
       Case{"not known",
            [](auto& m) { m.set_certificate(static_cast<v1::CertificateStanding>(5)); },
            "answer.certificate"},
       Case{"nothing", [](auto& m) { m.clear_certificate(); }, "answer.outcome"}},
      read);
  ExpectFieldCases<v1::FirearmCheckAnswer>(
      MessageOf(Verdicts()[4]),
      {Case{"no reference", [](auto& m) { m.mutable_mark()->clear_reference(); },
            "answer.mark.reference"},
       Case{"short reference", [](auto& m) { m.mutable_mark()->set_reference("r"); },
            "answer.mark.reference"},
       Case{"a reference of what is unknown",
            [](auto& m) { m.mutable_mark()->set_standing(v1::MARK_STANDING_UNKNOWN); },
            "answer.mark.reference"}},
      read);
  ExpectFieldCases<v1::FirearmCheckAnswer>(
      MessageOf(Verdicts()[7]),
      {Case{"a group not known",
            [](auto& m) {
              m.mutable_serial()->set_state_group(static_cast<v1::FirearmStateGroup>(9));
            },
            "answer.serial.state_group"},
       Case{"a reference of no match", [](auto& m) { m.mutable_serial()->clear_state_group(); },
            "answer.serial.reference"}},
      read);
  ExpectFieldCases<v1::FirearmCheckAnswer>(
      MessageOf(Verdicts()[9]),
      {Case{"result", [](auto& m) { m.mutable_alarm_model()->set_result("GOOD"); },
            "answer.alarm_model.result"},
       Case{"no authority", [](auto& m) { m.mutable_alarm_model()->clear_authority(); },
            "answer.alarm_model.authority"},
       Case{"date", [](auto& m) { m.mutable_alarm_model()->set_test_date("2024-02-30"); },
            "answer.alarm_model.test_date"},
       Case{"not tested by somebody",
            [](auto& m) { m.mutable_alarm_model()->set_result("NOT_TESTED"); },
            "answer.alarm_model.authority"}},
      read);
}

TEST(FirearmCheckWireTest, AnAnswerOfAnotherSizeOrWithFilledPaddingIsRefused) {
  const std::string bytes =
      *Serialise(FirearmCheckAnswer{.outcome = Verdicts()[0], .budget = std::nullopt});

  EXPECT_THAT(ParseFirearmCheckAnswer(bytes.substr(0, 1023)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("padding")));
  std::string filled = bytes;
  filled.back() = 'x';
  EXPECT_THAT(ParseFirearmCheckAnswer(filled),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("padding")));
}

TEST(FirearmCheckWireTest, RequestsAndWhatCameOfThemComeBackAsTheyWere) {
  const std::vector<FirearmToCheck> checks = {
      CertificateToCheck{.entity = "LPH", .number = "A/17", .serial = "AB 1"},
      MarkToCheck{.mark = "EU GB LPH 18",
                  .firearm_class = firearm::FirearmClass::kRevolver,
                  .serial = "AB 1"},
      SerialToCheck{.serial = "AB 1", .make = "Glock", .firearm_class = std::nullopt},
      AlarmModelToCheck{.make = "Ekol", .model = "Firat 92"}};
  for (const FirearmToCheck& check : checks) {
    const FirearmCheckRequest request{.check = check,
                                      .purpose = "CRIMINAL_INVESTIGATION",
                                      .case_reference = "24-117",
                                      .offence = "",
                                      .subject_role = "",
                                      .partners = {"fr.example", "gb.example"},
                                      .deadline_ms = 5'500};
    EXPECT_THAT(FromProto(ToProto(request), ""), Says(request));
  }
  FirearmChecked checked{.ask_unix_ms = 1'790'000'000'000,
                         .asked_by = "examiner-7",
                         .purpose = "CRIMINAL_INVESTIGATION",
                         .partners = {}};
  for (const FirearmVerdict& verdict : Verdicts()) {
    FirearmCheckResult result;
    result.agency = "a" + std::to_string(10 + checked.partners.size()) + ".example";
    result.outcome = PartnerOutcome::kAnswered;
    result.verdict = verdict;
    result.exchange_id = std::string(16, 'x');
    checked.partners.push_back(std::move(result));
  }
  EXPECT_THAT(FromProto(ToProto(checked), ""), Says(checked));

  v1::FirearmChecked without = ToProto(checked);
  without.mutable_partners(0)->clear_verdict();
  EXPECT_THAT(FromProto(without, ""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("partners[0].verdict")));
  v1::FirearmChecked twice = ToProto(checked);
  twice.mutable_partners(1)->set_agency(twice.partners(0).agency());
  EXPECT_THAT(FromProto(twice, ""), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(FirearmCheckWireTest, ANoticeComesBackAndKeepsItsBounds) {
  const ReceivedFirearmNotice received{
      .id = "0f3c9a4e6b1d42f58e7a9c0b1d2e3f40",
      .agency = "gb.example",
      .notice = {.cause = FirearmNoticeCause::kDestroyed,
                 .exchange_id = std::string(16, 'x'),
                 .reference = std::string(kFirearmReferenceBytes, 'r'),
                 .state_group = firearm::StateGroup::kDestroyed,
                 .change_unix_ms = 1'790'000'000'000},
      .receive_unix_ms = 1'790'000'000'001};
  EXPECT_THAT(ParseFirearmNotice(Serialise(received.notice).value()), Says(received.notice));
  EXPECT_THAT(ParseReceivedFirearmNotice(Serialise(received).value()), Says(received));

  using Case = FieldCase<v1::ReceivedFirearmNotice>;
  ExpectFieldCases<v1::ReceivedFirearmNotice>(
      ToProto(received),
      {Case{"no cause", [](auto& m) { m.mutable_notice()->clear_cause(); }, "notice.cause"},
       Case{"exchange", [](auto& m) { m.mutable_notice()->set_exchange_id("x"); },
            "notice.exchange_id"},
       Case{"reference", [](auto& m) { m.mutable_notice()->set_reference("r"); },
            "notice.reference"},
       Case{"no reference", [](auto& m) { m.mutable_notice()->clear_reference(); }, ""},
       Case{"no group", [](auto& m) { m.mutable_notice()->clear_state_group(); },
            "notice.state_group"},
       Case{"no time", [](auto& m) { m.mutable_notice()->clear_change_time(); },
            "notice.change_time"},
       Case{"id", [](auto& m) { m.set_notice_id("x"); }, "notice_id"},
       Case{"agency", [](auto& m) { m.set_agency("GB"); }, "agency"},
       Case{"no time of receipt", [](auto& m) { m.clear_receive_time(); }, "receive_time"}},
      [](const v1::ReceivedFirearmNotice& message) { return FromProto(message, ""); });
}

TEST(FirearmCheckWireTest, AFindingOfAnAlarmWeaponComesBackAndKeepsItsBounds) {
  const KeptAlarmTest kept{.id = "0f3c9a4e6b1d42f58e7a9c0b1d2e3f40",
                           .test = {.make_raw = "Ekol",
                                    .make = "",
                                    .model = "Firat 92",
                                    .calibre_raw = "9 mm P.A.K.",
                                    .calibre_code = "",
                                    .result = firearm::AlarmConformity::kNotConforming,
                                    .authority = "BKA",
                                    .tested_on = records::PartialDate{2024, 3, 1}},
                           .add_unix_ms = 1'790'000'000'000,
                           .added_by = "lab-1"};
  EXPECT_THAT(ParseKeptAlarmTest(Serialise(kept).value()), Says(kept));

  using Case = FieldCase<v1::AlarmModelTest>;
  ExpectFieldCases<v1::AlarmModelTest>(
      ToProto(kept),
      {Case{"no make", [](auto& m) { m.clear_make(); }, "make"},
       Case{"no model", [](auto& m) { m.clear_model(); }, "model"},
       Case{"long model", [](auto& m) { m.set_model(std::string(129, 'x')); }, "model"},
       Case{"not tested", [](auto& m) { m.set_result("NOT_TESTED"); }, "result"},
       Case{"no authority", [](auto& m) { m.clear_authority(); }, "authority"},
       Case{"no date", [](auto& m) { m.clear_test_date(); }, ""},
       Case{"no time", [](auto& m) { m.clear_add_time(); }, "add_time"},
       Case{"an id that is none", [](auto& m) { m.set_test_id("x"); }, "test_id"},
       Case{"a time without an id", [](auto& m) { m.clear_test_id(); }, "test_id"}},
      [](const v1::AlarmModelTest& message) { return FromProto(message, ""); });
}

}  // namespace
}  // namespace proofmark::wire
