// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/match.h"

#include <cmath>

#include "gtest/gtest.h"
#include "proofmark/v1/exchange.pb.h"
#include "tests/support/field_cases.h"
#include "tests/support/random_values.h"
#include "tests/support/status_matchers.h"

namespace proofmark::wire {
namespace {

using ::proofmark::testing::ExpectFieldCases;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::RandomValues;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr std::size_t kFewSamples = 128;

MatchQuestion ExampleQuestion() {
  MatchQuestion question;
  forensics::BulletSignature bullet;
  bullet.extractor_version = "striated/1";
  bullet.lands.resize(1);
  bullet.lands[0].emplace();
  bullet.lands[0]->height_nm.assign(96, 5);
  bullet.lands[0]->right_shoulder_um = 300.0;
  question.signature = std::move(bullet);
  question.purpose = "CRIMINAL_INVESTIGATION";
  question.actor = "examiner-7";
  return question;
}

MatchResult ExampleResult() {
  MatchResult result;
  result.candidates.resize(2);
  result.candidates[0].level = forensics::Level::kL2;
  result.candidates[1].handle.fill(std::byte{1});
  result.searched.method_version = "striated/1+cmps/1";
  result.searched.calibration_version = "generated/1";
  return result;
}

TEST(MatchQuestionTest, RandomValuesComeBackFromBytes) {
  RandomValues random(5);
  for (int i = 0; i < 100; ++i) {
    const MatchQuestion value = random.Question(kFewSamples);
    const auto bytes = Serialise(value);
    ASSERT_THAT(bytes, IsOk());
    const auto back = ParseMatchQuestion(*bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
    EXPECT_EQ(*Serialise(*back), *bytes);
  }
}

TEST(MatchQuestionTest, EveryBoundHolds) {
  using M = v1::MatchQuestion;
  ExpectFieldCases<M>(
      ToProto(ExampleQuestion()),
      {
          {"no kind", [](M& m) { m.clear_kind(); }, "q.kind: not set"},
          {"kind 10", [](M& m) { m.set_kind(static_cast<v1::ExhibitKind>(10)); }, "q.kind:"},
          {"nothing known", [](M& m) { m.clear_characteristics(); }, ""},
          {"lands 25", [](M& m) { m.mutable_characteristics()->set_land_count(25); },
           "q.characteristics.land_count: 25"},
          {"no signature", [](M& m) { m.clear_signature(); }, "q.signature: absent"},
          {"bad signature", [](M& m) { m.mutable_signature()->mutable_bullet()->clear_lands(); },
           "q.signature.bullet.lands: 0 entries"},
          {"another item", [](M& m) { m.set_kind(v1::EXHIBIT_KIND_CASE_EVIDENCE); },
           "q.signature.item: of a bullet"},
          {"no purpose", [](M& m) { m.clear_purpose(); }, "q.purpose:"},
          {"purpose 32", [](M& m) { m.set_purpose(std::string(32, 'A')); }, ""},
          {"purpose 33", [](M& m) { m.set_purpose(std::string(33, 'A')); }, "q.purpose:"},
          {"purpose case", [](M& m) { m.set_purpose("Training"); }, "q.purpose:"},
          {"offence", [](M& m) { m.set_offence("HOMICIDE"); }, ""},
          {"offence alphabet", [](M& m) { m.set_offence("A-B"); }, "q.offence:"},
          {"offence 33", [](M& m) { m.set_offence(std::string(33, 'A')); }, "q.offence:"},
          {"role", [](M& m) { m.set_subject_role("VICTIM"); }, ""},
          {"role alphabet", [](M& m) { m.set_subject_role("A B"); }, "q.subject_role:"},
          {"commitment 31", [](M& m) { m.set_case_commitment(std::string(31, 'c')); },
           "q.case_commitment: 31 bytes, must be 32"},
          {"commitment 33", [](M& m) { m.set_case_commitment(std::string(33, 'c')); },
           "q.case_commitment: 33"},
          {"no actor", [](M& m) { m.clear_actor(); }, "q.actor: 0 bytes"},
          {"actor 64", [](M& m) { m.set_actor(std::string(64, 'a')); }, ""},
          {"actor 65", [](M& m) { m.set_actor(std::string(65, 'a')); }, "q.actor: 65 bytes"},
          {"actor line", [](M& m) { m.set_actor("a\nb"); }, "q.actor:"},
          {"all rules off",
           [](M& m) {
             for (int r = 1; r <= 9; ++r) m.add_rules_off(v1::ClassRule(r));
           },
           ""},
          {"rule twice",
           [](M& m) {
             for (int r : {2, 2}) m.add_rules_off(v1::ClassRule(r));
           },
           "q.rules_off[1]: a rule comes twice"},
          {"rule 0", [](M& m) { m.add_rules_off(v1::ClassRule(0)); }, "q.rules_off[0]: not set"},
          {"rule 10", [](M& m) { m.add_rules_off(v1::ClassRule(10)); }, "q.rules_off[0]:"},
          {"0 candidates", [](M& m) { m.set_candidates_max(0); }, "q.candidates_max: 0"},
          {"1 candidate", [](M& m) { m.set_candidates_max(1); }, ""},
          {"10 candidates", [](M& m) { m.set_candidates_max(10); }, ""},
          {"11 candidates", [](M& m) { m.set_candidates_max(11); },
           "q.candidates_max: 11, must be 1..10"},
      },
      [](const M& m) { return FromProto(m, "q"); });
}

TEST(MatchAnswerTest, RandomValuesComeBackFromBytes) {
  RandomValues random(6);
  int refusals = 0;
  for (int i = 0; i < 200; ++i) {
    const MatchAnswer value = random.Answer();
    refusals += std::holds_alternative<MatchRefusal>(value) ? 1 : 0;
    const auto bytes = Serialise(value);
    ASSERT_THAT(bytes, IsOk());
    const auto back = ParseMatchAnswer(*bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
  EXPECT_GT(refusals, 50);
  EXPECT_LT(refusals, 150);
}

TEST(MatchAnswerTest, EveryBoundOfAResultHolds) {
  using M = v1::MatchAnswer;
  const auto candidate = [](M& m, int i) { return m.mutable_result()->mutable_candidates(i); };
  const auto searched = [](M& m) { return m.mutable_result()->mutable_searched(); };
  ExpectFieldCases<M>(
      ToProto(MatchAnswer(ExampleResult())),
      {
          {"no outcome", [](M& m) { m.clear_outcome(); }, "a.outcome: not set"},
          {"handle 31", [=](M& m) { candidate(m, 1)->set_handle(std::string(31, 'h')); },
           "a.result.candidates[1].handle: 31 bytes"},
          {"handle twice", [=](M& m) { candidate(m, 1)->set_handle(candidate(m, 0)->handle()); },
           "a.result.candidates: a handle comes twice"},
          {"no level", [=](M& m) { candidate(m, 0)->clear_level(); },
           "a.result.candidates[0].level: not set"},
          {"level none", [=](M& m) { candidate(m, 1)->set_level(v1::SUPPORT_LEVEL_NONE); },
           "a.result.candidates[1].level: no association"},
          {"level 6", [=](M& m) { candidate(m, 1)->set_level(v1::SupportLevel(6)); },
           "a.result.candidates[1].level:"},
          {"weakest first",
           [=](M& m) { candidate(m, 1)->set_level(v1::SUPPORT_LEVEL_VERY_STRONG); },
           "a.result.candidates: must come by level"},
          {"no kind", [=](M& m) { candidate(m, 0)->clear_kind(); },
           "a.result.candidates[0].kind: not set"},
          {"11 candidates",
           [](M& m) {
             while (m.result().candidates_size() < 11) m.mutable_result()->add_candidates();
           },
           "a.result.candidates: 11 entries, must be 0..10"},
          {"none found", [](M& m) { m.mutable_result()->clear_candidates(); }, ""},
          {"not said what was searched", [](M& m) { m.mutable_result()->clear_searched(); },
           "a.result.searched: absent"},
          {"no held", [=](M& m) { searched(m)->clear_held(); }, "a.result.searched.held: not set"},
          {"held 7", [=](M& m) { searched(m)->set_held(v1::CountBand(7)); },
           "a.result.searched.held:"},
          {"eligible 6", [=](M& m) { searched(m)->set_eligible(v1::CountBand(6)); }, ""},
          {"eligible 0", [=](M& m) { searched(m)->clear_eligible(); },
           "a.result.searched.eligible: not set"},
          {"false leads 0", [=](M& m) { searched(m)->clear_false_leads(); },
           "a.result.searched.false_leads: not set"},
          {"false leads 5", [=](M& m) { searched(m)->set_false_leads(v1::FalseLeadBand(5)); },
           "a.result.searched.false_leads:"},
          {"removal without rule",
           [=](M& m) { searched(m)->add_removals()->set_removed(v1::COUNT_BAND_UNDER_100); },
           "a.result.searched.removals[0].rule: not set"},
          {"removal without band",
           [=](M& m) { searched(m)->add_removals()->set_rule(v1::CLASS_RULE_TWIST); },
           "a.result.searched.removals[0].removed: not set"},
          {"rule twice",
           [=](M& m) {
             for (int i = 0; i < 2; ++i) {
               v1::RuleRemoval* removal = searched(m)->add_removals();
               removal->set_rule(v1::CLASS_RULE_TWIST);
               removal->set_removed(v1::COUNT_BAND_UNDER_100);
             }
           },
           "a.result.searched.removals[1].rule: a rule comes twice"},
          {"no method", [=](M& m) { searched(m)->clear_method_version(); },
           "a.result.searched.method_version: 0 bytes"},
          {"method 129", [=](M& m) { searched(m)->set_method_version(std::string(129, 'm')); },
           "a.result.searched.method_version: 129 bytes"},
          {"no calibration", [=](M& m) { searched(m)->clear_calibration_version(); },
           "a.result.searched.calibration_version: 0 bytes"},
          {"calibration escape", [=](M& m) { searched(m)->set_calibration_version("\x1b[2J"); },
           "a.result.searched.calibration_version:"},
      },
      [](const M& m) { return FromProto(m, "a"); });
}

TEST(MatchAnswerTest, EveryBoundOfItsConditionsHolds) {
  using M = v1::MatchAnswer;
  const auto handling = [](M& m) { return m.mutable_result()->mutable_handling(); };
  const auto codes = [=](std::vector<const char*> list) {
    return [=](M& m) {
      handling(m)->clear_codes();
      for (const char* const code : list) handling(m)->add_codes(code);
    };
  };
  const auto restricted = [=](std::string text) {
    return [=](M& m) {
      codes({"H3"})(m);
      handling(m)->set_restrictions(text);
    };
  };
  ExpectFieldCases<M>(
      ToProto(MatchAnswer(ExampleResult())),
      {
          {"of before there were any", [](M& m) { m.mutable_result()->clear_handling(); }, ""},
          {"said, but nothing in it", [=](M& m) { handling(m)->Clear(); },
           "a.result.handling.codes: 0 entries, must be 1..4"},
          {"H1 and H2", codes({"H1", "H2"}), ""},
          {"5 codes", codes({"H0", "H1", "H2", "H3", "H3"}), "a.result.handling.codes: 5 entries"},
          {"H4", codes({"H4"}), "a.result.handling.codes: must be H0, H1, H2 or H3"},
          {"H1 twice", codes({"H1", "H1"}), "a.result.handling.codes: must be ascending"},
          {"H2 before H1", codes({"H2", "H1"}), "a.result.handling.codes: must be ascending"},
          {"H3 says nothing", codes({"H3"}), "a.result.handling.restrictions: must be given"},
          {"restrictions without H3", [=](M& m) { handling(m)->set_restrictions("Not yet."); },
           "a.result.handling.restrictions: must be given with H3, and only with H3"},
          {"restrictions 256", restricted(std::string(256, 'r')), ""},
          {"restrictions 257", restricted(std::string(257, 'r')),
           "a.result.handling.restrictions: 257 bytes"},
          {"restrictions line", restricted("a\nb"), "a.result.handling.restrictions:"},
          {"source D", [=](M& m) { handling(m)->set_source_evaluation("D"); },
           "a.result.handling.source_evaluation: must be A, B, C or X"},
          {"source AB", [=](M& m) { handling(m)->set_source_evaluation("AB"); },
           "a.result.handling.source_evaluation: must be"},
          {"no source", [=](M& m) { handling(m)->clear_source_evaluation(); },
           "a.result.handling.source_evaluation: must be"},
          {"information 5", [=](M& m) { handling(m)->set_information_evaluation("5"); },
           "a.result.handling.information_evaluation: must be 1, 2, 3 or 4"},
      },
      [](const M& m) { return FromProto(m, "a"); });
}

// What is signed names the conditions even where nothing was configured.
TEST(MatchAnswerTest, AnAnswerSaysItsConditionsAndAnOlderOneIsH0AndX4) {
  v1::MatchResult message = ToProto(ExampleResult());
  ASSERT_TRUE(message.has_handling());
  EXPECT_EQ(message.handling().codes(0), "H0");
  message.clear_handling();
  const auto result = FromProto(message, "r");
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->handling.codes, ::testing::ElementsAre("H0"));
  EXPECT_EQ(result->handling.restrictions, "");
  EXPECT_EQ(result->handling.source_evaluation, "X");
  EXPECT_EQ(result->handling.information_evaluation, "4");
}

TEST(MatchAnswerTest, EveryBoundOfARefusalHolds) {
  using M = v1::MatchAnswer;
  ExpectFieldCases<M>(
      ToProto(MatchAnswer(MatchRefusal{.code = "POLICY", .reason = "Not for this purpose."})),
      {
          {"no code", [](M& m) { m.mutable_refusal()->clear_code(); }, "a.refusal.code:"},
          {"code case", [](M& m) { m.mutable_refusal()->set_code("policy"); }, "a.refusal.code:"},
          {"code 33", [](M& m) { m.mutable_refusal()->set_code(std::string(33, 'A')); },
           "a.refusal.code:"},
          {"no reason", [](M& m) { m.mutable_refusal()->clear_reason(); }, ""},
          {"reason 256", [](M& m) { m.mutable_refusal()->set_reason(std::string(256, 'r')); }, ""},
          {"reason 257", [](M& m) { m.mutable_refusal()->set_reason(std::string(257, 'r')); },
           "a.refusal.reason: 257 bytes"},
          {"reason line", [](M& m) { m.mutable_refusal()->set_reason("a\nb"); },
           "a.refusal.reason:"},
          {"reason turned around",
           [](M& m) {
             m.mutable_refusal()->set_reason(
                 "\xE2\x80\xAE"
                 "abc");
           },
           "a.refusal.reason:"},
      },
      [](const M& m) { return FromProto(m, "a"); });
}

TEST(MatchPayloadTest, RefusesTrailingGarbageAndOversize) {
  const std::string question = *Serialise(ExampleQuestion());
  const std::string answer = *Serialise(MatchAnswer(ExampleResult()));
  for (const std::string& garbage : {std::string("\x00", 1), std::string("\xff\xff"),
                                     std::string("\x78\x01"), std::string("garbage")}) {
    EXPECT_THAT(ParseMatchQuestion(question + garbage),
                StatusIs(absl::StatusCode::kInvalidArgument, ::testing::StartsWith("question: ")));
    EXPECT_THAT(ParseMatchAnswer(answer + garbage),
                StatusIs(absl::StatusCode::kInvalidArgument, ::testing::StartsWith("answer: ")));
  }
  const std::string oversize(static_cast<std::size_t>(kMatchPayloadBytesMax) + 1, '\0');
  EXPECT_THAT(ParseMatchQuestion(oversize),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1048577 bytes")));
  EXPECT_THAT(ParseMatchAnswer(oversize),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1048577 bytes")));
}

TEST(MatchPayloadTest, AnAnswersSizeDoesNotTellWhatItSays) {
  const BudgetStatement budget{
      .per_day = 200, .per_30_days = 1'000, .used_today = 190, .used_30_days = 950};
  MatchResult nothing = ExampleResult();
  nothing.candidates.clear();
  nothing.budget = budget;
  MatchResult all = nothing;
  for (int i = 0; i < kMatchCandidatesMax; ++i) {
    all.candidates.push_back({.handle = crypto::Sha256(std::to_string(i))});
  }
  MatchResult fullest = all;
  fullest.searched.method_version = std::string(64, 'm');
  fullest.searched.calibration_version = std::string(64, 'c');
  for (int rule = 1; rule <= static_cast<int>(v1::ClassRule_MAX); ++rule) {
    fullest.searched.removals.push_back(
        {.rule = static_cast<records::ClassRule>(rule), .removed = CountBand::k1000000OrMore});
  }
  fullest.handling.codes = {"H0", "H1", "H2", "H3"};
  fullest.handling.restrictions =
      std::string(static_cast<std::size_t>(kAnswerRestrictionsBytesMax), 'r');
  fullest.budget = BudgetStatement{.per_day = kBudgetUnitsMax,
                                   .per_30_days = kBudgetUnitsMax,
                                   .used_today = 2 * kBudgetUnitsMax,
                                   .used_30_days = 2 * kBudgetUnitsMax};
  MatchResult restricted = nothing;
  restricted.handling = fullest.handling;
  const MatchRefusal refusal{.code = "CAPACITY", .reason = std::string(200, 'x'), .budget = budget};
  for (const MatchAnswer& answer : {MatchAnswer(nothing), MatchAnswer(all), MatchAnswer(fullest),
                                    MatchAnswer(restricted), MatchAnswer(refusal)}) {
    const auto bytes = Serialise(answer);
    ASSERT_THAT(bytes, IsOk());
    EXPECT_EQ(bytes->size(), kAnswerSizeClassBytes);
    const auto back = ParseMatchAnswer(*bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, answer);
  }
}

TEST(MatchPayloadTest, EveryAnswerFillsWholeClassesWhateverItsLength) {
  for (std::size_t bytes_of_reason = 0; bytes_of_reason <= 256; ++bytes_of_reason) {
    const auto bytes = Serialise(
        MatchAnswer(MatchRefusal{.code = "QUALITY", .reason = std::string(bytes_of_reason, 'r')}));
    ASSERT_THAT(bytes, IsOk());
    ASSERT_EQ(bytes->size(), kAnswerSizeClassBytes) << bytes_of_reason;
  }
}

TEST(MatchPayloadTest, PaddingHoldsNothing) {
  v1::MatchAnswer message = ToProto(MatchAnswer(ExampleResult()));
  (*message.mutable_padding())[3] = 'x';
  EXPECT_THAT(FromProto(message, "a"), StatusIs(absl::StatusCode::kInvalidArgument,
                                                HasSubstr("a.padding: must be zero bytes")));
  message.clear_padding();
  EXPECT_THAT(ParseMatchAnswer(message.SerializeAsString()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("multiple of 1024")));
}

TEST(MatchPayloadTest, TheLargestQuestionFitsItsLimit) {
  RandomValues random(7);
  MatchQuestion question = random.Question(kFewSamples);
  question.kind = records::ExhibitKind::kCaseEvidence;  // Larger than any bullet.
  forensics::CaseSignature largest;
  for (const forensics::ImpressedRegion region :
       {forensics::ImpressedRegion::kBreechFace, forensics::ImpressedRegion::kFiringPin,
        forensics::ImpressedRegion::kEjector}) {
    forensics::ImpressedSignature impression = random.Impression(region, 96);
    impression.width = forensics::kReliefSideMax;
    impression.height = forensics::kReliefSideMax;
    impression.relief.assign(static_cast<std::size_t>(impression.width * impression.height), 1);
    largest.impressions.push_back(std::move(impression));
  }
  largest.aperture_shear = {.extractor_version = "v", .profile = random.Land()};
  largest.aperture_shear->profile.height_nm.assign(forensics::kSignatureSamplesMax, 1);
  question.signature = std::move(largest);
  const auto bytes = Serialise(question);
  ASSERT_THAT(bytes, IsOk());
  EXPECT_LT(static_cast<std::int64_t>(bytes->size()), kMatchPayloadBytesMax);
}

TEST(CountBandTest, BandsMeetWithoutGapOrOverlap) {
  EXPECT_EQ(ToCountBand(0), CountBand::kUnder100);
  std::int64_t bound = 100;
  for (int band = 1; band <= 5; ++band, bound *= 10) {
    EXPECT_EQ(ToCountBand(bound - 1), static_cast<CountBand>(band)) << bound;
    EXPECT_EQ(ToCountBand(bound), static_cast<CountBand>(band + 1)) << bound;
  }
  EXPECT_EQ(ToCountBand(INT64_MAX), CountBand::k1000000OrMore);
}

TEST(CountBandTest, TextsNameTheBounds) {
  EXPECT_EQ(CountBandText(CountBand::kUnder100), "0 to 99");
  EXPECT_EQ(CountBandText(CountBand::k1000000OrMore), "1 000 000 or more");
}

TEST(FalseLeadBandTest, BandsMeetWithoutGapOrOverlap) {
  EXPECT_EQ(ToFalseLeadBand(0.0), FalseLeadBand::kUnderTenth);
  int band = 1;
  for (const double bound : {0.1, 1.0, 10.0}) {
    EXPECT_EQ(ToFalseLeadBand(std::nextafter(bound, 0.0)), static_cast<FalseLeadBand>(band));
    EXPECT_EQ(ToFalseLeadBand(bound), static_cast<FalseLeadBand>(++band));
  }
  EXPECT_EQ(FalseLeadBandText(FalseLeadBand::kOverTen), "10 or more");
}

}  // namespace
}  // namespace proofmark::wire
