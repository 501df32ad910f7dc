// SPDX-License-Identifier: Apache-2.0
// What one agency asks another of a firearm by name, over real gRPC and by the commands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/audit/reconcile.h"
#include "client/fault.h"
#include "proofmark/v1/firearm_question_service.grpc.pb.h"
#include "tests/integration/command_runner.h"
#include "tests/support/loopback_node.h"
#include "tests/support/patience.h"
#include "tests/support/seeded_random.h"

namespace proofmark::testing {
namespace {

using crypto::StaffRole;
using ::testing::HasSubstr;
using ::testing::Not;

const federation::Caller kLab{StaffRole::kLab, "lab-1"};

wire::NewFirearm Deactivated(const std::string& serial, const std::string& number) {
  wire::NewFirearm asked;
  asked.firearm.serials = {{.component = firearm::Component::kFrame, .raw = serial}};
  asked.firearm.firearm_class = firearm::FirearmClass::kPistolSemi;
  asked.firearm.make_raw = "Glock";
  asked.state = firearm::State::kDeactivated;
  asked.authority = "London Proof House";
  asked.firearm.category = firearm::Category::kC6;
  asked.firearm.category_before = firearm::Category::kB1;
  firearm::DeactivationRecord& record = asked.deactivation.emplace();
  record.standard = firearm::Standard::kEu2018;
  record.checklist_type = 1;
  record.certificate.emplace().number = number;
  record.certificate->verifying_entity = "GB-LPH";
  record.certificate->country = "GB";
  record.certificate->certified_on = records::PartialDate{.year = 2019, .month = 3, .day = 1};
  record.components = {{.component = firearm::Component::kFrame,
                        .modified = true,
                        .mark = firearm::DeactivationMark{"GB", "LPH", 2019},
                        .mark_image = ""}};
  asked.accepted = {firearm::CheckId::kD02, firearm::CheckId::kD03};
  return asked;
}

// Every byte of every file below a folder.
std::string BytesBelow(const std::filesystem::path& folder) {
  std::string bytes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(file), {});
  }
  return bytes;
}

class FirearmQuestionTest : public ::testing::Test {
 protected:
  FirearmQuestionTest()
      : random_(29),
        gb_({.domain = "gb.example", .now_unix_ms = RealUnixMillis()}),
        fr_({.domain = "fr.example", .now_unix_ms = RealUnixMillis()}),
        gb_key_(crypto::SigningKey::Generate(random_)),
        fr_key_(crypto::SigningKey::Generate(random_)) {}

  void Start(std::optional<federation::BudgetLimits> budget = federation::BudgetLimits{
                 .per_day = 100, .per_30_days = 1'000}) {
    LoopbackNode::Options counts_at_once;
    counts_at_once.statistics.first_after = std::chrono::milliseconds(0);
    counts_at_once.statistics.period = std::chrono::milliseconds(0);
    gb_node_ = std::make_unique<LoopbackNode>(
        gb_, gb_key_, gb_folder_.path(),
        std::vector<LoopbackNode::Partner>{{.agency = &fr_,
                                            .exchange_key = fr_key_.verifying_key(),
                                            .firearm_check_budget = budget,
                                            .statistics = {"STANDARD,YEAR"}}},
        counts_at_once);
    fr_node_ = std::make_unique<LoopbackNode>(
        fr_, fr_key_, fr_folder_.path(),
        std::vector<LoopbackNode::Partner>{{.agency = &gb_,
                                            .exchange_key = gb_key_.verifying_key(),
                                            .endpoint = gb_node_->partner_endpoint()}});
  }

  std::string Hold(wire::NewFirearm asked) {
    const auto acted = gb_node_->node().firearms().Add(kLab, std::move(asked));
    EXPECT_TRUE(acted.ok()) << acted.status();
    return acted.ok() ? acted->firearm.id : "";
  }

  CommandEnded Ask(const std::vector<std::string>& words, CommandValues values,
                   StaffRole role = StaffRole::kExaminer) {
    values.insert(values.end(), {{"--purpose", "CRIMINAL_INVESTIGATION"}, {"--case", "24-117"}});
    return RunCommand(profiles_.path(), *fr_node_, fr_, role, words, values);
  }
  static void ExpectEnd(const CommandEnded& ended, int code, const std::string& says) {
    ASSERT_TRUE(ended.code.ok()) << ended.code.status();
    EXPECT_EQ(*ended.code, code) << ended.out;
    EXPECT_THAT(ended.out, HasSubstr(says));
  }

  client::audit::Side SideOf(LoopbackNode& node, const std::string& domain,
                             const std::string& other) {
    client::audit::Side side(domain, other);
    const std::uint64_t size = node.node().ledger().Head().size;
    const auto entries = node.node().ledger().ReadRange(0, static_cast<std::int64_t>(size));
    EXPECT_TRUE(entries.ok());
    for (const ledger::StoredEntry& one : *entries) {
      EXPECT_TRUE(side.Add(one.entry.seq, one.bytes).ok());
    }
    return side;
  }

  SeededRandom random_;
  TestAgency gb_, fr_;
  crypto::SigningKey gb_key_, fr_key_;
  TemporaryFolder gb_folder_, fr_folder_, profiles_;
  std::unique_ptr<LoopbackNode> gb_node_, fr_node_;
};

TEST_F(FirearmQuestionTest, TheCommandsAskAndEndByWhatIsAnswered) {
  Start();
  const std::string id = Hold(Deactivated("AB-12345", "17/2019"));

  const CommandValues certificate = {{"ENTITY", "GB-LPH"}, {"NUMBER", "17 2019"}};
  ExpectEnd(Ask({"certificate", "check"}, certificate), 0, "VALID");
  ExpectEnd(Ask({"certificate", "check"},
                {{"ENTITY", "GB-LPH"}, {"NUMBER", "17/2019"}, {"--serial", "AB99999"}}),
            1, "MISMATCH");
  ExpectEnd(Ask({"certificate", "check"}, {{"ENTITY", "GB-LPH"}, {"NUMBER", "18/2019"}}), 1,
            "NOT_FOUND");
  ExpectEnd(Ask({"mark", "check"}, {{"MARK", "EU GB LPH 19"}, {"SERIAL", "ab12345"}}), 0, "KNOWN");
  ExpectEnd(Ask({"mark", "check"},
                {{"MARK", "EU/GB/LPH/19"}, {"SERIAL", "AB12345"}, {"--class", "REVOLVER"}}),
            1, "CONFLICT");
  ExpectEnd(Ask({"firearm", "ask"}, {{"SERIAL", "AB 12345"}, {"--make", "Glock"}}), 0,
            "MATCH, DEACTIVATED");
  ExpectEnd(Ask({"firearm", "ask"}, {{"SERIAL", "AB12346"}}), 1, "NO_MATCH");

  wire::FirearmTransition next;
  next.id = id;
  next.to = firearm::State::kCertificateWithdrawn;
  next.authority = "London Proof House";
  ASSERT_TRUE(gb_node_->node().firearms().Transition(kLab, next).ok());
  ExpectEnd(Ask({"certificate", "check"}, certificate), 1, "WITHDRAWN");
  CommandValues json = certificate;
  json.emplace_back("--json", "true");
  ExpectEnd(Ask({"certificate", "check"}, json), 1, "CERTIFICATE_STANDING_WITHDRAWN");
}

TEST_F(FirearmQuestionTest, AFindingOfAnAlarmWeaponIsKeptListedAndToldToPartners) {
  Start();
  const CommandValues asked = {{"MAKE", "ekol"}, {"MODEL", "FIRAT 92"}};
  ExpectEnd(Ask({"alarm", "check"}, asked), 1, "NOT_TESTED");
  const auto at_gb = [&](const std::string& word, const CommandValues& values, StaffRole role) {
    return RunCommand(profiles_.path(), *gb_node_, gb_, role, {"alarm", word}, values);
  };
  EXPECT_EQ(*at_gb("list", {{"--limit", "50"}}, StaffRole::kLab).code, 1);
  const CommandValues found = {{"MAKE", "Ekol"},         {"MODEL", "Firat 92"},
                               {"--result", "CONFORMS"}, {"--authority", "NABIS"},
                               {"--date", "2024-03"},    {"--calibre", "9 mm P.A.K."}};
  ASSERT_TRUE(at_gb("add", found, StaffRole::kOfficer).code.ok());

  const CommandEnded listed = at_gb("list", {{"--limit", "50"}}, StaffRole::kLab);
  EXPECT_THAT(listed.out, HasSubstr("Firat 92"));
  EXPECT_THAT(listed.out, HasSubstr("NABIS"));
  ExpectEnd(Ask({"alarm", "check"}, asked), 0, "NABIS 2024-03");

  CommandValues bad = found;
  bad[2].second = "NOT_TESTED";
  EXPECT_EQ(client::FaultOf(at_gb("add", bad, StaffRole::kLab).code.status()),
            client::FaultCode::kUsage);
  EXPECT_FALSE(at_gb("add", found, StaffRole::kExaminer).code.ok());
}

TEST_F(FirearmQuestionTest, ANoticeOfAWithdrawalReachesWhoAskedAndIsListed) {
  Start();
  const std::string id = Hold(Deactivated("AB-12345", "17/2019"));
  ExpectEnd(Ask({"firearm", "ask"}, {{"SERIAL", "AB12345"}}), 0, "MATCH");
  const auto notices = [&] {
    return RunCommand(profiles_.path(), *fr_node_, fr_, StaffRole::kExaminer,
                      {"firearm", "notices"}, {{"--limit", "50"}});
  };
  EXPECT_EQ(*notices().code, 1);
  // GB is started anew, now that it is known where FR listens.
  gb_node_.reset();
  gb_node_ = std::make_unique<LoopbackNode>(
      gb_, gb_key_, gb_folder_.path(),
      std::vector<LoopbackNode::Partner>{{.agency = &fr_,
                                          .exchange_key = fr_key_.verifying_key(),
                                          .endpoint = fr_node_->partner_endpoint()}});
  wire::FirearmTransition next;
  next.id = id;
  next.to = firearm::State::kReactivationSuspected;
  next.authority = "London Proof House";
  ASSERT_TRUE(gb_node_->node().firearms().Transition(kLab, next).ok());

  gb_node_->node().housekeeping().RunNow();
  // The nodes deliver their letters themselves.
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (*notices().code != 0 || !gb_node_->node().outbox().Waiting().empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }

  ExpectEnd(notices(), 0, "REACTIVATION_SUSPECTED");
  const client::audit::Reconciliation result =
      client::audit::Reconcile(SideOf(*fr_node_, "fr.example", "gb.example"),
                               SideOf(*gb_node_, "gb.example", "fr.example"), {});
  EXPECT_EQ(result.exchanges, 2U);
  for (const auto& difference : result.differences) ADD_FAILURE() << difference.words;
}

TEST_F(FirearmQuestionTest, StatisticsComeInCountsWithoutSmallOnesOrRows) {
  Start();
  const auto hold = [this](int count, std::int32_t year) {
    for (int i = 0; i < count; ++i) {
      const std::string number = std::to_string(year) + "-QX" + std::to_string(100 + i);
      wire::NewFirearm asked = Deactivated(number, number);
      asked.deactivation->certificate->certified_on->year = year;
      asked.deactivation->components[0].mark->year = year;
      Hold(std::move(asked));
    }
  };
  hold(4, 2019);
  hold(11, 2020);
  hold(12, 2021);
  gb_node_->node().housekeeping().RunNow();

  const CommandEnded told =
      Ask({"firearm", "statistics"}, {{"--by", "year"}, {"--by", "standard"}});
  ExpectEnd(told, 0, "EU-2018");
  EXPECT_THAT(told.out, HasSubstr("2021"));
  EXPECT_THAT(told.out, HasSubstr("12"));      // Of 2021.
  EXPECT_THAT(told.out, HasSubstr("hidden"));  // Of 2019, and of 2020, which would tell it.
  EXPECT_THAT(told.out, HasSubstr("27"));      // In all.
  EXPECT_THAT(told.out, HasSubstr("below 10"));
  EXPECT_THAT(told.out, Not(HasSubstr("QX1")));
  EXPECT_THAT(told.out, Not(HasSubstr("GB-LPH")));
  ExpectEnd(
      Ask({"firearm", "statistics"}, {{"--by", "year"}, {"--by", "standard"}, {"--json", "true"}}),
      0, "\"recordCount\":\"12\"");
  const CommandEnded not_agreed = Ask({"firearm", "statistics"}, {{"--by", "year"}});
  EXPECT_EQ(client::FaultOf(not_agreed.code.status()), client::FaultCode::kPartnersRefused);
  EXPECT_EQ(client::FaultOf(
                Ask({"firearm", "statistics"}, {{"--by", "year"}, {"--by", "year"}}).code.status()),
            client::FaultCode::kUsage);
  EXPECT_FALSE(Ask({"firearm", "statistics"}, {{"--by", "year"}}, StaffRole::kLab).code.ok());
  const client::audit::Reconciliation result =
      client::audit::Reconcile(SideOf(*fr_node_, "fr.example", "gb.example"),
                               SideOf(*gb_node_, "gb.example", "fr.example"), {});
  EXPECT_EQ(result.exchanges, 3U);
  for (const auto& difference : result.differences) ADD_FAILURE() << difference.words;
}

TEST_F(FirearmQuestionTest, WhoMayNotAskIsRefusedAndWhereNothingIsAgreedItSaysSo) {
  Start(std::nullopt);

  const CommandEnded refused = Ask({"firearm", "ask"}, {{"SERIAL", "AB12345"}});
  ASSERT_FALSE(refused.code.ok());
  EXPECT_EQ(client::FaultOf(refused.code.status()), client::FaultCode::kPartnersRefused);
  EXPECT_THAT(std::string(refused.code.status().message()),
              HasSubstr("gb.example: refused, POLICY"));
  EXPECT_FALSE(Ask({"firearm", "ask"}, {{"SERIAL", "AB12345"}}, StaffRole::kLab).code.ok());
}

TEST_F(FirearmQuestionTest, NeitherSideKeepsTheSerialAndBothLedgersReconcile) {
  ::testing::internal::CaptureStderr();  // Where nodes log.
  Start();
  Hold(Deactivated("AB-12345", "17/2019"));
  ExpectEnd(Ask({"firearm", "ask"}, {{"SERIAL", "QX771144Z"}}), 1, "NO_MATCH");
  ExpectEnd(Ask({"mark", "check"}, {{"MARK", "EU/GB"}, {"SERIAL", "AB12345"}}), 0, "KNOWN");
  ExpectEnd(Ask({"certificate", "check"},
                {{"ENTITY", "GB-LPH"}, {"NUMBER", "17/2019"}, {"--serial", "QX771144Z"}}),
            1, "MISMATCH");
  ExpectEnd(Ask({"alarm", "check"}, {{"MAKE", "Ekol"}, {"MODEL", "Tuna"}}), 1, "NOT_TESTED");

  const client::audit::Reconciliation result =
      client::audit::Reconcile(SideOf(*fr_node_, "fr.example", "gb.example"),
                               SideOf(*gb_node_, "gb.example", "fr.example"), {});
  EXPECT_EQ(result.exchanges, 4U);
  EXPECT_EQ(result.agreed, 4U);
  for (const auto& difference : result.differences) ADD_FAILURE() << difference.words;
  for (const auto& folder : {gb_folder_.path(), fr_folder_.path()}) {
    EXPECT_THAT(BytesBelow(folder), Not(HasSubstr("QX771144Z")));
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), Not(HasSubstr("QX771144Z")));
}

// Several partners at once, one of them away.
TEST_F(FirearmQuestionTest, APartnerThatIsAwayHoldsNobodyUp) {
  Start();
  Hold(Deactivated("AB-12345", "17/2019"));
  const TestAgency de({.domain = "de.example", .now_unix_ms = RealUnixMillis()});
  TemporaryFolder folder;
  fr_node_.reset();
  fr_node_ = std::make_unique<LoopbackNode>(
      fr_, fr_key_, folder.path(),
      std::vector<LoopbackNode::Partner>{
          {.agency = &gb_,
           .exchange_key = gb_key_.verifying_key(),
           .endpoint = gb_node_->partner_endpoint()},
          {.agency = &de, .exchange_key = gb_key_.verifying_key(), .endpoint = "127.0.0.1:1"}});
  v1::FirearmQuestionService::Stub officer(fr_node_->StaffChannel(StaffRole::kOfficer));
  v1::AskPartnersRequest request;
  request.mutable_serial()->set_serial("AB12345");
  request.set_purpose("CRIMINAL_INVESTIGATION");
  request.set_case_reference("24-117");
  request.mutable_deadline()->set_seconds(kPatience.count());
  grpc::ClientContext context;
  v1::AskPartnersResponse response;

  const grpc::Status status = officer.AskPartners(&context, request, &response);

  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.checked().partners_size(), 2);
  EXPECT_EQ(response.checked().partners(0).outcome(), v1::PARTNER_OUTCOME_UNREACHABLE);
  EXPECT_EQ(response.checked().partners(1).serial().state_group(),
            v1::FIREARM_STATE_GROUP_DEACTIVATED);
}

}  // namespace
}  // namespace proofmark::testing
