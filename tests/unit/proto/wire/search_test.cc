// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/search.h"

#include <limits>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"
#include "proofmark/v1/search.pb.h"
#include "proofmark/v1/search_service.pb.h"
#include "tests/support/field_cases.h"
#include "tests/support/random_values.h"
#include "tests/support/status_matchers.h"

namespace proofmark::wire {
namespace {

using ::proofmark::testing::ExpectFieldCases;
using ::proofmark::testing::FieldCase;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::RandomValues;
using ::proofmark::testing::StatusIs;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Search ExampleSearch() {
  Search search{.search_id = std::string(32, '1'),
                .exhibit_id = std::string(32, '2'),
                .ask_unix_ms = 1'790'000'000'000,
                .asked_by = "examiner-7",
                .purpose = "TRAINING",
                .local = LocalResult{},
                .partners = {},
                .rules_off = {},
                .exhaustive = false,
                .full_circle = false};
  search.local->searched.method_version = "striated/1";
  search.local->searched.calibration_version = "generated/1";
  search.local->candidates.resize(2);
  for (int i = 0; i < 2; ++i) {
    LocalCandidate& candidate = search.local->candidates[static_cast<std::size_t>(i)];
    candidate.exhibit_id.assign(32, '3');
    candidate.rank = i + 1;
    candidate.lands_compared = 6;
    candidate.pairs.push_back({.query_land = 1, .candidate_land = 2});
  }
  search.partners.resize(2);
  search.partners[0].agency = "a.example";
  search.partners[1].agency = "b.example";
  search.partners[1].outcome = PartnerOutcome::kTooLate;
  search.partners[1].exchange_id.assign(16, 'x');
  return search;
}

SearchRequest ExampleRequest() {
  SearchRequest request;
  request.exhibit_id.assign(32, 'e');
  request.purpose = "TRAINING";
  request.case_reference = "case 1";
  request.include_local = true;
  return request;
}

TEST(SearchTest, RandomValuesComeBackFromBytes) {
  RandomValues random(18);
  for (int i = 0; i < 200; ++i) {
    const Search value = random.Search();
    const auto bytes = Serialise(value);
    ASSERT_THAT(bytes, IsOk());
    const auto back = ParseSearch(*bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(SearchTest, EveryBoundHolds) {
  using M = v1::Search;
  const auto searched = [](M& m) { return m.mutable_local()->mutable_searched(); };
  ExpectFieldCases<M>(
      ToProto(ExampleSearch()),
      {
          {"search id", [](M& m) { m.set_search_id("1"); }, "s.search_id:"},
          {"exhibit id", [](M& m) { m.set_exhibit_id(std::string(33, '1')); }, "s.exhibit_id:"},
          {"no time", [](M& m) { m.clear_ask_time(); }, "s.ask_time: absent"},
          {"time", [](M& m) { m.mutable_ask_time()->set_seconds(-1); }, "s.ask_time.seconds:"},
          {"no asker", [](M& m) { m.clear_asked_by(); }, "s.asked_by: 0 bytes"},
          {"asker 65", [](M& m) { m.set_asked_by(std::string(65, 'a')); }, "s.asked_by: 65"},
          {"no purpose", [](M& m) { m.clear_purpose(); }, "s.purpose:"},
          {"not searched here", [](M& m) { m.clear_local(); }, ""},
          {"not said what was searched", [](M& m) { m.mutable_local()->clear_searched(); },
           "s.local.searched: absent"},
          {"held", [=](M& m) { searched(m)->set_held_count(-1); }, "s.local.searched.held_count:"},
          {"eligible", [=](M& m) { searched(m)->set_eligible_count(-1); },
           "s.local.searched.eligible_count:"},
          {"coarse", [=](M& m) { searched(m)->set_coarse_scored_count(-1); },
           "s.local.searched.coarse_scored_count:"},
          {"refined", [=](M& m) { searched(m)->set_refined_count(-1); },
           "s.local.searched.refined_count:"},
          {"missed", [=](M& m) { searched(m)->set_missed_probability(1.001); },
           "s.local.searched.missed_probability:"},
          {"compared", [=](M& m) { searched(m)->set_compared_count(-1); },
           "s.local.searched.compared_count:"},
          {"failed", [=](M& m) { searched(m)->set_failed_count(-1); },
           "s.local.searched.failed_count:"},
          {"method", [=](M& m) { searched(m)->clear_method_version(); },
           "s.local.searched.method_version:"},
          {"calibration", [=](M& m) { searched(m)->clear_calibration_version(); },
           "s.local.searched.calibration_version:"},
          {"removal", [=](M& m) { searched(m)->add_removals(); },
           "s.local.searched.removals[0].rule: not set"},
          {"removed",
           [=](M& m) {
             v1::RuleRemovalCount* removal = searched(m)->add_removals();
             removal->set_rule(v1::CLASS_RULE_TWIST);
             removal->set_removed_count(-1);
           },
           "s.local.searched.removals[0].removed_count:"},
          {"201 candidates",
           [](M& m) {
             while (m.local().candidates_size() < 201) m.mutable_local()->add_candidates();
           },
           "s.local.candidates: 201 entries"},
          {"partner twice", [](M& m) { m.mutable_partners(1)->set_agency("a.example"); },
           "s.partners: must come by domain"},
          {"partners turned", [](M& m) { m.mutable_partners(0)->set_agency("c.example"); },
           "s.partners: must come by domain"},
          {"65 partners",
           [](M& m) {
             while (m.partners_size() < 65) m.add_partners();
           },
           "s.partners: 65 entries"},
          {"rule 0", [](M& m) { m.add_rules_off(v1::CLASS_RULE_UNSPECIFIED); },
           "s.rules_off[0]: not set"},
      },
      [](const M& m) { return FromProto(m, "s"); });
}

TEST(LocalCandidateTest, EveryBoundHolds) {
  using M = v1::Search;
  const auto candidate = [](M& m) { return m.mutable_local()->mutable_candidates(1); };
  const auto pair = [=](M& m) { return candidate(m)->mutable_pairs(0); };
  const std::string at = "s.local.candidates[1].";
  std::vector<FieldCase<M>> cases = {
      {"id", [=](M& m) { candidate(m)->clear_exhibit_id(); }, at + "exhibit_id:"},
      {"label 128", [=](M& m) { candidate(m)->set_label(std::string(128, 'l')); }, ""},
      {"label 129", [=](M& m) { candidate(m)->set_label(std::string(129, 'l')); }, at + "label:"},
      {"rank 1", [=](M& m) { candidate(m)->set_rank(1); }, at + "rank: 1, must be 2..2"},
      {"rank 3", [=](M& m) { candidate(m)->set_rank(3); }, at + "rank: 3"},
      {"no level", [=](M& m) { candidate(m)->clear_level(); }, at + "level: not set"},
      {"no kind", [=](M& m) { candidate(m)->clear_kind(); }, at + "kind: not set"},
      {"lands 0", [=](M& m) { candidate(m)->set_lands_compared(0); }, at + "lands_compared: 0"},
      {"lands 25", [=](M& m) { candidate(m)->set_lands_compared(25); }, at + "lands_compared: 25"},
      {"25 pairs",
       [=](M& m) {
         while (candidate(m)->pairs_size() < 25) candidate(m)->add_pairs();
       },
       at + "pairs: 25 entries"},
      {"query land 0", [=](M& m) { pair(m)->set_query_land(0); }, at + "pairs[0].query_land: 0"},
      {"query land 25", [=](M& m) { pair(m)->set_query_land(25); }, at + "pairs[0].query_land:"},
      {"land 0", [=](M& m) { pair(m)->set_candidate_land(0); }, at + "pairs[0].candidate_land: 0"},
  };
  const struct {
    std::string name;
    std::function<void(M&, double)> set;
    double min;
    double max;
  } kNumbers[] = {
      {"log10_lr", [=](M& m, double v) { candidate(m)->set_log10_lr(v); }, -100.0, 100.0},
      {"log10_lr_low", [=](M& m, double v) { candidate(m)->set_log10_lr_low(v); }, -100.0, 100.0},
      {"log10_lr_high", [=](M& m, double v) { candidate(m)->set_log10_lr_high(v); }, -100.0, 100.0},
      {"score", [=](M& m, double v) { candidate(m)->set_score(v); }, 0.0, 1.0},
      {"margin", [=](M& m, double v) { candidate(m)->set_margin(v); }, 0.0, 1.0},
      {"expected_false_leads", [=](M& m, double v) { candidate(m)->set_expected_false_leads(v); },
       0.0, 1e15},
      {"pairs[0].ccf", [=](M& m, double v) { pair(m)->set_ccf(v); }, -1.0, 1.0},
      {"pairs[0].cmps_share", [=](M& m, double v) { pair(m)->set_cmps_share(v); }, 0.0, 1.0},
      {"pairs[0].lag_um", [=](M& m, double v) { pair(m)->set_lag_um(v); }, -1e5, 1e5},
  };
  for (const auto& number : kNumbers) {
    const auto set = number.set;
    const double beyond = 1e-9 * (number.max - number.min);
    for (const auto& [value, good] :
         {std::pair(number.min, true), std::pair(number.max, true),
          std::pair(number.min - beyond, false), std::pair(number.max + beyond, false),
          std::pair(kNaN, false)}) {
      cases.push_back({number.name + " " + std::to_string(value),
                       [set, v = value](M& m) { set(m, v); }, good ? "" : at + number.name + ":"});
    }
  }
  ExpectFieldCases<M>(ToProto(ExampleSearch()), cases,
                      [](const M& m) { return FromProto(m, "s"); });
}

TEST(PartnerResultTest, EveryBoundHolds) {
  using M = v1::PartnerResult;
  ExpectFieldCases<M>(
      ToProto(ExampleSearch().partners[1]),
      {
          {"no agency", [](M& m) { m.clear_agency(); }, "p.agency: 0 bytes"},
          {"agency case", [](M& m) { m.set_agency("A.example"); }, "p.agency:"},
          {"agency 256", [](M& m) { m.set_agency(std::string(256, 'a')); }, "p.agency: 256"},
          {"no outcome", [](M& m) { m.clear_outcome(); }, "p.outcome: not set"},
          {"outcome 8", [](M& m) { m.set_outcome(v1::PartnerOutcome(8)); }, "p.outcome:"},
          {"answered without result", [](M& m) { m.set_outcome(v1::PARTNER_OUTCOME_ANSWERED); },
           "p.result:"},
          {"refused without code", [](M& m) { m.set_outcome(v1::PARTNER_OUTCOME_REFUSED); },
           "p.refusal_code:"},
          {"refused",
           [](M& m) {
             m.set_outcome(v1::PARTNER_OUTCOME_REFUSED);
             m.set_refusal_code("POLICY");
           },
           ""},
          {"code without refusal", [](M& m) { m.set_refusal_code("POLICY"); }, "p.refusal_code:"},
          {"code alphabet", [](M& m) { m.set_refusal_code("policy"); }, "p.refusal_code:"},
          {"detail 512", [](M& m) { m.set_detail(std::string(512, 'd')); }, ""},
          {"detail 513", [](M& m) { m.set_detail(std::string(513, 'd')); }, "p.detail: 513"},
          {"elapsed", [](M& m) { m.set_elapsed_ms(-1); }, "p.elapsed_ms: -1"},
          {"exchange 15", [](M& m) { m.set_exchange_id(std::string(15, 'x')); },
           "p.exchange_id: 15"},
          {"asked without exchange", [](M& m) { m.clear_exchange_id(); }, "p.exchange_id:"},
          {"not asked with exchange", [](M& m) { m.set_outcome(v1::PARTNER_OUTCOME_NOT_ASKED); },
           "p.exchange_id:"},
          {"receipt", [](M& m) { m.mutable_receipt(); }, "p.receipt.origin:"},
          {"peer receipt", [](M& m) { m.mutable_peer_receipt(); }, "p.peer_receipt.origin:"},
      },
      [](const M& m) { return FromProto(m, "p"); });
}

TEST(SearchRequestTest, RandomValuesComeBack) {
  RandomValues random(19);
  for (int i = 0; i < 200; ++i) {
    SearchRequest value = random.Request();
    const auto back = FromProto(ToProto(value), "");
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(SearchRequestTest, AbsentMeansTheDefault) {
  v1::SearchCandidatesRequest message = ToProto(ExampleRequest());
  message.clear_deadline();
  message.clear_candidates_max();

  const auto request = FromProto(message, "");

  ASSERT_THAT(request, IsOk());
  EXPECT_EQ(request->deadline_ms, 30'000);
  EXPECT_EQ(request->candidates_max, 20);
}

TEST(SearchRequestTest, EveryBoundHolds) {
  using M = v1::SearchCandidatesRequest;
  const auto deadline = [](std::int64_t seconds, std::int32_t nanos) {
    return [=](M& m) {
      m.mutable_deadline()->set_seconds(seconds);
      m.mutable_deadline()->set_nanos(nanos);
    };
  };
  ExpectFieldCases<M>(
      ToProto(ExampleRequest()),
      {
          {"exhibit", [](M& m) { m.clear_exhibit_id(); }, "exhibit_id:"},
          {"purpose", [](M& m) { m.clear_purpose(); }, "purpose:"},
          {"no case", [](M& m) { m.clear_case_reference(); }, "case_reference: 0 bytes"},
          {"case 128", [](M& m) { m.set_case_reference(std::string(128, 'c')); }, ""},
          {"case 129", [](M& m) { m.set_case_reference(std::string(129, 'c')); },
           "case_reference: 129"},
          {"offence", [](M& m) { m.set_offence("x"); }, "offence:"},
          {"role", [](M& m) { m.set_subject_role("x"); }, "subject_role:"},
          {"nothing to search", [](M& m) { m.clear_include_local(); }, "include_local: nothing"},
          {"all and some",
           [](M& m) {
             m.set_all_partners(true);
             m.add_partners("a.example");
           },
           "partners: must be empty"},
          {"partner", [](M& m) { m.add_partners("A"); }, "partners[0]:"},
          {"partner twice",
           [](M& m) {
             for (int i = 0; i < 2; ++i) m.add_partners("a");
           },
           "partners[1]: a partner comes twice"},
          {"65 partners",
           [](M& m) {
             while (m.partners_size() < 65) m.add_partners("a");
           },
           "partners: 65 entries"},
          {"rule", [](M& m) { m.add_rules_off(v1::ClassRule(10)); }, "rules_off[0]:"},
          {"1 s", deadline(1, 0), ""},
          {"0.999 s", deadline(0, 999'999'999), "deadline:"},
          {"10 min", deadline(600, 0), ""},
          {"10 min 1 ms", deadline(600, 1'000'000), "deadline:"},
          {"601 s", deadline(601, 0), "deadline.seconds:"},
          {"overflow", deadline(INT64_MAX, 0), "deadline.seconds:"},
          {"negative", deadline(-1, 0), "deadline.seconds:"},
          {"nanos", deadline(5, -1), "deadline.nanos:"},
          {"200 candidates", [](M& m) { m.set_candidates_max(200); }, ""},
          {"201 candidates", [](M& m) { m.set_candidates_max(201); }, "candidates_max: 201"},
          {"-1 candidates", [](M& m) { m.set_candidates_max(-1); }, "candidates_max: -1"},
      },
      [](const M& m) { return FromProto(m, ""); });
}

// Whose second candidate is a case.
Search CaseExample() {
  Search search = ExampleSearch();
  LocalCandidate& candidate = search.local->candidates[1];
  candidate.kind = records::ExhibitKind::kCaseTest;
  candidate.lands_compared = 0;
  candidate.pairs.clear();
  candidate.regions = {{.region = records::MarkRegion::kBreechFace,
                        .congruent_cells = 17,
                        .eligible_cells = 40,
                        .correlation = 0.4,
                        .turn_degrees = -3.0,
                        .log10_lr = 2.0,
                        .contributes = true},
                       {.region = records::MarkRegion::kApertureShear, .correlation = 0.7}};
  return search;
}

TEST(ComparedRegionTest, EveryBoundHolds) {
  using M = v1::Search;
  const auto candidate = [](M& m) { return m.mutable_local()->mutable_candidates(1); };
  const auto face = [=](M& m) { return candidate(m)->mutable_regions(0); };
  const std::string at = "s.local.candidates[1].";
  const std::string of_face = at + "regions[0].";
  ExpectFieldCases<M>(
      ToProto(CaseExample()),
      {
          {"lands too", [=](M& m) { candidate(m)->set_lands_compared(1); },
           at + "lands_compared: 1, must be 0..0"},
          {"pairs too", [=](M& m) { candidate(m)->add_pairs(); }, at + "pairs: 1 entries"},
          {"no regions", [=](M& m) { candidate(m)->clear_regions(); },
           at + "regions: 0 entries, must be 1..4"},
          {"turned", [=](M& m) { candidate(m)->mutable_regions()->SwapElements(0, 1); },
           at + "regions: must ascend"},
          {"of a bullet", [=](M& m) { candidate(m)->set_kind(v1::EXHIBIT_KIND_BULLET_TEST); },
           at + "lands_compared: 0"},
          {"no region", [=](M& m) { face(m)->clear_region(); }, of_face + "region: not set"},
          {"a land", [=](M& m) { face(m)->set_region(v1::MARK_REGION_LAND); },
           of_face + "region: must be a mark of a case"},
          {"all cells", [=](M& m) { face(m)->set_congruent_cells(40); }, ""},
          {"more than all", [=](M& m) { face(m)->set_congruent_cells(41); },
           of_face + "congruent_cells: 41, must be 0..40"},
          {"cells below 0", [=](M& m) { face(m)->set_congruent_cells(-1); },
           of_face + "congruent_cells:"},
          {"4096 cells", [=](M& m) { face(m)->set_eligible_cells(4'096); }, ""},
          {"4097 cells", [=](M& m) { face(m)->set_eligible_cells(4'097); },
           of_face + "eligible_cells:"},
          {"correlation", [=](M& m) { face(m)->set_correlation(1.001); }, of_face + "correlation:"},
          {"turn", [=](M& m) { face(m)->set_turn_degrees(-360.5); }, of_face + "turn_degrees:"},
          {"ratio", [=](M& m) { face(m)->set_log10_lr(100.5); }, of_face + "log10_lr:"},
      },
      [](const M& m) { return FromProto(m, "s"); });
}

TEST(SearchProgressTest, NeedsItsStage) {
  v1::SearchProgress message = ToProto(SearchProgress{.done_count = 1, .of_count = 3});
  message.clear_stage();
  EXPECT_THAT(FromProto(message, "p"),
              StatusIs(absl::StatusCode::kInvalidArgument, ::testing::StartsWith("p.stage: not")));
}

TEST(SearchProgressTest, NoMoreIsComparedThanThereIs) {
  EXPECT_THAT(FromProto(ToProto(SearchProgress{.done_count = 3, .of_count = 3}), "p"), IsOk());
  EXPECT_THAT(FromProto(ToProto(SearchProgress{.done_count = 4, .of_count = 3}), "p"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       ::testing::StartsWith("p.done_count: 4, must be 0..3")));
}

TEST(PartnerOutcomeTest, EveryOutcomeHasItsOwnName) {
  std::vector<std::string_view> names;
  for (int i = 1; i <= 6; ++i) names.push_back(PartnerOutcomeName(static_cast<PartnerOutcome>(i)));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace proofmark::wire
