// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "client/pki/agency_folder.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::server {
namespace {

namespace fs = std::filesystem;
using absl::StatusCode;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchFolder;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kNowMs = 1'760'000'000'000;
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

// The files of two agencies as `proofmark pki` makes them, and a configuration to break.
class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    SeededRandom random(5);
    for (const std::string name : {"gb", "fr"}) {
      const fs::path agency = folder_.path() / name;
      Keep(client::pki::DraftAgency(agency, {.domain = name + ".example"}, kNowMs));
      client::pki::NodeRequest node{.id = "node1", .dns_names = {"localhost"}};
      Keep(client::pki::DraftNode(agency, node, kNowMs, random));
    }
    file_ = folder_.path() / "gb/nodes/node1/proofmarkd.toml";
    made_ = Read(file_);
  }

  static void Keep(const absl::StatusOr<client::pki::Draft>& draft) {
    ASSERT_THAT(draft, IsOk());
    ASSERT_THAT(draft->Write(client::Overwrite::kNever), IsOk());
  }
  static std::string Read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  // As made, with `more` at its end.
  absl::StatusOr<Config> Load(std::string_view more = "") const { return LoadText(made_, more); }
  // With every line that begins with `key` replaced.
  absl::StatusOr<Config> LoadWith(std::string_view key, std::string_view line) const {
    std::string text;
    int replaced = 0;
    for (std::size_t at = 0; at < made_.size();) {
      const std::size_t end = std::min(made_.find('\n', at), made_.size() - 1) + 1;
      const std::string_view here = std::string_view(made_).substr(at, end - at);
      const bool is_it = here.starts_with(key);
      text += is_it ? absl::StrFormat("%s\n", line) : std::string(here);
      replaced += is_it ? 1 : 0;
      at = end;
    }
    EXPECT_GE(replaced, 1) << key;
    return LoadText(text, "");
  }
  absl::StatusOr<Config> LoadText(std::string_view text, std::string_view more) const {
    std::ofstream(file_, std::ios::binary) << text << "\n" << more << "\n";
    return LoadConfig(file_);
  }

  static std::string Partner(std::string_view more) {
    return absl::StrFormat(
        "[[partner]]\ndomain = \"fr.example\"\nnode = \"node1\"\nendpoint = \"localhost:27401\"\n"
        "ca = \"../../../fr/ca/federation-ca.pem\"\n"
        "exchange_key = \"../../../fr/nodes/node1/keys/exchange.pub.pem\"\n%s",
        more);
  }

  ScratchFolder folder_;
  fs::path file_;
  std::string made_;
};

TEST_F(ConfigTest, WhatPkiMakesIsWhatTheNodeTakes) {
  const absl::StatusOr<Config> config = Load();
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->node_uri, "spiffe://gb.example/proofmark/node/node1");
  EXPECT_EQ(config->domain, "gb.example");
  EXPECT_EQ(config->state_folder.parent_path(), file_.parent_path());
  ASSERT_TRUE(config->keys.has_value());
  EXPECT_THAT(config->partners, IsEmpty());
  EXPECT_FALSE(config->witnessing.quorum.has_value());
  EXPECT_FALSE(config->witness_http_listen.has_value());
  EXPECT_THAT(config->sha256_hex, SizeIs(64));
  // The hash is of the bytes: one more blank is another configuration.
  const std::string before = config->sha256_hex;
  EXPECT_NE(Load(" ")->sha256_hex, before);
}

TEST_F(ConfigTest, AnAgreementIsReadWithItsLimits) {
  const absl::StatusOr<Config> config = Load(Partner(
      "answers = [\"CRIMINAL_INVESTIGATION\"]\nanswers_offences = [\"HOMICIDE\", \"ROBBERY\"]\n"
      "answers_items = [\"bullet\"]\nanswers_from = 2026-01-01\nanswers_until = 2026-12-31\n"
      "timeout_s = 7\nbudget_per_day = 11\nbudget_per_30_days = 0\n"
      "firearm_checks_per_day = 5\nstatistics = [\"year, standard\", \"class\"]\n"));
  ASSERT_THAT(config, IsOk());
  ASSERT_THAT(config->partners, SizeIs(1));
  const federation::Partner& partner = config->partners[0];
  EXPECT_EQ(partner.node_id, "spiffe://fr.example/proofmark/node/node1");
  EXPECT_THAT(partner.answered_purposes, ElementsAre("CRIMINAL_INVESTIGATION"));
  EXPECT_THAT(partner.asked_purposes, IsEmpty());
  const federation::GrantConditions& when = partner.answered_when;
  ASSERT_TRUE(when.offences.has_value());
  EXPECT_THAT(*when.offences, ElementsAre("HOMICIDE", "ROBBERY"));
  ASSERT_TRUE(when.items.has_value());
  EXPECT_THAT(*when.items, ElementsAre("bullet"));
  // 2026-01-01T00:00Z, and all of the last day.
  constexpr std::int64_t kNewYearMs = 1'767'225'600'000;
  EXPECT_EQ(when.from_unix_ms, kNewYearMs);
  EXPECT_EQ(when.until_unix_ms, kNewYearMs + 365 * kDayMs);
  EXPECT_THAT(partner.statistics, ElementsAre("CLASS", "STANDARD,YEAR"));
  EXPECT_FALSE(partner.asked_when.offences.has_value());
  EXPECT_FALSE(partner.asked_when.until_unix_ms.has_value());
  EXPECT_EQ(partner.timeout, std::chrono::seconds(7));
  EXPECT_EQ(partner.budget.per_day, 11);
  EXPECT_EQ(partner.budget.per_30_days, 0);
  EXPECT_FALSE(partner.lookup_budget.has_value());
  EXPECT_EQ(partner.lookup_burst, 64);
  ASSERT_TRUE(partner.firearm_check_budget.has_value());
  EXPECT_EQ(partner.firearm_check_budget->per_day, 5);
  EXPECT_EQ(partner.firearm_check_budget->per_30_days, 150);
}

TEST_F(ConfigTest, TheConditionsOfAnswersAreReadAndTheLeastAreTheRule) {
  const absl::StatusOr<Config> config =
      Load(Partner("answers_handling = [\"H3\", \"H1\"]\n"
                   "answers_restrictions = \"Not before the trial.\"\n"
                   "answers_evaluation = \"B2\"\n"));
  ASSERT_THAT(config, IsOk());
  const wire::AnswerHandling& handling = config->partners[0].answered_handling;
  EXPECT_THAT(handling.codes, ElementsAre("H1", "H3"));
  EXPECT_EQ(handling.restrictions, "Not before the trial.");
  EXPECT_EQ(handling.source_evaluation, "B");
  EXPECT_EQ(handling.information_evaluation, "2");
  const absl::StatusOr<Config> without = Load(Partner(""));
  ASSERT_THAT(without, IsOk());
  EXPECT_EQ(without->partners[0].answered_handling, wire::AnswerHandling());
}

TEST_F(ConfigTest, AShareRuleIsReadAndNoneIsTheRule) {
  const absl::StatusOr<Config> config =
      Load(Partner("asks = [\"CRIMINAL_INVESTIGATION\"]\nshare_triggers = [\"URGENT\", "
                   "\"CUSTOMS\"]\nshare_purpose = \"CRIMINAL_INVESTIGATION\"\n"
                   "share_offence = \"DRUGS\"\nshare_days = 30\n"));
  ASSERT_THAT(config, IsOk());
  const federation::ShareRule& rule = config->partners[0].share;
  EXPECT_THAT(rule.triggers, ElementsAre("CUSTOMS", "URGENT"));
  EXPECT_EQ(rule.purpose, "CRIMINAL_INVESTIGATION");
  EXPECT_EQ(rule.offence, "DRUGS");
  EXPECT_EQ(rule.days, 30);
  const absl::StatusOr<Config> without = Load(Partner(""));
  ASSERT_THAT(without, IsOk());
  EXPECT_THAT(without->partners[0].share.triggers, IsEmpty());
}

TEST_F(ConfigTest, LimitsAndWitnessingAreRead) {
  const absl::StatusOr<Config> config = Load(
      "[limits]\nsubmission_mib = 3\nuploads_mib = 4\nsearch_threads = 5\n"
      "partners_at_once = 6\nhandler_threads = 7\n[witnessing]\nquorum = 1\n"
      "strict_after_s = 60\n[revocation]\ngrace_h = 2\n[federation]\ngrace_s = 3\n"
      "[witness_http]\nlisten = \"[::1]:1\"\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->submission_bytes_max, 3 << 20);
  EXPECT_EQ(config->uploads_bytes_max, 4 << 20);
  EXPECT_EQ(config->search_threads, 5);
  EXPECT_EQ(config->partners_at_once, 6);
  EXPECT_EQ(config->handler_threads, 7);
  EXPECT_EQ(config->witnessing.quorum, 1);
  EXPECT_EQ(config->witnessing.strict_after, std::chrono::minutes(1));
  EXPECT_EQ(config->revocation_grace, std::chrono::hours(2));
  EXPECT_EQ(config->federation.grace, std::chrono::seconds(3));
  EXPECT_EQ(config->witness_http_listen, "[::1]:1");
}

TEST_F(ConfigTest, AFaultNamesTheKeyAndWhatMayStandThere) {
  const struct {
    std::string more;
    std::string key;
    std::string bound;
  } cases[] = {
      {"[limits]\nsearch_threads = 65", "limits.search_threads", "1..64"},
      {"[limits]\nhandler_threads = 1", "limits.handler_threads", "2..256"},
      {"[revocation]\ngrace_h = -1", "revocation.grace_h", "must be a whole number in 0.."},
      {"[revocation]\ngrace_h = 1.5", "revocation.grace_h", "must be a whole number in 0.."},
      {"[revocation]\ngrase_h = 1", "revocation.grase_h", "no such key"},
      {"[federation]\nfirst_descriptor_sha256 = \"ab\"", "federation.first_descriptor_sha256",
       "64 hexadecimal digits"},
      {"[witness_http]", "witness_http.listen", "missing"},
      {"[[revocation]]\ngrace_h = 1", "revocation", "one table"},
      {"[federated]\nx = 1", "file.federated", "no such key"},
      {"[partner]\ndomain = \"fr.example\"", "partner", "[[partner]]"},
      {"[[witness]]\nurl = \"http://w\"", "witness[0].key", "missing"},
      {"[[witness]]\nurl = \"http://w\"\nkey = \"nonsense\"", "witness[0].key", ""},
      {"[[partner]]", "partner[0].domain", "missing"},
      {Partner("timeout_s = 601"), "partner[0].timeout_s", "1..600"},
      {Partner("budget_per_day = -1"), "partner[0].budget_per_day", "0.."},
      {Partner("firearm_checks_per_day = 1000001"), "partner[0].firearm_checks_per_day", "0.."},
      {Partner("lookups_burst = 3"), "partner[0].lookups_burst", "4.."},
      {Partner("statistics = [\"entity\"]"), "partner[0].statistics", "ENTITY"},
      {Partner("statistics = [\"serial\"]"), "partner[0].statistics", "STANDARD, YEAR"},
      {"[statistics]\nsmallest = 9", "statistics.smallest", "10..1000"},
      {"[statistics]\nperiod_days = 6", "statistics.period_days", "7..366"},
      {"[[statistics]]\nsmallest = 10", "statistics", "one table"},
      {Partner("answers = \"CRIMINAL_INVESTIGATION\""), "partner[0].answers", "a list of texts"},
      {Partner("answers = [1]"), "partner[0].answers", "a list of texts"},
      {Partner("answers_items = 3"), "partner[0].answers_items", "a list of texts"},
      {Partner("asks_until = \"2026-12-31\""), "partner[0].asks_until", "a date"},
      {Partner("answers_from = 2026-12-31T10:00:00Z"), "partner[0].answers_from", "a date"},
      {Partner("share_triggers = \"CUSTOMS\""), "partner[0].share_triggers", "a list of texts"},
      {Partner("share_triggers = [\"CUSTOMS\"]"), "partner[0].share_purpose", "missing"},
      {Partner("share_triggers = [\"CUSTOMS\"]\nshare_purpose = \"TRAINING\""),
       "partner[0].share_purpose", "one of the purposes in asks"},
      {Partner("asks = [\"TRAINING\"]\nshare_triggers = [\"CUSTOMS\"]\n"
               "share_purpose = \"TRAINING\"\nshare_days = 366"),
       "partner[0].share_days", "1..365"},
      {Partner("share_days = 3"), "partner[0].share_days", "share_triggers"},
      {Partner("answers_handling = \"H1\""), "partner[0].answers_handling", "a list of texts"},
      {Partner("answers_handling = []"), "partner[0].answers_handling", "1..4"},
      {Partner("answers_handling = [\"H4\"]"), "partner[0].answers_handling", "H0, H1, H2 or H3"},
      {Partner("answers_handling = [\"H3\"]"), "partner[0].answers_handling", "restrictions"},
      {Partner("answers_restrictions = \"Not yet.\""), "partner[0].answers_handling",
       "only with H3"},
      {Partner("answers_evaluation = \"B\""), "partner[0].answers_evaluation", "B2"},
      {Partner("answers_evaluation = \"D2\""), "partner[0].answers_handling", "A, B, C or X"},
      {Partner("log_key = \"fr.example\""), "partner[0].log_key", ""},
      {Partner("crl = [\"a\", 2]"), "partner[0].crl", "a list of texts"},
  };
  for (const auto& one : cases) {
    EXPECT_THAT(Load(one.more), StatusIs(StatusCode::kInvalidArgument,
                                         AllOf(HasSubstr(one.key), HasSubstr(one.bound))))
        << one.more;
  }
}

TEST_F(ConfigTest, AFaultInWhatPkiMadeNamesTheKey) {
  const struct {
    std::string key;
    std::string line;
    StatusCode code;
    std::string words;
  } cases[] = {
      {"domain =", "", StatusCode::kInvalidArgument, "node.domain: missing"},
      {"domain =", "domain = \"GB example\"", StatusCode::kInvalidArgument, "node.domain"},
      {"id =", "id = \"\"", StatusCode::kInvalidArgument, "node.id: must be a text"},
      {"log_key =", "log_key = \"keys/absent.pem\"", StatusCode::kNotFound, "node.log_key"},
      {"log_key =", "log_key = \"proofmarkd.toml\"", StatusCode::kInvalidArgument, "node.log_key"},
      {"[node]", "[node", StatusCode::kInvalidArgument, "line "},
  };
  for (const auto& one : cases) {
    EXPECT_THAT(LoadWith(one.key, one.line), StatusIs(one.code, HasSubstr(one.words))) << one.line;
  }
  EXPECT_THAT(LoadConfig(folder_.path() / "absent.toml"), StatusIs(StatusCode::kNotFound));
  // A key that does not fit its certificate.
  fs::copy_file(file_.parent_path() / "keys/node-staff.key",
                file_.parent_path() / "keys/node-federation.key",
                fs::copy_options::overwrite_existing);
  EXPECT_THAT(Load(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("partner_port.certificate")));
}

}  // namespace
}  // namespace proofmark::server
