// SPDX-License-Identifier: Apache-2.0
// Private look-ups from one agency to another over real gRPC.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "client/audit/reconcile.h"
#include "client/fault.h"
#include "proofmark/v1/firearm_service.grpc.pb.h"
#include "proofmark/v1/lookup_service.grpc.pb.h"
#include "proofmark/v1/lookup_table_service.grpc.pb.h"
#include "tests/integration/command_runner.h"
#include "tests/support/loopback_node.h"
#include "tests/support/patience.h"
#include "tests/support/seeded_random.h"

namespace proofmark::testing {
namespace {

using crypto::StaffRole;
using records::EntryKind;

constexpr std::string_view kHeld = "AB12345";
constexpr std::string_view kCanary = "ZZ99001";

lookup::SharedFirearm Firearm(std::string_view make, std::string_view serial,
                              firearm::StateGroup group) {
  return {.record_id = absl::StrFormat("rec-%s-%s", make, serial),
          .fields = {.make = firearm::LookupMake(make), .model = "", .serial = std::string(serial)},
          .group = group,
          .reference = "GB/2026/17"};
}

class LookupTest : public ::testing::Test {
 protected:
  LookupTest()
      : random_(23),
        gb_({.domain = "gb.example", .now_unix_ms = RealUnixMillis()}),
        fr_({.domain = "fr.example", .now_unix_ms = RealUnixMillis()}),
        gb_key_(crypto::SigningKey::Generate(random_)),
        fr_key_(crypto::SigningKey::Generate(random_)),
        firearms_({Firearm("Glock", kHeld, firearm::StateGroup::kDeactivated),
                   Firearm("CZ", kHeld, firearm::StateGroup::kLostStolen),
                   Firearm("Beretta", "S7700", firearm::StateGroup::kOther)}) {}

  // GB answers FR so many look-ups a day; with none it makes no table for it.
  void Start(std::optional<federation::BudgetLimits> budget =
                 federation::BudgetLimits{.per_day = 2'000, .per_30_days = 20'000},
             std::int64_t burst = federation::kBudgetMax) {
    LoopbackNode::Options gb_options;
    if (!firearms_.empty()) {
      gb_options.shared_firearms = [this](const lookup::SharedVisitor& visit) -> absl::Status {
        for (const lookup::SharedFirearm& firearm : firearms_) {
          if (absl::Status visited = visit(firearm); !visited.ok()) return visited;
        }
        return absl::OkStatus();
      };
    }
    gb_node_ = std::make_unique<LoopbackNode>(
        gb_, gb_key_, gb_folder_.path(),
        std::vector<LoopbackNode::Partner>{{.agency = &fr_,
                                            .exchange_key = fr_key_.verifying_key(),
                                            .lookup_budget = budget,
                                            .lookup_burst = burst}},
        gb_options);
    fr_node_ = std::make_unique<LoopbackNode>(
        fr_, fr_key_, fr_folder_.path(),
        std::vector<LoopbackNode::Partner>{{.agency = &gb_,
                                            .exchange_key = gb_key_.verifying_key(),
                                            .endpoint = gb_node_->partner_endpoint()}});
    if (tables_at_start_) MakeTables();
  }

  // What the node does every minute, and then the ledger's second.
  void MakeTables() {
    gb_node_->node().lookup_work().RunNow();
    ASSERT_TRUE(gb_node_->node().publishing().PublishNow().ok());
  }

  static v1::LookUpFirearmRequest About(std::string_view serial, std::string_view make = "") {
    v1::LookUpFirearmRequest request;
    request.set_serial(std::string(serial));
    request.set_make(std::string(make));
    request.set_purpose("CRIMINAL_INVESTIGATION");
    request.set_case_reference("CASE-4711/26");
    request.mutable_deadline()->set_seconds(kPatience.count());
    return request;
  }

  grpc::Status LookUp(const v1::LookUpFirearmRequest& request, v1::FirearmLookup& lookup) {
    v1::LookupService::Stub examiner(fr_node_->StaffChannel(StaffRole::kExaminer));
    grpc::ClientContext context;
    v1::LookUpFirearmResponse response;
    const grpc::Status status = examiner.LookUpFirearm(&context, request, &response);
    lookup = response.lookup();
    return status;
  }

  v1::LookupPartnerResult LookUpOrFail(const v1::LookUpFirearmRequest& request) {
    v1::FirearmLookup lookup;
    const grpc::Status status = LookUp(request, lookup);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(lookup.partners_size(), 1);
    return lookup.partners().empty() ? v1::LookupPartnerResult() : lookup.partners(0);
  }

  v1::AskAboutHitResponse AskAboutHit(const std::string& handle) {
    v1::LookupService::Stub examiner(fr_node_->StaffChannel(StaffRole::kExaminer));
    v1::AskAboutHitRequest request;
    request.set_agency("gb.example");
    request.set_handle(handle);
    request.set_purpose("CRIMINAL_INVESTIGATION");
    request.set_case_reference("CASE-4711/26");
    grpc::ClientContext context;
    v1::AskAboutHitResponse response;
    const grpc::Status status = examiner.AskAboutHit(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  static std::vector<ledger::StoredEntry> EntriesOf(LoopbackNode& node, EntryKind kind) {
    auto entries = node.node().ledger().ReadNewestFirst({.kind = kind}, 1000);
    EXPECT_TRUE(entries.ok());
    return *std::move(entries);
  }

  SeededRandom random_;
  TestAgency gb_, fr_;
  crypto::SigningKey gb_key_, fr_key_;
  bool tables_at_start_ = true;
  std::vector<lookup::SharedFirearm> firearms_;  // Empty: what GB's register holds.
  TemporaryFolder gb_folder_, fr_folder_;
  std::unique_ptr<LoopbackNode> gb_node_, fr_node_;
};

TEST_F(LookupTest, AHitNamesStateAndHandleAndBothSidesLogTheSameExchange) {
  Start();
  const v1::LookupPartnerResult gb = LookUpOrFail(About("ab-12345", "Glock"));

  ASSERT_EQ(gb.outcome(), v1::PARTNER_OUTCOME_ANSWERED) << gb.detail();
  // By make and serial the one, by serial alone both.
  ASSERT_EQ(gb.hits_size(), 3);
  std::multiset<v1::FirearmStateGroup> groups;
  for (const v1::LookupHit& hit : gb.hits()) groups.insert(hit.state_group());
  EXPECT_EQ(groups.count(v1::FIREARM_STATE_GROUP_DEACTIVATED), 2U);
  EXPECT_EQ(groups.count(v1::FIREARM_STATE_GROUP_LOST_STOLEN), 1U);
  EXPECT_EQ(gb.table_row_count(), 4096);

  const auto evaluated = EntriesOf(*gb_node_, EntryKind::kLookupEval);
  ASSERT_EQ(evaluated.size(), 1U);
  EXPECT_EQ(evaluated[0].entry.draft.count, 4U);  // Two inputs, padded.
  const auto answers = EntriesOf(*fr_node_, EntryKind::kAnswerIn);
  ASSERT_EQ(answers.size(), 2U);  // The table, then the evaluation; newest first.
  ASSERT_TRUE(answers[0].entry.draft.peer_entry.has_value());
  EXPECT_EQ(answers[0].entry.draft.peer_entry->index, evaluated[0].entry.seq);
  EXPECT_EQ(answers[0].entry.draft.peer_entry->leaf_hash, evaluated[0].leaf_hash);
  EXPECT_EQ(answers[0].entry.draft.request_hash, evaluated[0].entry.draft.request_hash);
  EXPECT_EQ(answers[0].entry.draft.count, evaluated[0].entry.draft.count);
  EXPECT_EQ(answers[0].entry.draft.object.size(), 64U);  // A commitment.
  EXPECT_EQ(EntriesOf(*gb_node_, EntryKind::kExport).size(), 1U);
  EXPECT_EQ(EntriesOf(*gb_node_, EntryKind::kKey).size(), 1U);
  EXPECT_EQ(EntriesOf(*gb_node_, EntryKind::kLookupSnapshot).size(), 1U);
}

TEST_F(LookupTest, FindsWhatTheRegisterSharesAndNothingElse) {
  firearms_.clear();
  tables_at_start_ = false;  // A table is made once a day.
  Start();
  v1::FirearmService::Stub lab(gb_node_->StaffChannel(StaffRole::kLab));
  const auto add = [&](const std::string& serial, const std::string& state) {
    v1::AddFirearmRequest request;
    v1::FirearmSerial& mark = *request.mutable_firearm()->add_serials();
    mark.set_condition("LEGIBLE");
    mark.set_numerals("ARABIC");
    mark.set_raw(serial);
    request.mutable_firearm()->set_firearm_class("PISTOL_SEMI");
    request.mutable_firearm()->set_make_raw("Glock");
    request.set_state(state);
    request.set_authority("West Midlands");
    request.set_reason("reported");
    grpc::ClientContext context;
    v1::AddFirearmResponse response;
    const grpc::Status status = lab.AddFirearm(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.record().reference();
  };
  const std::string reference = add("KLM-4711", "STOLEN");
  add("KLM-4712", "REGISTERED");
  MakeTables();

  const v1::LookupPartnerResult stolen = LookUpOrFail(About("klm 4711", "GLOCK"));
  ASSERT_EQ(stolen.outcome(), v1::PARTNER_OUTCOME_ANSWERED) << stolen.detail();
  ASSERT_EQ(stolen.hits_size(), 2);  // By serial, and by make and serial.
  EXPECT_EQ(stolen.hits(0).state_group(), v1::FIREARM_STATE_GROUP_LOST_STOLEN);
  const v1::AskAboutHitResponse said = AskAboutHit(stolen.hits(0).handle());
  EXPECT_EQ(said.record().reference(), reference);
  EXPECT_TRUE(LookUpOrFail(About("klm 4712", "GLOCK")).hits().empty());
}

TEST_F(LookupTest, AMissIsAnAnswerAndTheTableIsFetchedOnce) {
  Start();
  for (int i = 0; i < 3; ++i) {
    const v1::LookupPartnerResult gb = LookUpOrFail(About(absl::StrFormat("NOT%d", i)));
    ASSERT_EQ(gb.outcome(), v1::PARTNER_OUTCOME_ANSWERED) << gb.detail();
    EXPECT_TRUE(gb.hits().empty());
  }
  EXPECT_EQ(EntriesOf(*gb_node_, EntryKind::kExport).size(), 1U);
  EXPECT_EQ(EntriesOf(*gb_node_, EntryKind::kLookupEval).size(), 3U);
}

// What is held as a Latin S was marked with a Cyrillic letter that sounds so and looks like a C.
TEST_F(LookupTest, ASerialIsLookedForByItsShapeAndByItsSound) {
  Start();
  v1::FirearmLookup lookup;
  ASSERT_TRUE(LookUp(About("\xD0\xA1"
                           "7700"),
                     lookup)
                  .ok());

  ASSERT_EQ(lookup.inputs_size(), 2);
  EXPECT_EQ(lookup.inputs(0).serial_key(), "C7700");
  EXPECT_EQ(lookup.inputs(1).serial_key(), "S7700");
  ASSERT_EQ(lookup.partners(0).hits_size(), 1) << lookup.DebugString();
  EXPECT_EQ(lookup.partners(0).hits(0).input_index(), 1);
}

TEST_F(LookupTest, OtherReadingsAreLookedForWhenAskedAndChargedFor) {
  Start();
  v1::LookUpFirearmRequest request = About("A812345");  // The 8 is a B.
  v1::FirearmLookup as_read;
  ASSERT_TRUE(LookUp(request, as_read).ok());
  EXPECT_TRUE(as_read.partners(0).hits().empty());
  EXPECT_GT(as_read.other_reading_count(), 0);
  EXPECT_EQ(as_read.evaluation_count(), 4);

  request.set_reading_count(10);
  v1::FirearmLookup with_readings;
  ASSERT_TRUE(LookUp(request, with_readings).ok());
  EXPECT_EQ(with_readings.inputs_size(), 11);
  EXPECT_EQ(with_readings.evaluation_count(), 12);
  EXPECT_EQ(with_readings.partners(0).hits_size(), 2) << with_readings.DebugString();
}

TEST_F(LookupTest, AHitIsAskedAboutAndTheOwnerNamesItsReference) {
  Start();
  const v1::LookupPartnerResult gb = LookUpOrFail(About("S7700"));
  ASSERT_EQ(gb.hits_size(), 1);

  const v1::AskAboutHitResponse said = AskAboutHit(gb.hits(0).handle());
  ASSERT_TRUE(said.has_record()) << said.DebugString();
  EXPECT_EQ(said.record().reference(), "GB/2026/17");
  EXPECT_EQ(said.record().state_group(), v1::FIREARM_STATE_GROUP_OTHER);
  EXPECT_TRUE(EntriesOf(*gb_node_, EntryKind::kAlarm).empty());

  firearms_.clear();
  const v1::AskAboutHitResponse gone = AskAboutHit(gb.hits(0).handle());
  EXPECT_EQ(gone.result().refusal_code(), "NOT_HELD");
}

TEST_F(LookupTest, ACanaryThatIsAskedAboutRaisesItsAlarmAndLooksLikeAnyOther) {
  Start();
  ASSERT_TRUE(gb_node_->node()
                  .canaries()
                  .Plant({StaffRole::kAdministrator, "admin-1"},
                         Firearm("Walther", kCanary, firearm::StateGroup::kDeactivated))
                  .ok());
  ASSERT_TRUE(gb_node_->node().lookup_tables().MakeAll().ok());
  ASSERT_TRUE(gb_node_->node().publishing().PublishNow().ok());

  const v1::LookupPartnerResult gb = LookUpOrFail(About(kCanary));
  ASSERT_EQ(gb.hits_size(), 1) << gb.DebugString();
  EXPECT_TRUE(EntriesOf(*gb_node_, EntryKind::kAlarm).empty());  // It cannot be seen yet.

  const v1::AskAboutHitResponse said = AskAboutHit(gb.hits(0).handle());
  EXPECT_EQ(said.record().state_group(), v1::FIREARM_STATE_GROUP_DEACTIVATED);
  EXPECT_EQ(said.record().reference(), "GB/2026/17");
  const auto alarms = EntriesOf(*gb_node_, EntryKind::kAlarm);
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(alarms[0].entry.draft.outcome, lookup::CanaryBook::kCanaryAlarm);
  EXPECT_EQ(alarms[0].entry.draft.peer, fr_.NodeUri());
}

// A range of serials is walked: within the budget it goes on, beyond it it ends in writing, and
// without a word of what was asked.
TEST_F(LookupTest, EnumerationEndsAtTheBudget) {
  Start(federation::BudgetLimits{.per_day = 40, .per_30_days = 1'000});
  int answered = 0;
  v1::LookupPartnerResult last;
  for (int i = 0; i < 12; ++i) {
    last = LookUpOrFail(About(absl::StrFormat("AB123%02d", 40 + i)));
    if (last.outcome() == v1::PARTNER_OUTCOME_ANSWERED) ++answered;
  }

  EXPECT_EQ(answered, 10);  // Four evaluations each.
  EXPECT_EQ(last.outcome(), v1::PARTNER_OUTCOME_REFUSED);
  EXPECT_EQ(last.refusal_code(), "CAPACITY");
  const auto alarms = EntriesOf(*gb_node_, EntryKind::kAlarm);
  ASSERT_EQ(alarms.size(), 1U);
  EXPECT_EQ(alarms[0].entry.draft.outcome, lookup::kAlarmLookupsExhausted);
  const auto budgets = fr_node_->node().Budgets();
  ASSERT_TRUE(budgets.ok());
  ASSERT_TRUE((*budgets)[0].lookups_there.has_value());
  EXPECT_EQ((*budgets)[0].lookups_there->statement.left_today(), 0);
}

TEST_F(LookupTest, WithoutAnAgreedBudgetNothingIsMadeOrAnswered) {
  Start(std::nullopt);
  const v1::LookupPartnerResult gb = LookUpOrFail(About(kHeld));

  EXPECT_EQ(gb.outcome(), v1::PARTNER_OUTCOME_REFUSED);
  EXPECT_EQ(gb.refusal_code(), "POLICY");
  EXPECT_TRUE(EntriesOf(*gb_node_, EntryKind::kKey).empty());
  EXPECT_TRUE(EntriesOf(*gb_node_, EntryKind::kLookupSnapshot).empty());
}

TEST_F(LookupTest, AnotherAgencysNodeCannotReadTheTable) {
  const TestAgency de({.domain = "de.example", .now_unix_ms = RealUnixMillis()});
  LoopbackNode::Options options;
  options.shared_firearms = [](const lookup::SharedVisitor&) { return absl::OkStatus(); };
  const federation::BudgetLimits limits{.per_day = 100, .per_30_days = 100};
  TemporaryFolder folder;
  LoopbackNode node(
      gb_, gb_key_, folder.path(),
      {{.agency = &fr_, .exchange_key = fr_key_.verifying_key(), .lookup_budget = limits},
       {.agency = &de, .exchange_key = fr_key_.verifying_key(), .lookup_budget = limits}},
      options);
  node.node().lookup_work().RunNow();
  const auto table = node.node().lookup_tables().Find(fr_.NodeUri());
  ASSERT_TRUE(table.has_value());
  v1::ReadLookupTableRequest request;
  request.set_table_sha256(std::string(crypto::AsText(table->hash)));
  const auto read = [&](const TestAgency& agency) {
    v1::LookupTableService::Stub stub(node.PartnerChannel(agency));
    grpc::ClientContext context;
    v1::ReadLookupTableResponse response;
    return stub.ReadLookupTable(&context, request, &response).error_code();
  };

  EXPECT_EQ(read(fr_), grpc::StatusCode::OK);
  EXPECT_EQ(read(de), grpc::StatusCode::NOT_FOUND);
}

// A new table in the middle: the old one is refused, the new one fetched, the question asked again.
TEST_F(LookupTest, ATableThatIsOutdatedIsFetchedAnew) {
  Start();
  EXPECT_TRUE(LookUpOrFail(About("NEW1")).hits().empty());
  firearms_.push_back(Firearm("CZ", "NEW1", firearm::StateGroup::kOther));
  ASSERT_TRUE(gb_node_->node().lookup_tables().MakeAll().ok());
  ASSERT_TRUE(gb_node_->node().publishing().PublishNow().ok());

  const v1::LookupPartnerResult gb = LookUpOrFail(About("NEW1"));
  EXPECT_EQ(gb.outcome(), v1::PARTNER_OUTCOME_ANSWERED) << gb.detail();
  EXPECT_EQ(gb.hits_size(), 1);
}

TEST_F(LookupTest, BothLedgersReconcile) {
  Start();
  const v1::LookupPartnerResult gb = LookUpOrFail(About("S7700"));
  ASSERT_EQ(gb.hits_size(), 1);
  AskAboutHit(gb.hits(0).handle());
  const auto side_of = [](LoopbackNode& node, const std::string& domain, const std::string& other) {
    client::audit::Side side(domain, other);
    const std::uint64_t size = node.node().ledger().Head().size;
    const auto entries = node.node().ledger().ReadRange(0, static_cast<std::int64_t>(size));
    EXPECT_TRUE(entries.ok());
    for (const ledger::StoredEntry& one : *entries) {
      EXPECT_TRUE(side.Add(one.entry.seq, one.bytes).ok());
    }
    return side;
  };

  const client::audit::Reconciliation result =
      client::audit::Reconcile(side_of(*fr_node_, "fr.example", "gb.example"),
                               side_of(*gb_node_, "gb.example", "fr.example"), {});

  EXPECT_EQ(result.exchanges, 3U);  // Table, evaluation, hit.
  EXPECT_EQ(result.agreed, 3U);
  for (const auto& difference : result.differences) ADD_FAILURE() << difference.words;
}

// The command by its own code, as an examiner of FR runs it.
class LookupCommandTest : public LookupTest {
 protected:
  using Ended = CommandEnded;
  using Values = CommandValues;

  Ended Run(const std::vector<std::string>& words, const Values& values, const LoopbackNode& node,
            const TestAgency& agency, StaffRole role) {
    return RunCommand(profiles_.path(), node, agency, role, words, values);
  }

  Ended LookUpBy(const std::string& serial, const Values& more = {}) {
    Values values = {{"SERIAL", serial},
                     {"--readings", "0"},
                     {"--purpose", "CRIMINAL_INVESTIGATION"},
                     {"--case", "24-117"}};
    values.insert(values.end(), more.begin(), more.end());
    return Run({"firearm", "lookup"}, values, *fr_node_, fr_, StaffRole::kExaminer);
  }

  TemporaryFolder profiles_;
};

TEST_F(LookupCommandTest, AHitEndsWith0AMissWith1AndOtherReadingsAreOfferedWithTheirCost) {
  Start();
  const Ended hit = LookUpBy("AB 12345", {{"--make", "Glock"}});
  ASSERT_TRUE(hit.code.ok()) << hit.code.status();
  EXPECT_EQ(*hit.code, 0);
  EXPECT_THAT(hit.out, ::testing::HasSubstr("DEACTIVATED"));
  EXPECT_THAT(hit.out, ::testing::HasSubstr("make, serial"));
  EXPECT_THAT(hit.err, ::testing::HasSubstr("--readings"));
  EXPECT_THAT(hit.err, ::testing::HasSubstr("evaluations at each partner instead of 4"));

  const Ended miss = LookUpBy("XX1");
  ASSERT_TRUE(miss.code.ok()) << miss.code.status();
  EXPECT_EQ(*miss.code, 1);
}

TEST_F(LookupCommandTest, WhenNobodyAnswersItSaysWhoAndWhy) {
  Start(std::nullopt);
  const Ended refused = LookUpBy("AB12345");
  ASSERT_FALSE(refused.code.ok());
  EXPECT_EQ(client::FaultOf(refused.code.status()), client::FaultCode::kPartnersRefused);
  EXPECT_THAT(std::string(refused.code.status().message()),
              ::testing::HasSubstr("gb.example: refused, POLICY"));
}

TEST_F(LookupCommandTest, AnAdministratorSeesWhatAPartnerMayLookUpAtOnce) {
  Start(federation::BudgetLimits{.per_day = 2'000, .per_30_days = 20'000}, 100);
  const auto show = [&] {
    return Run({"partners"}, {{"WHAT", "lookups"}}, *gb_node_, gb_, StaffRole::kAdministrator).out;
  };
  EXPECT_THAT(show(), ::testing::HasSubstr("CRIMINAL_INVESTIGATION 100 of 100"));

  const Ended hit = LookUpBy(std::string(kHeld));
  ASSERT_TRUE(hit.code.ok()) << hit.code.status();

  EXPECT_THAT(show(), ::testing::ContainsRegex("CRIMINAL_INVESTIGATION 9[0-9] of 100"));
}

TEST_F(LookupCommandTest, AnAdministratorPlantsListsAndRemovesACanary) {
  Start();
  const auto run = [this](const std::string& word, const Values& values) {
    return Run({"firearm", "canary", word}, values, *gb_node_, gb_, StaffRole::kAdministrator);
  };
  Ended planted = run("plant", {{"SERIAL", "zz-99"}, {"--reference", "2026/1"}});
  ASSERT_TRUE(planted.code.ok()) << planted.code.status();
  planted.out.pop_back();  // The line's end.

  const Ended listed = run("list", {});
  EXPECT_THAT(listed.out, ::testing::HasSubstr("ZZ99"));
  EXPECT_THAT(listed.out, ::testing::HasSubstr(planted.out));
  ASSERT_TRUE(run("remove", {{"CANARY", planted.out}}).code.ok());
  EXPECT_EQ(*run("list", {}).code, 1);
}

}  // namespace
}  // namespace proofmark::testing
